//! Users: the words for them, and what may be one.

use model::{Secret, Time, UserId};

/// The longest address that mail knows (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;
const PASSWORD_CHARS_MIN: usize = 8;
const PASSWORD_BYTES_MAX: usize = 256;

/// A word that is none of those expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words expected")]
pub struct WordError;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, sea_orm::DeriveValueType)]
        #[sea_orm(value_type = "String")]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
        }

        impl $name {
            /// The word for it, in lower case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::user::WordError;

            fn from_str(text: &str) -> Result<Self, $crate::user::WordError> {
                match text {
                    $($text => Ok(Self::$word),)+
                    _ => Err($crate::user::WordError),
                }
            }
        }
    };
}

pub(crate) use words;

words! {
    /// What a user is to the exchange.
    Role {
        /// A customer.
        User = "user",
        /// Operates the exchange.
        Admin = "admin",
    }
}

words! {
    /// How far the exchange knows its customer.
    Kyc {
        /// Nothing handed in.
        None = "none",
        /// Handed in, not decided.
        Pending = "pending",
        /// Known.
        Approved = "approved",
        /// Turned down.
        Rejected = "rejected",
    }
}

impl Kyc {
    /// Whether who stands there may do what wants `needed`. Who is known may do what anybody may.
    #[must_use]
    pub fn suffices(self, needed: Self) -> bool {
        match needed {
            Self::None => true,
            Self::Pending => matches!(self, Self::Pending | Self::Approved),
            Self::Approved => self == Self::Approved,
            Self::Rejected => false,
        }
    }
}

/// An email address, as its owner writes it. Two that differ in case alone are the same.
#[derive(Clone, Debug)]
pub struct Email(String);

impl Email {
    /// `None` unless `text` has the form of an address: one `@` with something on both sides, and
    /// no space or control character.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        let is_whole = !local.is_empty() && !domain.is_empty() && !domain.contains('@');
        let is_plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        (is_whole && is_plain && text.len() <= EMAIL_BYTES_MAX).then(|| Self(text.to_owned()))
    }

    /// As its owner writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is compared. The database compares bytes.
    pub(crate) fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

/// A password as somebody typed it: at most 256 bytes.
#[derive(Clone, Debug)]
pub struct TypedPassword(Secret<String>);

impl TypedPassword {
    /// `None` where it is too long: it is nobody's.
    #[must_use]
    pub fn new(text: Secret<String>) -> Option<Self> {
        (text.expose().len() <= PASSWORD_BYTES_MAX).then_some(Self(text))
    }

    /// The same as a password to be; `None` where it is too short.
    #[must_use]
    pub fn choose(self) -> Option<Password> {
        let is_long = PASSWORD_CHARS_MIN <= self.0.expose().chars().count();
        is_long.then_some(Password(self))
    }

    pub(crate) fn text(&self) -> &str {
        self.0.expose()
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.text().as_bytes()
    }
}

/// A password that may be one: at least 8 characters, at most 256 bytes.
#[derive(Clone, Debug)]
pub struct Password(TypedPassword);

impl Password {
    /// `None` where it is too short or too long.
    #[must_use]
    pub fn new(text: Secret<String>) -> Option<Self> {
        TypedPassword::new(text)?.choose()
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// As it was typed.
    pub(crate) const fn typed(&self) -> &TypedPassword {
        &self.0
    }
}

/// A user to be.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their address; nobody else has it.
    pub email: Email,
    /// Their password.
    pub password: Password,
    /// What they are to the exchange.
    pub role: Role,
    /// How far they are known.
    pub kyc: Kyc,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who, for ever.
    pub id: UserId,
    /// Their address, as they wrote it.
    pub email: String,
    /// What they are to the exchange.
    pub role: Role,
    /// How far they are known.
    pub kyc: Kyc,
    /// Since when.
    pub created: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_has_two_parts_and_no_space() {
        for text in ["a@b", "Ann.Lee+x@Example.com", "josé@exämple.com"] {
            assert_eq!(Email::new(text).unwrap().as_str(), text);
        }
        let long = format!("{}@example.com", "a".repeat(EMAIL_BYTES_MAX));
        for text in ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "a@\u{0}b", &long] {
            assert!(Email::new(text).is_none(), "{text:?}");
        }
        assert_eq!(Email::new("ÄNN@X.Y").unwrap().key(), "änn@x.y");
    }

    #[test]
    fn a_password_has_8_characters_and_at_most_256_bytes() {
        for (text, is_one) in [
            ("1234567".to_owned(), false),
            ("12345678".to_owned(), true),
            ("ääääääää".to_owned(), true),
            ("ääää".to_owned(), false),
            ("p".repeat(256), true),
            ("p".repeat(257), false),
        ] {
            assert_eq!(Password::new(Secret::new(text.clone())).is_some(), is_one, "{text}");
        }
    }

    #[test]
    fn who_is_known_may_do_what_anybody_may_and_not_the_other_way() {
        let all = [Kyc::None, Kyc::Pending, Kyc::Approved, Kyc::Rejected];
        for (needed, want) in [
            (Kyc::None, [true, true, true, true]),
            (Kyc::Pending, [false, true, true, false]),
            (Kyc::Approved, [false, false, true, false]),
        ] {
            assert_eq!(all.map(|kyc| kyc.suffices(needed)), want, "{needed}");
        }
    }

    #[test]
    fn words_survive_text() {
        for role in [Role::User, Role::Admin] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for kyc in [Kyc::None, Kyc::Pending, Kyc::Approved, Kyc::Rejected] {
            assert_eq!(kyc.to_string().parse(), Ok(kyc));
        }
        assert_eq!("root".parse::<Role>(), Err(WordError));
    }
}
