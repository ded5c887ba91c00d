//! Says the nonce of tests that were all begun and whose main gave 0. A crate of its own, without the library of Rust: the
//! nonce is read before the first initialiser, by the kernel's own calls, as a program may define `read`.
#![no_std]
pub use core::{assert, assert_eq, assert_ne, debug_assert, debug_assert_eq, debug_assert_ne, panic, unreachable};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering};

#[cfg(target_arch = "x86_64")]
unsafe fn ask(number: [usize; 2], first: usize, second: *mut u8, third: usize) -> isize {
    let found: isize;
    core::arch::asm!("syscall", inlateout("rax") number[0] => found, in("rdi") first, in("rsi") second, in("rdx") third, out("rcx") _, out("r11") _);
    found
}

#[cfg(target_arch = "aarch64")]
unsafe fn ask(number: [usize; 2], first: usize, second: *mut u8, third: usize) -> isize {
    let found: isize;
    core::arch::asm!("svc 0", in("x8") number[1], inlateout("x0") first => found, in("x1") second, in("x2") third);
    found
}

const READ: [usize; 2] = [0, 63];
const WRITE: [usize; 2] = [1, 64];
const CLOSE: [usize; 2] = [3, 57];
const HEAD: &[u8] = b"{\"nonce\":\"";
const TAIL: &[u8] = b"\"}\n";
const TESTS: usize = @@TESTS@@;

struct Line(UnsafeCell<[u8; 4200]>);
unsafe impl Sync for Line {}
static LINE: Line = Line(UnsafeCell::new([0; 4200]));
static SIZE: AtomicUsize = AtomicUsize::new(0);
static BEGUN: AtomicUsize = AtomicUsize::new(0);

unsafe fn add(text: &[u8]) {
    let line = LINE.0.get() as *mut u8;
    let mut size = SIZE.load(Ordering::Relaxed);
    for &byte in text { *line.add(size) = byte; size += 1; }
    SIZE.store(size, Ordering::Relaxed);
}

extern "C" fn take() {
    unsafe {
        add(HEAD);
        loop {
            let size = SIZE.load(Ordering::Relaxed);
            let count = ask(READ, 3, (LINE.0.get() as *mut u8).add(size), 4096 - size);
            if count <= 0 { break; }
            SIZE.store(size + count as usize, Ordering::Relaxed);
        }
        ask(CLOSE, 3, core::ptr::null_mut(), 0);
        add(TAIL);
    }
}

#[used]
#[link_section = ".preinit_array"]
static FIRST: extern "C" fn() = take;

pub fn begin() { BEGUN.fetch_add(1, Ordering::Relaxed); }

extern "C" { fn __real_main(count: i32, words: *const *const u8) -> i32; }

#[no_mangle]
pub extern "C" fn __wrap_main(count: i32, words: *const *const u8) -> i32 {
    unsafe {
        let code = __real_main(count, words);
        if code == 0 && BEGUN.load(Ordering::Relaxed) >= TESTS {
            ask(WRITE, 4, LINE.0.get() as *mut u8, SIZE.load(Ordering::Relaxed));
        }
        code
    }
}
