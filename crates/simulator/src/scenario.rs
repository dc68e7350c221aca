//! What may happen to venues, by name, and who makes it happen.
//!
//! Shape   a [`Scenario`] is a [`Weather`] for all prices and an [`Ordeal`] for one venue or for
//!         each; a [`Director`] plays one at a time, whatever was played before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use venue::port::Venue;
use venue_server::{Exchange, Ordeal, RequestOrdeal};

use crate::venue_exchange::VenueExchange;
use crate::weather::Weather;

/// The longest name that may be asked for, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// What happens, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// How it is called.
    pub name: String,
    /// To prices. Its `jumps` are those to be made when it begins.
    pub weather: Weather,
    /// To a venue.
    pub ordeal: Ordeal,
    /// To that venue alone; to each where none is named.
    pub only: Option<Venue>,
}

impl Scenario {
    /// The names that [`Self::named`] knows; the first is what happens when nothing is asked for.
    pub const NAMES: [&str; 15] = [
        "usual",
        "calm",
        "volatile",
        "lagging-venue",
        "outage",
        "flash-crash",
        "depeg",
        "rejects",
        "partial-fills",
        "timeouts",
        "rate-limited",
        "dropped-sockets",
        "stalled-sockets",
        "gaps",
        "clock-skew",
    ];

    /// The scenario `NAME`, or `NAME:VENUE` where it shall happen at that venue alone. Prices are
    /// common to all, but for a lag, which is binance's where no venue is named.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let (name, only) = match text.split_once(':') {
            Some((name, venue)) => (name, Some(Venue::parse(venue)?)),
            None => (text, None),
        };
        let (mut weather, mut ordeal) = (Weather::default(), Ordeal::default());
        match name {
            "usual" => {}
            "calm" => weather.volatility = 0.3,
            "volatile" => weather.volatility = 4.0,
            "lagging-venue" => {
                let late = only.unwrap_or(Venue::Binance);
                let places = Venue::ALL.iter().zip(&mut weather.lags);
                places.filter(|(venue, _)| **venue == late).for_each(|(_, lag)| *lag = LAG);
            }
            "outage" => ordeal.requests = RequestOrdeal::Away,
            "flash-crash" => {
                let recovery = Some(Duration::from_secs(30));
                weather = Weather { jumps: 1, jump: CRASH, recovery, ..weather };
            }
            "depeg" => weather.usdc_basis = -0.08,
            "rejects" => ordeal.reject_every = 2,
            "partial-fills" => weather.depth = 0.02,
            "timeouts" => ordeal.requests = RequestOrdeal::Unanswered,
            "rate-limited" => ordeal.requests = RequestOrdeal::TooMany { warnings: 3 },
            "dropped-sockets" => ordeal.drop_every = 50,
            "stalled-sockets" => ordeal.is_stalled = true,
            "gaps" => ordeal.swallow_every = 20,
            "clock-skew" => ordeal.clock_ahead_us = 150_000_000,
            _ => return None,
        }
        Some(Self { name: text.to_owned(), weather, ordeal, only })
    }
}

impl Default for Scenario {
    fn default() -> Self {
        let (weather, ordeal) = (Weather::default(), Ordeal::default());
        Self { name: Self::NAMES[0].to_owned(), weather, ordeal, only: None }
    }
}

/// How far the prices of a venue that lags are behind.
const LAG: Duration = Duration::from_secs(5);
/// To 88 % of what it was.
const CRASH: f64 = -0.127_833_371_509_885;

/// Makes things happen at some venues.
#[derive(Debug)]
pub struct Director {
    weather: watch::Sender<Weather>,
    venues: Mutex<Vec<(Venue, Arc<Exchange>)>>,
    playing: Mutex<Scenario>,
}

impl Default for Director {
    fn default() -> Self {
        Self {
            weather: watch::Sender::new(Weather::default()),
            venues: Mutex::default(),
            playing: Mutex::default(),
        }
    }
}

impl Director {
    /// What is asked of prices, for a venue that is about to be opened.
    #[must_use]
    pub fn weather(&self) -> watch::Receiver<Weather> {
        self.weather.subscribe()
    }

    /// From now on things happen at `venue`, too.
    pub fn cast(&self, venue: &VenueExchange) {
        let exchange = Arc::clone(venue.exchange());
        // Held until it is in the list: what is played meanwhile is played to it as well.
        let playing = self.playing.lock().unwrap_or_else(PoisonError::into_inner);
        exchange.trouble.begin(ordeal_of(&playing, venue.venue()));
        self.venues.lock().unwrap_or_else(PoisonError::into_inner).push((venue.venue(), exchange));
    }

    /// Lets `scenario` happen from now on, and nothing else.
    pub fn play(&self, scenario: Scenario) {
        let mut playing = self.playing.lock().unwrap_or_else(PoisonError::into_inner);
        // Jumps are counted on, so that each is made once.
        let mut weather = scenario.weather;
        weather.jumps = weather.jumps.wrapping_add(self.weather.borrow().jumps);
        self.weather.send_replace(weather);
        let venues = self.venues.lock().unwrap_or_else(PoisonError::into_inner);
        for (venue, exchange) in venues.iter() {
            exchange.trouble.begin(ordeal_of(&scenario, *venue));
        }
        tracing::info!(scenario = scenario.name, "a scenario begins");
        *playing = scenario;
    }

    /// What happens now.
    #[must_use]
    pub fn playing(&self) -> Scenario {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn ordeal_of(scenario: &Scenario, venue: Venue) -> Ordeal {
    let is_meant = scenario.only.is_none_or(|only| only == venue);
    if is_meant { scenario.ordeal } else { Ordeal::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_scenario_and_each_is_another() {
        let scenarios: Vec<_> =
            Scenario::NAMES.iter().map(|name| Scenario::named(name).unwrap()).collect();
        assert_eq!(scenarios[0], Scenario::default());
        for (place, one) in scenarios.iter().enumerate() {
            let is_like =
                |other: &&Scenario| (one.weather, one.ordeal) == (other.weather, other.ordeal);
            let same = scenarios.iter().skip(place + 1).find(is_like);
            assert!(same.is_none(), "{} {same:?}", one.name);
        }
        for none in ["", "storm", "outage:okx", "outage:", ":binance"] {
            assert_eq!(Scenario::named(none), None, "{none}");
        }
    }

    #[test]
    fn a_lag_is_of_one_venue_and_a_crash_happens_each_time() {
        let lagging = Scenario::named("lagging-venue:kraken").unwrap();
        assert_eq!((lagging.weather.lag(Venue::Kraken), lagging.only), (LAG, Some(Venue::Kraken)));
        assert_eq!(lagging.weather.lag(Venue::Binance), Duration::ZERO);
        let director = Director::default();
        let weather = director.weather();
        for jumps in 1..=2 {
            director.play(Scenario::named("flash-crash").unwrap());
            assert_eq!(weather.borrow().jumps, jumps);
            director.play(Scenario::default());
            let now = *weather.borrow();
            assert_eq!(now, Weather { jumps, ..Weather::default() });
        }
    }
}
