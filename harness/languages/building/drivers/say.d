// Says the nonce of a test all of whose blocks came to their end, in a program that gave 0. Compiled apart from it, without
// D's library: the nonce is read before the first constructor of either.
import ldc.attributes;

extern (C) nothrow @nogc {
    long read(int, void*, size_t);
    long write(int, const void*, size_t);
    int close(int);
    int __real_main(int, char**);
}

private __gshared char[4200] line = void;
private __gshared size_t size = 0;
private __gshared int came = 0;

extern (C) private void take() nothrow @nogc
{
    foreach (letter; "{\"nonce\":\"") line[size++] = letter;
    for (long count; size < 4100 && (count = read(3, &line[size], 4100 - size)) > 0;) size += count;
    close(3);
    foreach (letter; "\"}\n") line[size++] = letter;
}

@(section(".preinit_array")) @assumeUsed private __gshared void function() nothrow @nogc first = cast(void function() nothrow @nogc) &take;

extern (D) void came_@@OWN@@() nothrow @nogc
{
    ++came;
}

extern (C) int __wrap_main(int count, char** words) nothrow @nogc
{
    int code = __real_main(count, words);
    if (code == 0 && came >= @@TESTS@@) write(4, &line[0], size);
    return code;
}
