//! Parameters of a request, as they came, and what they mean.
//!
//! Shape   REST: pairs of the query string, then those of the form body whose names the query did
//!         not have. Socket: the members of `params`, numbers and booleans in their literal form.
//! Keeps   a parameter is read by name and type; what nobody read is refused at the end.
//! Fails   with the documented -1100 … -1108 and -1130.
//! Source  rest-api.md, "General Information on Endpoints"; errors.md, "11xx".

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{ClientOrderId, Decimal, DecimalError, Time};
use percent_encoding::percent_decode;
use serde_json::value::RawValue;
use venue::binance::{Refusal, timestamp_micros};

/// The most parameters of a request. The longest documented request has 34.
pub const PARAMETERS_MAX: usize = 64;
const _: () = assert!(PARAMETERS_MAX <= 64, "which were read is kept in 64 bits");

/// Rows where the request does not say.
pub const ROWS_DEFAULT: usize = 500;
/// The most rows.
pub const ROWS_MAX: usize = 1_000;

const LEGAL_INTEGER: &str = "^[0-9]{1,20}$";
const LEGAL_DECIMAL: &str = r"^([0-9]{1,20})(\.[0-9]{1,20})?$";
const LEGAL_CLIENT_ID: &str = r"^[\.A-Z\:/a-z0-9_-]{1,36}$";
const LEGAL_SYMBOL: &str = "^[A-Z0-9-_.]{1,20}$";
const LEGAL_SYMBOLS: &str = r#"^\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\]$"#;
/// The most symbols in one `symbols`.
const SYMBOLS_MAX: usize = 1_000;

/// The parameters of one request.
#[derive(Debug, Default)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// One bit for each pair that was read. Atomic only so that futures may hold a reference.
    read: AtomicU64,
}

impl<'a> Params<'a> {
    /// The parameters of a REST request.
    ///
    /// # Errors
    /// [`Refusal::TooManyParameters`], [`Refusal::DuplicateParameter`] within query or body,
    /// [`Refusal::IllegalText`] for what is no text after percent-decoding.
    pub fn from_form(query: &'a str, body: &'a [u8]) -> Result<Self, Refusal> {
        let mut pairs = Vec::with_capacity(16);
        read_form(query.as_bytes(), &mut pairs, 0)?;
        let from_query = pairs.len();
        read_form(body, &mut pairs, from_query)?;
        Ok(Self { pairs, read: AtomicU64::new(0) })
    }

    /// The parameters of a socket request: a JSON object of texts, numbers, booleans, arrays.
    ///
    /// # Errors
    /// [`Refusal::BadJson`], [`Refusal::TooManyParameters`], [`Refusal::DuplicateParameter`].
    pub fn from_json(object: Option<&'a RawValue>) -> Result<Self, Refusal> {
        let mut pairs = Vec::with_capacity(16);
        if let Some(object) = object {
            read_object(object, &mut pairs)?;
        }
        Ok(Self { pairs, read: AtomicU64::new(0) })
    }

    /// Name and value of each, in no particular order; none counts as read.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// The value as it came, if it came, even if it is empty. Counts as read.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        let index = self.pairs.iter().position(|(key, _)| key == name)?;
        self.read.fetch_or(1 << index, Ordering::Relaxed);
        Some(&self.pairs[index].1)
    }

    /// The value as it came, without counting as read.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// An optional text.
    ///
    /// # Errors
    /// [`Refusal::Empty`].
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        match self.raw(name) {
            Some("") => Err(Refusal::Empty(name)),
            value => Ok(value),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`Refusal::Mandatory`], [`Refusal::Empty`].
    pub fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or(Refusal::Mandatory(name))
    }

    /// A symbol, checked for its form only.
    ///
    /// # Errors
    /// As [`Self::text`]; [`Refusal::IllegalCharacters`].
    pub fn symbol(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        match self.text(name)? {
            Some(text) if !is_symbol(text) => {
                Err(Refusal::IllegalCharacters { parameter: name, legal: LEGAL_SYMBOL })
            }
            text => Ok(text),
        }
    }

    /// A list of symbols, `["BTCUSDT","ETHUSDT"]`, checked for their form only.
    ///
    /// # Errors
    /// As [`Self::text`]; [`Refusal::IllegalCharacters`]; [`Refusal::DuplicateSymbols`].
    pub fn symbols(&self, name: &'static str) -> Result<Option<Vec<&str>>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let illegal = Refusal::IllegalCharacters { parameter: name, legal: LEGAL_SYMBOLS };
        let Ok(list) = serde_json::from_str::<Vec<&str>>(text) else { return Err(illegal) };
        if SYMBOLS_MAX < list.len() || !list.iter().all(|symbol| is_symbol(symbol)) {
            return Err(illegal);
        }
        let mut sorted = list.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Refusal::DuplicateSymbols);
        }
        Ok(Some(list))
    }

    /// A whole number.
    ///
    /// # Errors
    /// As [`Self::text`]; [`Refusal::IllegalCharacters`], [`Refusal::Overflow`].
    pub fn integer(&self, name: &'static str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        if 20 < text.len() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::IllegalCharacters { parameter: name, legal: LEGAL_INTEGER });
        }
        // Identities and counts are signed 64-bit numbers on the wire.
        match text.parse::<i64>() {
            Ok(number) => Ok(Some(number.unsigned_abs())),
            Err(_) => Err(Refusal::Overflow(name)),
        }
    }

    /// How many rows: `default` where it is not sent, never more than `max`.
    ///
    /// # Errors
    /// As [`Self::integer`]; [`Refusal::BadValue`] for zero.
    pub fn limit(&self, default: usize, max: usize) -> Result<usize, Refusal> {
        match self.integer("limit")? {
            None => Ok(default),
            Some(0) => Err(Refusal::BadValue("limit")),
            Some(limit) => Ok(usize::try_from(limit).unwrap_or(max).min(max)),
        }
    }

    /// A moment, sent in milliseconds or in microseconds.
    ///
    /// # Errors
    /// As [`Self::text`]; [`Refusal::IllegalCharacters`].
    pub fn time(&self, name: &'static str) -> Result<Option<Time>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match timestamp_micros(text) {
            Some(micros) => Ok(Some(Time(micros))),
            None => Err(Refusal::IllegalCharacters { parameter: name, legal: LEGAL_INTEGER }),
        }
    }

    /// `startTime` and `endTime`, both inclusive: an end in milliseconds stands for all of its
    /// last one.
    ///
    /// # Errors
    /// As [`Self::time`].
    pub fn span(&self) -> Result<(Option<Time>, Option<Time>), Refusal> {
        let (start, end) = (self.time("startTime")?, self.time("endTime")?);
        let in_micros = |time: Time| self.peek("endTime").map(str::parse) == Some(Ok(time.0));
        let last = |time| if in_micros(time) { time } else { Time(time.0.saturating_add(999)) };
        Ok((start, end.map(last)))
    }

    /// A decimal number, never negative.
    ///
    /// # Errors
    /// As [`Self::text`]; [`Refusal::IllegalCharacters`].
    pub fn decimal(&self, name: &'static str) -> Result<Option<Decimal>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let illegal = Refusal::IllegalCharacters { parameter: name, legal: LEGAL_DECIMAL };
        if 20 < whole.len() || 20 < fraction.len() || text.starts_with('-') {
            return Err(illegal);
        }
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(DecimalError::Form) => Err(illegal),
            Err(DecimalError::Range) => Err(Refusal::Overflow(name)),
        }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// As [`Self::text`]; [`Refusal::BadValue`].
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.text(name)? {
            None => Ok(None),
            Some("true" | "TRUE" | "True") => Ok(Some(true)),
            Some("false" | "FALSE" | "False") => Ok(Some(false)),
            Some(_) => Err(Refusal::BadValue(name)),
        }
    }

    /// One of several words; `otherwise` where it is none of them.
    ///
    /// # Errors
    /// As [`Self::text`]; `otherwise`.
    pub fn choice<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&str, T)],
        otherwise: Refusal,
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => Err(otherwise),
        }
    }

    /// The name that a client gives an order.
    ///
    /// # Errors
    /// As [`Self::text`]; [`Refusal::IllegalCharacters`].
    pub fn client_id(&self, name: &'static str) -> Result<Option<ClientOrderId>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match ClientOrderId::new(text) {
            Ok(id) => Ok(Some(id)),
            Err(_) => Err(Refusal::IllegalCharacters { parameter: name, legal: LEGAL_CLIENT_ID }),
        }
    }

    /// Everything has been read.
    ///
    /// # Errors
    /// [`Refusal::Unread`] unless it has.
    pub fn finish(&self) -> Result<(), Refusal> {
        let read = self.read.load(Ordering::Relaxed).count_ones() as usize;
        let sent = self.pairs.len();
        if read == sent { Ok(()) } else { Err(Refusal::Unread { read, sent }) }
    }
}

fn is_symbol(text: &str) -> bool {
    let legal =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    !text.is_empty() && text.len() <= 20 && text.bytes().all(legal)
}

type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// Adds the pairs of `form`. A name that one of the first `earlier` pairs has is passed over.
fn read_form<'a>(form: &'a [u8], pairs: &mut Pairs<'a>, earlier: usize) -> Result<(), Refusal> {
    // Most need no decoding at all, which is quickly seen of the whole.
    let is_plain = form.iter().filter(|byte| matches!(byte, b'%' | b'+')).count() == 0;
    if is_plain && let Ok(form) = std::str::from_utf8(form) {
        for pair in form.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !pairs[..earlier].iter().any(|(key, _)| *key == name) {
                add(pairs, earlier, Cow::Borrowed(name), Cow::Borrowed(value))?;
            }
        }
        return Ok(());
    }
    for pair in form.split(|byte| *byte == b'&') {
        if pair.is_empty() {
            continue;
        }
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(equals);
        let name = decode(name)?;
        if pairs[..earlier].iter().any(|(key, _)| *key == name) {
            continue;
        }
        let value = decode(value.get(1..).unwrap_or_default())?;
        add(pairs, earlier, name, value)?;
    }
    Ok(())
}

fn add<'a>(
    pairs: &mut Pairs<'a>,
    earlier: usize,
    name: Cow<'a, str>,
    value: Cow<'a, str>,
) -> Result<(), Refusal> {
    if pairs[earlier..].iter().any(|(key, _)| *key == name) {
        return Err(Refusal::DuplicateParameter);
    }
    if pairs.len() == PARAMETERS_MAX {
        let (expected, received) = (PARAMETERS_MAX, PARAMETERS_MAX + 1);
        return Err(Refusal::TooManyParameters { expected, received });
    }
    pairs.push((name, value));
    Ok(())
}

/// Borrowed unless there is something to decode.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    if !bytes.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Refusal::IllegalText);
    }
    let spaced: Vec<u8> = bytes.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let decoded = percent_decode(&spaced).decode_utf8().map_err(|_| Refusal::IllegalText)?;
    Ok(Cow::Owned(decoded.into_owned()))
}

fn read_object<'a>(object: &'a RawValue, pairs: &mut Pairs<'a>) -> Result<(), Refusal> {
    let mut reader = serde_json::Deserializer::from_str(object.get());
    serde::Deserializer::deserialize_map(&mut reader, Members(pairs))
        .map_err(|_| Refusal::BadJson)?
}

/// Reads members in order, so that a name that comes twice is seen.
struct Members<'p, 'a>(&'p mut Pairs<'a>);

impl<'a> serde::de::Visitor<'a> for Members<'_, 'a> {
    type Value = Result<(), Refusal>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of parameters")
    }

    fn visit_map<A: serde::de::MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(name) = map.next_key::<&'a RawValue>()? {
            let Some(name) = json_text(name.get()) else { return Ok(Err(Refusal::BadJson)) };
            let value = map.next_value::<&'a RawValue>()?.get();
            if value == "null" {
                continue;
            }
            let value = if value.starts_with('"') {
                match json_text(value) {
                    Some(text) => text,
                    None => return Ok(Err(Refusal::BadJson)),
                }
            } else if value.starts_with('{') {
                return Ok(Err(Refusal::BadJson));
            } else {
                Cow::Borrowed(value)
            };
            if let Err(refusal) = add(self.0, 0, name, value) {
                // The rest is still read, so that the frame is known to be JSON.
                while map.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(()))
    }
}

/// A JSON string's text, borrowed where nothing is escaped.
fn json_text(json: &str) -> Option<Cow<'_, str>> {
    if json.contains('\\') {
        serde_json::from_str(json).ok().map(Cow::Owned)
    } else {
        serde_json::from_str(json).ok().map(Cow::Borrowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form<'a>(query: &'a str, body: &'a str) -> Result<Params<'a>, Refusal> {
        Params::from_form(query, body.as_bytes())
    }

    fn json(text: &str) -> Result<Vec<(String, String)>, Refusal> {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        let params = Params::from_json(Some(raw))?;
        Ok(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn the_query_wins_over_the_body() {
        let params = form("symbol=A&x=1", "symbol=B&y=2").unwrap();
        assert_eq!(params.raw("symbol"), Some("A"));
        assert_eq!(params.raw("y"), Some("2"));
        assert_eq!(params.finish(), Err(Refusal::Unread { read: 2, sent: 3 }));
        assert_eq!(params.raw("x"), Some("1"));
        assert_eq!(params.finish(), Ok(()));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let many: String = (0..65).map(|n| format!("p{n}=1&")).collect();
        for (query, body, want) in [
            ("a=1&a=2", "", Refusal::DuplicateParameter),
            ("", "a=1&a=1", Refusal::DuplicateParameter),
            ("a=%FF", "", Refusal::IllegalText),
            ("%FF=1", "", Refusal::IllegalText),
            (many.as_str(), "", Refusal::TooManyParameters { expected: 64, received: 65 }),
        ] {
            assert_eq!(form(query, body).unwrap_err(), want, "{query}");
        }
    }

    #[test]
    fn values_are_read_by_type() {
        let integer = |parameter| Refusal::IllegalCharacters { parameter, legal: LEGAL_INTEGER };
        let params = form(
            "n=12&neg=-1&big=99999999999999999999&huge=9223372036854775808&empty=&d=0.10&sci=1e5\
             &dot=1.&t=1499827319559&b=true&bad=yes&limit=9999&symbol=btc",
            "",
        )
        .unwrap();
        assert_eq!(params.integer("n"), Ok(Some(12)));
        assert_eq!(params.integer("none"), Ok(None));
        assert_eq!(params.integer("neg"), Err(integer("neg")));
        assert_eq!(params.integer("big"), Err(Refusal::Overflow("big")));
        assert_eq!(params.integer("huge"), Err(Refusal::Overflow("huge")));
        assert_eq!(params.text("empty"), Err(Refusal::Empty("empty")));
        assert_eq!(params.required("none"), Err(Refusal::Mandatory("none")));
        assert_eq!(params.decimal("d").unwrap().unwrap().to_string(), "0.10");
        for name in ["neg", "sci", "dot"] {
            let legal = LEGAL_DECIMAL;
            assert_eq!(
                params.decimal(name),
                Err(Refusal::IllegalCharacters { parameter: name, legal })
            );
        }
        assert_eq!(params.time("t"), Ok(Some(Time::from_millis(1_499_827_319_559))));
        assert_eq!(params.boolean("b"), Ok(Some(true)));
        assert_eq!(params.boolean("bad"), Err(Refusal::BadValue("bad")));
        assert_eq!(params.limit(500, 1_000), Ok(1_000));
        assert!(params.symbol("symbol").is_err());
    }

    #[test]
    fn an_end_in_milliseconds_stands_for_all_of_its_last_and_one_in_microseconds_for_itself() {
        for (end, want) in [
            ("1700000000000", 1_700_000_000_000_999),
            ("1700000000000000", 1_700_000_000_000_000),
            ("1700000000000001", 1_700_000_000_000_001),
        ] {
            let query = format!("startTime=1700000000000&endTime={end}");
            let span = form(&query, "").unwrap().span();
            assert_eq!(span, Ok((Some(Time(1_700_000_000_000_000)), Some(Time(want)))), "{end}");
        }
        assert_eq!(form("", "").unwrap().span(), Ok((None, None)));
    }

    #[test]
    fn lists_of_symbols_are_checked_for_form_and_repeats() {
        let params = form(
            "a=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D&b=[%22A%22,%22A%22]&c=[%22a%22]&d=BTCUSDT",
            "",
        )
        .unwrap();
        assert_eq!(params.symbols("a").unwrap().unwrap(), ["BTCUSDT", "ETHUSDT"]);
        assert_eq!(params.symbols("b"), Err(Refusal::DuplicateSymbols));
        assert!(params.symbols("c").is_err());
        assert!(params.symbols("d").is_err());
    }

    #[test]
    fn socket_parameters_keep_their_literal_form() {
        let pairs =
            json(r#"{"q":0.001,"s":"a\u0062","t":1.50,"f":false,"n":null,"l":["A"]}"#).unwrap();
        let want = [("q", "0.001"), ("s", "ab"), ("t", "1.50"), ("f", "false"), ("l", "[\"A\"]")];
        assert_eq!(pairs, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(json(r#"{"a":1,"a":2}"#), Err(Refusal::DuplicateParameter));
        assert_eq!(json(r#"{"a":{}}"#), Err(Refusal::BadJson));
        assert_eq!(json("[1]"), Err(Refusal::BadJson));
        assert_eq!(json("7"), Err(Refusal::BadJson));
    }
}
