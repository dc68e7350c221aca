//! Drives the whole engine with a flow: holds, ledger, fees, client names, prevention, events.

use std::time::{Duration, Instant};

use engine::{
    Allocation, Asset, Averages, Command, Engine, Event, FeeAsset, FeeTier, Filters, Genesis,
    MarketSpec, MarketState, NewOrder, OrderKind, OrderRef, PriceBand, SelfTradePrevention,
    Stamped, TimeInForce,
};
use model::{
    AccountId, AssetCode, AssetId, ClientOrderId, FeeRate, MarketId, OrderId, Price, Qty, Seq,
    Side, Time, UserId,
};

use crate::cpu::cpu_time;
use crate::flow::{Flow, Step, USERS};

/// Commands that are made before they are timed together, as a journal's batch would be.
pub const BATCH: usize = 256;
/// First account of a customer.
pub const FIRST: u32 = 2;
/// Of the engine's hash maps.
pub const MAP_KEY: [u8; 16] = [7; 16];

/// What an engine made of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fills {
    /// Matches.
    pub fills: u64,
    /// Lots in them.
    pub filled: u64,
    /// Requests refused.
    pub rejected: u64,
}

/// How long single commands took, in nanoseconds, two readings of the clock included.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    /// Half took less.
    pub p50: u64,
    /// 99 of 100 took less.
    pub p99: u64,
    /// 999 of 1,000 took less.
    pub p999: u64,
}

/// What opens an exchange with so many users with enough of both assets of the market in the
/// middle of so many.
#[must_use]
pub fn setup(users: u32, markets: u16) -> Vec<Command> {
    let mut commands = vec![Command::ListAsset(asset("USD", 8))];
    for number in 0..markets {
        commands.push(Command::ListAsset(asset(&format!("B{number}"), 8)));
        commands.push(Command::ListMarket(Box::new(spec(AssetId(number + 1)))));
        let market = MarketId(number);
        commands.push(Command::SetMarketState { market, state: MarketState::Open });
    }
    for number in 0..users {
        let mut user = [0; 16];
        user[..4].copy_from_slice(&number.to_le_bytes());
        commands.push(Command::OpenAccount { user: UserId(user) });
        for asset in [0, markets / 2 + 1] {
            commands.push(Command::Adjust {
                account: AccountId(FIRST + number),
                asset: AssetId(asset),
                amount: 1 << 100,
                reference: u128::from(number) << 16 | u128::from(asset),
            });
        }
    }
    commands
}

/// An engine set up for a flow.
#[derive(Debug)]
pub struct Exchange {
    /// The engine itself.
    pub engine: Engine,
    seq: u64,
    names: u64,
    events: Vec<Event>,
    /// The market that steps go to.
    pub market: MarketId,
    /// A user of the flow stands for so many.
    spread: u32,
}

impl Exchange {
    /// An exchange with one open market and so many users with enough of both assets.
    #[must_use]
    pub fn new(users: u32, markets: u16) -> Self {
        let engine = Engine::new(&Genesis { map_key: MAP_KEY });
        let market = MarketId(markets / 2);
        let spread = (users / USERS as u32).max(1);
        let mut exchange = Self { engine, seq: 0, names: 0, events: vec![], market, spread };
        setup(users, markets).into_iter().for_each(|command| exchange.apply(command));
        exchange
    }

    /// Applies one command at once.
    pub fn apply(&mut self, command: Command) {
        let input = self.stamp(command);
        self.engine.apply(&input, &mut self.events);
        self.events.clear();
    }

    /// The command of a step, with its place in the journal: a microsecond after the one before.
    pub fn input(&mut self, step: &Step) -> Stamped {
        let command = self.command(step);
        self.stamp(command)
    }

    /// The command of a step.
    pub fn command(&mut self, step: &Step) -> Command {
        let market = self.market;
        match *step {
            Step::Cancel { user, number } => Command::Cancel {
                account: self.account(user, number),
                market,
                order: OrderRef::Id(OrderId(number)),
                only: None,
            },
            Step::Add { user, side, price, qty } => {
                self.order(user, side, price, qty, TimeInForce::Gtc)
            }
            Step::Ioc { user, side, price, qty } => {
                self.order(user, side, price, qty, TimeInForce::Ioc)
            }
        }
    }

    /// Whose an order is: with more users than the flow knows, each stands for several.
    fn account(&self, user: u32, number: u64) -> AccountId {
        let turn = u32::try_from(number % u64::from(self.spread)).expect("less than the users");
        AccountId(FIRST + user + turn * USERS as u32)
    }

    fn order(
        &mut self,
        user: u32,
        side: Side,
        price: u64,
        qty: u32,
        time_in_force: TimeInForce,
    ) -> Command {
        self.names += 1;
        let account = self.account(user, self.names);
        let name = format!("x-{:016x}", self.names.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Command::Place(NewOrder {
            account,
            market: self.market,
            client_id: ClientOrderId::new(&name).expect("short and plain"),
            side,
            stp: SelfTradePrevention::ExpireMaker,
            kind: OrderKind::Limit {
                price: Price::new(price).expect("in range"),
                qty: Qty::new(u64::from(qty)).expect("in range"),
                time_in_force,
                display: None,
            },
        })
    }

    fn stamp(&mut self, command: Command) -> Stamped {
        self.seq += 1;
        Stamped { seq: Seq(self.seq), time: Time(1_700_000_000_000_000 + self.seq), command }
    }

    fn count(&mut self, fills: &mut Fills) {
        for event in self.events.drain(..) {
            match event {
                Event::Traded { qty, .. } => {
                    fills.fills += 1;
                    fills.filled += qty.lots();
                }
                Event::Rejected { .. } => fills.rejected += 1,
                _ => {}
            }
        }
    }

    /// Applies the steps; the time is what the engine alone took of a processor.
    pub fn run(&mut self, steps: &[Step]) -> (Duration, Fills) {
        let (mut time, mut fills) = (Duration::ZERO, Fills::default());
        let mut batch = Vec::with_capacity(BATCH);
        for steps in steps.chunks(BATCH) {
            batch.clear();
            for step in steps {
                let input = self.input(step);
                batch.push(input);
            }
            let start = cpu_time();
            self.engine.apply_all(&batch, &mut self.events, |_| {});
            time += cpu_time() - start;
            self.count(&mut fills);
        }
        (time, fills)
    }
}

/// Time for the measured steps of a flow on a fresh engine.
///
/// # Panics
/// If the fills are not those of the reference book.
#[must_use]
pub fn throughput(flow: &Flow, users: u32, markets: u16) -> Duration {
    let mut exchange = Exchange::new(users, markets);
    exchange.run(&flow.prefill);
    let (time, fills) = exchange.run(&flow.steps);
    let want = Fills { fills: flow.fills, filled: flow.filled, rejected: 0 };
    assert_eq!(fills, want, "the engine fills as the reference book does");
    time
}

/// Times of single commands, each between two readings of the clock.
#[must_use]
pub fn latency(flow: &Flow, users: u32) -> Latency {
    let mut exchange = Exchange::new(users, 1);
    exchange.run(&flow.prefill);
    let mut nanos = Vec::with_capacity(flow.steps.len());
    let mut fills = Fills::default();
    for steps in flow.steps.chunks(BATCH) {
        let batch: Vec<Stamped> = steps.iter().map(|step| exchange.input(step)).collect();
        let mut start = Instant::now();
        exchange.engine.apply_all(&batch, &mut exchange.events, |_| {
            let now = Instant::now();
            nanos.push(u64::try_from((now - start).as_nanos()).unwrap_or(u64::MAX));
            start = now;
        });
        exchange.count(&mut fills);
    }
    nanos.sort_unstable();
    let at = |per_mille: usize| nanos[(nanos.len() - 1) * per_mille / 1_000];
    Latency { p50: at(500), p99: at(990), p999: at(999) }
}

fn asset(code: &str, scale: u8) -> Asset {
    Asset { code: AssetCode::new(code).expect("short and plain"), scale }
}

fn spec(base: AssetId) -> MarketSpec {
    let price = |ticks| Price::new(ticks).expect("in range");
    let qty = |lots| Qty::new(lots).expect("in range");
    let rate = |rate| FeeRate::from_millionths(rate).expect("in range");
    MarketSpec {
        base,
        quote: AssetId(0),
        tick_units: 1,
        tick_scale: 2,
        lot_units: 10_000,
        allocation: Allocation::Fifo,
        fee_asset: FeeAsset::Received,
        filters: Filters {
            price: (price(1), price(1 << 40)),
            qty: (qty(1), qty(1 << 40)),
            market_qty: (qty(1), qty(1 << 40)),
            notional: (1, 1 << 90),
            notional_min_to_market: true,
            notional_max_to_market: false,
            band: PriceBand { bid_up: 50_000, bid_down: 100, ask_up: 50_000, ask_down: 100 },
            averages: Averages { minutes: 5 },
            orders_max: u32::MAX,
            algo_orders_max: 5,
            iceberg_orders_max: 10,
            iceberg_parts_max: 100,
            lists_max: 20,
            amends_max: 10,
            position_max: None,
            trailing_delta: (10, 2_000),
        },
        fees: vec![FeeTier { maker: rate(1_000), taker: rate(1_000) }],
    }
}
