//! What a person may choose as a password.
//!
//! Rule    12 characters or more, 256 bytes or less, any characters in any order; and once common
//!         words, runs (`1234`, `aaaa`, `cba`) and parts of the own address are taken out, letters
//!         are left over: four of them different. No demands of capitals, digits or signs, and no
//!         date after which it is stale.
//! Source  NIST SP 800-63B-4, 3.1.1.2; ASVS 5.0, 6.2. Both want 15 characters where there is no
//!         second factor, and 8 where there is one; 12 is between, as the second factor is one's
//!         own choice here.

use crate::error::IdentityError;
use crate::user::{Email, TypedPassword};

const CHARS_MIN: usize = 12;
/// Different letters that are left over, at least.
const LEFT_MIN: usize = 4;
/// A run is so long, at least.
const RUN_MIN: usize = 3;
/// A shorter piece of an address is no part of it.
const PIECE_MIN: usize = 3;
/// What repeats after so few characters is as short as that.
const PERIOD_MAX: usize = 6;
/// Words in lower case.
const COMMON: &str = include_str!("common_passwords.txt");

/// Whether `password` may be that of the person with this address.
pub fn check(password: &TypedPassword, email: &Email) -> Result<(), IdentityError> {
    let text = password.text();
    if text.chars().count() < CHARS_MIN {
        return Err(IdentityError::PasswordShort);
    }
    let plain: Vec<char> = text.to_lowercase().chars().collect();
    let unmasked: Vec<char> = plain.iter().map(|c| unmask(*c)).collect();
    let is_guessable = repeats(&plain)
        || [plain, unmasked].into_iter().any(|text| left_over(text, email) < LEFT_MIN);
    if is_guessable { Err(IdentityError::PasswordCommon) } else { Ok(()) }
}

/// The letter for which a sign stands in.
const fn unmask(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether it is a few characters again and again.
fn repeats(text: &[char]) -> bool {
    (1..=PERIOD_MAX).any(|period| text.iter().zip(&text[period..]).all(|(one, other)| one == other))
}

/// How many different letters are neither in a common word nor in a run.
fn left_over(text: Vec<char>, email: &Email) -> usize {
    let mut left: String = without_runs(&text);
    let own = email.key();
    let pieces = own.split(|c: char| !c.is_alphanumeric());
    let mut words: Vec<&str> = COMMON.split_whitespace().chain(pieces).collect();
    words.retain(|word| PIECE_MIN <= word.chars().count());
    // Long ones first: a short one could break them up.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words {
        left = left.replace(word, " ");
    }
    let letters: std::collections::BTreeSet<char> =
        left.chars().filter(|c| c.is_alphabetic()).collect();
    letters.len()
}

/// The text with a space for each run: the same character, the next or the last one, three times.
fn without_runs(text: &[char]) -> String {
    let step = |at: usize| i64::from(u32::from(text[at + 1])) - i64::from(u32::from(text[at]));
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let mut end = at + 1;
        if end < text.len() && step(at).abs() <= 1 {
            let first = step(at);
            while end < text.len() && step(end - 1) == first {
                end += 1;
            }
        }
        if end - at < RUN_MIN {
            left.push(text[at]);
            at += 1;
        } else {
            left.push(' ');
            at = end;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    fn verdict(text: &str, email: &str) -> &'static str {
        let typed = TypedPassword::new(Secret::new(text.to_owned())).unwrap();
        match check(&typed, &Email::new(email).unwrap()) {
            Ok(()) => "fine",
            Err(IdentityError::PasswordShort) => "short",
            Err(IdentityError::PasswordCommon) => "common",
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_password_has_12_characters_and_is_not_the_first_thing_that_comes_to_mind() {
        for (text, want) in [
            ("", "short"),
            ("Tr0ub4dor&3", "short"),
            ("ÄÖÜäöüßçñ€¥", "short"),
            ("correct horse battery staple", "fine"),
            ("xK9#mQ2$vL7p", "fine"),
            ("canary-password", "fine"),
            ("пароль-из-ржи", "fine"),
            ("Wandern im Regen", "fine"),
            ("f3a91c77d02b48e5", "fine"),
            ("password1234", "common"),
            ("Password123!", "common"),
            ("P@ssw0rd2026!", "common"),
            ("passwordpassword", "common"),
            ("qwertyuiop123", "common"),
            ("iloveyou12345", "common"),
            ("Liverpool2026", "common"),
            ("aaaaaaaaaaaa", "common"),
            ("abababababab", "common"),
            ("xkzxkzxkzxkz", "common"),
            ("123456789012", "common"),
            ("839201746583", "common"),
            ("abcdefghijkl", "common"),
            ("zyxwvutsrqponm", "common"),
            ("Summer-Winter-2026", "common"),
            ("!!!!!!!!!!!!", "common"),
        ] {
            assert_eq!(verdict(text, "ann@example.com"), want, "{text}");
        }
    }

    #[test]
    fn ones_own_address_is_no_password() {
        for (text, want) in [
            ("katharina.oswald1", "common"),
            ("OswaldKatharina!", "common"),
            ("0swald-wundertech", "common"),
            ("katharina sails away", "fine"),
        ] {
            assert_eq!(verdict(text, "Katharina.Oswald@wundertech.example"), want, "{text}");
        }
        assert_eq!(verdict("katharina.oswald1", "ann@example.com"), "fine");
    }

    #[test]
    fn the_list_is_in_lower_case_and_holds_no_word_twice() {
        let mut words: Vec<_> = COMMON.split_whitespace().collect();
        let count = words.len();
        assert!(300 < count, "{count}");
        assert!(
            words
                .iter()
                .all(|word| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
        );
        words.sort_unstable();
        let doubled: Vec<_> = words.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(doubled.is_empty(), "{doubled:?}");
    }
}
