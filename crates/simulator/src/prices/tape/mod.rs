//! Tapes: recorded prices in the place of drawn ones.
//!
//! Units   a recording's own time, in nanoseconds; a price each step of the process.
//! Shape   several files make one tape, whether they follow each other or tell other markets; what
//!         the files do not tell goes on by itself. When all is told, it begins anew.
//! Keeps   what is in memory is a price for each step and market: at most [`STEPS_MAX`] of each,
//!         however long the files are. A file is read once, whole, before anything follows it.
//! Fails   [`TapeError`], with the line: a file that tells nonsense anywhere is not played at all.

mod line;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use self::line::{Format, Told};

pub use self::line::Nonsense;

use super::nature::{NATURES, place};
use super::path::Sheet;
use super::process::STEP;
use super::worth::Quotation;

/// The longest tape: a day. What is beyond it is not played.
const STEPS_MAX: usize = 24 * 3_600 * 20;
/// The longest line, in bytes: a snapshot of a whole book is in one.
const LINE_BYTES_MAX: usize = 4 << 20;
/// The most files of one tape.
const FILES_MAX: usize = 16;
/// Unknown markets that an error names.
const NAMED_MAX: usize = 5;
/// A recording may step back by so much: lines of several sockets.
const BACK_NS_MAX: u64 = 1_000_000_000;
/// Where it says nothing for longer, or two files are further apart, something is missing.
const GAP_NS_MAX: u64 = 3_600_000_000_000;
/// No price is told that is more than so many times the one before it, or less than that part.
const LEAP_MAX: u64 = 2;

/// Why a tape is not played.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The file cannot be read.
    #[error("the tape {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line tells what cannot be.
    #[error("the tape {}, line {line}: {nonsense}", path.display())]
    Nonsense {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        nonsense: Nonsense,
    },
    /// No market of it is known here.
    #[error("the tape {} tells no price of a market that is known here{heard}", path.display())]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// What it tells instead, for people.
        heard: String,
    },
    /// Files of other times.
    #[error("the tapes {} and {} are more than an hour apart", one.display(), other.display())]
    Apart {
        /// The earlier file.
        one: PathBuf,
        /// The later one.
        other: PathBuf,
    },
    /// More files than one tape can have.
    #[error("a tape has {FILES_MAX} files at most")]
    TooMany,
}

/// What recordings tell, to be followed by a [`super::PriceProcess`]. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tapes(Arc<[Reel]>);

/// One market's prices, one for each step.
#[derive(Debug, PartialEq, Eq)]
struct Reel {
    /// Places in `NATURES`.
    base: usize,
    quote: usize,
    prices: Vec<Quotation>,
}

impl Tapes {
    /// Reads recordings of market data: what Binance's combined streams sent, a line each, with
    /// the time of receipt before it, as hftbacktest and cryptofeed record them; Kraken's first
    /// sockets as cryptofeed records them; and tables (CSV) of quotes or trades, as Tardis has
    /// them. Any of them may be compressed by gzip.
    ///
    /// # Errors
    /// [`TapeError`].
    pub fn read(paths: &[PathBuf]) -> Result<Self, TapeError> {
        if FILES_MAX < paths.len() {
            return Err(TapeError::TooMany);
        }
        let read = |path: &PathBuf| Ok((path.clone(), Recording::read(path)?));
        let mut recordings = paths.iter().map(read).collect::<Result<Vec<_>, TapeError>>()?;
        recordings.sort_by_key(|(_, recording)| recording.begin);
        Ok(Self(join(recordings)?.into()))
    }

    /// How long they go on before they begin anew; nothing where there are none.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let steps = self.0.first().map_or(0, |reel| reel.prices.len());
        STEP * u32::try_from(steps).unwrap_or(u32::MAX)
    }

    /// Which markets they tell, as `BTC-USDT`.
    #[must_use]
    pub fn markets(&self) -> Vec<String> {
        let name = |reel: &Reel| [NATURES[reel.base].code, NATURES[reel.quote].code].join("-");
        self.0.iter().map(name).collect()
    }

    /// Puts what is told at a step in the place of what was drawn.
    pub(super) fn play(&self, step: u64, sheet: &mut Sheet) {
        for reel in self.0.iter() {
            let at = step % u64::try_from(reel.prices.len()).expect("a day of steps");
            let price = reel.prices[usize::try_from(at).expect("a place in it")];
            sheet[reel.base] = sheet[reel.quote].times(price);
        }
    }
}

/// What one file tells.
#[derive(Debug)]
struct Recording {
    /// When it begins and ends, in its own time.
    begin: u64,
    end: u64,
    /// By base and quote: the step of the first price, and one price for each step from there on.
    markets: BTreeMap<(usize, usize), (usize, Vec<Quotation>)>,
}

impl Recording {
    fn read(path: &Path) -> Result<Self, TapeError> {
        let unreadable = |source| TapeError::Unreadable { path: path.to_owned(), source };
        let mut lines = open(path).map_err(unreadable)?;
        let mut recording = Self { begin: 0, end: 0, markets: BTreeMap::new() };
        let (mut format, mut line, mut number) = (Format::default(), Vec::new(), 0_u64);
        let (mut quoted, mut heard) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            number += 1;
            let limit = u64::try_from(LINE_BYTES_MAX).expect("a few MiB") + 1;
            let got = lines.by_ref().take(limit).read_until(b'\n', &mut line);
            if got.map_err(unreadable)? == 0 {
                break;
            }
            let told = if LINE_BYTES_MAX < line.len() {
                Err(Nonsense::TooLong)
            } else {
                format.read(&line)
            };
            let taken = told.and_then(|told| {
                let Some(told) = told else { return Ok(true) };
                match pair(told.symbol) {
                    Some(pair) => recording.take(pair, &told, &mut quoted),
                    None => {
                        remember(&mut heard, told.symbol);
                        Ok(true)
                    }
                }
            });
            let nonsense =
                |nonsense| TapeError::Nonsense { path: path.to_owned(), line: number, nonsense };
            if !taken.map_err(nonsense)? {
                break;
            }
        }
        if recording.markets.is_empty() {
            let heard = if heard.is_empty() {
                String::new()
            } else {
                format!(", but of {}", heard.join(", "))
            };
            return Err(TapeError::Unknown { path: path.to_owned(), heard });
        }
        Ok(recording)
    }

    /// Takes a price in; false where the tape is full.
    fn take(
        &mut self,
        pair: (usize, usize),
        told: &Told<'_>,
        quoted: &mut Vec<(usize, usize)>,
    ) -> Result<bool, Nonsense> {
        if self.begin == 0 {
            (self.begin, self.end) = (told.at, told.at);
        }
        if told.at + BACK_NS_MAX < self.end || self.end + GAP_NS_MAX < told.at {
            return Err(Nonsense::Time);
        }
        self.end = self.end.max(told.at);
        // Trades go to and fro between the best prices; where those are told, they say more.
        if told.is_quote && !quoted.contains(&pair) {
            quoted.push(pair);
        } else if !told.is_quote && quoted.contains(&pair) {
            return Ok(true);
        }
        let step = steps(self.end - self.begin);
        if STEPS_MAX <= step {
            return Ok(false);
        }
        let (first, prices) = self.markets.entry(pair).or_insert((step, Vec::new()));
        if let Some(last) = prices.last().copied() {
            if last.is_beyond(LEAP_MAX, told.price) {
                return Err(Nonsense::Leap);
            }
            prices.resize(step - *first + 1, last);
            prices.pop();
        }
        prices.push(told.price);
        Ok(true)
    }
}

fn steps(ns: u64) -> usize {
    usize::try_from(u128::from(ns) / STEP.as_nanos()).unwrap_or(usize::MAX)
}

/// The lines of a file, which may be compressed.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let mut file = BufReader::new(File::open(path)?);
    if file.fill_buf()?.starts_with(&GZIP) {
        return Ok(Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

fn remember(heard: &mut Vec<String>, symbol: &str) {
    if heard.len() < NAMED_MAX && !heard.iter().any(|it| it == symbol) {
        heard.push(symbol.chars().take(32).collect());
    }
}

/// The market that a venue spells so, by places in `NATURES`.
fn pair(symbol: &str) -> Option<(usize, usize)> {
    let known = |code: &str| match code {
        "XBT" => place("BTC"),
        "XDG" => place("DOGE"),
        code => place(code),
    };
    let symbol = symbol.to_ascii_uppercase();
    let pair = match symbol.split_once(['-', '/', '_']) {
        Some((base, quote)) => (known(base)?, known(quote)?),
        None => (1..symbol.len()).find_map(|at| {
            let (base, quote) = symbol.split_at_checked(at)?;
            Some((known(base)?, known(quote)?))
        })?,
    };
    (pair.0 != pair.1).then_some(pair)
}

/// Makes one tape of recordings, which come by their beginning.
fn join(recordings: Vec<(PathBuf, Recording)>) -> Result<Vec<Reel>, TapeError> {
    let Some(begin) = recordings.first().map(|(_, recording)| recording.begin) else {
        return Ok(Vec::new());
    };
    let mut markets: BTreeMap<(usize, usize), Vec<Quotation>> = BTreeMap::new();
    let mut latest: Option<(PathBuf, u64)> = None;
    for (path, recording) in recordings {
        if let Some((one, end)) = latest.as_ref()
            && end + GAP_NS_MAX < recording.begin
        {
            return Err(TapeError::Apart { one: one.clone(), other: path });
        }
        for (pair, (first, prices)) in recording.markets {
            let from = steps(recording.begin - begin) + first;
            let reel = markets.entry(pair).or_default();
            let before = reel.last().or(prices.first()).copied();
            if let Some(before) = before.filter(|_| from < STEPS_MAX) {
                reel.resize(from, before);
                reel.extend(prices);
                reel.truncate(STEPS_MAX);
            }
        }
        if latest.as_ref().is_none_or(|(_, end)| *end < recording.end) {
            latest = Some((path, recording.end));
        }
    }
    let length = markets.values().map(Vec::len).max().unwrap_or(0);
    let mut reels: Vec<Reel> = Vec::new();
    // Quotes come before what is quoted in them, as they stand in `NATURES`.
    for ((base, quote), mut prices) in markets {
        let Some(last) = prices.last().copied() else { continue };
        if reels.last().is_none_or(|reel| reel.base != base) {
            prices.resize(length, last);
            reels.push(Reel { base, quote, prices });
        }
    }
    Ok(reels)
}
