// How the values of a program's functions are read and written. It stands before the program, includes nothing and
// names nothing but @@OWN@@, so neither can come into the other's way: a program's macros come too late to change it,
// and the standard library is the program's own to include. Types are known by what they can do.
namespace @@OWN@@ {

struct Json {
    enum Kind { Null, Word, Number, Text, List, Object } kind;
    const char* text;
    unsigned long size;
    const Json* items;  // of an object: key, value, key, value
    unsigned long count;
};
struct Out { char* data; unsigned long size, space; };
struct Entry {
    const char* name;
    unsigned long count;
    void (*call)(const Json*, Out&);
    const Entry* next;
    static const Entry* first;
    template <class Call> Entry(const char* known, Call) : name(known), count(Call::count), call(&Call::run), next(first) { first = this; }
};
[[noreturn]] void foreign(const char* why);
long long signed_of(const Json&);
unsigned long long unsigned_of(const Json&);
long double real_of(const Json&);
const Json& sequence_of(const Json&);
void put(Out&, const char*);
void put_text(Out&, const char*, unsigned long);
void put_signed(Out&, long long);
void put_unsigned(Out&, unsigned long long);
void put_real(Out&, double, int digits);

template <class...> struct Types {};
template <class... T> struct Void { using type = void; };
template <class... T> using nothing = typename Void<T...>::type;
template <class T> T&& some() noexcept;
template <class T> struct Strip { using type = T; };
template <class T> struct Strip<T&> : Strip<T> {};
template <class T> struct Strip<T&&> : Strip<T> {};
template <class T> struct Strip<const T> : Strip<T> {};
template <class T> struct Strip<volatile T> : Strip<T> {};
template <class T> struct Strip<const volatile T> : Strip<T> {};
template <class T> using strip = typename Strip<T>::type;
template <class A, class B> struct Same { static constexpr bool value = false; };
template <class A> struct Same<A, A> { static constexpr bool value = true; };
template <int I> void get();  // so that a tuple's own is looked for

enum Basic { Other, Bool, Char, Signed, Unsigned, Real };
template <class T> struct BasicOf { static constexpr Basic value = Other; };
template <> struct BasicOf<bool> { static constexpr Basic value = Bool; };
template <> struct BasicOf<char> { static constexpr Basic value = Char; };
template <> struct BasicOf<signed char> { static constexpr Basic value = Signed; };
template <> struct BasicOf<short> { static constexpr Basic value = Signed; };
template <> struct BasicOf<int> { static constexpr Basic value = Signed; };
template <> struct BasicOf<long> { static constexpr Basic value = Signed; };
template <> struct BasicOf<long long> { static constexpr Basic value = Signed; };
template <> struct BasicOf<wchar_t> { static constexpr Basic value = Signed; };
template <> struct BasicOf<unsigned char> { static constexpr Basic value = Unsigned; };
template <> struct BasicOf<unsigned short> { static constexpr Basic value = Unsigned; };
template <> struct BasicOf<unsigned> { static constexpr Basic value = Unsigned; };
template <> struct BasicOf<unsigned long> { static constexpr Basic value = Unsigned; };
template <> struct BasicOf<unsigned long long> { static constexpr Basic value = Unsigned; };
template <> struct BasicOf<char16_t> { static constexpr Basic value = Unsigned; };
template <> struct BasicOf<char32_t> { static constexpr Basic value = Unsigned; };
template <> struct BasicOf<float> { static constexpr Basic value = Real; };
template <> struct BasicOf<double> { static constexpr Basic value = Real; };
template <> struct BasicOf<long double> { static constexpr Basic value = Real; };

template <class T, class = void> struct IsText { static constexpr bool value = false; };
template <class T> struct IsText<T, nothing<decltype(some<const T&>().c_str()), decltype(T(some<const char*>(), some<unsigned long>()))>> { static constexpr bool value = Same<strip<typename T::value_type>, char>::value; };
template <class T, class = void> struct IsView { static constexpr bool value = false; };
template <class T> struct IsView<T, nothing<decltype(some<T&>().remove_prefix(1)), decltype(some<const T&>().data())>> { static constexpr bool value = Same<strip<typename T::value_type>, char>::value; };
template <class T, class = void> struct IsOptional { static constexpr bool value = false; };
template <class T> struct IsOptional<T, nothing<decltype(some<const T&>().has_value()), typename T::value_type>> { static constexpr bool value = true; };
template <class T, class = void> struct IsRange { static constexpr bool value = false; };
template <class T> struct IsRange<T, nothing<decltype(some<const T&>().begin()), decltype(some<const T&>().size()), typename T::value_type>> { static constexpr bool value = true; };
template <class T, class = void> struct HasKeys { static constexpr bool value = false; };
template <class T> struct HasKeys<T, nothing<typename T::key_type>> { static constexpr bool value = true; };
template <class T, class = void> struct HasMapped { static constexpr bool value = false; };
template <class T> struct HasMapped<T, nothing<typename T::mapped_type>> { static constexpr bool value = true; };
template <class T, class = void> struct Grows { static constexpr bool value = false; };
template <class T> struct Grows<T, nothing<decltype(some<T&>().push_back(some<typename T::value_type>()))>> { static constexpr bool value = true; };
template <class T, class = void> struct IsPair { static constexpr bool value = false; };
template <class T> struct IsPair<T, nothing<typename T::first_type, typename T::second_type, decltype(some<T&>().first)>> { static constexpr bool value = true; };
template <class T, class = void> struct Varies { static constexpr bool value = false; };
template <class T> struct Varies<T, nothing<decltype(some<const T&>().valueless_by_exception())>> { static constexpr bool value = true; };
template <class T, class = void> struct HasPlaces { static constexpr bool value = false; };
template <class T> struct HasPlaces<T, nothing<decltype(get<0>(some<const T&>()))>> { static constexpr bool value = !Varies<T>::value; };
template <class T> struct Parts { static constexpr unsigned long count = 0; using types = Types<>; };
template <template <class...> class C, class... A> struct Parts<C<A...>> { static constexpr unsigned long count = sizeof...(A); using types = Types<A...>; };

template <class T> T read(const Json& json);
template <class T> void write(const T& value, Out& into);

template <class... T> void write_tuple(Out& into, const T&... values);
template <class T> void write_places(const T& value, Out& into);
template <class T> void write_range(const T& value, Out& into);
template <class T> T in_range(const Json& json) {
    if constexpr (BasicOf<T>::value == Signed) {
        long long found = signed_of(json);
        if ((long long)(T)found != found) foreign("too wide an integer");
        return (T)found;
    } else {
        unsigned long long found = unsigned_of(json);
        if ((unsigned long long)(T)found != found) foreign("too wide an integer");
        return (T)found;
    }
}

inline const Json& part(const Json& json, unsigned long count) {
    const Json& found = sequence_of(json);
    if (found.count != count) foreign("a tuple of another length");
    return found;
}

template <class T, class... A> T read_tuple(const Json& json, Types<A...>) {
    const Json& found = part(json, sizeof...(A));
    unsigned long at = 0;
    return T{read<strip<A>>(found.items[at++])...};
}

template <class T> T read_range(const Json& json) {
    const Json& found = sequence_of(json);
    T made{};
    if constexpr (HasMapped<T>::value) {
        for (unsigned long i = 0; i < found.count; ++i) {
            const Json& pair = part(found.items[i], 2);
            made.insert(typename T::value_type(read<strip<typename T::key_type>>(pair.items[0]), read<strip<typename T::mapped_type>>(pair.items[1])));
        }
    } else if constexpr (HasKeys<T>::value) {
        for (unsigned long i = 0; i < found.count; ++i) made.insert(read<strip<typename T::value_type>>(found.items[i]));
    } else if constexpr (Grows<T>::value) {
        for (unsigned long i = 0; i < found.count; ++i) made.push_back(read<strip<typename T::value_type>>(found.items[i]));
    } else {
        if (made.size() != found.count) foreign("an array of another length");
        unsigned long i = 0;
        for (auto& item : made) item = read<strip<typename T::value_type>>(found.items[i++]);
    }
    return made;
}

inline const Json& text_in(const Json& json) {
    if (json.kind != Json::Text) foreign("no string");
    return json;
}

inline const char* kept(const Json& json) {
    char* made = new char[json.size + 1];
    for (unsigned long i = 0; i < json.size; ++i) made[i] = json.text[i];
    made[json.size] = 0;
    return made;
}

template <class T> T read(const Json& json) {
    constexpr Basic basic = BasicOf<T>::value;
    if constexpr (basic == Bool) {
        if (json.kind != Json::Word) foreign("no bool");
        return json.text[0] == 't';
    } else if constexpr (basic == Char) {
        if (text_in(json).size != 1) foreign("no char");
        return json.text[0];
    } else if constexpr (basic == Signed || basic == Unsigned) return in_range<T>(json);
    else if constexpr (basic == Real) return (T)real_of(json);
    else if constexpr (Same<T, const char*>::value || Same<T, char*>::value) return (T)kept(text_in(json));
    else if constexpr (IsText<T>::value) return T(text_in(json).text, json.size);
    else if constexpr (IsView<T>::value) return T(kept(text_in(json)), json.size);
    else if constexpr (IsOptional<T>::value) {
        if (json.kind == Json::Null) return T{};
        return T{read<strip<typename T::value_type>>(json)};
    } else if constexpr (IsRange<T>::value) return read_range<T>(json);
    else if constexpr (IsPair<T>::value) {
        const Json& found = part(json, 2);
        return T{read<strip<typename T::first_type>>(found.items[0]), read<strip<typename T::second_type>>(found.items[1])};
    } else if constexpr (HasPlaces<T>::value) return read_tuple<T>(json, typename Parts<T>::types{});
    else foreign("a type that no value can be read as");
}

template <class... T> void write_tuple(Out& into, const T&... values) {
    const char* mark = "{\"t\":[";
    ((put(into, mark), mark = ",", @@OWN@@::write(values, into)), ...);
    put(into, "]}");
}

template <class T> void write_places(const T& value, Out& into) {
    constexpr unsigned long count = Parts<T>::count;
    if constexpr (count == 1) { auto& [a] = value; @@OWN@@::write_tuple(into, a); }
    else if constexpr (count == 2) { auto& [a, b] = value; @@OWN@@::write_tuple(into, a, b); }
    else if constexpr (count == 3) { auto& [a, b, c] = value; @@OWN@@::write_tuple(into, a, b, c); }
    else if constexpr (count == 4) { auto& [a, b, c, d] = value; @@OWN@@::write_tuple(into, a, b, c, d); }
    else if constexpr (count == 5) { auto& [a, b, c, d, e] = value; @@OWN@@::write_tuple(into, a, b, c, d, e); }
    else if constexpr (count == 6) { auto& [a, b, c, d, e, f] = value; @@OWN@@::write_tuple(into, a, b, c, d, e, f); }
    else if constexpr (count == 7) { auto& [a, b, c, d, e, f, g] = value; @@OWN@@::write_tuple(into, a, b, c, d, e, f, g); }
    else if constexpr (count == 8) { auto& [a, b, c, d, e, f, g, h] = value; @@OWN@@::write_tuple(into, a, b, c, d, e, f, g, h); }
    else foreign("a tuple of more than 8 values");
}

template <class T> void write_range(const T& value, Out& into) {
    constexpr bool tagged = HasKeys<T>::value;
    put(into, HasMapped<T>::value ? "{\"d\":[" : tagged ? "{\"s\":[" : "[");
    bool first = true;
    for (const auto& item : value) {
        if (!first) put(into, ",");
        first = false;
        if constexpr (HasMapped<T>::value) {
            put(into, "[");
            @@OWN@@::write(item.first, into);
            put(into, ",");
            @@OWN@@::write(item.second, into);
            put(into, "]");
        } else @@OWN@@::write<strip<typename T::value_type>>(item, into);
    }
    put(into, tagged ? "]}" : "]");
}

template <class T> void write(const T& value, Out& into) {
    constexpr Basic basic = BasicOf<T>::value;
    if constexpr (basic == Bool) put(into, value ? "true" : "false");
    else if constexpr (basic == Char) put_text(into, &value, 1);
    else if constexpr (basic == Signed) put_signed(into, value);
    else if constexpr (basic == Unsigned) put_unsigned(into, value);
    else if constexpr (basic == Real) put_real(into, (double)value, sizeof(T) == 4 ? 9 : 17);
    else if constexpr (Same<T, const char*>::value || Same<T, char*>::value) {
        unsigned long size = 0;
        while (value[size]) ++size;
        put_text(into, value, size);
    } else if constexpr (IsText<T>::value || IsView<T>::value) put_text(into, value.data(), value.size());
    else if constexpr (IsOptional<T>::value) {
        if (value.has_value()) @@OWN@@::write<strip<typename T::value_type>>(*value, into); else put(into, "null");
    } else if constexpr (IsRange<T>::value) @@OWN@@::write_range(value, into);
    else if constexpr (IsPair<T>::value) @@OWN@@::write_tuple(into, value.first, value.second);
    else if constexpr (HasPlaces<T>::value) @@OWN@@::write_places(value, into);
    else foreign("a type that has no form to send it in");
}

// Reads an argument after the other, and calls with all.
template <auto F, class R, class All, class... Left> struct Step;
template <auto F, class R, class... All> struct Step<F, R, Types<All...>> {
    template <class... Done> static void go(const Json*, Out& into, Done&... done) {
        if constexpr (Same<strip<R>, void>::value) { (*F)(static_cast<All&&>(done)...); put(into, "null"); }
        else @@OWN@@::write<strip<R>>((*F)(static_cast<All&&>(done)...), into);
    }
};
template <auto F, class R, class All, class A, class... Left> struct Step<F, R, All, A, Left...> {
    template <class... Done> static void go(const Json* given, Out& into, Done&... done) {
        strip<A> value = read<strip<A>>(*given);
        Step<F, R, All, Left...>::go(given + 1, into, done..., value);
    }
};
template <auto F, class S> struct Signature;
template <auto F, class R, class... A> struct Signature<F, R(A...)> {
    static constexpr unsigned long count = sizeof...(A);
    static void run(const Json* given, Out& into) { Step<F, R, Types<A...>, A...>::go(given, into); }
};
template <class T> struct Called { using type = typename Called<decltype(&T::operator())>::type; };
template <class R, class... A> struct Called<R(A...)> { using type = R(A...); };
template <class R, class... A> struct Called<R(A...) noexcept> { using type = R(A...); };
template <class C, class R, class... A> struct Called<R (C::*)(A...)> { using type = R(A...); };
template <class C, class R, class... A> struct Called<R (C::*)(A...) const> { using type = R(A...); };
template <class C, class R, class... A> struct Called<R (C::*)(A...) noexcept> { using type = R(A...); };
template <class C, class R, class... A> struct Called<R (C::*)(A...) const noexcept> { using type = R(A...); };
template <auto F> struct Call : Signature<F, typename Called<strip<decltype(*F)>>::type> {};

}
using @@OWN@@_Entry = @@OWN@@::Entry;
template <auto F> using @@OWN@@_Call = @@OWN@@::Call<F>;
#define main @@OWN@@_other_main
