//! The system's memory, counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Allocations of this thread.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// Bytes that this thread allocated and did not give back.
    static HELD: Cell<i64> = const { Cell::new(0) };
}

struct Counted;

#[global_allocator]
static COUNTED: Counted = Counted;

fn hold(bytes: usize, sign: i64) {
    HELD.with(|held| held.set(held.get() + sign * i64::try_from(bytes).unwrap_or(i64::MAX)));
}

#[expect(unsafe_code, reason = "what allocates is unsafe to write; this only counts beside it")]
// SAFETY: everything is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        hold(layout.size(), 1);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        hold(layout.size(), -1);
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(place, layout) }
    }
}

/// How often memory is asked for during `work`.
pub fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

/// Bytes of this thread.
pub fn held() -> i64 {
    HELD.with(Cell::get)
}
