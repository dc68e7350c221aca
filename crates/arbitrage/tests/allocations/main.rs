//! From the text of a message to the price that is shown, nothing is allocated: at thousands of
//! updates a second the memory of a process would be its bottleneck, and its noise. And however
//! much a venue tells, no more is held than a book and a bounded wait for it.

mod counted;
mod listener;
mod recorded;

use listener::{LISTENERS, Listener};

/// Updates in which each side of a book is filled to its bound.
const FILLING: u64 = 10_500;

#[test]
fn an_allocation_is_counted() {
    assert_eq!(counted::allocations(|| drop(std::hint::black_box(Box::new(7_u64)))), 1);
    let held = counted::held();
    let room = std::hint::black_box(vec![0_u8; 1_000]);
    assert_eq!(counted::held() - held, 1_000);
    drop(room);
    assert_eq!(counted::held(), held);
}

#[test]
fn an_update_is_read_kept_and_shown_without_an_allocation() {
    for new in LISTENERS {
        let mut listener = new();
        let venue = listener.venue();
        listener.begin();
        // The first of each makes the room that the others find.
        listener.messages(11).iter().for_each(|text| listener.hear(text));
        let texts: Vec<_> = (12..1_012).flat_map(|number| listener.messages(number)).collect();
        let counted = counted::allocations(|| texts.iter().for_each(|text| listener.hear(text)));
        assert_eq!(counted, 0, "{venue:?}, in {} messages", texts.len());
        assert_eq!(listener.best_bid_qty(), "0.00001011", "{venue:?}");
    }
}

#[test]
fn whatever_a_venue_tells_no_more_is_held_than_a_full_book() {
    for new in LISTENERS {
        let mut listener = new();
        listener.begin();
        let mut hear = |numbers: std::ops::Range<u64>| {
            // Each a level further from the market than all before it.
            numbers.for_each(|number| listener.hear(&listener.further(number)));
            counted::held()
        };
        let held = hear(11..11 + FILLING);
        assert_eq!(hear(11 + FILLING..11 + FILLING + 2_000), held, "{:?}", listener.venue());
    }
}

#[test]
fn what_waits_for_a_snapshot_that_never_comes_is_bounded() {
    for new in LISTENERS {
        let mut listener = new();
        let most_of = |numbers: std::ops::Range<u64>, listener: &mut dyn Listener| {
            let held = numbers.map(|number| {
                listener.hear(&listener.further(number));
                counted::held()
            });
            held.max()
        };
        let most = most_of(11..2_500, &mut *listener);
        assert_eq!(most_of(2_500..7_500, &mut *listener), most, "{:?}", listener.venue());
    }
}
