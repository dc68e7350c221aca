//! Reads a story and tells it to both engines.
//!
//! ```text
//! x: A buy 5 @ 100 ioc show 2 stp maker | x accepted, x takes 5 of y @ 100
//! x: A sell 5 post @ 100               also: market · worth 500 market · stop 95 market ·
//!                                       stop 95 @ 94 · take 110 market · trail 100 market
//! l: A sell 5 list 110 or 95 @ 94       a limit-maker at 110, a stop at 95; legs are l1, l2
//! A cancel x · A cancel all · A cancel list l · A amend x 3
//! y: A replace x with buy 5 @ 100       add `anyway` to place even if the cancel fails,
//!                                       `whole` to cancel only what can be placed again
//! at 60 · state Halted · A deposits 5 base · tier A 1 · fees -100/200 0/300
//! book | 5@100 3@99 / 7@101             what the levels told so far add up to
//! A has | 1000+0 base, 99500+500 quote  available + held, as told so far
//! ```

use std::collections::BTreeMap;

use engine::{
    Allocation, Asset, CancelOnly, CancelReason, Command, Engine, Event, FeeAsset, FeeTier, Fill,
    Filters, Genesis, ListLeg, ListState, MarketSpec, MarketState, NewList, NewOrder, OrderKind,
    OrderRef, Replace, ReplaceMode, SelfTradePrevention, Size, Stamped, StateHash, TimeInForce,
    Trailing, Trigger, TriggerKind, Triggered,
};
use model::{
    AccountId, Amount, AssetId, ClientOrderId, FeeRate, ListId, MarketId, OrderId, Price, Qty, Seq,
    Side, Time, UserId,
};

use crate::naive::Exchange;

const MARKET: MarketId = MarketId(0);
const BASE: AssetId = AssetId(0);
const QUOTE: AssetId = AssetId(1);
const HOUSE_NAME: &str = "house";

/// FIFO, no fees, no bounds.
pub fn plain() -> MarketSpec {
    MarketSpec {
        base: BASE,
        quote: QUOTE,
        tick_units: 1,
        tick_scale: 2,
        lot_units: 1,
        allocation: Allocation::Fifo,
        fee_asset: FeeAsset::Received,
        filters: Filters::wide(),
        fees: vec![FeeTier::default()],
    }
}

pub fn pro_rata() -> MarketSpec {
    MarketSpec { allocation: Allocation::ProRata, ..plain() }
}

/// Maker and taker, in millionths.
pub fn with_fees(fee_asset: FeeAsset, fees: &[(i32, i32)]) -> MarketSpec {
    let rate = |rate| FeeRate::from_millionths(rate).expect("a rate");
    let tier = |&(maker, taker): &(i32, i32)| FeeTier { maker: rate(maker), taker: rate(taker) };
    MarketSpec { fee_asset, fees: fees.iter().map(tier).collect(), ..plain() }
}

/// Tells the story in a market like that; both engines must tell what the lines say. A line that
/// begins with a bar continues the one before.
pub fn check(spec: &MarketSpec, story: &str) {
    let mut teller = Teller::new(spec);
    let mut lines: Vec<(String, String)> = vec![];
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (asked, want) = line.split_once('|').unwrap_or((line, ""));
        match lines.last_mut() {
            Some(last) if asked.is_empty() => last.1 = format!("{} {}", last.1, want.trim()),
            Some(_) | None => lines.push((asked.trim().to_string(), want.trim().to_string())),
        }
    }
    for (asked, want) in lines {
        assert_eq!(teller.tell(&asked), want, "{asked}");
    }
}

/// The engine's hash after a story, whatever it tells.
pub fn hash_after(spec: &MarketSpec, story: &str) -> StateHash {
    let mut teller = Teller::new(spec);
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        teller.tell(line);
    }
    teller.engine.state_hash()
}

/// `maker/taker`.
fn rates(tier: &str) -> (i32, i32) {
    let (maker, taker) = tier.split_once('/').expect("two rates");
    (maker.parse().expect("a rate"), taker.parse().expect("a rate"))
}

struct Teller {
    engine: Engine,
    twin: Exchange,
    seq: u64,
    now: Time,
    orders: BTreeMap<String, OrderId>,
    lists: BTreeMap<String, ListId>,
    levels: BTreeMap<(Side, Price), Qty>,
    balances: BTreeMap<(AccountId, AssetId), (Amount, Amount)>,
}

impl Teller {
    fn new(spec: &MarketSpec) -> Self {
        let mut teller = Self {
            engine: Engine::new(&Genesis { map_key: [1; 16] }),
            twin: Exchange::new(),
            seq: 0,
            now: Time(0),
            orders: BTreeMap::new(),
            lists: BTreeMap::new(),
            levels: BTreeMap::new(),
            balances: BTreeMap::new(),
        };
        for (code, scale) in [("BASE", 0), ("QUOTE", 2)] {
            let code = code.parse().expect("a code");
            teller.apply(Command::ListAsset(Asset { code, scale }));
        }
        teller.apply(Command::ListMarket(Box::new(spec.clone())));
        let state = MarketState::Open;
        teller.apply(Command::SetMarketState { market: MARKET, state });
        for index in 0..5 {
            teller.apply(Command::OpenAccount { user: UserId([index; 16]) });
            let account = AccountId(u32::from(index) + 2);
            for (asset, amount) in [(BASE, 1_000), (QUOTE, 100_000)] {
                let reference = u128::from(teller.seq);
                teller.apply(Command::Adjust { account, asset, amount, reference });
            }
        }
        teller
    }

    fn apply(&mut self, command: Command) -> Vec<Event> {
        self.seq += 1;
        let input = Stamped { seq: Seq(self.seq), time: self.now, command };
        let want = self.twin.apply(&input);
        let mut got = vec![];
        self.engine.apply(&input, &mut got);
        assert_eq!(got, want, "the engine (left) and its twin differ over {:?}", input.command);
        for event in &want {
            self.fold(event);
        }
        want
    }

    fn fold(&mut self, event: &Event) {
        match event {
            Event::Level { side, price, qty, .. } => {
                self.levels.insert((*side, *price), *qty);
            }
            Event::Balance { account, asset, available, held } => {
                self.balances.insert((*account, *asset), (*available, *held));
            }
            _ => {}
        }
    }

    fn tell(&mut self, asked: &str) -> String {
        let (name, rest) = asked.split_once(": ").map_or((None, asked), |(n, r)| (Some(n), r));
        let words: Vec<&str> = rest.split_whitespace().collect();
        match words.as_slice() {
            ["book"] => return self.book(),
            [who, "has"] => return self.has(account(who)),
            ["at", seconds] => {
                self.now = Time(1_000_000 * seconds.parse::<u64>().expect("seconds"));
            }
            _ => {}
        }
        let command = self.command(name, &words);
        let events = self.apply(command);
        self.learn(name, &events);
        let told: Vec<String> = events.iter().filter_map(|event| self.word(event)).collect();
        told.join(", ")
    }

    /// The names of what is new.
    fn learn(&mut self, name: Option<&str>, events: &[Event]) {
        let Some(name) = name else { return };
        let is_list = events.iter().any(|event| matches!(event, Event::ListChanged { .. }));
        let mut legs = 0;
        for event in events {
            match event {
                Event::ListChanged { list, state: ListState::Placed, .. } => {
                    self.lists.insert(name.to_string(), *list);
                }
                Event::Accepted { order, list, .. } => {
                    legs += 1;
                    let leg = format!("{name}{legs}");
                    let listed = is_list && list.is_some();
                    self.orders.insert(if listed { leg } else { name.to_string() }, *order);
                }
                _ => {}
            }
        }
    }

    fn command(&self, name: Option<&str>, words: &[&str]) -> Command {
        let market = MARKET;
        let name = name.unwrap_or("nobody");
        match words {
            ["at", _] => Command::Clock,
            ["state", state] => Command::SetMarketState { market, state: market_state(state) },
            ["tier", who, tier] => {
                Command::SetTier { account: account(who), tier: tier.parse().expect("a tier") }
            }
            ["fees", tiers @ ..] => {
                let tiers: Vec<_> = tiers.iter().map(|tier| rates(tier)).collect();
                Command::SetFees { market, fees: with_fees(FeeAsset::Quote, &tiers).fees }
            }
            [who, "deposits", amount, asset] => Command::Adjust {
                account: account(who),
                asset: if *asset == "base" { BASE } else { QUOTE },
                amount: amount.parse().expect("an amount"),
                reference: u128::from(self.seq) + 1_000,
            },
            [who, "cancel", "all"] => Command::CancelAll { account: account(who), market: None },
            [who, "cancel", "list", list] => {
                let list = self.lists.get(*list).copied().unwrap_or(ListId(999));
                Command::CancelList { account: account(who), market, list }
            }
            [who, "cancel", order] => {
                let (account, order) = (account(who), self.order(order));
                Command::Cancel { account, market, order, only: None }
            }
            [who, "cancel", order, "if", stands] => {
                let (account, order) = (account(who), self.order(order));
                Command::Cancel { account, market, order, only: Some(cancel_only(stands)) }
            }
            [who, "amend", order, lots] => {
                let (order, qty) = (self.order(order), qty(lots));
                Command::Amend { account: account(who), market, order, qty, client_id: None }
            }
            [who, "replace", order, "with", rest @ ..] => {
                let (rest, mode) = match rest {
                    [rest @ .., "anyway"] => (rest, ReplaceMode::AllowFailure),
                    [rest @ .., "whole"] => (rest, ReplaceMode::AllOrNothing),
                    rest => (rest, ReplaceMode::StopOnFailure),
                };
                let (rest, only) = match rest {
                    [rest @ .., "if", stands] => (rest, Some(cancel_only(stands))),
                    rest => (rest, None),
                };
                Command::Replace(Box::new(Replace {
                    cancel: self.order(order),
                    only,
                    order: new_order(name, who, rest),
                    mode,
                }))
            }
            [who, side, lots, "list", near, "or", stop, rest @ ..] => {
                Command::PlaceList(Box::new(list(name, who, side, lots, near, stop, rest)))
            }
            [who, rest @ ..] => Command::Place(new_order(name, who, rest)),
            [] => panic!("an empty line"),
        }
    }

    fn order(&self, name: &str) -> OrderRef {
        OrderRef::Id(self.orders.get(name).copied().unwrap_or(OrderId(999)))
    }

    fn name_of(&self, order: OrderId) -> &str {
        let found = self.orders.iter().find(|(_, id)| **id == order);
        found.map_or("?", |(name, _)| name)
    }

    fn list_name(&self, list: ListId) -> &str {
        let found = self.lists.iter().find(|(_, id)| **id == list);
        found.map_or("?", |(name, _)| name)
    }

    /// What an event is in a story; levels and balances are asked for, not told.
    fn word(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::Accepted { order, trigger_at, .. } => {
                let at = trigger_at.map(|price| format!(" at {}", price.ticks()));
                format!("{} accepted{}", self.name_of(*order), at.unwrap_or_default())
            }
            Event::Triggered { order, .. } => format!("{} wakes", self.name_of(*order)),
            Event::Traded { price, qty, taker, maker, .. } => format!(
                "{} takes {} of {} @ {}{}",
                self.name_of(taker.order),
                qty.lots(),
                self.name_of(maker.order),
                price.ticks(),
                fees(taker, maker),
            ),
            Event::Prevented { taker, maker, price, taker_qty, maker_qty, .. } => format!(
                "{} loses {} and {} loses {} @ {}",
                self.name_of(*taker),
                taker_qty.lots(),
                self.name_of(*maker),
                maker_qty.lots(),
                price.ticks(),
            ),
            Event::Canceled { order, remaining, reason, .. } => {
                format!("{} ends with {} {}", self.name_of(*order), remaining.lots(), why(*reason))
            }
            Event::Amended { order, qty, .. } => {
                format!("{} amended to {}", self.name_of(*order), qty.lots())
            }
            Event::ListChanged { list, state, .. } => {
                format!("{} {}", self.list_name(*list), format!("{state:?}").to_lowercase())
            }
            Event::Rejected { request, reason, .. } => format!("{request:?} refused: {reason:?}"),
            Event::Averaged { price, .. } => format!("average {}", price.ticks()),
            Event::AccountOpened { .. }
            | Event::TierSet { .. }
            | Event::AssetListed { .. }
            | Event::MarketListed { .. }
            | Event::MarketRefused { .. }
            | Event::MarketStateSet { .. }
            | Event::FiltersSet { .. }
            | Event::FeesSet { .. }
            | Event::Adjusted { .. }
            | Event::Balance { .. }
            | Event::Level { .. } => return None,
        })
    }

    fn book(&self) -> String {
        let told = |wanted: Side| {
            self.levels
                .iter()
                .filter(move |((side, _), qty)| *side == wanted && !qty.is_zero())
                .map(|((_, price), qty)| format!("{}@{}", qty.lots(), price.ticks()))
        };
        let bids: Vec<_> = told(Side::Buy).rev().collect();
        let asks: Vec<_> = told(Side::Sell).collect();
        format!("{} / {}", bids.join(" "), asks.join(" ")).trim().to_string()
    }

    fn has(&self, account: AccountId) -> String {
        let of = |asset| {
            let (available, held) =
                self.balances.get(&(account, asset)).copied().unwrap_or_default();
            format!("{available}+{held}")
        };
        format!("{} base, {} quote", of(BASE), of(QUOTE))
    }
}

fn account(name: &str) -> AccountId {
    match name {
        HOUSE_NAME => engine::HOUSE,
        _ => AccountId(u32::from(name.as_bytes()[0] - b'A') + 2),
    }
}

fn fees(taker: &Fill, maker: &Fill) -> String {
    if (taker.fee, maker.fee) == (0, 0) {
        return String::new();
    }
    let of = |fill: &Fill| {
        format!("{} {}", fill.fee, if fill.fee_asset == BASE { "base" } else { "quote" })
    };
    format!(" for {} and {}", of(taker), of(maker))
}

fn why(reason: CancelReason) -> String {
    format!("{reason:?}")
}

fn market_state(name: &str) -> MarketState {
    match name {
        "Open" => MarketState::Open,
        "PostOnly" => MarketState::PostOnly,
        "CancelOnly" => MarketState::CancelOnly,
        "Halted" => MarketState::Halted,
        _ => panic!("no such state: {name}"),
    }
}

fn qty(text: &str) -> Qty {
    Qty::new(text.parse().expect("lots")).expect("a quantity")
}

fn price(text: &str) -> Price {
    Price::new(text.parse().expect("ticks")).expect("a price")
}

fn client_id(text: &str) -> ClientOrderId {
    text.parse().expect("a name")
}

fn side(text: &str) -> Side {
    match text {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => panic!("neither buy nor sell: {text}"),
    }
}

/// The word after `key`.
fn after<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    let at = words.iter().position(|word| *word == key)?;
    words.get(at + 1).copied()
}

fn new_order(name: &str, who: &str, words: &[&str]) -> NewOrder {
    let stp = match after(words, "stp") {
        None => SelfTradePrevention::None,
        Some("taker") => SelfTradePrevention::ExpireTaker,
        Some("maker") => SelfTradePrevention::ExpireMaker,
        Some("both") => SelfTradePrevention::ExpireBoth,
        Some("decrement") => SelfTradePrevention::Decrement,
        Some(other) => panic!("no such mode: {other}"),
    };
    NewOrder {
        account: account(who),
        market: MARKET,
        client_id: client_id(name),
        side: side(words[0]),
        stp,
        kind: kind(words),
    }
}

fn kind(words: &[&str]) -> OrderKind {
    if let Some(amount) = after(words, "worth") {
        return OrderKind::Market { size: Size::Quote(amount.parse().expect("an amount")) };
    }
    let (lots, limit) = (qty(words[1]), after(words, "@").map(price));
    let display = after(words, "show").map(qty);
    let time_in_force = match after(words, "till") {
        Some(seconds) => TimeInForce::Gtd(Time(1_000_000 * seconds.parse::<u64>().expect("one"))),
        None if words.contains(&"ioc") => TimeInForce::Ioc,
        None if words.contains(&"fok") => TimeInForce::Fok,
        None => TimeInForce::Gtc,
    };
    let (stop, take) = (after(words, "stop").map(price), after(words, "take").map(price));
    let trailing = after(words, "trail")
        .map(|delta| Trailing { delta: delta.parse().expect("hundredths of a percent") });
    if stop.is_some() || take.is_some() || trailing.is_some() {
        let kind = if take.is_some() { TriggerKind::TakeProfit } else { TriggerKind::StopLoss };
        let then = match limit {
            Some(price) => Triggered::Limit { price, qty: lots, time_in_force, display },
            None => Triggered::Market { qty: lots },
        };
        let trigger = Trigger { kind, price: stop.or(take), trailing };
        return OrderKind::Conditional { trigger, then };
    }
    match limit {
        Some(price) if words.contains(&"post") => {
            OrderKind::LimitMaker { price, qty: lots, display }
        }
        Some(price) => OrderKind::Limit { price, qty: lots, time_in_force, display },
        None => OrderKind::Market { size: Size::Base(lots) },
    }
}

fn list(
    name: &str,
    who: &str,
    way: &str,
    lots: &str,
    near: &str,
    stop: &str,
    rest: &[&str],
) -> NewList {
    let profit = OrderKind::LimitMaker { price: price(near), qty: qty(lots), display: None };
    let mut words = vec![way, lots, "stop", stop];
    words.extend_from_slice(rest);
    let stop = new_order(name, who, &words);
    let leg =
        |suffix: &str, kind| ListLeg { client_id: client_id(&format!("{name}{suffix}")), kind };
    let legs = match side(way) {
        Side::Sell => [leg("1", profit), leg("2", stop.kind)],
        Side::Buy => [leg("1", stop.kind), leg("2", profit)],
    };
    NewList {
        account: account(who),
        market: MARKET,
        client_id: client_id(name),
        side: side(way),
        stp: stop.stp,
        legs,
    }
}

/// `new`, `part`, or how many lots are left.
fn cancel_only(stands: &str) -> CancelOnly {
    match stands {
        "new" => CancelOnly::New,
        "part" => CancelOnly::PartiallyFilled,
        left => CancelOnly::Remaining(qty(left)),
    }
}
