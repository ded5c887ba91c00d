// Serves the judge. It stands behind the program in one file, so it sees the types of what it calls.
#undef main
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace crosstask_driver {

struct Json {
    enum Kind { Null, Word, Number, Text, List, Object } kind = Null;
    std::string text;
    std::vector<Json> items;
    std::vector<std::string> keys;
};

struct Foreign { std::string why; };

struct Parser {
    const std::string& source;
    std::size_t at = 0;
    void space() { while (at < source.size() && std::string(" \t\r").find(source[at]) != std::string::npos) ++at; }
    void character(unsigned code, std::string& into) {
        if (code < 0x80) into += char(code);
        else if (code < 0x800) { into += char(0xC0 | code >> 6); into += char(0x80 | (code & 63)); }
        else if (code < 0x10000) { into += char(0xE0 | code >> 12); into += char(0x80 | (code >> 6 & 63)); into += char(0x80 | (code & 63)); }
        else { into += char(0xF0 | code >> 18); into += char(0x80 | (code >> 12 & 63)); into += char(0x80 | (code >> 6 & 63)); into += char(0x80 | (code & 63)); }
    }
    std::string string() {
        std::string found;
        for (++at; source[at] != '"'; ++at) {
            if (source[at] != '\\') { found += source[at]; continue; }
            char escape = source[++at];
            if (escape == 'u') {
                unsigned code = std::stoul(source.substr(at + 1, 4), nullptr, 16);
                at += 4;
                if (code >= 0xD800 && code < 0xDC00 && source.compare(at + 1, 2, "\\u") == 0) {
                    code = 0x10000 + ((code - 0xD800) << 10) + (std::stoul(source.substr(at + 3, 4), nullptr, 16) - 0xDC00);
                    at += 6;
                }
                character(code, found);
            } else found += escape == 'n' ? '\n' : escape == 't' ? '\t' : escape == 'r' ? '\r' : escape == 'b' ? '\b' : escape == 'f' ? '\f' : escape;
        }
        ++at;
        return found;
    }
    Json value() {
        Json found;
        space();
        char first = source.at(at);
        if (first == '"') { found.kind = Json::Text; found.text = string(); }
        else if (first == '[' || first == '{') {
            found.kind = first == '[' ? Json::List : Json::Object;
            char last = first == '[' ? ']' : '}';
            ++at;
            for (space(); source.at(at) != last; space()) {
                if (source[at] == ',') { ++at; continue; }
                if (last == '}') { found.keys.push_back(string()); space(); ++at; }
                found.items.push_back(value());
            }
            ++at;
        } else {
            while (at < source.size() && std::string(",]} \n").find(source[at]) == std::string::npos) found.text += source[at++];
            found.kind = found.text == "null" ? Json::Null : found.text == "true" || found.text == "false" ? Json::Word : Json::Number;
        }
        return found;
    }
};

inline const Json* member(const Json& object, const std::string& key) {
    for (std::size_t i = 0; i < object.keys.size(); ++i) if (object.keys[i] == key) return &object.items[i];
    return nullptr;
}

inline const std::vector<Json>& sequence(const Json& json) {
    if (json.kind == Json::List) return json.items;
    for (const char* tag : {"t", "s", "d"}) if (const Json* found = json.kind == Json::Object ? member(json, tag) : nullptr) return found->items;
    throw Foreign{"a value that is no sequence"};
}

template <class T, class = void> struct Form;

template <> struct Form<bool> {
    static bool read(const Json& json) { if (json.kind != Json::Word) throw Foreign{"no bool"}; return json.text == "true"; }
    static void write(bool value, std::string& into) { into += value ? "true" : "false"; }
};
template <class T> struct Form<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char>>> {
    static T read(const Json& json) {
        if (json.kind != Json::Number) throw Foreign{"no integer"};
        long double wide = std::strtold(json.text.c_str(), nullptr);
        if (wide < (long double)std::numeric_limits<T>::min() || wide > (long double)std::numeric_limits<T>::max()) throw Foreign{json.text + ": too wide an integer"};
        return std::is_signed_v<T> ? T(std::strtoll(json.text.c_str(), nullptr, 10)) : T(std::strtoull(json.text.c_str(), nullptr, 10));
    }
    static void write(T value, std::string& into) { into += std::to_string(value); }
};
template <> struct Form<char> {
    static char read(const Json& json) { if (json.kind != Json::Text || json.text.size() != 1) throw Foreign{"no char"}; return json.text[0]; }
    static void write(char value, std::string& into);
};
template <class T> struct Form<T, std::enable_if_t<std::is_floating_point_v<T>>> {
    static T read(const Json& json) {
        if (json.kind != Json::Number) throw Foreign{"no number"};
        return T(std::strtold(json.text.c_str(), nullptr));
    }
    static void write(T value, std::string& into) {
        if (std::isnan(value)) { into += "NaN"; return; }
        if (std::isinf(value)) { into += value < 0 ? "-Infinity" : "Infinity"; return; }
        char found[64];
        std::snprintf(found, sizeof found, "%.*g", sizeof(T) == 4 ? 9 : 17, double(value));
        into += found;
        if (into.find_first_of(".e", into.size() - std::string(found).size()) == std::string::npos) into += ".0";
    }
};
template <> struct Form<std::string> {
    static std::string read(const Json& json) { if (json.kind != Json::Text) throw Foreign{"no string"}; return json.text; }
    static void write(const std::string& value, std::string& into) {
        into += '"';
        for (unsigned char c : value) {
            if (c == '"' || c == '\\') { into += '\\'; into += char(c); }
            else if (c < 0x20) { char found[8]; std::snprintf(found, sizeof found, "\\u%04x", c); into += found; }
            else into += char(c);
        }
        into += '"';
    }
};
inline void Form<char>::write(char value, std::string& into) { Form<std::string>::write(std::string(1, value), into); }
template <> struct Form<const char*> {
    static const char* read(const Json& json) { return (new std::string(Form<std::string>::read(json)))->c_str(); }
    static void write(const char* value, std::string& into) { Form<std::string>::write(value, into); }
};
template <class C> void write_all(const C& value, std::string& into) {
    into += '[';
    bool first = true;
    for (const auto& item : value) { if (!first) into += ','; first = false; Form<std::decay_t<decltype(item)>>::write(item, into); }
    into += ']';
}
template <class T> struct Form<std::vector<T>> {
    static std::vector<T> read(const Json& json) {
        std::vector<T> found;
        for (const Json& item : sequence(json)) found.push_back(Form<T>::read(item));
        return found;
    }
    static void write(const std::vector<T>& value, std::string& into) {
        into += '[';
        for (std::size_t i = 0; i < value.size(); ++i) { if (i) into += ','; Form<T>::write(value[i], into); }
        into += ']';
    }
};
template <class S, class T> struct SetForm {
    static S read(const Json& json) { S found; for (const Json& item : sequence(json)) found.insert(Form<T>::read(item)); return found; }
    static void write(const S& value, std::string& into) { into += "{\"s\":"; write_all(value, into); into += '}'; }
};
template <class T> struct Form<std::set<T>> : SetForm<std::set<T>, T> {};
template <class T> struct Form<std::unordered_set<T>> : SetForm<std::unordered_set<T>, T> {};
template <class M, class K, class V> struct MapForm {
    static M read(const Json& json) {
        M found;
        for (const Json& pair : sequence(json)) found[Form<K>::read(pair.items.at(0))] = Form<V>::read(pair.items.at(1));
        return found;
    }
    static void write(const M& value, std::string& into) {
        into += "{\"d\":[";
        bool first = true;
        for (const auto& [key, item] : value) {
            into += first ? "[" : ",[";
            first = false;
            Form<K>::write(key, into); into += ','; Form<V>::write(item, into); into += ']';
        }
        into += "]}";
    }
};
template <class K, class V> struct Form<std::map<K, V>> : MapForm<std::map<K, V>, K, V> {};
template <class K, class V> struct Form<std::unordered_map<K, V>> : MapForm<std::unordered_map<K, V>, K, V> {};
template <class T> struct Form<std::optional<T>> {
    static std::optional<T> read(const Json& json) { if (json.kind == Json::Null) return std::nullopt; return Form<T>::read(json); }
    static void write(const std::optional<T>& value, std::string& into) { if (value) Form<T>::write(*value, into); else into += "null"; }
};
template <class Tuple, std::size_t... I> Tuple read_tuple(const Json& json, std::index_sequence<I...>) {
    const auto& items = sequence(json);
    return Tuple(Form<std::tuple_element_t<I, Tuple>>::read(items.at(I))...);
}
template <class Tuple, std::size_t... I> void write_tuple(const Tuple& value, std::string& into, std::index_sequence<I...>) {
    into += "{\"t\":[";
    ((into += I ? "," : "", Form<std::tuple_element_t<I, Tuple>>::write(std::get<I>(value), into)), ...);
    into += "]}";
}
template <class... T> struct Form<std::tuple<T...>> {
    using Tuple = std::tuple<T...>;
    static Tuple read(const Json& json) { return read_tuple<Tuple>(json, std::index_sequence_for<T...>{}); }
    static void write(const Tuple& value, std::string& into) { write_tuple(value, into, std::index_sequence_for<T...>{}); }
};
template <class A, class B> struct Form<std::pair<A, B>> {
    using Pair = std::pair<A, B>;
    static Pair read(const Json& json) { return read_tuple<Pair>(json, std::make_index_sequence<2>{}); }
    static void write(const Pair& value, std::string& into) { write_tuple(value, into, std::make_index_sequence<2>{}); }
};

template <class R, class... A, std::size_t... I>
void apply(R (*function)(A...), const std::vector<Json>& given, std::string& into, std::index_sequence<I...>) {
    if (given.size() != sizeof...(A)) throw Foreign{"another number of arguments"};
    std::tuple<std::decay_t<A>...> arguments{Form<std::decay_t<A>>::read(given[I])...};
    if constexpr (std::is_void_v<R>) { function(static_cast<A>(std::get<I>(arguments))...); into += "null"; }
    else Form<std::decay_t<R>>::write(function(static_cast<A>(std::get<I>(arguments))...), into);
}
template <class R, class... A> auto bind(R (*function)(A...)) {
    return [function](const std::vector<Json>& given, std::string& into) { apply(function, given, into, std::index_sequence_for<A...>{}); };
}

using Served = std::map<std::string, std::function<void(const std::vector<Json>&, std::string&)>>;

inline void say(const std::string& content) {
    std::string text = content + "\n";
    for (std::size_t done = 0; done < text.size();) {
        ssize_t count = ::write(4, text.data() + done, text.size() - done);
        if (count <= 0) ::_exit(1);
        done += std::size_t(count);
    }
}

inline std::string problem(const std::string& kind, const std::string& what) {
    std::string text;
    Form<std::string>::write(what, text);
    return kind == "foreign" ? "{\"foreign\":" + text + "}"
                             : "{\"raised\":{\"kinds\":[\"builtins." + kind + "\",\"builtins.Exception\"],\"text\":" + text + ",\"args\":[" + text + "]}}";
}

inline std::string answer(const Served& served, const std::string& line) {
    try {
        Parser parser{line};
        Json asked = parser.value();
        const Json *operation = member(asked, "op"), *on = member(asked, "on"), *args = member(asked, "args");
        const Json* name = on ? member(*on, "name") : nullptr;
        if (!operation || operation->text != "call" || !name || !args) throw Foreign{"no such operation in this language"};
        auto found = served.find(name->text);
        if (found == served.end()) return problem("NameError", name->text);
        std::string value = "{\"value\":";
        found->second(args->items, value);
        return value + "}";
    } catch (const Foreign& foreign) { return problem("foreign", foreign.why); }
    catch (const std::bad_alloc& error) { return problem("MemoryError", error.what()); }
    catch (const std::exception& error) { return problem("RuntimeError", error.what()); }
    catch (...) { return problem("RuntimeError", "thrown"); }
}

inline int serve(const Served& served) {
    say("{\"value\":null}");
    std::string kept;
    char part[1 << 16];
    for (ssize_t count; (count = ::read(3, part, sizeof part)) > 0;) {
        kept.append(part, std::size_t(count));
        for (std::size_t end; (end = kept.find('\n')) != std::string::npos; kept.erase(0, end + 1)) {
            say(answer(served, kept.substr(0, end)));
            std::fflush(stdout);
        }
    }
    ::_exit(0);
}

}  // namespace crosstask_driver

int main() { return crosstask_driver::serve({@@TABLE@@}); }
