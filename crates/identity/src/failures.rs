//! Failed logins, as the audit log tells them: not a row for each guess.
//!
//! Shape   the first failure of somebody from one network within a minute is told at once; how many
//!         more there were is told when the minute is over. In one minute [`TOLD_MAX`] are told
//!         apart; what is beyond is counted together.
//! Keeps   so many rows a minute at most, twice [`TOLD_MAX`] and one, whatever is guessed.
//! Fails   by not telling, if the process is killed, how many more there were in its last minute.

use std::collections::HashMap;

use ipnet::IpNet;
use model::{Time, UserId};

use crate::audit::{Act, Actor, Note};

/// Who and whence that are told apart within one minute.
const TOLD_MAX: usize = 20;
const MINUTE_MICROS: u64 = 60_000_000;

/// Of whom, from where, and what was wrong.
type Kind = (Option<UserId>, IpNet, &'static str);

/// Failures of this minute.
#[derive(Debug, Default)]
pub struct Failures {
    minute: u64,
    /// How many more there were than the first, which was told.
    more: HashMap<Kind, u64>,
    elsewhere: u64,
}

impl Failures {
    /// What is to be written down of a failure: `note`, or nothing yet.
    pub fn failed(&mut self, note: Note, network: IpNet, what: &'static str) -> Option<Note> {
        let kind = (note.user, network, what);
        if let Some(more) = self.more.get_mut(&kind) {
            *more += 1;
            return None;
        }
        if TOLD_MAX <= self.more.len() {
            self.elsewhere += 1;
            return None;
        }
        self.more.insert(kind, 0);
        Some(note.detail(what))
    }

    /// What is to be written down of a minute that is over.
    pub fn over(&mut self, now: Time) -> Vec<Note> {
        let minute = now.micros() / MINUTE_MICROS;
        if minute == self.minute {
            return Vec::new();
        }
        self.all(minute)
    }

    /// What is to be written down at the end.
    pub fn rest(&mut self) -> Vec<Note> {
        self.all(self.minute)
    }

    fn all(&mut self, minute: u64) -> Vec<Note> {
        let Self { more, elsewhere, .. } =
            std::mem::replace(self, Self { minute, ..Self::default() });
        let mut more: Vec<_> = more.into_iter().filter(|(_, more)| 0 < *more).collect();
        more.sort();
        let failed = |user| Note::new(Act::LoginFailed, Actor::Stranger, user);
        let told = more.into_iter().map(|((user, network, what), more)| {
            failed(user).detail(format!("{what}, {more} more from {network} within a minute"))
        });
        let elsewhere = (0 < elsewhere)
            .then(|| failed(None).detail(format!("{elsewhere} more from elsewhere in a minute")));
        told.chain(elsewhere).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(failures: &mut Failures, user: u8, network: &str, seconds: u64) -> Vec<String> {
        let note = Note::new(Act::LoginFailed, Actor::Stranger, UserId([user; 16]));
        let mut told = failures.over(Time(seconds * 1_000_000));
        told.extend(failures.failed(note, network.parse().unwrap(), "password"));
        told.into_iter().map(|note| note.detail).collect()
    }

    #[test]
    fn guesses_of_one_minute_are_two_rows() {
        let mut failures = Failures::default();
        let home = "192.0.2.0/24";
        assert_eq!(failed(&mut failures, 1, home, 60), ["password"]);
        for _ in 0..500 {
            assert!(failed(&mut failures, 1, home, 119).is_empty());
        }
        assert_eq!(failed(&mut failures, 2, home, 119), ["password"], "of somebody else");
        let folded = "password, 500 more from 192.0.2.0/24 within a minute";
        assert_eq!(failed(&mut failures, 1, home, 120), [folded, "password"]);
        assert!(failures.over(Time(300_000_000)).is_empty(), "one alone has been told");
    }

    #[test]
    fn guesses_from_everywhere_have_a_bound() {
        let mut failures = Failures::default();
        let mut rows = 0;
        for number in 0..10_000 {
            let network = format!("2001:db8:{:x}:{:x}00::/56", number / 256, number % 256);
            rows += failed(&mut failures, 1, &network, 60).len();
            rows += failed(&mut failures, 1, &network, 60).len();
        }
        assert_eq!(rows, TOLD_MAX);
        let rest = failures.rest();
        assert_eq!(rest.len(), TOLD_MAX + 1);
        let want = format!("{} more from elsewhere in a minute", 2 * (10_000 - TOLD_MAX));
        assert_eq!(rest.last().map(|note| &*note.detail), Some(&*want));
        assert!(failures.rest().is_empty());
    }
}
