//! What one line of a recording tells, in the ways in which others record.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::prices::Quotation;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nonsense {
    /// Longer than any line should be.
    #[error("it is longer than 4 MiB")]
    TooLong,
    /// Nothing that is known.
    #[error("it is in no form that is known")]
    Form,
    /// A table of something else.
    #[error("it is no table of quotes or trades: it needs symbol, timestamp, and prices")]
    Table,
    /// No time, or one that goes back, or far ahead.
    #[error("its time is none, goes back, or is more than an hour ahead of the line before")]
    Time,
    /// No price.
    #[error("its price is not positive, or has more digits than a price")]
    Price,
    /// The best bid is above the best ask.
    #[error("its bid is above its ask")]
    Crossed,
    /// A price far from the one before it.
    #[error("its price is more than twice, or less than half, of the price before it")]
    Leap,
}

/// A price that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// When, in nanoseconds since 1970.
    pub at: u64,
    /// Of which market, as the recording spells it.
    pub symbol: &'a str,
    /// Whether it is the middle of a quote, not the price of a trade.
    pub is_quote: bool,
    /// The price.
    pub price: Quotation,
}

/// How a file is written, found out by its first lines.
#[derive(Debug, Default)]
pub struct Format {
    /// In a table, where what is needed stands.
    columns: Option<Columns>,
    has_begun: bool,
}

/// Places of columns in a row.
#[derive(Clone, Copy, Debug)]
struct Columns {
    symbol: usize,
    timestamp: usize,
    prices: Prices,
}

#[derive(Clone, Copy, Debug)]
enum Prices {
    Quote { bid: usize, ask: usize },
    Trade(usize),
}

impl Format {
    /// What a line tells, if it tells a price.
    ///
    /// # Errors
    /// [`Nonsense`].
    pub fn read<'a>(&mut self, line: &'a [u8]) -> Result<Option<Told<'a>>, Nonsense> {
        let line = str::from_utf8(line).map_err(|_| Nonsense::Form)?.trim_end();
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        if is_first && !line.contains(['{', ':', ' ']) && line.contains(',') {
            self.columns = Some(Columns::of(line)?);
            return Ok(None);
        }
        match &self.columns {
            Some(columns) => columns.read(line).map(Some),
            None => message(line),
        }
    }
}

impl Columns {
    fn of(header: &str) -> Result<Self, Nonsense> {
        let place = |name: &str| header.split(',').position(|it| it == name);
        let [bid, ask] = ["bid", "ask"].map(|side| {
            place(&format!("{side}_price")).or_else(|| place(&format!("{side}s[0].price")))
        });
        // What tells changes of a book has one price in each row, too.
        let is_book = ["update_type", "is_snapshot"].iter().any(|it| place(it).is_some());
        let prices = match (bid.zip(ask), place("price").filter(|_| !is_book)) {
            (Some((bid, ask)), _) => Prices::Quote { bid, ask },
            (None, Some(price)) => Prices::Trade(price),
            (None, None) => return Err(Nonsense::Table),
        };
        let symbol = place("symbol").ok_or(Nonsense::Table)?;
        let timestamp = place("timestamp").ok_or(Nonsense::Table)?;
        Ok(Self { symbol, timestamp, prices })
    }

    fn read<'a>(&self, row: &'a str) -> Result<Told<'a>, Nonsense> {
        let cell = |at: usize| row.split(',').nth(at).ok_or(Nonsense::Form);
        let at = whole_stamp(cell(self.timestamp)?)?;
        let symbol = cell(self.symbol)?;
        match self.prices {
            Prices::Quote { bid, ask } => quote(at, symbol, cell(bid)?, cell(ask)?),
            Prices::Trade(price) => trade(at, symbol, cell(price)?),
        }
    }
}

/// What a line tells that holds a message and the time of its receipt.
fn message(line: &str) -> Result<Option<Told<'_>>, Nonsense> {
    // What a client asked, and what it was told where it asked.
    let is_aside = ["ws://", "wss://", "http://", "https://", "configuration: "]
        .iter()
        .any(|begin| line.starts_with(begin));
    if line.is_empty() || is_aside {
        return Ok(None);
    }
    let (stamp, json) = line.split_once(' ').ok_or(Nonsense::Form)?;
    let at = match stamp.strip_suffix(':') {
        Some(seconds) => fractional_stamp(seconds)?,
        None => whole_stamp(stamp)?,
    };
    match json.as_bytes().first() {
        Some(b'{') => binance(at, json),
        Some(b'[') => kraken(at, json),
        _ => Err(Nonsense::Form),
    }
}

#[derive(Deserialize)]
struct Combined<'a> {
    #[serde(borrow)]
    stream: Option<&'a str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct BestPrices<'a> {
    #[serde(rename = "s")]
    symbol: &'a str,
    #[serde(rename = "b")]
    bid: &'a str,
    #[serde(rename = "a")]
    ask: &'a str,
}

#[derive(Deserialize)]
struct Deal<'a> {
    #[serde(rename = "s")]
    symbol: &'a str,
    #[serde(rename = "p")]
    price: &'a str,
}

/// A message of Binance's combined streams; answers and snapshots among them tell no price.
fn binance(at: u64, json: &str) -> Result<Option<Told<'_>>, Nonsense> {
    let Combined { stream, data } = read(json)?;
    let Some((stream, data)) = stream.zip(data) else { return Ok(None) };
    match stream.split_once('@').map(|(_, kind)| kind) {
        Some("bookTicker") => {
            let BestPrices { symbol, bid, ask } = read(data.get())?;
            quote(at, symbol, bid, ask).map(Some)
        }
        Some("trade" | "aggTrade") => {
            let Deal { symbol, price } = read(data.get())?;
            trade(at, symbol, price).map(Some)
        }
        _ => Ok(None),
    }
}

#[derive(Deserialize)]
struct Best<'a> {
    #[serde(rename = "a", borrow)]
    ask: Vec<&'a RawValue>,
    #[serde(rename = "b", borrow)]
    bid: Vec<&'a RawValue>,
}

/// A message of Kraken's first sockets: `[channel, …, "kind", "XBT/USD"]`.
fn kraken(at: u64, json: &str) -> Result<Option<Told<'_>>, Nonsense> {
    let parts: Vec<&RawValue> = read(json)?;
    let [_, body, .., kind, symbol] = parts.as_slice() else { return Err(Nonsense::Form) };
    let (kind, symbol): (&str, &str) = (read(kind.get())?, read(symbol.get())?);
    match kind {
        "ticker" => {
            let Best { ask, bid } = read(body.get())?;
            let (Some(ask), Some(bid)) = (ask.first(), bid.first()) else {
                return Err(Nonsense::Form);
            };
            let [bid, ask] = [bid, ask].map(|it| it.get().trim_matches('"'));
            quote(at, symbol, bid, ask).map(Some)
        }
        "trade" => {
            let deals: Vec<Vec<&str>> = read(body.get())?;
            let price = deals.last().and_then(|deal| deal.first()).ok_or(Nonsense::Form)?;
            trade(at, symbol, price).map(Some)
        }
        _ => Ok(None),
    }
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Nonsense> {
    serde_json::from_str(json).map_err(|_| Nonsense::Form)
}

fn quote<'a>(at: u64, symbol: &'a str, bid: &str, ask: &str) -> Result<Told<'a>, Nonsense> {
    let [bid, ask] = [bid, ask].map(|text| Quotation::parse(text).ok_or(Nonsense::Price));
    let (bid, ask) = (bid?, ask?);
    if ask < bid {
        return Err(Nonsense::Crossed);
    }
    Ok(Told { at, symbol, is_quote: true, price: bid.middle(ask) })
}

fn trade<'a>(at: u64, symbol: &'a str, price: &str) -> Result<Told<'a>, Nonsense> {
    let price = Quotation::parse(price).ok_or(Nonsense::Price)?;
    Ok(Told { at, symbol, is_quote: false, price })
}

/// Nanoseconds of a time between 2001 and 2286 that is told whole: in seconds, milli-, micro- or
/// nanoseconds, which its digits tell apart.
fn whole_stamp(text: &str) -> Result<u64, Nonsense> {
    let times = match text.len() {
        10 => 1_000_000_000,
        13 => 1_000_000,
        16 => 1_000,
        19 => 1,
        _ => return Err(Nonsense::Time),
    };
    let stamp: u64 = text.parse().map_err(|_| Nonsense::Time)?;
    stamp.checked_mul(times).filter(|ns| 1_000_000_000_000_000_000 <= *ns).ok_or(Nonsense::Time)
}

/// The same, told in seconds with a fraction.
fn fractional_stamp(text: &str) -> Result<u64, Nonsense> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len();
    if 9 < digits || !fraction.bytes().all(|it| it.is_ascii_digit()) || seconds.len() != 10 {
        return Err(Nonsense::Time);
    }
    let zeros = "0".repeat(9 - digits);
    whole_stamp(&format!("{seconds}{fraction}{zeros}"))
}
