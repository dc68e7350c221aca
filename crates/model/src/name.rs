//! Names with a fixed room, so that they can live inline in records and arrays.

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Empty, or longer than its room.
    Length,
    /// A character outside the allowed set.
    Character,
}

impl std::fmt::Display for NameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Length => "empty or too long",
            Self::Character => "a character that is not allowed",
        })
    }
}

impl std::error::Error for NameError {}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $room:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            bytes: [u8; $room],
            len: u8,
        }

        impl $name {
            /// The longest name, in bytes.
            pub const LEN_MAX: usize = $room;

            /// The name, if `text` is one.
            ///
            /// # Errors
            /// [`NameError`] if it is empty, too long, or has a character that is not allowed.
            pub fn new(text: &str) -> Result<Self, NameError> {
                if text.is_empty() || $room < text.len() {
                    return Err(NameError::Length);
                }
                let allowed: fn(u8) -> bool = $allowed;
                if !text.bytes().all(allowed) {
                    return Err(NameError::Character);
                }
                let mut bytes = [0; $room];
                bytes[..text.len()].copy_from_slice(text.as_bytes());
                let len = u8::try_from(text.len()).map_err(|_| NameError::Length)?;
                Ok(Self { bytes, len })
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(self.as_bytes()).expect("only ASCII gets in")
            }

            /// The name followed by zeros, which no name contains.
            #[must_use]
            pub const fn padded(&self) -> &[u8; $room] {
                &self.bytes
            }

            /// The name as bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.bytes[..usize::from(self.len)]
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }
    };
}

name!(
    /// The ticker of an asset: upper-case letters and digits, `BTC`.
    AssetCode,
    12,
    |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()
);
name!(
    /// The name that a client gives its order: letters, digits, `.`, `:`, `/`, `_`, `-`.
    ClientOrderId,
    36,
    |byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte)
);
