//! Names that clients give their orders: any text, while the exchange takes short plain ones.
//!
//! Keeps   a name that the exchange takes is kept as it is. Any other is kept by its hash, and the
//!         text itself is remembered for the last [`NAMES_MAX`] of them; it is told as the hash
//!         once it is forgotten.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use model::ClientOrderId;

/// Texts remembered at once.
const NAMES_MAX: usize = 1 << 14;
/// The longest text, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// What the hashes begin with; a name that a client begins so is hashed as well.
const MARK: &str = "h:";
/// Hexadecimal digits of a hash.
const DIGITS: usize = 32;

/// Texts by their hashes.
#[derive(Debug, Default)]
pub struct Names(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    texts: HashMap<ClientOrderId, String>,
    order: VecDeque<ClientOrderId>,
}

/// The exchange's name for that text; `None` where it is empty or too long.
///
/// # Panics
/// Never: a hash in hexadecimal digits is short and plain.
#[must_use]
pub fn name_of(text: &str) -> Option<ClientOrderId> {
    if text.is_empty() || NAME_BYTES_MAX < text.len() {
        return None;
    }
    if let (false, Ok(name)) = (text.starts_with(MARK), ClientOrderId::new(text)) {
        return Some(name);
    }
    let hash = digest(&SHA256, text.as_bytes());
    let mut name = MARK.to_owned();
    name.extend(hash.as_ref().iter().flat_map(|byte| {
        [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
    }));
    name.truncate(MARK.len() + DIGITS);
    Some(ClientOrderId::new(&name).expect("a short plain name"))
}

impl Names {
    /// As [`name_of`], remembered.
    pub fn keep(&self, text: &str) -> Option<ClientOrderId> {
        let name = name_of(text)?;
        if name.as_str() != text {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.texts.insert(name, text.to_owned()).is_none() {
                known.order.push_back(name);
            }
            if NAMES_MAX < known.order.len()
                && let Some(oldest) = known.order.pop_front()
            {
                known.texts.remove(&oldest);
            }
        }
        Some(name)
    }

    /// The text that the client gave.
    pub fn text(&self, name: ClientOrderId) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.texts.get(&name).cloned().unwrap_or_else(|| name.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_name_and_is_told_back() {
        let names = Names::default();
        let long = "ccxt-f0378ed3-e970-422a-9a3b-6f681de75c81";
        for (text, is_kept) in
            [("c1", true), (long, false), ("h:c1", false), ("a b", false), ("é", false)]
        {
            let name = names.keep(text).unwrap();
            assert_eq!(name.as_str() == text, is_kept, "{text}");
            assert_eq!((names.text(name).as_str(), name_of(text)), (text, Some(name)));
        }
        assert_eq!(names.keep(""), None);
        assert_eq!(names.keep(&"n".repeat(NAME_BYTES_MAX + 1)), None);
    }

    #[test]
    fn the_oldest_text_is_forgotten_first() {
        let names = Names::default();
        let text = |number: usize| format!("a name {number}");
        for number in 0..=NAMES_MAX {
            names.keep(&text(number)).unwrap();
        }
        let told = |number: usize| names.text(name_of(&text(number)).unwrap());
        assert!(told(0).starts_with(MARK) && told(1) == text(1));
    }
}
