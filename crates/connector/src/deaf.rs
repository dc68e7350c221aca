//! For tests: who hears of markets and keeps nothing, and what is counted meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use model::Time;
use venue::port::{BookTold, Lost, MarketSink, Pair, TopTold, TradeTold};

use crate::backoff::Backoff;
use crate::meters::Meters;
use crate::session::End;
use crate::socket::SocketEnd;

/// Hears nothing of it.
pub struct Deaf;

impl MarketSink for Deaf {
    fn book(&self, _told: &BookTold<'_>) {}
    fn top(&self, _told: &TopTold) {}
    fn trade(&self, _told: &TradeTold) {}
    fn lost(&self, _pair: Pair, _why: Lost, _at: Time) {}
    fn heard(&self, _at: Time) {}
}

/// Counts what it is told.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl Counting {
    /// How many books and trades.
    pub fn told(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl MarketSink for Counting {
    fn book(&self, _told: &BookTold<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn top(&self, _told: &TopTold) {}
    fn trade(&self, _told: &TradeTold) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn lost(&self, _pair: Pair, _why: Lost, _at: Time) {}
    fn heard(&self, _at: Time) {}
}

/// Counts what is refused.
#[derive(Default)]
struct Refused(Arc<AtomicU64>);

impl Recorder for Refused {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if key.name() == "rialto_venue_messages_refused_total" {
            Counter::from_arc(Arc::clone(&self.0))
        } else {
            Counter::noop()
        }
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Holds fast that a session which ends so costs itself, once counted, and the next may begin.
#[track_caller]
fn costs_its_session(end: SocketEnd, meters: Meters) {
    let refused = Refused::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    metrics::with_local_recorder(&refused, || {
        let mut backoff = Backoff::default();
        let next = End::from(end).pause("the markets", &mut backoff, meters);
        assert_eq!(runtime.block_on(next), Ok(()));
    });
    assert_eq!(refused.0.load(Ordering::Relaxed), 1);
}

/// Holds fast that `hear` takes each message, and refuses it where one of its parts is another:
/// `cases` are the message, the part, and what stands in its place.
#[track_caller]
pub fn refuses_nonsense(
    hear: impl Fn(&str) -> Result<(), SocketEnd>,
    meters: Meters,
    cases: &[(&str, &str, &str)],
) {
    for (place, (message, part, other)) in cases.iter().enumerate() {
        assert!(hear(message).is_ok(), "{message}: {:?}", hear(message));
        assert!(message.contains(part), "{part}");
        match hear(&message.replace(part, other)) {
            // The pause behind it is a real one: once is enough.
            Err(end @ SocketEnd::Nonsense(_)) if place == 0 => costs_its_session(end, meters),
            Err(SocketEnd::Nonsense(_)) => {}
            heard => panic!("{part} as {other}: {heard:?}"),
        }
    }
}

/// Holds fast that what is heard is refused and counted, and its session goes on.
#[track_caller]
pub fn passes_over(hear: impl FnOnce() -> Result<(), SocketEnd>) {
    let refused = Refused::default();
    let heard = metrics::with_local_recorder(&refused, hear);
    assert!(heard.is_ok(), "{heard:?}");
    assert_eq!(refused.0.load(Ordering::Relaxed), 1);
}
