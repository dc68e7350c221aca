//! What a venue's server is to suffer: asked for by a scenario, and by nothing in production.
//!
//! Shape   a server asks [`Trouble::rejects_order`] before it places, and each of its sockets has a
//!         [`Line`] of its own, which says what becomes of its messages and when it is cut. Trouble
//!         of requests is a layer around the whole server; where orders go over a socket, that
//!         socket asks the same.
//! Keeps   without an ordeal nothing happens, and asking costs one look at a flag.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long an answer is held back at most: longer than any client waits.
const HELD_MAX: Duration = Duration::from_secs(60);

/// All that a venue suffers at once; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ordeal {
    /// Of so many orders the last is refused; 0 for none, 1 for all.
    pub reject_every: u32,
    /// Of so many messages of market data on one socket the last is never sent; 0 for none.
    pub swallow_every: u32,
    /// A socket ends after so many messages of market data; 0 for never.
    pub drop_every: u32,
    /// Sockets stand, and nothing comes on them.
    pub is_stalled: bool,
    /// What becomes of requests.
    pub requests: RequestOrdeal,
    /// How far the venue's clock is ahead, in microseconds.
    pub clock_ahead_us: u64,
}

/// What becomes of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestOrdeal {
    /// They are answered.
    #[default]
    None,
    /// The venue is away: nothing is answered but that, and no socket stands.
    Away,
    /// They are too many, whoever asks: so many are told to come later, those after that are told
    /// to stay away.
    TooMany {
        /// How many are told to come later.
        warnings: u32,
    },
    /// What changes something is done, and nobody hears of it.
    Unanswered,
}

/// What a venue suffers now.
#[derive(Debug)]
pub struct Trouble {
    ordeal: watch::Sender<Ordeal>,
    /// Whether the ordeal is another than none.
    is_any: AtomicBool,
    clock_ahead_us: AtomicU64,
    orders: AtomicU32,
    requests: AtomicU32,
    swallowed: Arc<AtomicU64>,
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            ordeal: watch::Sender::new(Ordeal::default()),
            is_any: AtomicBool::new(false),
            clock_ahead_us: AtomicU64::new(0),
            orders: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            swallowed: Arc::default(),
        }
    }
}

impl Trouble {
    /// From now on this is suffered, in place of what was.
    pub fn begin(&self, ordeal: Ordeal) {
        self.orders.store(0, Ordering::Relaxed);
        self.requests.store(0, Ordering::Relaxed);
        self.clock_ahead_us.store(ordeal.clock_ahead_us, Ordering::Relaxed);
        self.is_any.store(ordeal != Ordeal::default(), Ordering::Relaxed);
        self.ordeal.send_replace(ordeal);
    }

    /// What is suffered now.
    #[must_use]
    pub fn ordeal(&self) -> Ordeal {
        if self.is_any.load(Ordering::Relaxed) { *self.ordeal.borrow() } else { Ordeal::default() }
    }

    /// Whether the order that is about to be placed is refused.
    #[must_use]
    pub fn rejects_order(&self) -> bool {
        let every = self.ordeal().reject_every;
        every != 0 && self.orders.fetch_add(1, Ordering::Relaxed) % every == every - 1
    }

    /// Whether a request is one too many; then, whether who asks has been warned often enough.
    #[must_use]
    pub fn is_too_much(&self) -> Option<bool> {
        match self.ordeal().requests {
            RequestOrdeal::TooMany { warnings } => {
                Some(warnings <= self.requests.fetch_add(1, Ordering::Relaxed))
            }
            RequestOrdeal::None | RequestOrdeal::Away | RequestOrdeal::Unanswered => None,
        }
    }

    /// Whether what changes something is not answered now.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.ordeal().requests == RequestOrdeal::Unanswered
    }

    /// Until what changes something is answered again, a minute at most. What was done meanwhile
    /// is told to nobody all the same.
    pub async fn held_back(&self) {
        let mut ordeal = self.ordeal.subscribe();
        let over = ordeal.wait_for(|it| it.requests != RequestOrdeal::Unanswered);
        let _ = timeout(HELD_MAX, over).await.is_ok();
    }

    /// How far the venue's clock is ahead, in microseconds.
    #[must_use]
    pub fn clock_ahead_us(&self) -> u64 {
        self.clock_ahead_us.load(Ordering::Relaxed)
    }

    /// How many messages were swallowed so far.
    #[must_use]
    pub fn swallowed(&self) -> u64 {
        self.swallowed.load(Ordering::Relaxed)
    }

    /// For a socket that was opened now.
    #[must_use]
    pub fn line(&self) -> Line {
        let mut ordeal = self.ordeal.subscribe();
        let known = *ordeal.borrow_and_update();
        Line { ordeal, known, messages: 0, swallowed: Arc::clone(&self.swallowed) }
    }
}

/// What becomes of a message of market data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is sent.
    Sent,
    /// It is not, and nobody says so.
    Swallowed,
    /// The connection ends in its place, without a word.
    Cut,
}

/// One socket's part of the trouble. Its connection looks at it before whatever it sends, and wakes
/// when it changes.
#[derive(Debug)]
pub struct Line {
    ordeal: watch::Receiver<Ordeal>,
    known: Ordeal,
    /// Of market data, since the ordeal began or the socket was opened.
    messages: u32,
    /// By all lines of the venue together.
    swallowed: Arc<AtomicU64>,
}

impl Line {
    /// What becomes of the next message of market data. Answers to what the client asked, and what
    /// is told of accounts, have no such fate.
    pub fn fate(&mut self) -> Fate {
        let Ordeal { drop_every, swallow_every, .. } = *self.look();
        self.messages = self.messages.wrapping_add(1);
        let is_turn = |every: u32| every != 0 && self.messages.is_multiple_of(every);
        if is_turn(drop_every) {
            Fate::Cut
        } else if is_turn(swallow_every) {
            self.swallowed.fetch_add(1, Ordering::Relaxed);
            Fate::Swallowed
        } else {
            Fate::Sent
        }
    }

    /// Whether nothing is sent now, not even pings.
    pub fn is_stalled(&mut self) -> bool {
        self.look().is_stalled
    }

    /// Whether the connection must end now, without a word.
    pub fn is_cut(&mut self) -> bool {
        self.look().requests == RequestOrdeal::Away
    }

    /// Until something of this is another. Cancel safe.
    pub async fn changed(&mut self) {
        // Not marked as seen before it is looked at; an exchange that is gone changes no more.
        if self.ordeal.wait_for(|ordeal| *ordeal != self.known).await.is_err() {
            std::future::pending::<()>().await;
        }
        self.ordeal.mark_changed();
    }

    /// The next of what is to be sent, while the line flows; `None` where the line is another
    /// first, so that nothing is sent which was told after a change. Cancel safe where `told` is.
    pub async fn next<T>(&mut self, told: impl Future<Output = T>) -> Option<T> {
        let flows = !self.is_stalled();
        tokio::select! {
            biased;
            () = self.changed() => None,
            told = told, if flows => Some(told),
        }
    }

    /// The ordeal of now; with a new one messages are counted anew.
    fn look(&mut self) -> &Ordeal {
        if self.ordeal.has_changed().unwrap_or(false) {
            self.known = *self.ordeal.borrow_and_update();
            self.messages = 0;
        }
        &self.known
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_ready(future: impl Future<Output = ()>) -> bool {
        let mut future = std::pin::pin!(future);
        future.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn without_an_ordeal_nothing_happens() {
        let trouble = Trouble::default();
        let mut line = trouble.line();
        assert!((0..100).all(|_| !trouble.rejects_order() && line.fate() == Fate::Sent));
        assert!(!line.is_stalled() && !line.is_cut() && !is_ready(line.changed()));
        assert_eq!((trouble.ordeal(), trouble.clock_ahead_us()), (Ordeal::default(), 0));
    }

    #[test]
    fn each_socket_counts_for_itself_and_anew_with_each_ordeal() {
        let trouble = Trouble::default();
        let (mut one, mut other) = (trouble.line(), trouble.line());
        assert_eq!(one.fate(), Fate::Sent);
        trouble.begin(Ordeal { swallow_every: 2, drop_every: 3, ..Ordeal::default() });
        let fates = [Fate::Sent, Fate::Swallowed, Fate::Cut];
        assert_eq!([one.fate(), one.fate(), one.fate()], fates);
        assert_eq!([other.fate(), other.fate(), other.fate()], fates);
        trouble.begin(Ordeal::default());
        assert!((0..10).all(|_| one.fate() == Fate::Sent));
    }

    #[test]
    fn orders_are_refused_by_turns() {
        let trouble = Trouble::default();
        trouble.begin(Ordeal { reject_every: 3, ..Ordeal::default() });
        let refused: Vec<bool> = (0..6).map(|_| trouble.rejects_order()).collect();
        assert_eq!(refused, [false, false, true, false, false, true]);
        trouble.begin(Ordeal { reject_every: 1, ..Ordeal::default() });
        assert!((0..3).all(|_| trouble.rejects_order()));
    }

    #[test]
    fn a_line_is_cut_and_stalls_as_long_as_it_is_so() {
        let trouble = Trouble::default();
        let mut line = trouble.line();
        trouble.begin(Ordeal { requests: RequestOrdeal::Away, ..Ordeal::default() });
        assert!(is_ready(line.changed()), "whoever waits wakes");
        assert!(line.is_cut() && trouble.line().is_cut() && !is_ready(line.changed()));
        trouble.begin(Ordeal { is_stalled: true, ..Ordeal::default() });
        assert!(is_ready(line.changed()) && !line.is_cut() && line.is_stalled());
        trouble.begin(Ordeal::default());
        assert!(!line.is_stalled() && !is_ready(line.changed()));
    }

    #[test]
    fn what_is_told_after_a_change_waits_until_the_change_was_looked_at() {
        let trouble = Trouble::default();
        let mut line = trouble.line();
        let next = |line: &mut Line| {
            let next = std::pin::pin!(line.next(std::future::ready(1)));
            match next.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(told) => Some(told),
                Poll::Pending => None,
            }
        };
        assert_eq!(next(&mut line), Some(Some(1)));
        trouble.begin(Ordeal { is_stalled: true, ..Ordeal::default() });
        assert_eq!(next(&mut line), None, "it stands");
        trouble.begin(Ordeal::default());
        assert_eq!(next(&mut line), Some(Some(1)));
    }
}
