//! What a user must know of their account: told where they look, kept until they have read it.
//!
//! Shape   a list for each user, newest first: at most [`ORDER_NOTICES_MAX`] of orders,
//!         [`INTRUDER_NOTICES_MAX`] of who came in or tried to, and [`OTHER_NOTICES_MAX`] of all
//!         else; the next one pushes the oldest of its like out, so that neither a busy day of
//!         trading nor what somebody does in an account hides that they came. Numbers grow with
//!         time: "read" goes up to a number.
//! Keeps   the list in memory, where somebody listens, is the one in the database.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use model::{Time, UserId};

use crate::api_key::{ApiKey, spaced};
use crate::audit::{Act, Note};
use crate::session::Session;
use crate::user::words;

/// Notices of orders that are kept for each user.
pub const ORDER_NOTICES_MAX: usize = 150;
/// Notices of sign-ins and thefts that are kept for each user.
pub const INTRUDER_NOTICES_MAX: usize = 10;
/// Notices of all else that are kept for each user.
pub const OTHER_NOTICES_MAX: usize = 50;
/// Notices that are kept for each user.
pub const NOTICES_MAX: usize = ORDER_NOTICES_MAX + INTRUDER_NOTICES_MAX + OTHER_NOTICES_MAX;
const TITLE_CHARS_MAX: usize = 100;
const DETAIL_CHARS_MAX: usize = 400;
const DAY_MICROS: u64 = 24 * 3_600 * 1_000_000;

words! {
    /// Of what a notice speaks.
    NoticeKind {
        /// An order was filled.
        OrderFilled = "orderFilled",
        /// An order began to be filled.
        OrderPartiallyFilled = "orderPartiallyFilled",
        /// The exchange cancelled an order.
        OrderCanceled = "orderCanceled",
        /// An order ended by its own terms.
        OrderExpired = "orderExpired",
        /// A timer ran down and cancelled orders.
        OrdersCanceled = "ordersCanceled",
        /// A conditional order woke.
        StopTriggered = "stopTriggered",
        /// More happened to orders than can be told one by one.
        OrdersMany = "ordersMany",
        /// Somebody signed in from a network not seen before.
        NewSignIn = "newSignIn",
        /// The password is another.
        PasswordChanged = "passwordChanged",
        /// An operator set another password.
        PasswordReset = "passwordReset",
        /// The second factor is on.
        TwoFactorOn = "twoFactorOn",
        /// The second factor is off.
        TwoFactorOff = "twoFactorOff",
        /// There are other recovery codes.
        RecoveryCodesReplaced = "recoveryCodesReplaced",
        /// Somebody knows the password and gave a wrong code.
        CodeFailed = "codeFailed",
        /// A session was ended because an old token of it was shown.
        TokenReused = "tokenReused",
        /// There is a new API key.
        ApiKeyCreated = "apiKeyCreated",
        /// An API key is another.
        ApiKeyChanged = "apiKeyChanged",
        /// An API key ends soon.
        ApiKeyExpiring = "apiKeyExpiring",
        /// The exchange knows its customer otherwise than before.
        KycChanged = "kycChanged",
    }
}

impl NoticeKind {
    /// Those that speak of orders.
    pub(crate) const OF_ORDERS: [Self; 7] = [
        Self::OrderFilled,
        Self::OrderPartiallyFilled,
        Self::OrderCanceled,
        Self::OrderExpired,
        Self::OrdersCanceled,
        Self::StopTriggered,
        Self::OrdersMany,
    ];
    /// Those that speak of who came in, or tried to.
    pub(crate) const OF_INTRUDERS: [Self; 3] =
        [Self::NewSignIn, Self::CodeFailed, Self::TokenReused];

    fn is_of_orders(self) -> bool {
        Self::OF_ORDERS.contains(&self)
    }

    /// Those that are like it push it out.
    fn like(self) -> Like {
        match self {
            _ if self.is_of_orders() => Like::Orders,
            _ if Self::OF_INTRUDERS.contains(&self) => Like::Intruders,
            _ => Like::Others,
        }
    }
}

/// Notices that push each other out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Like {
    Orders,
    Intruders,
    Others,
}

impl Like {
    /// How many of them are kept.
    const fn kept(self) -> usize {
        match self {
            Self::Orders => ORDER_NOTICES_MAX,
            Self::Intruders => INTRUDER_NOTICES_MAX,
            Self::Others => OTHER_NOTICES_MAX,
        }
    }
}

/// What a notice is about, where there is a place to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An order.
    Order {
        /// Its number.
        id: u64,
        /// Its market, as `BTC-USDT`.
        symbol: String,
    },
    /// An API key, by its number.
    ApiKey(u128),
    /// A session, by its number.
    Session(u128),
}

/// Something to be told.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// Of what it speaks.
    pub kind: NoticeKind,
    /// In a few words.
    pub title: String,
    /// In a sentence or two.
    pub detail: String,
    /// What it is about.
    pub subject: Option<Subject>,
    /// A user is told once what has the same mark; always where there is none.
    pub mark: Option<String>,
}

/// Something that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number; later ones have greater numbers.
    pub id: u64,
    /// When.
    pub at: Time,
    /// Of what it speaks.
    pub kind: NoticeKind,
    /// In a few words.
    pub title: String,
    /// In a sentence or two.
    pub detail: String,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Whether its user has read it.
    pub is_read: bool,
}

impl NewNotice {
    /// Without a subject, as often as it happens.
    #[must_use]
    pub fn new(kind: NoticeKind, title: &str, detail: impl Into<String>) -> Self {
        Self { kind, title: title.to_owned(), detail: detail.into(), subject: None, mark: None }
    }

    /// About something.
    #[must_use]
    pub fn about(self, subject: Subject) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// What the user of `note` is told of it `now`; `None` where nobody is, or need be.
    pub(crate) fn of(note: &Note, now: Time) -> Option<(UserId, Self)> {
        let from = |what: &str| match note.address {
            Some(address) => format!("{what}, from {address}."),
            None => format!("{what}."),
        };
        let detail = &note.detail;
        let (kind, title, text) = match note.act {
            Act::PasswordChanged => (
                NoticeKind::PasswordChanged,
                "Password changed",
                from("Your password was changed and your other sessions were ended"),
            ),
            Act::PasswordReset => (
                NoticeKind::PasswordReset,
                "Password reset",
                "The operator set another password and ended your sessions.".to_owned(),
            ),
            Act::FactorOn => {
                (NoticeKind::TwoFactorOn, "Two-factor is on", from("Two-factor was switched on"))
            }
            Act::FactorOff => (
                NoticeKind::TwoFactorOff,
                "Two-factor is off",
                from("Two-factor was switched off: your password alone opens this account"),
            ),
            Act::FactorReset => (
                NoticeKind::TwoFactorOff,
                "Two-factor is off",
                "The operator switched two-factor off and ended your sessions.".to_owned(),
            ),
            Act::RecoveryCodesReplaced => (
                NoticeKind::RecoveryCodesReplaced,
                "New recovery codes",
                from("New recovery codes were drawn; the old ones stopped working"),
            ),
            Act::CodeFailed => (
                NoticeKind::CodeFailed,
                "A wrong code behind your password",
                from("If that was not you, change your password: somebody gave it, and a wrong code"),
            ),
            Act::TokenReused => (
                NoticeKind::TokenReused,
                "A session was ended",
                format!("An old token of it was shown {detail}. Somebody else may have it."),
            ),
            Act::KycChanged => (
                NoticeKind::KycChanged,
                "Verification changed",
                format!("Your verification status: {detail}."),
            ),
            Act::Claimed
            | Act::UserCreated
            | Act::LoggedIn
            | Act::LoginFailed
            | Act::ProofFailed
            | Act::ClaimFailed
            | Act::SessionEnded
            // Of a key and of a session, who opens them tells more.
            | Act::KeyCreated
            | Act::KeyChanged
            | Act::KeyRevoked
            | Act::MasterKeyRotated
            | Act::Operated => return None,
        };
        // Who guesses codes does so for days.
        let mark = (note.act == Act::CodeFailed)
            .then(|| format!("codeFailed {}", now.micros() / DAY_MICROS));
        Some((note.user?, Self { mark, ..Self::new(kind, title, text) }))
    }

    /// What the owner of a new key is told, of which the audit log says `note`.
    pub(crate) fn of_key(key: &ApiKey, note: &Note) -> Self {
        let (name, scopes) = (&key.name, key.scopes.names().join(", "));
        let by = match note.address {
            Some(address) => format!("was created from {address}"),
            None => "was created by the operator".to_owned(),
        };
        let detail = format!("\u{201c}{name}\u{201d} {by}. It may: {scopes}.");
        let new = Self::new(NoticeKind::ApiKeyCreated, "API key created", detail);
        new.about(Subject::ApiKey(key.id.0))
    }

    /// What the owner of a key is told who changed it, or did not, from `address`. It could be
    /// used from `before`; what is new of that comes first, as a long text is cut.
    pub(crate) fn of_changed_key(key: &ApiKey, before: &[IpNet], address: IpAddr) -> Self {
        let (name, scopes) = (&key.name, key.scopes.names().join(", "));
        let mut places = key.allow_ips.clone();
        places.sort_by_key(|place| before.contains(place));
        let is_new = |place: &&IpNet| !before.contains(place);
        let places = match (places.as_slice(), places.iter().filter(is_new).count()) {
            ([], _) => "anywhere".to_owned(),
            (places, 0) => spaced(places),
            (places, new) => {
                format!("{} networks, {new} of them new: {}", places.len(), spaced(places))
            }
        };
        let detail = format!(
            "\u{201c}{name}\u{201d} was changed from {address}. It may: {scopes}, from {places}."
        );
        let new = Self::new(NoticeKind::ApiKeyChanged, "API key changed", detail);
        new.about(Subject::ApiKey(key.id.0))
    }

    /// What somebody is told who signs in where they have not been for a month, or never.
    pub(crate) fn of_place(session: &Session) -> Self {
        let Session { address, device, .. } = session;
        let detail = format!(
            "Somebody signed in from {address}, where you have not been within the last month, \
             with \u{201c}{device}\u{201d}. If that was not you, end the session and change \
             your password."
        );
        let new = Self::new(NoticeKind::NewSignIn, "Sign-in from a new place", detail);
        new.about(Subject::Session(session.id.0))
    }

    /// The notice under its number.
    pub(crate) fn told(self, id: u64, at: Time) -> Notice {
        let Self { kind, title, detail, subject, mark: _ } = self;
        let cut = |text: String, chars_max| text.chars().take(chars_max).collect();
        let (title, detail) = (cut(title, TITLE_CHARS_MAX), cut(detail, DETAIL_CHARS_MAX));
        Notice { id, at, kind, title, detail, subject, is_read: false }
    }
}

/// A user's notices in memory, as long as somebody listens.
#[derive(Debug, Default)]
pub struct NoticeBoard(Mutex<Posted>);

/// What is on a board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Newest first, at most [`NOTICES_MAX`].
    pub newest: VecDeque<Notice>,
    /// Up to which number they were read, where that was said while somebody listened.
    pub read_through: Option<u64>,
    /// Grows with every change.
    pub version: u64,
}

impl Posted {
    /// What somebody is shown first: the newest `newest_max`, and whatever else is not read and
    /// not of orders, so that a busy day hides nothing else.
    pub fn shown(&self, newest_max: usize) -> impl Iterator<Item = &Notice> {
        let is_shown = move |(place, notice): &(usize, &Notice)| {
            *place < newest_max || (!notice.is_read && !notice.kind.is_of_orders())
        };
        self.newest.iter().enumerate().filter(is_shown).map(|(_, notice)| notice)
    }

    /// How many are not read.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.newest.iter().filter(|notice| !notice.is_read).count()
    }
}

impl NoticeBoard {
    /// With these on it, newest first.
    pub(crate) fn new(newest: Vec<Notice>) -> Self {
        Self(Mutex::new(Posted { newest: newest.into(), ..Posted::default() }))
    }

    /// What is on it, if it changed since `version`.
    #[must_use]
    pub fn since(&self, version: Option<u64>) -> Option<Posted> {
        let posted = self.lock();
        (version != Some(posted.version)).then(|| posted.clone())
    }

    /// Puts the next one on it.
    pub(crate) fn post(&self, notice: Notice) {
        let mut posted = self.lock();
        let alike = notice.kind.like();
        posted.newest.push_front(notice);
        let like = |notice: &Notice| notice.kind.like() == alike;
        if alike.kept() < posted.newest.iter().filter(|it| like(it)).count()
            && let Some(oldest) = posted.newest.iter().rposition(like)
        {
            posted.newest.remove(oldest);
        }
        posted.version += 1;
    }

    /// Those up to `through` were read.
    pub(crate) fn read(&self, through: u64) {
        let mut posted = self.lock();
        for notice in posted.newest.iter_mut().filter(|notice| notice.id <= through) {
            notice.is_read = true;
        }
        posted.read_through = posted.read_through.max(Some(through));
        posted.version += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Posted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(id: u64) -> Notice {
        NewNotice::new(NoticeKind::OrderFilled, "t", "d").told(id, Time(id))
    }

    #[test]
    fn a_board_keeps_the_newest_and_tells_only_what_changed() {
        let board = NoticeBoard::new(vec![notice(2), notice(1)]);
        let first = board.since(None).unwrap();
        assert_eq!((first.newest.len(), first.unread()), (2, 2));
        assert_eq!(board.since(Some(first.version)), None);
        board.post(notice(3));
        let second = board.since(Some(first.version)).unwrap();
        assert_eq!(second.newest.iter().map(|it| it.id).collect::<Vec<_>>(), [3, 2, 1]);
        board.read(2);
        let third = board.since(Some(second.version)).unwrap();
        assert_eq!((third.unread(), third.read_through), (1, Some(2)));
        let sign_in = NewNotice::new(NoticeKind::NewSignIn, "t", "d").told(4, Time(4));
        board.post(sign_in.clone());
        for id in 5..500 {
            board.post(notice(id));
        }
        let full = board.since(None).unwrap();
        assert_eq!((full.newest.len(), full.newest[0].id), (ORDER_NOTICES_MAX + 1, 499));
        assert_eq!(full.newest[ORDER_NOTICES_MAX - 1].id, 350);
        assert_eq!(full.newest.back(), Some(&sign_in), "a busy day hides no sign-in");
    }

    #[test]
    fn keys_and_codes_hide_no_thief() {
        let board = NoticeBoard::new(Vec::new());
        let told = |kind| NewNotice::new(kind, "t", "d").told(1, Time(1));
        board.post(told(NoticeKind::NewSignIn));
        board.post(told(NoticeKind::TokenReused));
        for _ in 0..2 * OTHER_NOTICES_MAX {
            board.post(told(NoticeKind::ApiKeyCreated));
            board.post(told(NoticeKind::RecoveryCodesReplaced));
        }
        let kept = board.since(None).unwrap().newest;
        assert_eq!(kept.len(), OTHER_NOTICES_MAX + 2);
        assert_eq!(kept[OTHER_NOTICES_MAX].kind, NoticeKind::TokenReused);
    }

    #[test]
    fn titles_and_details_have_a_bound() {
        let told = NewNotice::new(NoticeKind::NewSignIn, &"ä".repeat(300), "ä".repeat(900));
        let told = told.told(1, Time(1));
        let counts = (told.title.chars().count(), told.detail.chars().count());
        assert_eq!(counts, (TITLE_CHARS_MAX, DETAIL_CHARS_MAX));
    }
}
