//! An exchange for tests, on which things happen as they are told.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{
    Allocation, Asset, Averages, Command, Event, FeeAsset, FeeTier, Fill, Filters, MarketSpec,
    MarketState, NewOrder, OrderKind, PriceBand, SelfTradePrevention, TimeInForce,
};
use model::{
    AccountId, AssetId, ClientOrderId, MarketId, OrderId, Price, Qty, Seq, Side, Time, TradeId,
    UserId,
};
use projection::{Changes, Feed, History, Projection};
use venue::binance::{Operation, Refusal, TimeUnit};

use super::operation::{Call, perform};
use super::request::Params;
use super::stream_socket::StreamRules;
use crate::exchange::{Exchange, Foundation, Limits};
use crate::keyring::{KeyEntry, Keyring};

/// 2023-11-14 22:13:20 UTC.
pub const START: Time = Time(1_700_000_000_000_000);
/// The market `BTCUSDT`.
pub const BTCUSDT: MarketId = MarketId(0);
/// The market `ETHUSDT`, which is halted.
pub const ETHUSDT: MarketId = MarketId(1);
const MAKER: AccountId = AccountId(2);
/// Whoever takes in [`Stage::trade`].
pub const TAKER: AccountId = AccountId(3);

/// An exchange with two markets, whose clock stands still unless it is moved.
pub struct Stage {
    /// What is served.
    pub exchange: Arc<Exchange>,
    /// What has changed since it was last taken.
    feed: Feed,
    projection: Projection,
    clock: Arc<AtomicU64>,
    seq: u64,
    orders: u64,
    trades: u64,
}

struct NoKeys;

impl Keyring for NoKeys {
    fn find(&self, _api_key: &str) -> Option<Arc<KeyEntry>> {
        None
    }
}

impl Stage {
    /// With the venue's own rules.
    pub fn new() -> Self {
        Self::with(StreamRules::default())
    }

    /// With these rules for connections.
    pub fn with(streams: StreamRules) -> Self {
        let projection = Projection::new();
        let clock = Arc::new(AtomicU64::new(START.0));
        let told = Arc::clone(&clock);
        let disk = Arc::new(journal::simulated::Disk::new());
        let mut config = sequencer::Config::new([7; 24]);
        config.tick = None;
        config.journal.segment_bytes = 8 * 1_024;
        config.journal.reserved_bytes = 1_024;
        let (sequencer, _joiner) =
            sequencer::start(config, disk, Box::new(|| START), Vec::new()).unwrap();
        let exchange = Exchange::new(Foundation {
            sequencer,
            views: projection.views(),
            history: History::memory_only(projection.views()),
            keys: Arc::new(NoKeys),
            clock: Arc::new(move || Time(told.load(Ordering::Relaxed))),
            limits: Limits { streams, ..Limits::default() },
        });
        let feed = exchange.views.subscribe();
        let mut stage = Self { exchange, feed, projection, clock, seq: 0, orders: 0, trades: 0 };
        stage.list();
        stage
    }

    fn list(&mut self) {
        let asset = |id, code: &str, scale| Event::AssetListed {
            id: AssetId(id),
            asset: Asset { code: code.parse().unwrap(), scale },
        };
        let listed = |market, base| Event::MarketListed { market, spec: Box::new(spec(base)) };
        let user = |account| Event::AccountOpened {
            account,
            user: UserId([u8::try_from(account.0).unwrap(); 16]),
        };
        self.tell(vec![
            asset(0, "USDT", 8),
            asset(1, "BTC", 8),
            asset(2, "ETH", 18),
            listed(BTCUSDT, AssetId(1)),
            listed(ETHUSDT, AssetId(2)),
            Event::MarketStateSet { market: BTCUSDT, state: MarketState::Open },
            user(MAKER),
            user(TAKER),
        ]);
    }

    /// Lets `events` happen by one command, now.
    pub fn tell(&mut self, events: Vec<Event>) {
        self.seq += 1;
        self.projection.fold(Seq(self.seq), self.now(), &Command::Clock, None, &events, false);
        self.projection.batch_end();
    }

    /// The time.
    pub fn now(&self) -> Time {
        Time(self.clock.load(Ordering::Relaxed))
    }

    /// Lets time pass.
    pub fn pass_ms(&self, millis: u64) {
        self.clock.fetch_add(millis * 1_000, Ordering::Relaxed);
    }

    /// What has changed since the last call.
    pub fn changed(&mut self) -> Vec<Arc<Changes>> {
        std::iter::from_fn(|| self.feed.try_next().unwrap()).collect()
    }

    /// Sets levels of `BTCUSDT`, in ticks of 0.01 and lots of 0.00001.
    pub fn levels(&mut self, levels: &[(Side, u64, u64)]) {
        let level = |&(side, ticks, lots): &(Side, u64, u64)| Event::Level {
            market: BTCUSDT,
            side,
            price: Price::new(ticks).unwrap(),
            qty: Qty::new(lots).unwrap(),
        };
        self.tell(levels.iter().map(level).collect());
    }

    /// One taker of `BTCUSDT` trades with one maker at each of these prices and quantities.
    pub fn trade(&mut self, taker_side: Side, parts: &[(u64, u64)]) {
        let qty = |lots: u64| Qty::new(lots).unwrap();
        let total: u64 = parts.iter().map(|(_, lots)| lots).sum();
        let mut events = Vec::new();
        let mut makers = Vec::new();
        for &(ticks, lots) in parts {
            makers.push(self.accept(&mut events, (MAKER, taker_side.opposite()), ticks, lots));
        }
        let last = parts.last().unwrap().0;
        let taker = self.accept(&mut events, (TAKER, taker_side), last, total);
        let mut rest = total;
        for (&(ticks, lots), maker) in parts.iter().zip(makers) {
            rest -= lots;
            self.trades += 1;
            let fill = |order, account, remaining| Fill {
                order,
                account,
                remaining: qty(remaining),
                fee: 0,
                fee_asset: AssetId(0),
            };
            events.push(Event::Traded {
                trade: TradeId(self.trades),
                market: BTCUSDT,
                price: Price::new(ticks).unwrap(),
                qty: qty(lots),
                // One tick of 0.01 for one lot of 0.00001 is 0.0000001 USDT: ten ledger units.
                quote: i128::from(ticks * lots * 10),
                taker_side,
                taker: fill(taker, TAKER, rest),
                maker: fill(maker, MAKER, 0),
            });
        }
        self.tell(events);
    }

    fn accept(
        &mut self,
        events: &mut Vec<Event>,
        (account, side): (AccountId, Side),
        ticks: u64,
        lots: u64,
    ) -> OrderId {
        self.orders += 1;
        let order = OrderId(self.orders);
        let new = NewOrder {
            account,
            market: BTCUSDT,
            client_id: ClientOrderId::new(&format!("order-{order}")).unwrap(),
            side,
            stp: SelfTradePrevention::None,
            kind: OrderKind::Limit {
                price: Price::new(ticks).unwrap(),
                qty: Qty::new(lots).unwrap(),
                time_in_force: TimeInForce::Gtc,
                display: None,
            },
        };
        events.push(Event::Accepted { order, list: None, new, trigger_at: None });
        order
    }

    /// What a public operation answers to these parameters.
    pub fn ask(&self, operation: Operation, query: &str) -> Result<String, Refusal> {
        self.ask_in(operation, query, TimeUnit::Millisecond)
    }

    /// As [`Self::ask`], in a unit of time.
    pub fn ask_in(
        &self,
        operation: Operation,
        query: &str,
        time_unit: TimeUnit,
    ) -> Result<String, Refusal> {
        let params = Params::from_form(query, &[])?;
        let call = Call {
            exchange: &self.exchange,
            params: &params,
            caller: None,
            from: IpAddr::V4(Ipv4Addr::LOCALHOST),
            now: self.now(),
            time_unit,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(perform(operation, &call))?;
        Ok(String::from_utf8(answer.json.to_vec()).unwrap())
    }
}

fn spec(base: AssetId) -> MarketSpec {
    let price = |ticks| Price::new(ticks).unwrap();
    let qty = |lots| Qty::new(lots).unwrap();
    // A lot is 0.00001 of base, whatever its ledger unit.
    let lot_units = if base == AssetId(2) { 10_000_000_000_000 } else { 1_000 };
    MarketSpec {
        base,
        quote: AssetId(0),
        tick_units: 1,
        tick_scale: 2,
        lot_units,
        allocation: Allocation::Fifo,
        fee_asset: FeeAsset::Received,
        filters: Filters {
            price: (price(1), price(100_000_000)),
            qty: (qty(1), qty(900_000_000)),
            market_qty: (qty(1), qty(10_000_000)),
            notional: (500_000_000, 900_000_000_000_000),
            notional_min_to_market: true,
            notional_max_to_market: false,
            band: PriceBand { bid_up: 50_000, bid_down: 2_000, ask_up: 50_000, ask_down: 2_000 },
            averages: Averages { minutes: 5 },
            orders_max: 200,
            algo_orders_max: 5,
            iceberg_orders_max: 10,
            iceberg_parts_max: 100,
            lists_max: 20,
            amends_max: 10,
            position_max: None,
            trailing_delta: (10, 2_000),
        },
        fees: vec![FeeTier::default()],
    }
}
