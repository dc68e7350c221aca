//! A scenario of one's own, in TOML.
//!
//! ```toml
//! begin-from = "gaps"          # one of the names; what is not said here is as there
//! only = "binance"
//! [prices]
//! volatility = 2.5
//! jump = -0.05                 # of all coins, at once; with recovery-seconds half comes back
//! lag-ms = { kraken = 1500 }
//! [venue]
//! swallow-every = 7
//! requests = "too-many"        # answered, away, too-many (with warnings), unanswered
//! ```
//!
//! Fails   with what is wrong, before anything is opened.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use simulator::Scenario;
use venue::port::Venue;
use venue_server::RequestOrdeal;

use crate::Failure;

/// The longest file.
const BYTES_MAX: u64 = 64 << 10;
/// The furthest that prices can lag, and a clock be ahead, in milliseconds: half a minute, a day.
const LAG_MS_MAX: u64 = 30_000;
const AHEAD_MS_MAX: u64 = 86_400_000;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ScenarioFile {
    begin_from: Option<String>,
    only: Option<String>,
    #[serde(default)]
    prices: Prices,
    #[serde(default)]
    venue: Sufferings,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Prices {
    volatility: Option<f64>,
    jump: Option<f64>,
    recovery_seconds: Option<u64>,
    usdc_basis: Option<f64>,
    depth: Option<f64>,
    #[serde(default)]
    lag_ms: BTreeMap<String, u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Sufferings {
    reject_every: Option<u32>,
    swallow_every: Option<u32>,
    drop_every: Option<u32>,
    stalled: Option<bool>,
    clock_ahead_ms: Option<u64>,
    requests: Option<Requests>,
    warnings: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Requests {
    Answered,
    Away,
    TooMany,
    Unanswered,
}

/// The scenario that `text` names: one that is known, or a file.
///
/// # Errors
/// With what is wrong with it.
pub fn read(text: &str) -> Result<Scenario, Failure> {
    if let Some(scenario) = Scenario::named(text) {
        return Ok(scenario);
    }
    let path = Path::new(text);
    let length = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) => {
            let known = Scenario::NAMES.join(", ");
            return Err(
                format!("no scenario and no file {text} ({error}); known are {known}").into()
            );
        }
    };
    if BYTES_MAX < length {
        return Err(format!("{text} is too long for a scenario").into());
    }
    let read = parse(&std::fs::read_to_string(path)?);
    let mut scenario = read.map_err(|error| format!("{text}: {error}"))?;
    scenario.name = text.to_owned();
    Ok(scenario)
}

fn parse(text: &str) -> Result<Scenario, Failure> {
    let file: ScenarioFile = toml::from_str(text)?;
    let begin = file.begin_from.as_deref().unwrap_or(Scenario::NAMES[0]);
    let mut scenario =
        Scenario::named(begin).ok_or_else(|| format!("there is no scenario {begin}"))?;
    if let Some(only) = &file.only {
        scenario.only = Some(venue_of(only)?);
    }
    file.prices.tell(&mut scenario)?;
    file.venue.tell(&mut scenario)?;
    Ok(scenario)
}

fn venue_of(id: &str) -> Result<Venue, Failure> {
    Venue::parse(id).ok_or_else(|| format!("there is no venue {id}").into())
}

fn within(name: &str, number: f64, (least, most): (f64, f64)) -> Result<f64, Failure> {
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(format!("{name} is {number}, not {least} to {most}").into())
}

impl Prices {
    fn tell(&self, scenario: &mut Scenario) -> Result<(), Failure> {
        let weather = &mut scenario.weather;
        if let Some(volatility) = self.volatility {
            weather.volatility = within("volatility", volatility, (0.0, 100.0))?;
        }
        if let Some(jump) = self.jump {
            weather.jump = within("jump", jump, (-0.9, 9.0))?.ln_1p();
            weather.jumps = 1;
        }
        if self.recovery_seconds.is_some() && weather.jumps == 0 {
            return Err("recovery-seconds is for prices that jump".into());
        }
        if let Some(seconds) = self.recovery_seconds {
            weather.recovery = Some(Duration::from_secs(seconds.max(1)));
        }
        if let Some(basis) = self.usdc_basis {
            weather.usdc_basis = within("usdc-basis", basis, (-0.9, 9.0))?;
        }
        if let Some(depth) = self.depth {
            weather.depth = within("depth", depth, (0.001, 100.0))?;
        }
        for (id, lag_ms) in &self.lag_ms {
            if LAG_MS_MAX < *lag_ms {
                return Err(format!("lag-ms of {id} is above {LAG_MS_MAX}").into());
            }
            let late = venue_of(id)?;
            let places = Venue::ALL.iter().zip(&mut weather.lags);
            let lags = places.filter(|(venue, _)| **venue == late);
            lags.for_each(|(_, lag)| *lag = Duration::from_millis(*lag_ms));
        }
        Ok(())
    }
}

impl Sufferings {
    fn tell(&self, scenario: &mut Scenario) -> Result<(), Failure> {
        let ordeal = &mut scenario.ordeal;
        ordeal.reject_every = self.reject_every.unwrap_or(ordeal.reject_every);
        ordeal.swallow_every = self.swallow_every.unwrap_or(ordeal.swallow_every);
        ordeal.drop_every = self.drop_every.unwrap_or(ordeal.drop_every);
        ordeal.is_stalled = self.stalled.unwrap_or(ordeal.is_stalled);
        if let Some(ahead) = self.clock_ahead_ms {
            if AHEAD_MS_MAX < ahead {
                return Err(format!("clock-ahead-ms is above {AHEAD_MS_MAX}").into());
            }
            ordeal.clock_ahead_us = ahead * 1_000;
        }
        let is_too_many = match self.requests {
            Some(requests) => matches!(requests, Requests::TooMany),
            None => matches!(ordeal.requests, RequestOrdeal::TooMany { .. }),
        };
        if self.warnings.is_some() && !is_too_many {
            return Err("warnings are for requests that are too many".into());
        }
        match self.requests {
            None => {
                if let (RequestOrdeal::TooMany { warnings }, Some(told)) =
                    (&mut ordeal.requests, self.warnings)
                {
                    *warnings = told;
                }
            }
            Some(Requests::Answered) => ordeal.requests = RequestOrdeal::None,
            Some(Requests::Away) => ordeal.requests = RequestOrdeal::Away,
            Some(Requests::Unanswered) => ordeal.requests = RequestOrdeal::Unanswered,
            Some(Requests::TooMany) => {
                let warnings = self.warnings.unwrap_or(3);
                ordeal.requests = RequestOrdeal::TooMany { warnings };
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scenario_does_already_is_done_otherwise() {
        let read = parse(
            "begin-from = 'rate-limited'\n[venue]\nwarnings = 9\ndrop-every = 7\n\
                          stalled = true\nswallow-every = 0\n",
        )
        .unwrap();
        assert_eq!(read.ordeal.requests, RequestOrdeal::TooMany { warnings: 9 });
        let ordeal = &read.ordeal;
        assert_eq!((ordeal.drop_every, ordeal.swallow_every, ordeal.is_stalled), (7, 0, true));
        let read = parse("begin-from = 'flash-crash'\n[prices]\nrecovery-seconds = 3\n").unwrap();
        assert_eq!(read.weather.recovery, Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_file_says_what_is_otherwise_than_where_it_begins() {
        let text = "begin-from = 'gaps'\nonly = 'kraken'\n[prices]\nvolatility = 2.5\njump = -0.5\n\
                    lag-ms = { kucoin = 1500 }\n[venue]\nrequests = 'too-many'\nwarnings = 7\n";
        let (read, gaps) = (parse(text).unwrap(), Scenario::named("gaps").unwrap());
        assert_eq!(read.only, Some(Venue::Kraken));
        assert_eq!(read.ordeal.swallow_every, gaps.ordeal.swallow_every);
        assert_eq!(read.ordeal.requests, RequestOrdeal::TooMany { warnings: 7 });
        assert_eq!((read.weather.volatility, read.weather.jumps), (2.5, 1));
        assert!((read.weather.jump.exp() - 0.5).abs() < 1e-12);
        assert_eq!(read.weather.lag(Venue::Kucoin), Duration::from_millis(1_500));
        assert_eq!(parse("").unwrap(), Scenario::default());
        assert_eq!(super::read("outage:kucoin").unwrap().name, "outage:kucoin");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in [
            "begin-from = 'storm'",
            "only = 'okx'",
            "unknown = 1",
            "[prices]\nvolatility = -1.0",
            "[prices]\nvolatility = nan",
            "[prices]\njump = -1.0",
            "[prices]\nrecovery-seconds = 3",
            "[venue]\nwarnings = 9",
            "begin-from = 'rate-limited'\n[venue]\nrequests = 'away'\nwarnings = 9",
            "[prices]\nlag-ms = { kraken = 40000 }",
            "[prices]\nlag-ms = { okx = 1 }",
            "[venue]\nclock-ahead-ms = 86400001",
            "[venue]\nrequests = 'never'",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(super::read("/no/such/file").is_err());
    }
}
