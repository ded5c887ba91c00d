// Serves the judge: reads what it asks, has it called, writes what came of it. Compiled apart from the program.
#include "@@OWN@@.hpp"
#undef main
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>

namespace @@OWN@@ {

const Entry* Entry::first = nullptr;

namespace {

struct Foreign { const char* why; };

void* room(void* old, unsigned long size) {
    void* found = std::realloc(old, size);
    if (!found) throw std::bad_alloc();
    return found;
}

void add(Out& into, const char* text, unsigned long size) {
    if (into.size + size > into.space) {
        into.space = 2 * (into.size + size) + 64;
        into.data = static_cast<char*>(room(into.data, into.space));
    }
    std::memcpy(into.data + into.size, text, size);
    into.size += size;
}

// What is read lives until the program ends: arguments may be kept by it.
struct Parser {
    const char* at;
    const char* end;

    void space() { while (at < end && std::strchr(" \t\r,:", *at)) ++at; }
    char next() { if (at >= end) throw Foreign{"no JSON"}; return *at++; }
    unsigned digits() {
        unsigned found = 0;
        for (int i = 0; i < 4; ++i) {
            char c = next();
            found = 16 * found + unsigned(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
        }
        return found;
    }
    void character(Out& into, unsigned code) {
        char found[4];
        unsigned long size = 0;
        if (code < 0x80) found[size++] = char(code);
        else {
            if (code < 0x800) found[size++] = char(0xC0 | code >> 6);
            else {
                if (code < 0x10000) found[size++] = char(0xE0 | code >> 12);
                else { found[size++] = char(0xF0 | code >> 18); found[size++] = char(0x80 | (code >> 12 & 63)); }
                found[size++] = char(0x80 | (code >> 6 & 63));
            }
            found[size++] = char(0x80 | (code & 63));
        }
        add(into, found, size);
    }
    Json string() {
        Out into{nullptr, 0, 0};
        for (char c; (c = next()) != '"';) {
            if (c != '\\') { add(into, &c, 1); continue; }
            char escape = next();
            if (escape == 'u') {
                unsigned code = digits();
                if (code >= 0xD800 && code < 0xDC00 && at + 1 < end && at[0] == '\\' && at[1] == 'u') {
                    at += 2;
                    code = 0x10000 + ((code - 0xD800) << 10) + (digits() - 0xDC00);
                }
                character(into, code);
            } else {
                char plain = escape == 'n' ? '\n' : escape == 't' ? '\t' : escape == 'r' ? '\r' : escape == 'b' ? '\b' : escape == 'f' ? '\f' : escape;
                add(into, &plain, 1);
            }
        }
        add(into, "", 1);
        return {Json::Text, into.data, into.size - 1, nullptr, 0};
    }
    Json all(Json::Kind kind, char last) {
        Json* items = nullptr;
        unsigned long count = 0, space_for = 0;
        for (space(); at < end && *at != last; space()) {
            if (count == space_for) items = static_cast<Json*>(room(items, (space_for = 2 * space_for + 4) * sizeof(Json)));
            Json found = value();
            items[count++] = found;
        }
        next();
        return {kind, nullptr, 0, items, count};
    }
    Json value() {
        space();
        char first = next();
        if (first == '"') return string();
        if (first == '[') return all(Json::List, ']');
        if (first == '{') return all(Json::Object, '}');
        const char* begin = at - 1;
        while (at < end && !std::strchr(",]} :\n", *at)) ++at;
        Out word{nullptr, 0, 0};
        add(word, begin, static_cast<unsigned long>(at - begin));
        add(word, "", 1);
        Json::Kind kind = !std::strcmp(word.data, "null") ? Json::Null : !std::strcmp(word.data, "true") || !std::strcmp(word.data, "false") ? Json::Word : Json::Number;
        return {kind, word.data, word.size - 1, nullptr, 0};
    }
};

const Json* member(const Json& object, const char* key) {
    for (unsigned long i = 0; object.kind == Json::Object && i + 1 < object.count; i += 2)
        if (object.items[i].kind == Json::Text && !std::strcmp(object.items[i].text, key)) return &object.items[i + 1];
    return nullptr;
}

const Json& number(const Json& json, const char* otherwise) {
    if (json.kind != Json::Number) foreign(otherwise);
    errno = 0;
    return json;
}

// The length of the character of UTF-8 that begins here; 0 where none does.
unsigned long whole(const char* text, unsigned long left) {
    unsigned char first = static_cast<unsigned char>(*text);
    unsigned long length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length > left) return 0;
    for (unsigned long i = 1; i < length; ++i) if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    if (length > 2) {
        unsigned char second = static_cast<unsigned char>(text[1]);
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    }
    return length;
}

void problem(Out& into, const char* kind, const char* what) {
    into.size = 0;
    put(into, kind ? "{\"raised\":{\"kinds\":[\"builtins." : "{\"foreign\":");
    if (kind) { put(into, kind); put(into, "\",\"builtins.Exception\"],\"text\":"); }
    put_text(into, what, std::strlen(what));
    if (kind) { put(into, ",\"args\":["); put_text(into, what, std::strlen(what)); put(into, "]}"); }
    put(into, "}");
}

void call(const Json& asked, Out& into) {
    const Json *operation = member(asked, "op"), *on = member(asked, "on"), *args = member(asked, "args");
    const Json* name = on ? member(*on, "name") : nullptr;
    if (!operation || operation->kind != Json::Text || std::strcmp(operation->text, "call") || !name || name->kind != Json::Text || !args)
        foreign("no such operation in this language");
    const Entry* found = Entry::first;
    while (found && std::strcmp(found->name, name->text)) found = found->next;
    if (!found) { problem(into, "NameError", name->text); return; }
    if (found->count != args->count) foreign("another number of arguments");
    put(into, "{\"value\":");
    found->call(args->items, into);
    put(into, "}");
}

void answer(const char* line, unsigned long size, Out& into) {
    into.size = 0;
    try {
        Parser parser{line, line + size};
        call(parser.value(), into);
    } catch (const Foreign& error) { problem(into, nullptr, error.why); }
    catch (const std::bad_alloc& error) { problem(into, "MemoryError", error.what()); }
    catch (const std::exception& error) { problem(into, "RuntimeError", error.what()); }
    catch (...) { problem(into, "RuntimeError", "thrown"); }
}

void say(Out& into) {
    add(into, "\n", 1);
    for (unsigned long done = 0; done < into.size;) {
        ssize_t count = ::write(4, into.data + done, into.size - done);
        if (count <= 0) ::_exit(1);
        done += static_cast<unsigned long>(count);
    }
}

}  // namespace

void foreign(const char* why) { throw Foreign{why}; }

long long signed_of(const Json& json) {
    long long found = std::strtoll(number(json, "no integer").text, nullptr, 10);
    if (errno) foreign("too wide an integer");
    return found;
}

unsigned long long unsigned_of(const Json& json) {
    unsigned long long found = std::strtoull(number(json, "no integer").text, nullptr, 10);
    if (errno || json.text[0] == '-') foreign("too wide an integer");
    return found;
}

long double real_of(const Json& json) { return std::strtold(number(json, "no number").text, nullptr); }

const Json& sequence_of(const Json& json) {
    if (json.kind == Json::List) return json;
    for (const char* tag : {"t", "s", "d"}) if (const Json* found = member(json, tag)) return sequence_of(*found);
    foreign("a value that is no sequence");
}

void put(Out& into, const char* text) { add(into, text, std::strlen(text)); }

void put_text(Out& into, const char* text, unsigned long size) {
    add(into, "\"", 1);
    for (unsigned long i = 0; i < size; ++i) {
        unsigned char c = static_cast<unsigned char>(text[i]);
        char found[8];
        if (c == '"' || c == '\\') { found[0] = '\\'; found[1] = char(c); add(into, found, 2); }
        else if (c < 0x20) add(into, found, static_cast<unsigned long>(std::snprintf(found, sizeof found, "\\u%04x", c)));
        else if (unsigned long length = whole(text + i, size - i)) { add(into, text + i, length); i += length - 1; }
        else add(into, found, static_cast<unsigned long>(std::snprintf(found, sizeof found, "\\udc%02x", c)));
    }
    add(into, "\"", 1);
}

void put_signed(Out& into, long long value) {
    char found[32];
    add(into, found, static_cast<unsigned long>(std::snprintf(found, sizeof found, "%lld", value)));
}

void put_unsigned(Out& into, unsigned long long value) {
    char found[32];
    add(into, found, static_cast<unsigned long>(std::snprintf(found, sizeof found, "%llu", value)));
}

void put_real(Out& into, double value, int digits) {
    char found[64];
    if (std::isnan(value)) { put(into, "NaN"); return; }
    if (std::isinf(value)) { put(into, value < 0 ? "-Infinity" : "Infinity"); return; }
    std::snprintf(found, sizeof found, "%.*g", digits, value);
    put(into, found);
    if (!std::strpbrk(found, ".e")) put(into, ".0");
}

static int serve() {
    Out said{nullptr, 0, 0}, kept{nullptr, 0, 0};
    put(said, "{\"value\":null}");
    say(said);
    static char part[1 << 16];
    for (ssize_t count; (count = ::read(3, part, sizeof part)) > 0;) {
        for (ssize_t begin = 0; begin < count;) {
            const void* end = std::memchr(part + begin, '\n', static_cast<unsigned long>(count - begin));
            unsigned long size = end ? static_cast<unsigned long>(static_cast<const char*>(end) - part - begin) : static_cast<unsigned long>(count - begin);
            add(kept, part + begin, size);
            begin += static_cast<ssize_t>(size) + (end ? 1 : 0);
            if (!end) continue;
            answer(kept.data, kept.size, said);
            kept.size = 0;
            say(said);
            std::fflush(stdout);
        }
    }
    ::_exit(0);
}

}  // namespace @@OWN@@

int main() { return @@OWN@@::serve(); }
