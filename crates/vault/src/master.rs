//! Master keys: they wrap data keys. The newest wraps, the others only unwrap.

use std::collections::BTreeMap;

use aws_lc_rs::{digest, rand};
use model::Secret;
use zeroize::Zeroizing;

/// Counts master keys, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MasterKeyVersion(pub u32);

/// 256 random bits.
pub type MasterKey = Secret<[u8; 32]>;

/// Master keys that can be open at once: a rotation a week for a year.
const VERSIONS_MAX: usize = 64;
const CHECK_BYTES: usize = 8;

/// The master keys of a deployment, by version. Never empty.
#[derive(Clone, Debug)]
pub struct MasterKeys {
    keys: BTreeMap<MasterKeyVersion, MasterKey>,
}

/// A line of a key file is not what it should be. What it holds is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine(pub usize);

impl MasterKeys {
    /// One new key, version 1.
    #[must_use]
    pub fn generate() -> Self {
        Self { keys: BTreeMap::from([(MasterKeyVersion(1), random())]) }
    }

    /// These keys and one more, which wraps from now on. `None` if there are too many.
    #[must_use]
    pub fn with_next(&self) -> Option<Self> {
        let next = MasterKeyVersion(self.newest().0.checked_add(1)?);
        let mut keys = self.keys.clone();
        keys.insert(next, random());
        (keys.len() <= VERSIONS_MAX).then_some(Self { keys })
    }

    /// The version that wraps.
    ///
    /// # Panics
    /// Never: there is always one.
    #[must_use]
    pub fn newest(&self) -> MasterKeyVersion {
        *self.keys.keys().next_back().expect("never empty")
    }

    pub(crate) fn find(&self, version: MasterKeyVersion) -> Option<&MasterKey> {
        self.keys.get(&version)
    }

    /// The keys as a key file holds them: one line each, `VERSION KEY CHECK`, in hexadecimal.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        // Room for everything at once: growing would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(128 * (self.keys.len() + 1)));
        text.push_str("# Rialto's master keys. Without them no stored secret opens.\n");
        for (version, key) in &self.keys {
            text.push_str(&version.0.to_string());
            for part in [&key.expose()[..], &check(*version, key)] {
                text.push(' ');
                part.iter().for_each(|byte| {
                    text.push(nibble(byte >> 4));
                    text.push(nibble(byte & 15));
                });
            }
            text.push('\n');
        }
        text
    }

    /// Reads what [`Self::to_text`] wrote.
    pub(crate) fn from_text(text: &str) -> Result<Self, BadLine> {
        let mut keys = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (version, key) = parse(line).ok_or(BadLine(number))?;
            if keys.insert(version, key).is_some() || VERSIONS_MAX < keys.len() {
                return Err(BadLine(number));
            }
        }
        if keys.is_empty() { Err(BadLine(0)) } else { Ok(Self { keys }) }
    }

    /// One key as 64 hexadecimal digits, as an environment variable holds it: version 1. `None`
    /// if it is not of that form.
    #[must_use]
    pub fn from_hex(digits: &str) -> Option<Self> {
        let key = Secret::new(bytes(digits)?);
        Some(Self { keys: BTreeMap::from([(MasterKeyVersion(1), key)]) })
    }
}

fn random() -> MasterKey {
    let mut key = Zeroizing::new([0; 32]);
    rand::fill(&mut *key).expect("the system has randomness");
    Secret::new(*key)
}

fn parse(line: &str) -> Option<(MasterKeyVersion, MasterKey)> {
    let mut fields = line.split_ascii_whitespace();
    let version = MasterKeyVersion(fields.next()?.parse().ok().filter(|version| 0 < *version)?);
    let key = Secret::new(bytes(fields.next()?)?);
    let is_whole = bytes::<CHECK_BYTES>(fields.next()?)? == check(version, &key);
    (is_whole && fields.next().is_none()).then_some((version, key))
}

/// Tells a damaged line from a wrong key.
fn check(version: MasterKeyVersion, key: &MasterKey) -> [u8; CHECK_BYTES] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"rialto master key check");
    context.update(&version.0.to_be_bytes());
    context.update(key.expose());
    let digest = context.finish();
    digest.as_ref()[..CHECK_BYTES].try_into().expect("SHA-256 has 32 bytes")
}

fn nibble(value: u8) -> char {
    char::from_digit(value.into(), 16).expect("four bits")
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digits = digits.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(16 * high + low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_writing_and_reading() {
        let keys = MasterKeys::generate().with_next().unwrap();
        let read = MasterKeys::from_text(&keys.to_text()).unwrap();
        assert_eq!(read.newest(), MasterKeyVersion(2));
        for version in [MasterKeyVersion(1), MasterKeyVersion(2)] {
            assert_eq!(read.find(version), keys.find(version));
        }
        assert!(read.find(MasterKeyVersion(1)) != read.find(MasterKeyVersion(2)));
    }

    #[test]
    fn a_damaged_line_is_named_and_not_repeated() {
        let text = MasterKeys::generate().to_text();
        let line = text.lines().nth(1).unwrap();
        let flipped =
            if line.contains("0") { line.replace('0', "1") } else { line.replace('1', "0") };
        let cases = [
            ("", 0),
            ("# nothing", 0),
            ("1", 1),
            ("1 ab cd", 1),
            (&flipped, 1),
            (&line[2..], 1),
            (&format!("0{}", &line[1..]), 1),
            (&format!("2{}", &line[1..]), 1),
            (&format!("{line} more"), 1),
            (&format!("{line}\n{line}"), 2),
        ];
        for (text, line) in cases {
            assert_eq!(MasterKeys::from_text(text).unwrap_err(), BadLine(line), "{text}");
        }
    }

    #[test]
    fn versions_are_bounded() {
        let mut keys = MasterKeys::generate();
        for _ in 1..VERSIONS_MAX {
            keys = keys.with_next().unwrap();
        }
        assert!(keys.with_next().is_none());
    }

    #[test]
    fn a_key_from_the_environment_is_64_hexadecimal_digits() {
        let digits = "00ff".repeat(16);
        let keys = MasterKeys::from_hex(&digits).unwrap();
        assert_eq!(keys.find(MasterKeyVersion(1)).unwrap().expose()[..2], [0, 255]);
        for bad in ["", "00", &digits[1..], &format!("{digits}0"), &"zz".repeat(32)] {
            assert!(MasterKeys::from_hex(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn master_keys_are_not_printed() {
        let keys = MasterKeys::from_hex(&"ab".repeat(32)).unwrap();
        let shown = format!("{keys:?}");
        assert!(!shown.contains("171") && !shown.contains("abab"), "{shown}");
    }
}
