//! The agents' day: one market a turn, all markets over and over. Before the first day they trade
//! a past in haste.
//!
//! Keeps   agents place commands through the sequencer, past keys and limits, with no privilege in
//!         the engine; orders and balances are read from the views, *busy* is answered by waiting;
//!         at most [`COMMANDS_MAX`] commands are under way.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use engine::{Command, MarketState};
use model::{AccountId, Decimal, Time, UserId};
use projection::{Market, Views};
use sequencer::{Handle, SubmitError};
use tokio::time::MissedTickBehavior;

use super::listing::{DEEP_MAKER, FIRST_TAKER, NEAR_MAKER, Participant, participants};
use super::maker::{self, CHANGES_MAX, DEEP, NEAR, Style};
use super::price::{STEP_SECONDS, World, float};
use super::random::Random;
use super::taker;

/// How long a turn lasts. Each turn one market is looked at.
const TURN: Duration = Duration::from_millis(50);
/// Turns of one step of the world.
const TURNS_A_STEP: u64 = 5;
const _: () = assert!(STEP_SECONDS == 0.25, "five turns of 50 ms");
/// The deep quotes of a market are looked at each so many rounds.
const DEEP_ROUNDS: u64 = 6;
/// Turns without a command after the exchange was busy.
const BUSY_TURNS: u64 = 20;
/// Commands under way at once: those of one turn.
const COMMANDS_MAX: usize = 2 * CHANGES_MAX + 1;
/// How often a taker acts without a reason, per look at a market in fair weather.
const EAGERNESS: f64 = 0.3;
/// In a demo's past, all markets are looked at once in so long.
const PAST_LOOK_US: usize = 20_000_000;
const PAST_LOOK_STEPS: u32 = 80;
const _: () = assert!(STEP_SECONDS * 80.0 == 20.0, "80 steps of the world");
/// As one look at the past stands for many, so does an order.
const PAST_DOLLARS: f64 = 8.0 * taker::DOLLARS;

/// Trades until `stop` is ready or the exchange stops. The demo must have been founded.
pub async fn run(handle: Handle, views: Views, seed: u64, stop: impl Future<Output = ()> + Send) {
    run_with(handle, views, seed, participants(), stop).await;
}

/// As [`run`], for these people, the near maker first, then the deep one, then those who take.
pub async fn run_with(
    handle: Handle,
    views: Views,
    seed: u64,
    people: Vec<Participant>,
    stop: impl Future<Output = ()> + Send,
) {
    let Some(mut agents) = Agents::new(handle, views, seed, people) else {
        tracing::warn!("the demo's accounts do not exist, so nobody trades");
        return;
    };
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = turns.tick() => {}
        }
        if agents.turn().await == Err(SubmitError::Stopped) {
            return;
        }
    }
}

/// Trades the past of a new demo, so that its charts have something to show. `stage` sets the
/// exchange's clock before each look, from `past.start` on and never to `past.end`.
///
/// # Errors
/// [`SubmitError`] where the exchange takes no commands.
pub async fn rehearse(
    handle: &Handle,
    views: &Views,
    seed: u64,
    past: Range<Time>,
    stage: impl Fn(Time),
) -> Result<(), SubmitError> {
    let agents = Agents::new(handle.clone(), views.clone(), seed, participants());
    let Some(mut agents) = agents else { return Ok(()) };
    agents.dollars = PAST_DOLLARS;
    let looks = (past.start.0..past.end.0).step_by(PAST_LOOK_US);
    for (round, time) in (0..).zip(looks) {
        stage(Time(time));
        agents.look_everywhere(round).await?;
    }
    Ok(())
}

struct Agents {
    handle: Handle,
    views: Views,
    world: World,
    random: Random,
    people: Vec<(AccountId, Participant)>,
    turn: u64,
    /// Dollars of a taker's usual order.
    dollars: f64,
    /// No command before this turn.
    resume_at: u64,
}

impl Agents {
    fn new(handle: Handle, views: Views, seed: u64, people: Vec<Participant>) -> Option<Self> {
        let account = |user: &UserId| views.account_of(user);
        let people: Option<Vec<_>> =
            people.into_iter().map(|person| Some((account(&person.user)?, person))).collect();
        let people = people?;
        // A restart draws other numbers, the same ones each time.
        let seed = seed ^ views.seq().0;
        let mut world = World::new(seed);
        for market in views.catalog().markets().iter() {
            if market.quote.code.as_str() == "USDT"
                && let Some(price) = views.last_price(market.id)
            {
                let value = float(price.ticks()) * decimal(market.tick());
                world.resume(market.base.code.as_str(), value);
            }
        }
        let random = Random::new(seed.wrapping_add(1));
        let dollars = taker::DOLLARS;
        Some(Self { handle, views, world, random, people, turn: 0, dollars, resume_at: 0 })
    }

    /// One market.
    async fn turn(&mut self) -> Result<(), SubmitError> {
        self.turn += 1;
        if self.turn.is_multiple_of(TURNS_A_STEP) {
            self.world.step();
        }
        let catalog = self.views.catalog();
        let count = catalog.markets().len() as u64;
        if self.turn < self.resume_at || count == 0 {
            return Ok(());
        }
        let (round, place) = (self.turn / count, self.turn % count);
        let Some(market) = catalog.markets().get(usize::try_from(place).unwrap_or(0)) else {
            return Ok(());
        };
        let mut commands = self.decide(market, round);
        commands.truncate(COMMANDS_MAX);
        match self.submit(commands).await {
            Err(SubmitError::Busy | SubmitError::DiskFull) => {
                self.resume_at = self.turn + BUSY_TURNS;
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// All markets at once, [`PAST_LOOK_US`] after the last time.
    async fn look_everywhere(&mut self, round: u64) -> Result<(), SubmitError> {
        for _ in 0..PAST_LOOK_STEPS {
            self.world.step();
        }
        let mut commands = Vec::new();
        for market in self.views.catalog().markets().iter() {
            self.turn += 1;
            commands.extend(self.decide(market, round));
        }
        self.submit(commands).await
    }

    /// What is done in a market now; nothing where the demo does not know it.
    fn decide(&mut self, market: &Arc<Market>, round: u64) -> Vec<Command> {
        let (base, quote) = (market.base.code, market.quote.code);
        let values = (self.world.value(base.as_str()), self.world.value(quote.as_str()));
        let (Some(base_value), Some(quote_value)) = values else { return Vec::new() };
        let (makes, takes) = match market.state {
            MarketState::Open => (true, true),
            MarketState::PostOnly => (true, false),
            MarketState::CancelOnly | MarketState::Halted => (false, false),
        };
        let fair_ticks = base_value / quote_value / decimal(market.tick());
        let lot_dollars = decimal(market.lot()) * base_value;
        let mut commands = Vec::new();
        let deep = round.is_multiple_of(DEEP_ROUNDS);
        let makers: [(usize, Style, bool); 2] =
            [(NEAR_MAKER, NEAR, true), (DEEP_MAKER, DEEP, deep)];
        for (who, style, now) in makers {
            let account = self.people[who].0;
            let open = if makes && now {
                self.views.open_orders(account, Some(market.id))
            } else {
                continue;
            };
            let position = self.position(who, market);
            let sight = maker::Sight {
                account,
                market: market.id,
                fair_ticks,
                lot_dollars,
                position,
                open,
            };
            commands.extend(maker::decide(&style, &sight, &mut self.random));
        }
        if takes && let Some(book) = self.views.book_ticker(market.id) {
            let takers = self.people.len() - FIRST_TAKER;
            let turn = usize::try_from(self.random.next() % takers as u64).unwrap_or(0);
            let who = FIRST_TAKER + turn;
            let smallest = market.quote_amount(market.spec.filters.notional.0);
            let sight = taker::Sight {
                account: self.people[who].0,
                market: market.id,
                fair_ticks,
                lot_dollars,
                dollars: self.dollars,
                // A little more, since the order may trade at a lower price than it names.
                dollars_min: decimal(smallest) * quote_value * 1.1,
                position: self.position(who, market),
                eagerness: EAGERNESS * self.world.liveliness(),
                book,
            };
            commands.extend(taker::decide(&sight, self.turn, &mut self.random));
        }
        commands
    }

    /// How much more base than quote somebody has against what they began with: between −1 and 1.
    fn position(&self, who: usize, market: &Market) -> f64 {
        let (account, person) = &self.people[who];
        let drift = |id: model::AssetId| {
            let began = person.funds.get(usize::from(id.0)).copied().unwrap_or_default();
            let has = self.views.balance(*account, id);
            let has = has.map_or(0, |balance| balance.available + balance.held);
            let of = |amount| Decimal::new(amount, 0).map_or(0.0, decimal);
            if began == 0 { 0.0 } else { of(has) / of(began) - 1.0 }
        };
        let base = drift(market.spec.base);
        let quote = drift(market.spec.quote);
        ((base - quote) / 2.0).clamp(-1.0, 1.0)
    }

    async fn submit(&self, commands: Vec<Command>) -> Result<(), SubmitError> {
        let mut pending = Vec::with_capacity(commands.len());
        let mut outcome = Ok(());
        for command in commands {
            match self.handle.submit(command) {
                Ok(answer) => pending.push(answer),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        for answer in pending {
            // A rejection is an answer like any other: the next look at the views tells.
            if let Err(error) = answer.await {
                outcome = Err(error);
            }
        }
        outcome
    }
}

/// An exact number as the model's float.
fn decimal(number: Decimal) -> f64 {
    number.to_string().parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use engine::MarketState;
    use journal::simulated::Disk;
    use model::{Interval, MarketId, Time, UtcOffset};
    use projection::{Page, Projection};
    use sequencer::{Config, Joiner};
    use venue_server::Reading;

    use super::*;
    use crate::demo::{found, markets};

    /// The demo on a simulated disk, its clock moved by the test.
    struct Stage {
        handle: Handle,
        views: Views,
        joiner: Joiner,
        clock: Arc<AtomicU64>,
    }

    impl Stage {
        async fn open(disk: &Disk, at: u64) -> Self {
            let clock = Arc::new(AtomicU64::new(at));
            let told = Arc::clone(&clock);
            let mut config = Config::new([7; 24]);
            config.tick = None;
            config.journal.segment_bytes = 256 * 1_024;
            config.journal.reserved_bytes = 64 * 1_024;
            let projection = Projection::new();
            let views = projection.views();
            let clock_of = move || Time(told.load(Ordering::Relaxed));
            let readers = vec![Box::new(Reading(projection)) as _];
            let (handle, joiner) =
                sequencer::start(config, Arc::new(disk.clone()), Box::new(clock_of), readers)
                    .unwrap();
            found(&handle, &views).await.unwrap();
            Self { handle, views, joiner, clock }
        }

        fn agents(&self, seed: u64) -> Agents {
            Agents::new(self.handle.clone(), self.views.clone(), seed, participants()).unwrap()
        }

        async fn pass(&self, agents: &mut Agents, turns: u64) {
            for _ in 0..turns {
                self.clock.fetch_add(50_000, Ordering::Relaxed);
                agents.turn().await.unwrap();
            }
        }

        fn close(self) -> u64 {
            self.handle.stop();
            self.joiner.join();
            self.clock.load(Ordering::Relaxed)
        }
    }

    const START: u64 = 1_795_000_000_000_000;
    /// Two minutes.
    const TURNS: u64 = 2_400;

    fn check_books(views: &Views) {
        for market in views.catalog().markets().iter() {
            let depth = views.depth(market.id, 100).unwrap();
            let name = &market.symbol.joined;
            assert!(20 <= depth.bids.len() && 20 <= depth.asks.len(), "{name}");
            let (bid, ask) = (depth.bids[0].price.ticks(), depth.asks[0].price.ticks());
            let spread = float(ask - bid) / float(bid);
            assert!(bid < ask && spread < 0.002, "{name} {bid} {ask}");
        }
    }

    #[tokio::test]
    async fn markets_come_alive_and_go_on_after_a_restart() {
        let disk = Disk::new();
        let stage = Stage::open(&disk, START).await;
        let mut agents = stage.agents(1);
        stage.pass(&mut agents, TURNS).await;
        let views = &stage.views;
        assert_eq!(views.catalog().markets().len(), markets().len());
        check_books(views);
        let (now, utc) = (views.time(), UtcOffset::UTC);
        for market in views.catalog().markets().iter() {
            let page = Page::latest(60);
            let seconds = views.candles(market.id, Interval::Second1, utc, &page, now);
            let lively = seconds.iter().filter(|candle| 0 < candle.trades).count();
            assert!(5 <= lively, "{} traded in {lively} of 60 seconds", market.symbol.joined);
        }
        let price = float(views.last_price(model::MarketId(0)).unwrap().ticks()) / 100.0;
        assert!((60_000.0..75_000.0).contains(&price), "{price}");

        let at = stage.close();
        let stage = Stage::open(&disk, at).await;
        let account = |who: usize| stage.views.account_of(&participants()[who].user).unwrap();
        let open = |who| stage.views.open_orders(account(who), None).len();
        let (near, deep) = (open(NEAR_MAKER), open(DEEP_MAKER));
        assert!(0 < near && 0 < deep, "orders rest over the restart");
        let mut agents = stage.agents(2);
        stage.pass(&mut agents, TURNS / 4).await;
        check_books(&stage.views);
        let slots = |style: Style| 2 * style.slots as usize * markets().len();
        assert!(open(NEAR_MAKER) <= slots(NEAR) && open(DEEP_MAKER) <= slots(DEEP));
        stage.close();
    }

    #[tokio::test]
    async fn a_market_whose_founding_was_cut_off_before_it_was_opened_is_opened() {
        let stage = Stage::open(&Disk::new(), START).await;
        let (market, state) = (MarketId(0), MarketState::Halted);
        let halt = Command::SetMarketState { market, state };
        stage.handle.submit(halt).unwrap().await.unwrap();
        found(&stage.handle, &stage.views).await.unwrap();
        let catalog = stage.views.catalog();
        assert_eq!(catalog.market(market).unwrap().state, MarketState::Open);
        stage.close();
    }

    #[tokio::test]
    async fn a_new_demo_has_a_past_that_its_seed_determines() {
        let past = async |seed| {
            let begin = START - 2 * 3_600_000_000;
            let stage = Stage::open(&Disk::new(), begin).await;
            let clock = Arc::clone(&stage.clock);
            let set = move |time: Time| clock.store(time.0, Ordering::Relaxed);
            let past = Time(begin)..Time(START);
            rehearse(&stage.handle, &stage.views, seed, past, set).await.unwrap();
            let now = stage.views.time();
            assert!(begin < now.0 && now.0 < START, "{now:?}");
            let mut closes = Vec::new();
            for market in stage.views.catalog().markets().iter() {
                let (name, page) = (&market.symbol.joined, Page::latest(8));
                let book = stage.views.book_ticker(market.id).unwrap();
                assert!(book.bid.unwrap().price < book.ask.unwrap().price, "{name}");
                let (kind, utc) = (Interval::Minute15, UtcOffset::UTC);
                let quarters = stage.views.candles(market.id, kind, utc, &page, now);
                assert_eq!(quarters.len(), 8, "{name}");
                assert!(quarters.iter().all(|it| 5 < it.trades), "{name}: {quarters:?}");
                closes.extend(quarters.iter().map(|it| (it.close, it.lots)));
            }
            stage.close();
            closes
        };
        let one = past(1).await;
        assert_eq!(one, past(1).await);
        assert_ne!(one, past(2).await);
    }

    #[tokio::test]
    async fn a_seed_and_what_is_seen_determine_what_is_done() {
        let stage = Stage::open(&Disk::new(), START).await;
        let catalog = stage.views.catalog();
        let decisions = |seed| {
            let mut agents = stage.agents(seed);
            let look = |round| agents.decide(&catalog.markets()[0], round);
            (0..20).map(look).collect::<Vec<_>>()
        };
        assert_eq!(decisions(1), decisions(1));
        assert_ne!(decisions(1), decisions(2));
        stage.close();
    }

    #[tokio::test]
    async fn nobody_trades_in_a_halted_market() {
        let stage = Stage::open(&Disk::new(), START).await;
        let market = model::MarketId(0);
        let halt = Command::SetMarketState { market, state: MarketState::Halted };
        stage.handle.submit(halt).unwrap().await.unwrap();
        let mut agents = stage.agents(1);
        stage.pass(&mut agents, 100).await;
        assert!(stage.views.depth(market, 10).unwrap().bids.is_empty());
        assert!(!stage.views.depth(model::MarketId(1), 10).unwrap().bids.is_empty());
        stage.close();
    }
}
