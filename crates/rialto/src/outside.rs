//! What is outside the house: the venues beside a demo and those of others, and their prices.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use arbitrage::Pace;
use gateway::PrometheusHandle;

use crate::Failure;
use crate::demo;
use crate::demo_venues;
use crate::fleet::Serving;
use crate::house::House;
use crate::settings::ServeOptions;
use crate::sources::{Address, Sources};
use crate::world::World;

/// Venues that run beside the house, and what is heard of all.
pub struct Outside {
    venues: Option<Serving>,
    sources: Sources,
}

/// Checks what the options say of it, before anything is opened.
///
/// # Errors
/// With what makes no sense.
pub fn check(options: &ServeOptions) -> Result<(), Failure> {
    for (option, is_given) in
        [("tape", !options.tape.is_empty()), ("demo-venues", options.demo_venues.is_some())]
    {
        if is_given && !options.demo {
            return Err(format!("--{option} is for demos alone").into());
        }
    }
    demo_venues::chosen(options.demo_venues())?;
    refresh_every(options).map(drop)
}

impl Outside {
    /// Fills a demo or goes on with it, lets everybody trade, and listens to venues.
    ///
    /// # Errors
    /// With the reason why that cannot be done.
    pub async fn begin(
        options: &ServeOptions,
        house: &House,
        base_url: &str,
        metrics: PrometheusHandle,
    ) -> Result<Self, Failure> {
        let refresh = refresh_every(options)?;
        // What is named comes before what a demo has of the same name.
        let mut addresses = options.venue.clone();
        let mut venues = None;
        if options.demo {
            let (serving, own) = begin_demo(options, house, base_url, metrics).await?;
            venues = Some(serving);
            addresses.extend(own);
        }
        let sources = Sources::begin(&addresses, refresh, &house.views);
        Ok(Self { venues, sources })
    }

    /// Hears no more, and ends the venues in order.
    pub async fn close(self) {
        self.sources.close().await;
        if let Some(venues) = self.venues {
            venues.close().await;
        }
    }
}

/// How often venues are asked for what they do not tell.
fn refresh_every(options: &ServeOptions) -> Result<Duration, Failure> {
    const SECONDS_MAX: u64 = 3_600;
    match options.venue_refresh_seconds {
        None => Ok(Pace::default().every),
        Some(seconds @ 1..=SECONDS_MAX) => Ok(Duration::from_secs(seconds)),
        Some(seconds) => {
            Err(format!("venue-refresh-seconds is {seconds}, not 1 to {SECONDS_MAX}").into())
        }
    }
}

/// Fills the demo or goes on with it, and lets everybody trade, here and at its venues; with where
/// these are.
async fn begin_demo(
    options: &ServeOptions,
    house: &House,
    base_url: &str,
    metrics: PrometheusHandle,
) -> Result<(Serving, Vec<Address>), Failure> {
    let (seed, data) = (options.seed.unwrap_or(1), options.data());
    let world = World::open(seed, options.tape.clone()).await?;
    let demo = demo::prepare(house, &world.process, data).await?;
    let (handle, views) = (house.sequencer.clone(), house.views.clone());
    tokio::spawn(simulator::demo::run(handle, views, Arc::clone(&world.process), pending()));
    let venues = demo_venues::chosen(options.demo_venues())?;
    let fleet = demo_venues::open(venues, seed, options.listen(), data, world).await?;
    demo::tell(data, demo, base_url, &fleet.views()?)?;
    demo::quoted(&house.views).await;
    let addresses = fleet.addresses()?;
    Ok((fleet.begin(metrics), addresses))
}
