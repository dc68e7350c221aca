//! What happened to whom, in a chain that shows where it was altered.
//!
//! Shape   each entry has the hash of the one before it; the first has zeros. The hash is over
//!         every field, each behind its length.
//! Keeps   an entry that is changed, left out, put in or moved breaks the chain there. The last
//!         ones cut off, and a chain made anew from some place on, show only to who knows a later
//!         head: it is logged at each start, and `rialto audit verify` prints it.
//! Source  ASVS 5.0, 16.4.

use std::net::IpAddr;

use aws_lc_rs::digest;
use model::{Time, UserId};

use crate::user::words;

/// What is said of an entry beside its fields, at most.
pub const DETAIL_CHARS_MAX: usize = 500;

words! {
    /// What happened.
    Act {
        /// The first administrator claimed the exchange.
        Claimed = "claimed",
        /// Somebody registered, or an operator created a user.
        UserCreated = "userCreated",
        /// A session began.
        LoggedIn = "loggedIn",
        /// Somebody tried to log in: the password was wrong, or nobody has the address.
        LoginFailed = "loginFailed",
        /// Somebody tried to log in: the password was right, the code was wrong.
        CodeFailed = "codeFailed",
        /// Somebody in a session gave a wrong password or code.
        ProofFailed = "proofFailed",
        /// Somebody tried to claim the exchange with another token.
        ClaimFailed = "claimFailed",
        /// Sessions were ended by their owner.
        SessionEnded = "sessionEnded",
        /// A session was ended because an old refresh token was shown.
        TokenReused = "tokenReused",
        /// Somebody changed their password.
        PasswordChanged = "passwordChanged",
        /// An operator changed somebody's password.
        PasswordReset = "passwordReset",
        /// A second factor was switched on.
        FactorOn = "factorOn",
        /// A second factor was switched off.
        FactorOff = "factorOff",
        /// An operator switched a second factor off.
        FactorReset = "factorReset",
        /// The recovery codes were replaced by new ones.
        RecoveryCodesReplaced = "recoveryCodesReplaced",
        /// The exchange knows its customer otherwise than before.
        KycChanged = "kycChanged",
        /// An API key was created.
        KeyCreated = "keyCreated",
        /// An API key was changed.
        KeyChanged = "keyChanged",
        /// An API key was revoked.
        KeyRevoked = "keyRevoked",
        /// Every secret was wrapped under a new master key.
        MasterKeyRotated = "masterKeyRotated",
        /// An operator did something else.
        Operated = "operated",
    }
}

words! {
    /// Who did it.
    Actor {
        /// The user of whom the entry speaks.
        Person = "person",
        /// Whoever may read the data directory.
        Operator = "operator",
        /// Somebody who is not known to be anybody.
        Stranger = "stranger",
    }
}

/// Something to be written down.
#[derive(Clone, Debug)]
pub struct Note {
    pub act: Act,
    pub actor: Actor,
    pub user: Option<UserId>,
    pub address: Option<IpAddr>,
    pub detail: String,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place, from one.
    pub seq: u64,
    /// When it happened.
    pub at: Time,
    /// What happened.
    pub act: Act,
    /// Who did it.
    pub actor: Actor,
    /// To whom it happened, if that is somebody.
    pub user: Option<UserId>,
    /// From where.
    pub address: Option<IpAddr>,
    /// What else there is to say.
    pub detail: String,
    /// The hash of the entry before it.
    pub previous: [u8; 32],
    /// Its own.
    pub hash: [u8; 32],
}

/// How far a log is sound: all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last; zeros if there is none.
    pub hash: [u8; 32],
}

impl Note {
    pub fn new(act: Act, actor: Actor, user: impl Into<Option<UserId>>) -> Self {
        Self { act, actor, user: user.into(), address: None, detail: String::new() }
    }

    #[must_use]
    pub fn from(self, address: IpAddr) -> Self {
        Self { address: Some(address), ..self }
    }

    #[must_use]
    pub fn detail(self, detail: impl std::fmt::Display) -> Self {
        Self { detail: detail.to_string().chars().take(DETAIL_CHARS_MAX).collect(), ..self }
    }
}

impl AuditHead {
    /// That of an empty log.
    pub(crate) const START: Self = Self { entries: 0, hash: [0; 32] };

    /// The entry that comes next.
    pub(crate) fn next(self, note: Note, at: Time) -> AuditEntry {
        let Note { act, actor, user, address, detail } = note;
        let (seq, previous) = (self.entries + 1, self.hash);
        let entry =
            AuditEntry { seq, at, act, actor, user, address, detail, previous, hash: [0; 32] };
        AuditEntry { hash: entry.own_hash(), ..entry }
    }

    /// The head after `entry`; `None` if it does not belong there.
    pub(crate) fn after(self, entry: &AuditEntry) -> Option<Self> {
        let belongs = entry.seq == self.entries + 1
            && entry.previous == self.hash
            && entry.hash == entry.own_hash();
        belongs.then_some(Self { entries: entry.seq, hash: entry.hash })
    }
}

impl AuditEntry {
    fn own_hash(&self) -> [u8; 32] {
        let address = self.address.map(|address| address.to_string()).unwrap_or_default();
        let user = self.user.map(|user| user.0);
        let parts: [&[u8]; 9] = [
            b"rialto audit 1",
            &self.previous,
            &self.seq.to_be_bytes(),
            &self.at.micros().to_be_bytes(),
            self.act.as_str().as_bytes(),
            self.actor.as_str().as_bytes(),
            user.as_ref().map_or(&[], |user| user.as_slice()),
            address.as_bytes(),
            self.detail.as_bytes(),
        ];
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<AuditEntry> {
        let mut head = AuditHead::START;
        let address = "192.0.2.1".parse().unwrap();
        let note = |detail: &str| {
            Note::new(Act::LoggedIn, Actor::Person, UserId([7; 16])).from(address).detail(detail)
        };
        let next = |detail: &str| {
            let entry = head.next(note(detail), Time(5));
            head = head.after(&entry).unwrap();
            entry
        };
        ["one", "two", "three"].map(next).to_vec()
    }

    /// The first place that is not sound.
    fn broken_at(entries: &[AuditEntry]) -> Option<u64> {
        let mut head = AuditHead::START;
        for entry in entries {
            match head.after(entry) {
                Some(next) => head = next,
                None => return Some(head.entries + 1),
            }
        }
        None
    }

    #[test]
    fn a_chain_is_sound_until_any_field_of_any_entry_is_another() {
        assert_eq!(broken_at(&chain()), None);
        assert_eq!(broken_at(&[]), None);
        let changes: [fn(&mut AuditEntry); 9] = [
            |entry| entry.seq += 1,
            |entry| entry.at.0 += 1,
            |entry| entry.act = Act::LoginFailed,
            |entry| entry.actor = Actor::Operator,
            |entry| entry.user = None,
            |entry| entry.address = None,
            |entry| entry.detail.push('x'),
            |entry| entry.previous[0] ^= 1,
            |entry| entry.hash[0] ^= 1,
        ];
        for (place, change) in changes.iter().enumerate() {
            let mut changed = chain();
            change(&mut changed[1]);
            assert_eq!(broken_at(&changed), Some(2), "change {place}");
        }
    }

    #[test]
    fn an_entry_that_is_left_out_put_in_or_moved_is_noticed() {
        let chain = chain();
        let [one, two, three] = [0, 1, 2].map(|place| chain[place].clone());
        for (entries, want) in [
            (vec![one.clone(), three.clone()], 2),
            (vec![two.clone(), three.clone()], 1),
            (vec![one.clone(), one.clone(), two.clone()], 2),
            (vec![two.clone(), one.clone(), three.clone()], 1),
            (vec![one, two.clone(), three, two], 4),
        ] {
            assert_eq!(broken_at(&entries), Some(want));
        }
    }

    #[test]
    fn details_have_a_bound() {
        let note = Note::new(Act::Operated, Actor::Operator, None).detail("ä".repeat(600));
        assert_eq!(note.detail.chars().count(), DETAIL_CHARS_MAX);
    }
}
