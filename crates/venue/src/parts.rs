//! Parts of a message in JSON, read one by one: for a message that comes again and again no memory
//! is asked for. `serde_json` asks for some wherever it passes over something nested, so parts
//! that hold others are found here.
//!
//! Keeps   what is read is JSON, and of the type that is wanted; of what nobody reads no more is
//!         looked at than where it ends.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

/// The members of an object that have these names, each as its text; `None` for one that is not
/// there.
///
/// # Errors
/// Where it is no object.
pub fn members<'a, const N: usize>(
    object: &'a str,
    names: [&str; N],
) -> serde_json::Result<[Option<&'a str>; N]> {
    let mut found = [None; N];
    let mut text = Text(object);
    let read = text.list('{', '}', |text| {
        let name = text.string()?;
        let value = text.eat(':').then(|| text.value())??;
        if let Some(place) = names.iter().position(|wanted| *wanted == name) {
            found[place] = Some(value);
        }
        Some(())
    });
    if read.is_some() && text.is_over() { Ok(found) } else { Err(no_json("an object")) }
}

/// What a member is that must be there.
///
/// # Errors
/// Where it is not, or is something else.
pub fn needed<'a, T: Deserialize<'a>>(
    member: Option<&'a str>,
    name: &'static str,
) -> serde_json::Result<T> {
    serde_json::from_str(member.ok_or_else(|| serde_json::Error::missing_field(name))?)
}

/// Gives the text of each element of `array` to `take`.
///
/// # Errors
/// Where it is no array, and what `take` refuses; elements before that were taken.
pub fn elements<'a, E: From<serde_json::Error>>(
    array: &'a str,
    mut take: impl FnMut(&'a str) -> Result<(), E>,
) -> Result<(), E> {
    let (mut text, mut taken) = (Text(array), Ok(()));
    let read = text.list('[', ']', |text| {
        taken = take(text.value()?);
        taken.is_ok().then_some(())
    });
    taken?;
    if read.is_some() && text.is_over() { Ok(()) } else { Err(no_json("an array").into()) }
}

fn no_json(what: &str) -> serde_json::Error {
    serde_json::Error::custom(format_args!("{what} was expected"))
}

/// What is left of a text.
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// Passes over what comes next, if it is that.
    fn eat(&mut self, wanted: char) -> bool {
        self.0 = self.0.trim_ascii_start();
        let rest = self.0.strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Whether nothing comes any more.
    fn is_over(&self) -> bool {
        self.0.trim_ascii_start().is_empty()
    }

    fn take(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A text, without its quotes.
    fn string(&mut self) -> Option<&'a str> {
        self.0 = self.0.trim_ascii_start();
        let quoted = self.take(string_length(self.0.as_bytes())?)?;
        quoted.get(1..quoted.len() - 1)
    }

    /// Anything, as it stands there.
    fn value(&mut self) -> Option<&'a str> {
        self.0 = self.0.trim_ascii_start();
        self.take(value_length(self.0.as_bytes())?)
    }

    /// What stands between two brackets, with commas between: `one` takes each.
    fn list(
        &mut self,
        open: char,
        close: char,
        mut one: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if !self.eat(open) {
            return None;
        }
        if self.eat(close) {
            return Some(());
        }
        loop {
            one(self)?;
            if self.eat(close) {
                return Some(());
            }
            if !self.eat(',') {
                return None;
            }
        }
    }
}

/// How long the text is that begins here, with its quotes.
fn string_length(json: &[u8]) -> Option<usize> {
    if json.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match json.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// How long whatever begins here is.
fn value_length(json: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0_usize, 0_usize);
    loop {
        match json.get(at)? {
            b'"' => at += string_length(&json[at..])?,
            b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
            b'}' | b']' => (at, depth) = (at + 1, depth.checked_sub(1)?),
            _ if 0 < depth => at += 1,
            _ => {
                let is_end = |byte: &u8| b",]} \t\r\n".contains(byte);
                let length = json.iter().position(is_end).unwrap_or(json.len());
                return (0 < length).then_some(length);
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Gives each element of an array to a function, which may refuse it.
struct Each<T, F>(F, PhantomData<T>);

/// Gives each element of `array` to `take`, as it is read. The elements hold nothing nested.
///
/// # Errors
/// Where it is no array of such elements, and what `take` refuses; elements before that were taken.
pub fn each<'a, T: Deserialize<'a>, E: From<serde_json::Error>>(
    array: &'a str,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut refused = Ok(());
    let take = |element| {
        refused = take(element);
        refused.is_ok()
    };
    let read = read(Each(take, PhantomData), array);
    refused.and(read.map_err(E::from))
}

fn read<'a>(seed: impl DeserializeSeed<'a, Value = ()>, array: &'a str) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(array);
    seed.deserialize(&mut json)?;
    json.end()
}

/// Fills `room` with the elements of an array; what was in it is forgotten.
///
/// # Errors
/// Where it is no array of such elements.
pub fn fill<'a, T: Deserialize<'a>>(array: &'a str, room: &mut Vec<T>) -> serde_json::Result<()> {
    read(Room(room), array)
}

/// Room that is emptied, and filled with the elements of an array.
pub struct Room<'r, T>(pub &'r mut Vec<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Room<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.clear();
        let push = |element| {
            self.0.push(element);
            true
        };
        Each(push, PhantomData).deserialize(deserializer)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> bool> DeserializeSeed<'de> for Each<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> bool> Visitor<'de> for Each<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            if !(self.0)(element) {
                return Err(A::Error::custom("it was refused"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_element_is_given_until_one_is_refused() {
        let mut taken = Vec::new();
        let outcome: Result<(), Box<dyn std::error::Error>> = each("[1, 2, 3]", |number| {
            taken.push(number);
            if number < 2_u64 { Ok(()) } else { Err("too many".into()) }
        });
        assert_eq!((outcome.unwrap_err().to_string(), taken), ("too many".to_owned(), vec![1, 2]));
        for json in ["{}", "7", "[1, \"2\"]", "null"] {
            let outcome: serde_json::Result<()> = each(json, |_: u64| Ok(()));
            assert!(outcome.is_err(), "{json}");
        }
    }

    #[test]
    fn the_room_of_the_last_array_is_that_of_the_next() {
        let mut room = Vec::new();
        fill("[1,2,3]", &mut room).unwrap();
        let capacity = room.capacity();
        fill("[4]", &mut room).unwrap();
        assert_eq!((&*room, room.capacity()), (&[4_u64][..], capacity));
        assert!(fill("[[5]]", &mut room).is_err());
    }

    #[test]
    fn parts_are_found_wherever_they_stand() {
        let json = r#" {"a": [1, {"b": "]}"}] , "skipped":{"a":{}},"c":"x\"y" ,"d":-1.5e3} "#;
        let found = members(json, ["c", "a", "d", "none"]).unwrap();
        let want = [Some(r#""x\"y""#), Some(r#"[1, {"b": "]}"}]"#), Some("-1.5e3"), None];
        assert_eq!(found, want);
        let mut seen = Vec::new();
        let read: serde_json::Result<()> = elements(r#"[1, {"b": "]}"},[] ]"#, |element| {
            seen.push(element);
            Ok(())
        });
        read.unwrap();
        assert_eq!(seen, ["1", r#"{"b": "]}"}"#, "[]"]);
        assert_eq!(needed::<u8>(Some("7"), "n").unwrap(), 7);
        assert!(needed::<u8>(None, "n").is_err() && needed::<u8>(Some("7 7"), "n").is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_json_is_taken_apart_and_no_text_ends_the_process(
            keys in prop::collection::vec("[a-c\"\\\\é]{0,3}", 0..4),
            texts in prop::collection::vec(".{0,4}", 4),
            junk in "[\\[\\]{}:,\"\\\\ a1é]{0,20}",
        ) {
            let pairs = keys.iter().zip(&texts).map(|(key, text)| {
                let nested = serde_json::json!([text, {"a": [text]}, 1.5, null]);
                (key.clone(), nested)
            });
            let object: serde_json::Map<_, _> = pairs.collect();
            for json in [
                serde_json::to_string(&object).unwrap(),
                serde_json::to_string_pretty(&object).unwrap(),
            ] {
                let [found] = members(&json, ["a"]).unwrap();
                let found = found.map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap());
                prop_assert_eq!(found.as_ref(), object.get("a"));
            }
            let _ = members(&junk, ["a"]);
            let _ = elements(&junk, |_| Ok::<_, serde_json::Error>(()));
        }
    }
}
