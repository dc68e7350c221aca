//! The agents on an exchange that nobody else trades on.

use std::sync::atomic::{AtomicU64, Ordering};

use journal::simulated::Disk;
use model::{Interval, MarketId, UtcOffset};
use projection::{Page, Projection};
use sequencer::{Config, Joiner};
use venue_server::Reading;

use super::*;
use crate::demo::{Listing, found, found_listing, markets};

/// The demo on a simulated disk, its clock moved by the test.
pub struct Stage {
    pub handle: Handle,
    pub views: Views,
    people: Vec<Participant>,
    joiner: Joiner,
    clock: Arc<AtomicU64>,
}

impl Stage {
    pub async fn open(disk: &Disk, at: u64) -> Self {
        Self::of(&super::super::listing(), disk, at).await
    }

    /// With these markets.
    pub async fn of(listing: &Listing, disk: &Disk, at: u64) -> Self {
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
            sequencer::start(config, Arc::new(disk.clone()), Box::new(clock_of), readers).unwrap();
        found_listing(&handle, &views, listing).await.unwrap();
        let people = listing.participants.clone();
        Self { handle, views, people, joiner, clock }
    }

    pub fn agents(&self, process: &Arc<PriceProcess>) -> Agents {
        self.agents_of(process, Character::house())
    }

    pub fn agents_of(&self, process: &Arc<PriceProcess>, character: Character) -> Agents {
        let outlook = Outlook::new(Arc::clone(process), character);
        let (handle, views) = (self.handle.clone(), self.views.clone());
        Agents::new(handle, views, outlook, self.people.clone()).unwrap()
    }

    /// Makes all steps that others have made.
    pub async fn join(&self, agents: &mut Agents) {
        agents.join().await.unwrap();
    }

    pub async fn pass(&self, agents: &mut Agents, steps: u64) {
        for _ in 0..steps {
            self.pass_one(agents, 50_000).await;
        }
    }

    /// One step, which takes so many microseconds.
    pub async fn pass_one(&self, agents: &mut Agents, us: u64) {
        self.clock.fetch_add(us, Ordering::Relaxed);
        agents.step().await.unwrap();
    }

    pub fn close(self) -> u64 {
        self.handle.stop();
        self.joiner.join();
        self.clock.load(Ordering::Relaxed)
    }
}

pub const START: u64 = 1_795_000_000_000_000;
/// Two minutes.
const STEPS: u64 = 2_400;

fn check_books(views: &Views) {
    for market in views.catalog().markets().iter() {
        let depth = views.depth(market.id, 100).unwrap();
        let name = &market.symbol.joined;
        assert!(20 <= depth.bids.len() && 20 <= depth.asks.len(), "{name}");
        let (bid, ask) = (depth.bids[0].price.ticks(), depth.asks[0].price.ticks());
        assert!(bid < ask && (ask - bid) * 500 < bid, "{name} {bid} {ask}");
    }
}

#[tokio::test]
async fn markets_come_alive_and_go_on_after_a_restart() {
    let disk = Disk::new();
    let stage = Stage::open(&disk, START).await;
    let mut agents = stage.agents(&PriceProcess::of_seed(1));
    stage.pass(&mut agents, STEPS).await;
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
    let price = views.last_price(MarketId(0)).unwrap().ticks() / 100;
    assert!((60_000..75_000).contains(&price), "{price}");

    let at = stage.close();
    let stage = Stage::open(&disk, at).await;
    let account = |who: usize| stage.views.account_of(&participants()[who].user).unwrap();
    let open = |who| stage.views.open_orders(account(who), None).len();
    let (near, deep) = (open(NEAR_MAKER), open(DEEP_MAKER));
    assert!(0 < near && 0 < deep, "orders rest over the restart");
    let process = PriceProcess::of_seed(1);
    resume(&process, &stage.views);
    let mut agents = stage.agents(&process);
    let worth = agents.outlook.common_worth("BTC").unwrap().picodollars() / 1_000_000_000_000;
    assert_eq!(worth, price, "prices go on where they were");
    stage.pass(&mut agents, STEPS / 4).await;
    check_books(&stage.views);
    let slots = |style: maker::Style| 2 * style.slots as usize * markets().len();
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
        let process = PriceProcess::of_seed(seed);
        rehearse(&stage.handle, &stage.views, &process, past, set).await.unwrap();
        assert_eq!(process.open_path().step(), 2 * 3_600 * STEPS_A_SECOND);
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
async fn nobody_trades_in_a_halted_market() {
    let stage = Stage::open(&Disk::new(), START).await;
    let market = MarketId(0);
    let halt = Command::SetMarketState { market, state: MarketState::Halted };
    stage.handle.submit(halt).unwrap().await.unwrap();
    let mut agents = stage.agents(&PriceProcess::of_seed(1));
    stage.pass(&mut agents, 100).await;
    assert!(stage.views.depth(market, 10).unwrap().bids.is_empty());
    assert!(!stage.views.depth(MarketId(1), 10).unwrap().bids.is_empty());
    stage.close();
}
