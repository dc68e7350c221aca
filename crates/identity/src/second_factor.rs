//! The second factor: codes from an app, and those written down for when it is lost.
//!
//! Rule    a code of an app is good for its half minute and the ones beside it, and once: a later
//!         step only. A recovery code is good once. Both are compared without telling by the time
//!         how much of them is right.
//! Source  RFC 6238; ASVS 5.0, 6.5.

use aws_lc_rs::{constant_time, digest, rand};
use model::{Secret, Time, UserId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use vault::OtpKey;
use zeroize::Zeroize;

/// Length of a step.
const STEP_MICROS: u64 = 30 * 1_000_000;
/// Steps by which the clock of a phone may be wrong.
const BESIDE_MAX: u64 = 1;
const DIGITS: usize = 6;
/// Codes that are written down.
pub const RECOVERY_CODES: usize = 10;
/// An unconfirmed factor is forgotten after so long.
pub const SETUP_MICROS: u64 = 15 * 60 * 1_000_000;
/// Random letters of a recovery code: 80 bits.
const RECOVERY_CHARS: usize = 16;
const GROUP_CHARS: usize = 4;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ISSUER: &str = "Rialto";

/// A proof beside the password.
#[derive(Clone, Debug)]
pub enum SecondFactor {
    /// Six digits, from an app.
    Totp(Secret<String>),
    /// One of the codes that were written down.
    RecoveryCode(Secret<String>),
}

impl SecondFactor {
    /// Six digits are from an app; what is longer was written down.
    #[must_use]
    pub fn of(text: Secret<String>) -> Self {
        if digits(text.expose()).is_some() { Self::Totp(text) } else { Self::RecoveryCode(text) }
    }
}

/// A second factor that is being set up. It is shown this once.
#[derive(Clone, Debug)]
pub struct FactorSetup {
    /// The key in base32, for those who type it.
    pub secret: Secret<String>,
    /// The same for a picture.
    pub otpauth_uri: Secret<String>,
}

/// How a user's second factor stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FactorState {
    /// Whether it is on.
    pub is_on: bool,
    /// Recovery codes that are not used.
    pub recovery_codes_left: u64,
}

impl FactorSetup {
    pub(crate) fn new(key: &Secret<Vec<u8>>, email: &str) -> Self {
        let secret = base32(key.expose());
        let account = utf8_percent_encode(email, NON_ALPHANUMERIC);
        let uri = format!(
            "otpauth://totp/{ISSUER}:{account}?secret={}&issuer={ISSUER}\
             &algorithm=SHA1&digits={DIGITS}&period=30",
            secret.expose()
        );
        Self { secret, otpauth_uri: Secret::new(uri) }
    }
}

/// The step whose code this is, if it is later than the last one used and near enough to `now`.
pub fn step_of(key: &OtpKey, code: &str, last_step: Option<u64>, now: Time) -> Option<u64> {
    let given = digits(code)?;
    let current = now.micros() / STEP_MICROS;
    let near = current.saturating_sub(BESIDE_MAX)..=current + BESIDE_MAX;
    let is_code = |step: &u64| {
        let code = format!("{:06}", key.code(*step));
        constant_time::verify_slices_are_equal(code.as_bytes(), given).is_ok()
    };
    near.filter(|step| last_step.is_none_or(|last| last < *step)).find(is_code)
}

fn digits(code: &str) -> Option<&[u8]> {
    let bytes = code.trim().as_bytes();
    (bytes.len() == DIGITS && bytes.iter().all(u8::is_ascii_digit)).then_some(bytes)
}

/// A code to be written down.
pub fn draw_recovery_code() -> Secret<String> {
    let mut bytes = [0; RECOVERY_CHARS * 5 / 8];
    rand::fill(&mut bytes).expect("the system has randomness");
    let letters = base32(&bytes);
    bytes.zeroize();
    let mut code = String::with_capacity(RECOVERY_CHARS + RECOVERY_CHARS / GROUP_CHARS);
    for (at, letter) in letters.expose().chars().enumerate() {
        if at != 0 && at % GROUP_CHARS == 0 {
            code.push('-');
        }
        code.push(letter.to_ascii_lowercase());
    }
    Secret::new(code)
}

/// Under what a recovery code is stored: it has 80 random bits, so that a plain hash hides it.
/// `None` if it is none. Case, hyphens and spaces do not matter.
pub fn recovery_hash(user: UserId, code: &str) -> Option<[u8; 32]> {
    let is_letter = |byte: &u8| !byte.is_ascii_whitespace() && *byte != b'-';
    let letters: Vec<u8> =
        code.bytes().filter(is_letter).map(|byte| byte.to_ascii_uppercase()).collect();
    let is_code = letters.len() == RECOVERY_CHARS && code.is_ascii();
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&user.0);
    context.update(&letters);
    let digest = context.finish();
    is_code.then(|| digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// RFC 4648, without padding; `bytes` are a multiple of five.
fn base32(bytes: &[u8]) -> Secret<String> {
    let mut text = String::with_capacity(bytes.len() * 8 / 5);
    for chunk in bytes.chunks_exact(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        for place in (0..8).rev() {
            let letter = usize::try_from((bits >> (5 * place)) & 31).expect("five bits");
            text.push(char::from(BASE32[letter]));
        }
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    #[test]
    fn a_code_is_good_for_its_step_and_the_ones_beside_it_once() {
        let key = OtpKey::new(SEED);
        let code = |step: u64| format!("{:06}", key.code(step));
        let now = Time(100 * STEP_MICROS + 1);
        for (step, last, want) in [
            (100, None, Some(100)),
            (99, None, Some(99)),
            (101, None, Some(101)),
            (98, None, None),
            (102, None, None),
            (100, Some(99), Some(100)),
            (100, Some(100), None),
            (99, Some(100), None),
            (101, Some(100), Some(101)),
            (101, Some(101), None),
        ] {
            assert_eq!(step_of(&key, &code(step), last, now), want, "{step} after {last:?}");
        }
        let good = code(100);
        assert_eq!(step_of(&key, &format!(" {good} "), None, now), Some(100));
        for odd in ["", "12345", "1234567", &good[..5], "12345a", "１２３４５６", "-12345"] {
            assert_eq!(step_of(&key, odd, None, now), None, "{odd}");
        }
    }

    #[test]
    fn a_setup_is_what_apps_read() {
        let setup = FactorSetup::new(&Secret::new(SEED.to_vec()), "ann+x@example.com");
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(setup.secret.expose(), secret);
        let uri = format!(
            "otpauth://totp/Rialto:ann%2Bx%40example%2Ecom?secret={secret}&issuer=Rialto\
             &algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(*setup.otpauth_uri.expose(), uri);
        assert!(!format!("{setup:?}").contains(secret));
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_written_and_to_its_owner_alone() {
        let code = draw_recovery_code().expose().clone();
        assert_eq!((code.len(), code.matches('-').count()), (19, 3), "{code}");
        assert_ne!(*draw_recovery_code().expose(), code);
        let (ann, bob) = (UserId([1; 16]), UserId([2; 16]));
        let hash = recovery_hash(ann, &code).unwrap();
        let bare = code.replace('-', "");
        for same in [code.to_uppercase(), bare.clone(), format!(" {} ", code.replace('-', " "))] {
            assert_eq!(recovery_hash(ann, &same), Some(hash), "{same}");
        }
        assert_ne!(recovery_hash(bob, &code), Some(hash));
        for other in ["", "123456", &bare[1..], &format!("{bare}a"), "äaaaaaaaaaaaaaaa"] {
            assert_eq!(recovery_hash(ann, other), None, "{other}");
        }
    }

    #[test]
    fn six_digits_are_from_an_app_and_what_is_longer_was_written_down() {
        let is_totp = |text: &str| {
            matches!(SecondFactor::of(Secret::new(text.to_owned())), SecondFactor::Totp(_))
        };
        assert!(is_totp("123456") && is_totp(" 123456"));
        assert!(!is_totp("abcd-efgh-ijkl-mnop") && !is_totp(""));
    }
}
