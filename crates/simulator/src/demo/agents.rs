//! The agents' day: at each step of simulated time the markets that are due are looked at. Before
//! the first day they trade a past in haste.
//!
//! Keeps   agents place commands through the sequencer, past keys and limits, with no privilege in
//!         the engine; *busy* is answered by waiting. What they do follows from the seed, the step
//!         and what the engine has: the commands of a step are taken in, in order, and answered
//!         before the next step is begun, so that the views show all of them and nothing else. The
//!         wall clock says when a step is made, never what is in it. What is drawn for one market
//!         moves no draw of another: an outside order changes what follows from it alone.

#[cfg(test)]
mod determinism;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use engine::{Command, MarketState};
use model::{AccountId, Time, UserId};
use projection::{Market, OrderRecord, Views};
use sequencer::{Handle, SubmitError};
use tokio::time::{Instant, MissedTickBehavior};

use super::fair::{Fair, LotWorth};
use super::listing::{DEEP_MAKER, FIRST_TAKER, NEAR_MAKER, Participant, participants};
use super::maker::{self, DEEP, NEAR};
use super::taker;
use crate::prices::random::Random;
use crate::prices::{Character, Outlook, PriceProcess, Quotation, STEP, Worth};

/// Steps of a second.
const STEPS_A_SECOND: u64 = 20;
const _: () = assert!(STEP.as_millis() * STEPS_A_SECOND as u128 == 1_000);
/// Markets are looked at in groups, of which one is due each so many steps.
const GROUP_STEPS: u64 = 2;
/// The deep quotes of a market are looked at each so many rounds,
const DEEP_ROUNDS: u64 = 6;
/// or when the price has moved so far, in millionths.
const DEEP_HURRY_PPM: i64 = 800;
const _: () = assert!(DEEP_HURRY_PPM < DEEP.first_ppm.cast_signed(), "before they are a gift");
/// How long to wait where the exchange is busy, and how often.
const BUSY_PAUSE: Duration = Duration::from_millis(50);
const BUSY_TRIES: u32 = 40;
/// How often a taker acts without a reason, in millionths of looks at a market, where the world is
/// as lively as usual and a market is looked at once in half a second.
const EAGERNESS: i64 = 300_000;
/// In a demo's past, all markets are looked at once in so long.
const PAST_LOOK_US: usize = 20_000_000;
const PAST_LOOK_STEPS: u64 = 20 * STEPS_A_SECOND;
/// As one look at the past stands for many, so does an order.
const PAST_CENTS: u64 = 8 * taker::CENTS;

/// Trades on our own exchange until `stop` is ready or it stops. The demo must have been founded.
pub async fn run(
    handle: Handle,
    views: Views,
    process: Arc<PriceProcess>,
    stop: impl Future<Output = ()> + Send,
) {
    let outlook = Outlook::new(process, Character::house());
    run_with(handle, views, outlook, participants(), stop).await;
}

/// As [`run`], for these people, the near maker first, then the deep one, then those who take.
pub async fn run_with(
    handle: Handle,
    views: Views,
    outlook: Outlook,
    people: Vec<Participant>,
    stop: impl Future<Output = ()> + Send,
) {
    let Some(mut agents) = Agents::new(handle, views, outlook, people) else {
        tracing::warn!("the demo's accounts do not exist, so nobody trades");
        return;
    };
    let mut beats = tokio::time::interval(STEP * u32::try_from(agents.beat()).unwrap_or(1));
    beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
    tokio::pin!(stop);
    tokio::select! {
        () = &mut stop => return,
        outcome = agents.join() => if outcome.is_err() { return },
    }
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = beats.tick() => {}
        }
        let trading = agents.catch_up(Instant::now());
        tokio::select! {
            () = &mut stop => return,
            outcome = trading => if outcome.is_err() { return },
        }
    }
}

/// Trades the past of a new demo, so that its charts have something to show. `stage` sets the
/// exchange's clock before each look, from `past.start` on and never to `past.end`. Whoever follows
/// `process` from now on begins where the past ends.
///
/// # Errors
/// [`SubmitError`] where the exchange takes no commands.
pub async fn rehearse(
    handle: &Handle,
    views: &Views,
    process: &Arc<PriceProcess>,
    past: Range<Time>,
    stage: impl Fn(Time),
) -> Result<(), SubmitError> {
    let outlook = Outlook::new(Arc::clone(process), Character::house());
    let agents = Agents::new(handle.clone(), views.clone(), outlook, participants());
    let Some(mut agents) = agents else { return Ok(()) };
    agents.cents = PAST_CENTS;
    let looks = (past.start.0..past.end.0).step_by(PAST_LOOK_US);
    for (round, time) in (0..).zip(looks) {
        stage(Time(time));
        agents.look_everywhere(round).await?;
    }
    agents.outlook.process().begin_at(agents.outlook.path());
    Ok(())
}

/// Lets `process` go on from the prices that an exchange had when it stopped. To be called before
/// anybody follows the process.
pub fn resume(process: &PriceProcess, views: &Views) {
    let catalog = views.catalog();
    let mut found: Vec<(&str, Worth)> = Vec::new();
    for market in catalog.markets() {
        let last = views.last_price(market.id).and_then(|last| Quotation::of(market.price(last)));
        if let Some(price) = last.filter(|_| market.quote.code.as_str() == "USDT") {
            found.push((market.base.code.as_str(), Worth::DOLLAR.times(price)));
        }
    }
    process.resume(views.seq().0, &found);
}

/// The agents of one exchange.
pub struct Agents {
    handle: Handle,
    views: Views,
    outlook: Outlook,
    people: Vec<(AccountId, Participant)>,
    /// What the deep makers last believed, by the place of the market.
    deep: Vec<Option<Fair>>,
    /// Cents of a taker's usual order.
    cents: u64,
    /// Whether the last commands were given up.
    is_busy: bool,
}

impl Agents {
    /// Those who trade by `outlook`; `None` where their accounts do not exist.
    pub fn new(
        handle: Handle,
        views: Views,
        outlook: Outlook,
        people: Vec<Participant>,
    ) -> Option<Self> {
        let account = |user: &UserId| views.account_of(user);
        let people: Option<Vec<_>> =
            people.into_iter().map(|person| Some((account(&person.user)?, person))).collect();
        let (people, cents) = (people?, taker::CENTS);
        Some(Self { handle, views, outlook, people, deep: Vec::new(), cents, is_busy: false })
    }

    /// Steps of a round, in which each market is looked at once.
    fn round(&self) -> u64 {
        let looks = u64::from(self.outlook.character().looks_a_second);
        STEPS_A_SECOND / looks.clamp(1, STEPS_A_SECOND)
    }

    /// Steps from one group of markets to the next.
    fn beat(&self) -> u64 {
        if self.round().is_multiple_of(GROUP_STEPS) { GROUP_STEPS } else { 1 }
    }

    /// Makes, in haste, all steps that others have made: what is traded follows from the step
    /// alone, and not from when somebody began.
    async fn join(&mut self) -> Result<(), SubmitError> {
        while self.outlook.path().step() < self.outlook.process().reached() {
            self.step().await?;
        }
        Ok(())
    }

    /// Makes all steps that are due.
    async fn catch_up(&mut self, now: Instant) -> Result<(), SubmitError> {
        let made = self.outlook.path().step();
        let due = self.outlook.process().due(now, made);
        for _ in made..due {
            self.step().await?;
        }
        Ok(())
    }

    /// One step of simulated time.
    ///
    /// # Errors
    /// [`SubmitError`] where the exchange takes no commands.
    pub async fn step(&mut self) -> Result<(), SubmitError> {
        self.outlook.step();
        let (step, groups) = (self.outlook.path().step(), self.round() / self.beat());
        if !step.is_multiple_of(self.beat()) {
            return Ok(());
        }
        let (round, group) = (step / self.round(), step / self.beat() % groups);
        let is_due = |place: usize| place as u64 % groups == group;
        let commands = self.look(is_due, round);
        self.submit(commands).await
    }

    /// All markets at once, [`PAST_LOOK_US`] after the last time.
    async fn look_everywhere(&mut self, round: u64) -> Result<(), SubmitError> {
        self.outlook.leap(PAST_LOOK_STEPS);
        let commands = self.look(|_| true, round);
        self.submit(commands).await
    }

    /// What is done now in the markets that are due, by their places in the catalog.
    fn look(&mut self, is_due: impl Fn(usize) -> bool, round: u64) -> Vec<Command> {
        let catalog = self.views.catalog();
        let due = catalog.markets().iter().enumerate().filter(|(place, _)| is_due(*place));
        let due: Vec<_> = due.filter_map(|(place, it)| self.view(place, it, round)).collect();
        let deep = due.iter().any(|view| view.is_deep_due);
        let (near, deep) = (self.open(NEAR_MAKER, !due.is_empty()), self.open(DEEP_MAKER, deep));
        let mut commands = Vec::new();
        for view in &due {
            commands.extend(self.make(view, NEAR_MAKER, &NEAR, &near));
            if view.is_deep_due {
                self.deep[view.place] = Some(view.fair);
                commands.extend(self.make(view, DEEP_MAKER, &DEEP, &deep));
            }
            if view.market.state == MarketState::Open {
                commands.extend(self.take(view));
            }
        }
        commands
    }

    /// What is known of a market now; `None` where nobody trades, or its assets are not known.
    fn view<'a>(&mut self, place: usize, market: &'a Market, round: u64) -> Option<View<'a>> {
        match market.state {
            MarketState::Open | MarketState::PostOnly => {}
            MarketState::CancelOnly | MarketState::Halted => return None,
        }
        let (base, quote) = (market.base.code, market.quote.code);
        let quote_worth = self.outlook.worth(quote.as_str())?;
        let base_worth = self.outlook.worth(base.as_str())?;
        let common = [base, quote].map(|asset| self.outlook.common_worth(asset.as_str()));
        let fair = Fair::of(base_worth, quote_worth, market)?;
        let common = Fair::of(common[0]?, common[1]?, market)?;
        if self.deep.len() <= place {
            self.deep.resize(place + 1, None);
        }
        let hurries = |before: Fair| DEEP_HURRY_PPM < before.moves_to(fair).abs();
        let is_hurried = self.deep[place].is_none_or(hurries);
        let is_deep_due = is_hurried || (round + place as u64).is_multiple_of(DEEP_ROUNDS);
        let who = self.outlook.character().venue.map_or(0, |venue| venue as u64 + 1);
        let (seed, step) = (self.outlook.path().seed(), self.outlook.path().step());
        let draw = Random::on(seed, &[who, market.id.0.into(), step]).next();
        let lot = LotWorth::of(base_worth, market);
        Some(View { place, market, quote_worth, fair, common, lot, is_hurried, is_deep_due, draw })
    }

    /// What rests of somebody, in the order of markets.
    fn open(&self, who: usize, is_needed: bool) -> Vec<Arc<OrderRecord>> {
        let mut open = Vec::new();
        if is_needed {
            open = self.views.open_orders(self.people[who].0, None);
            open.sort_by_key(|order| order.new.market);
        }
        open
    }

    fn make(
        &self,
        view: &View<'_>,
        who: usize,
        style: &maker::Style,
        open: &[Arc<OrderRecord>],
    ) -> Vec<Command> {
        let market = view.market.id;
        let begin = open.partition_point(|order| order.new.market < market);
        let end = open.partition_point(|order| order.new.market <= market);
        let character = self.outlook.character();
        let sight = maker::Sight {
            account: self.people[who].0,
            market,
            fair: view.fair,
            lot: view.lot,
            position: self.position(who, view.market),
            open: &open[begin..end],
            is_hurried: view.is_hurried,
            restless_percent: if who == NEAR_MAKER { character.restless_percent } else { 0 },
            draw: view.draw,
        };
        let style = style.at(character.spread_percent, self.outlook.depth_percent());
        maker::decide(&style, &sight)
    }

    fn take(&self, view: &View<'_>) -> Option<Command> {
        const WHO: u64 = b'w' as u64;
        let book = self.views.book_ticker(view.market.id)?;
        let takers = (self.people.len() - FIRST_TAKER) as u64;
        let turn = Random::on(view.draw, &[WHO]).below(takers);
        let who = FIRST_TAKER + usize::try_from(turn).unwrap_or(0);
        let looks = i64::from(self.outlook.character().looks_a_second.max(1));
        let eagerness = EAGERNESS * self.outlook.liveliness_percent() / 100 * 2 / looks;
        let smallest = view.market.quote_amount(view.market.spec.filters.notional.0);
        taker::decide(&taker::Sight {
            account: self.people[who].0,
            market: view.market.id,
            fair: view.fair,
            common: view.common,
            lot: view.lot,
            cents: self.cents,
            // A little more, since the order may trade at a lower price than it names.
            cents_min: view.quote_worth.cents(smallest).saturating_mul(11) / 10 + 1,
            position: self.position(who, view.market),
            eagerness: u64::try_from(eagerness).unwrap_or(0),
            book,
            draw: view.draw,
        })
    }

    /// How much more base than quote somebody has against what they began with, in thousandths:
    /// between −1,000 and 1,000.
    fn position(&self, who: usize, market: &Market) -> i64 {
        let (account, person) = &self.people[who];
        let drift = |id: model::AssetId| {
            let began = person.funds.get(usize::from(id.0)).copied().unwrap_or_default();
            let has = self.views.balance(*account, id);
            let has = has.map_or(0, |balance| balance.available + balance.held);
            let thousandths = (has * 1_000).checked_div(began).unwrap_or(1_000) - 1_000;
            i64::try_from(thousandths.clamp(-1_000, 1_000)).expect("a few thousandths")
        };
        ((drift(market.spec.base) - drift(market.spec.quote)) / 2).clamp(-1_000, 1_000)
    }

    /// Has commands carried out, in order. Where the exchange stays busy the rest is given up.
    async fn submit(&mut self, commands: Vec<Command>) -> Result<(), SubmitError> {
        let mut pending = Vec::with_capacity(commands.len());
        for command in commands {
            let mut tries = if self.is_busy { BUSY_TRIES } else { 0 };
            let answer = loop {
                match self.handle.submit(command.clone()) {
                    Ok(answer) => break Some(answer),
                    Err(SubmitError::Busy | SubmitError::DiskFull) if tries < BUSY_TRIES => {
                        tries += 1;
                        tokio::time::sleep(BUSY_PAUSE).await;
                    }
                    Err(SubmitError::Busy | SubmitError::DiskFull) => break None,
                    Err(error) => return Err(error),
                }
            };
            self.is_busy = answer.is_none();
            match answer {
                Some(answer) => pending.push(answer),
                None => break,
            }
        }
        for answer in pending {
            // A rejection is an answer like any other: the next look at the views tells.
            match answer.await {
                Ok(_) | Err(SubmitError::Busy | SubmitError::DiskFull) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What is known of a market at one step.
struct View<'a> {
    place: usize,
    market: &'a Market,
    quote_worth: Worth,
    /// What is believed here, and what is true everywhere.
    fair: Fair,
    common: Fair,
    lot: LotWorth,
    /// Whether the price has gone far since the deep quotes were looked at.
    is_hurried: bool,
    is_deep_due: bool,
    /// From which what is drawn at this look follows.
    draw: u64,
}
