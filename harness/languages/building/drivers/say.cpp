// Says the nonce of a test whose main was begun and gave 0. Compiled apart from the program and linked before it. The
// nonce is read before the first initialiser of either, by the kernel's own calls: a program may define `read`.
#if defined(__x86_64__)
static long ask(long number, long first, const void* second, long third) {
    long found;
    __asm__ volatile("syscall" : "=a"(found) : "a"(number), "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
    return found;
}
enum { READ = 0, WRITE = 1, CLOSE = 3, GETPID = 39, KILL = 62 };
#elif defined(__aarch64__)
static long ask(long number, long first, const void* second, long third) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = first;
    register const void* x1 __asm__("x1") = second;
    register long x2 __asm__("x2") = third;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
enum { READ = 63, WRITE = 64, CLOSE = 57, GETPID = 172, KILL = 129 };
#else
#include <sys/syscall.h>
#include <unistd.h>
static long ask(long number, long first, const void* second, long third) { return syscall(number, first, second, third); }
enum { READ = SYS_read, WRITE = SYS_write, CLOSE = SYS_close, GETPID = SYS_getpid, KILL = SYS_kill };
#endif

namespace {
const long ABORT = 6;
char line[4200] = "{\"nonce\":\"";
long size = 10;
bool begun = false;

void take() {
    for (long count; size < 4100 && (count = ask(READ, 3, line + size, 4100 - size)) > 0;) size += count;
    ask(CLOSE, 3, nullptr, 0);
}
__attribute__((section(".preinit_array"), used)) void (*const first)() = take;

void print(const char* text) {
    long length = 0;
    while (text[length]) ++length;
    ask(WRITE, 2, text, length);
}
}  // namespace

extern "C" int __real_main(int, char**, char**);
extern "C" void @@OWN@@_begin() { begun = true; }
extern "C" [[noreturn]] void @@OWN@@_fail(const char* place, const char* in, const char* asserted) {
    for (char& kept : line) kept = 0;
    print(place); print(": "); print(in); print(": Assertion `"); print(asserted); print("' failed.\n");
    ask(KILL, ask(GETPID, 0, nullptr, 0), reinterpret_cast<const void*>(ABORT), 0);
    __builtin_trap();
}
extern "C" int __wrap_main(int count, char** words, char** environment) {
    int code = __real_main(count, words, environment);
    if (code == 0 && begun) {
        line[size] = '"';
        line[size + 1] = '}';
        line[size + 2] = '\n';
        ask(WRITE, 4, line, size + 3);
    }
    return code;
}
