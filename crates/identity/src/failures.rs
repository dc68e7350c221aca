//! Wrong passwords, codes and tokens, as the audit log tells them: not a row for each guess.
//!
//! Shape   the first failure of somebody from one network within a minute is told by itself; how
//!         many more there were is told when the minute is over. In one minute [`TOLD_MAX`] are
//!         told apart, and of everybody who is a user one of each that was wrong beside these, up
//!         to [`USERS_MAX`]; what is beyond is counted together. Codes behind a right password are
//!         so by themselves.
//! Keeps   so many rows a minute at most, four times [`USERS_MAX`] and one, whatever is guessed; of
//!         those that nobody has written down yet, [`UNWRITTEN_MAX`]. Nobody who guesses waits for
//!         the writing: how long that takes would tell who has an account.
//! Fails   by not telling, if the process is killed, what came since the last writing.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use ipnet::IpNet;
use model::{Time, UserId};

use crate::audit::{Act, Actor, Note};

/// Who and whence that are told apart within one minute.
const TOLD_MAX: usize = 20;
/// The same, where each is the first of a user and of what was wrong: guesses of nobody hide none
/// of a person.
const USERS_MAX: usize = 200;
/// Rows that wait to be written down.
const UNWRITTEN_MAX: usize = 2_000;
const MINUTE_MICROS: u64 = 60_000_000;

/// What somebody showed that was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// A password, at a login.
    Password,
    /// A code, behind a right password.
    Code,
    /// A password, in a session.
    OwnPassword,
    /// A code, in a session.
    OwnCode,
    /// The token of the link by which an exchange is claimed.
    ClaimToken,
}

impl Wrong {
    const fn act(self) -> Act {
        match self {
            Self::Password => Act::LoginFailed,
            Self::Code => Act::CodeFailed,
            Self::OwnPassword | Self::OwnCode => Act::ProofFailed,
            Self::ClaimToken => Act::ClaimFailed,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Password | Self::OwnPassword => "password",
            Self::Code | Self::OwnCode => "code",
            Self::ClaimToken => "token",
        }
    }
}

/// Of whom, from where, and what was wrong.
type Kind = (Option<UserId>, IpNet, Wrong);

/// Failures of this minute.
#[derive(Debug, Default)]
pub struct Failures {
    minute: u64,
    /// How many more there were than the first, which is told by itself.
    more: HashMap<Kind, u64>,
    users: HashSet<(UserId, Wrong)>,
    elsewhere: u64,
    unwritten: Vec<Note>,
}

impl Failures {
    /// Takes note of a failure, from an address of that network.
    pub fn failed(
        &mut self,
        user: Option<UserId>,
        (address, network): (IpAddr, IpNet),
        wrong: Wrong,
        now: Time,
    ) {
        self.begin_minute(now.micros() / MINUTE_MICROS);
        let kind = (user, network, wrong);
        if let Some(more) = self.more.get_mut(&kind) {
            *more += 1;
            return;
        }
        let of_user = user.map(|user| (user, wrong));
        let is_first = of_user.is_some_and(|of_user| !self.users.contains(&of_user));
        let told_max = if is_first { USERS_MAX } else { TOLD_MAX };
        // Wrong passwords, of whomever, hide no code behind a right one.
        let is_code = |wrong| wrong == Wrong::Code;
        let told = self.more.keys().filter(|(_, _, other)| is_code(*other) == is_code(wrong));
        if told_max <= told.count() || UNWRITTEN_MAX <= self.unwritten.len() {
            self.elsewhere += 1;
            return;
        }
        self.more.insert(kind, 0);
        self.users.extend(of_user);
        self.unwritten.push(failed(wrong, user).from(address).detail(wrong.word()));
    }

    /// What is to be written down by now.
    pub fn take(&mut self, now: Time) -> Vec<Note> {
        self.begin_minute(now.micros() / MINUTE_MICROS);
        std::mem::take(&mut self.unwritten)
    }

    /// What is to be written down at the end.
    pub fn take_all(&mut self) -> Vec<Note> {
        self.count_up();
        std::mem::take(&mut self.unwritten)
    }

    fn begin_minute(&mut self, minute: u64) {
        if minute != self.minute {
            self.count_up();
            self.minute = minute;
        }
    }

    /// Has what was only counted be told.
    fn count_up(&mut self) {
        self.users.clear();
        let mut more: Vec<_> = self.more.drain().filter(|(_, more)| 0 < *more).collect();
        more.sort();
        for ((user, network, wrong), more) in more {
            if UNWRITTEN_MAX <= self.unwritten.len() {
                self.elsewhere += more;
                continue;
            }
            let said = format!("{}, {more} more from {network} within a minute", wrong.word());
            self.unwritten.push(failed(wrong, user).detail(said));
        }
        // Where there is no room even for that, the next minute tells it.
        if 0 < self.elsewhere && self.unwritten.len() <= UNWRITTEN_MAX {
            let elsewhere = std::mem::take(&mut self.elsewhere);
            let said = format!("{elsewhere} more from elsewhere in a minute");
            self.unwritten.push(failed(Wrong::Password, None).detail(said));
        }
    }
}

fn failed(wrong: Wrong, user: Option<UserId>) -> Note {
    Note::new(wrong.act(), Actor::Stranger, user)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(failures: &mut Failures, user: Option<u8>, network: &str, seconds: u64) {
        let user = user.map(|user| UserId([user; 16]));
        let network: IpNet = network.parse().unwrap();
        let now = Time(seconds * 1_000_000);
        failures.failed(user, (network.addr(), network), Wrong::Password, now);
    }

    fn said(notes: Vec<Note>) -> Vec<String> {
        notes.into_iter().map(|note| note.detail).collect()
    }

    fn failed(failures: &mut Failures, user: u8, network: &str, seconds: u64) -> Vec<String> {
        fail(failures, Some(user), network, seconds);
        said(failures.take(Time(seconds * 1_000_000)))
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
        assert!(failures.take(Time(300_000_000)).is_empty(), "one alone has been told");
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
        let rest = said(failures.take_all());
        assert_eq!(rest.len(), TOLD_MAX + 1);
        let want = format!("{} more from elsewhere in a minute", 2 * (10_000 - TOLD_MAX));
        assert_eq!(rest.last(), Some(&want));
        assert!(failures.take_all().is_empty());
    }

    #[test]
    fn guesses_of_nobody_hide_none_of_a_user() {
        let mut failures = Failures::default();
        for number in 0..1_000 {
            let network = format!("2001:db8:{:x}:{:x}00::/56", number / 256, number % 256);
            fail(&mut failures, None, &network, 60);
        }
        assert_eq!(failures.take(Time(60_000_000)).len(), TOLD_MAX);
        for user in 0..=u8::MAX {
            fail(&mut failures, Some(user), "192.0.2.0/24", 60);
            fail(&mut failures, Some(user), "198.51.100.0/24", 60);
        }
        let told = failures.take(Time(60_000_000));
        assert_eq!(told.len(), USERS_MAX - TOLD_MAX, "each once");
        let rest = failures.take_all().len();
        assert_eq!(rest, 1, "and the others together");
    }

    #[test]
    fn wrong_passwords_hide_no_code_behind_a_right_one() {
        let mut failures = Failures::default();
        let network = "192.0.2.0".parse().unwrap();
        for number in 0..1_000 {
            let network = format!("2001:db8:{:x}:{:x}00::/56", number / 256, number % 256);
            fail(&mut failures, (number % 2 == 0).then_some(1), &network, 60);
        }
        for user in 2..=u8::MAX {
            fail(&mut failures, Some(user), "192.0.2.0/24", 60);
        }
        let before = failures.take(Time(60_000_000));
        assert_eq!(before.len(), USERS_MAX);
        let (ann, now) = (Some(UserId([1; 16])), Time(60_000_000));
        for _ in 0..2 {
            failures.failed(ann, (network, IpNet::new(network, 24).unwrap()), Wrong::Code, now);
        }
        let told: Vec<_> =
            failures.take(now).into_iter().map(|note| (note.act, note.user)).collect();
        assert_eq!(told, [(Act::CodeFailed, ann)], "the first");
    }

    #[test]
    fn what_nobody_writes_down_has_a_bound_and_is_counted() {
        let mut failures = Failures::default();
        for minute in 0..100 {
            for user in 0..=u8::MAX {
                fail(&mut failures, Some(user), "192.0.2.0/24", 60 * minute);
            }
        }
        let mut told = said(failures.take_all());
        assert_eq!(told.len(), UNWRITTEN_MAX + 1);
        told.extend(said(failures.take_all()));
        assert!(told[told.len() - 1].ends_with("more from elsewhere in a minute"));
        let told_of = |line: &String| match line.split_once(' ') {
            Some((count, _)) => count.parse().unwrap(),
            None => 1,
        };
        assert_eq!(told.iter().map(told_of).sum::<u64>(), 100 * 256, "none is lost");
    }
}
