//! One random command out of a handful of bytes and what is open.

use engine::{
    CancelOnly, Command, ListLeg, MarketState, NewList, NewOrder, OrderKind, OrderRef, Replace,
    ReplaceMode, SelfTradePrevention, Size, TimeInForce, Trailing, Trigger, TriggerKind, Triggered,
};
use model::{
    AccountId, AssetId, ClientOrderId, LOTS_MAX, ListId, MarketId, OrderId, Price, Qty, Side,
    TICKS_MAX, Time,
};

use super::world::{self, ASSETS, CUSTOMERS, FIRST, MARKETS, Scale};
use super::{Bytes, Draw};
use crate::naive::{Exchange, Order};

#[derive(Clone, Copy)]
enum Ask {
    Place,
    PlaceList,
    Cancel,
    CancelList,
    CancelAll,
    Amend,
    Replace,
    Clock,
    Adjust,
    State,
    Configure,
}

const ASKS: [(u64, Ask); 11] = [
    (160, Ask::Place),
    (16, Ask::PlaceList),
    (10, Ask::Cancel),
    (3, Ask::CancelList),
    (2, Ask::CancelAll),
    (12, Ask::Amend),
    (13, Ask::Replace),
    (10, Ask::Clock),
    (12, Ask::Adjust),
    (6, Ask::State),
    (7, Ask::Configure),
];

/// When it comes and what it is. `seq` makes names fresh.
pub fn next_command(
    bytes: &Bytes,
    scale: Scale,
    seq: u64,
    now: Time,
    twin: &Exchange,
) -> (Time, Command) {
    let mut draw = Draw::new(bytes);
    let ask = draw.weighted(&ASKS);
    let passes = match draw.below(32) {
        0..24 => draw.below(900_000),
        24..30 => 1_000_000 * draw.below(20),
        _ => 60_000_000 * draw.one_of(&[0, 1, 2, 3, 30, 70]),
    };
    let time = Time(now.0 + passes);
    let closed = twin.markets.iter().position(|market| market.state != MarketState::Open);
    if let (Some(index), true) = (closed, draw.chance(10)) {
        let market = MarketId(u16::try_from(index).expect("small"));
        return (time, Command::SetMarketState { market, state: MarketState::Open });
    }
    let mut maker = Maker { draw: &mut draw, scale, seq, time, twin };
    (time, maker.command(ask))
}

/// Makes one command.
pub(super) struct Maker<'a, 'b> {
    pub(super) draw: &'a mut Draw<'b>,
    pub(super) scale: Scale,
    seq: u64,
    time: Time,
    pub(super) twin: &'a Exchange,
}

impl Maker<'_, '_> {
    fn command(&mut self, ask: Ask) -> Command {
        match ask {
            Ask::Place => Command::Place(self.order()),
            Ask::PlaceList => Command::PlaceList(Box::new(self.list())),
            Ask::Cancel => {
                let (account, market, order) = self.open_order();
                let only = self.restriction(order);
                Command::Cancel { account, market, order, only }
            }
            Ask::CancelList => self.cancel_list(),
            Ask::CancelAll => {
                let everywhere = self.draw.chance(20);
                let market = (!everywhere).then(|| self.market());
                Command::CancelAll { account: self.account(), market }
            }
            Ask::Amend => self.amend(),
            Ask::Replace => self.replace(),
            Ask::Clock => Command::Clock,
            Ask::Adjust => self.adjust(),
            Ask::State => {
                let states = [
                    (5, MarketState::Open),
                    (2, MarketState::PostOnly),
                    (1, MarketState::CancelOnly),
                    (1, MarketState::Halted),
                ];
                let state = self.draw.weighted(&states);
                Command::SetMarketState { market: self.market(), state }
            }
            Ask::Configure => self.configure(),
        }
    }

    /// Seldom one that is not there.
    pub(super) fn account(&mut self) -> AccountId {
        if self.draw.chance(1) {
            AccountId(self.draw.one_of(&[0, 1, 99]))
        } else {
            AccountId(FIRST + u32::try_from(self.draw.below(u64::from(CUSTOMERS))).expect("small"))
        }
    }

    /// Seldom one that is not there; mostly one of the first two.
    pub(super) fn market(&mut self) -> MarketId {
        let all = [(24, 0), (24, 1), (7, 2), (4, 3), (4, 4), (1, MARKETS)];
        MarketId(self.draw.weighted(&all))
    }

    fn side(&mut self) -> Side {
        self.draw.one_of(&[Side::Buy, Side::Sell])
    }

    /// Fresh, but for one in 32.
    fn name(&mut self) -> ClientOrderId {
        let open = self.twin.orders.values().next();
        match open {
            Some(order) if self.draw.chance(2) => order.new.client_id,
            Some(_) | None => self.fresh_name(),
        }
    }

    fn fresh_name(&mut self) -> ClientOrderId {
        format!("{}-{}", self.seq, self.draw.below(64)).parse().expect("a name")
    }

    /// Near where the market stands.
    fn price(&mut self, market: MarketId) -> Price {
        if self.draw.chance(1) {
            return Price::new(self.draw.one_of(&[1, 59, 161, TICKS_MAX - 1])).expect("a price");
        }
        let last = self.last(market);
        let spread = self.draw.one_of(&[1, 1, 3, 3, 6, 12]);
        let (up, down) = (self.away(spread), self.draw.below(2 * spread + 1));
        let ticks = (last + up).saturating_sub(down << self.scale.price_bits);
        Price::new(ticks.clamp(1, TICKS_MAX - 1)).expect("a price")
    }

    /// So many steps of price, as large as the world's numbers are.
    fn away(&self, steps: u64) -> u64 {
        steps << self.scale.price_bits
    }

    fn last(&self, market: MarketId) -> u64 {
        let market = self.twin.markets.get(usize::from(market.0));
        market.and_then(|market| market.last()).unwrap_or(100 << self.scale.price_bits)
    }

    fn qty(&mut self) -> Qty {
        let lots = match self.draw.below(64) {
            0 => self.draw.one_of(&[0, 41, LOTS_MAX - 1]),
            1..50 => self.draw.between(1, 12) << self.scale.qty_bits,
            _ => self.draw.between(10, 40) << self.scale.qty_bits,
        };
        Qty::new(lots.min(LOTS_MAX - 1)).expect("a quantity")
    }

    fn stp(&mut self) -> SelfTradePrevention {
        self.draw.one_of(&[
            SelfTradePrevention::None,
            SelfTradePrevention::ExpireTaker,
            SelfTradePrevention::ExpireMaker,
            SelfTradePrevention::ExpireBoth,
            SelfTradePrevention::Decrement,
        ])
    }

    fn time_in_force(&mut self) -> TimeInForce {
        match self.draw.below(16) {
            0..9 => TimeInForce::Gtc,
            9..11 => TimeInForce::Ioc,
            11..13 => TimeInForce::Fok,
            13 if self.draw.chance(4) => {
                TimeInForce::Gtd(Time(self.draw.one_of(&[(1 << 63) - 1, 1 << 63, u64::MAX])))
            }
            _ => TimeInForce::Gtd(Time(self.time.0 + 1_000_000 * self.draw.below(40))),
        }
    }

    fn display(&mut self, qty: Qty) -> Option<Qty> {
        let lots = match self.draw.below(16) {
            0..11 => return None,
            11..15 => qty.lots().div_ceil(self.draw.between(2, 4)).max(1),
            _ => self.draw.one_of(&[0, 1, qty.lots(), (qty.lots() + 1).min(LOTS_MAX - 1)]),
        };
        Qty::new(lots)
    }

    fn order(&mut self) -> NewOrder {
        let (account, market) = (self.account(), self.market());
        let (side, stp) = (self.side(), self.stp());
        let kind = self.kind(market, side);
        NewOrder { account, market, client_id: self.name(), side, stp, kind }
    }

    fn kind(&mut self, market: MarketId, side: Side) -> OrderKind {
        match self.draw.below(32) {
            0..16 => {
                let (price, qty, time_in_force) =
                    (self.price(market), self.qty(), self.time_in_force());
                let display = self.display(qty);
                let hides = display.is_some() && !self.draw.chance(4);
                let time_in_force = if hides { TimeInForce::Gtc } else { time_in_force };
                OrderKind::Limit { price, qty, time_in_force, display }
            }
            16..19 => {
                let (price, qty) = (self.price(market), self.qty());
                OrderKind::LimitMaker { price, qty, display: self.display(qty) }
            }
            19..24 => OrderKind::Market { size: self.size(market) },
            _ => {
                let kind = self.draw.one_of(&[TriggerKind::StopLoss, TriggerKind::TakeProfit]);
                self.conditional(market, side, kind)
            }
        }
    }

    fn size(&mut self, market: MarketId) -> Size {
        if self.draw.chance(32) {
            return Size::Base(self.qty());
        }
        let units = match market.0 {
            0 => 10,
            1 => 21,
            2 => 500,
            3 => 50,
            _ => 10,
        };
        let amount = match self.draw.below(32) {
            0 => self.draw.one_of(&[0, -1, 1, i128::MAX]),
            _ => {
                i128::from(self.draw.between(1, 4_000)) * units * self.draw.one_of(&[1, 3]) / 3
                    * (1_i128 << (self.scale.price_bits + self.scale.qty_bits))
            }
        };
        Size::Quote(amount)
    }

    fn conditional(&mut self, market: MarketId, side: Side, kind: TriggerKind) -> OrderKind {
        let trigger = self.trigger(market, side, kind);
        let qty = self.qty();
        let then = if self.draw.chance(32) {
            Triggered::Market { qty }
        } else {
            let (price, time_in_force) = (self.price(market), self.time_in_force());
            let display = self.display(qty);
            let hides = display.is_some() && !self.draw.chance(4);
            let time_in_force = if hides { TimeInForce::Gtc } else { time_in_force };
            Triggered::Limit { price, qty, time_in_force, display }
        };
        OrderKind::Conditional { trigger, then }
    }

    fn trigger(&mut self, market: MarketId, side: Side, kind: TriggerKind) -> Trigger {
        let above = match (side, kind) {
            (Side::Buy, TriggerKind::StopLoss) | (Side::Sell, TriggerKind::TakeProfit) => true,
            (Side::Sell, TriggerKind::StopLoss) | (Side::Buy, TriggerKind::TakeProfit) => false,
        };
        let steps = self.draw.below(5);
        let away = self.away(steps);
        let last = self.last(market);
        let ticks = if above { last + away } else { last.saturating_sub(away) };
        let price = Price::new(ticks.clamp(1, TICKS_MAX - 1));
        let delta = self.draw.weighted(&[
            (6, 100),
            (8, 150),
            (8, 300),
            (6, 500),
            (2, 900),
            (1, 0),
            (1, 3_000),
        ]);
        match self.draw.below(16) {
            0..9 => Trigger { kind, price, trailing: None },
            9..12 => Trigger { kind, price: None, trailing: Some(Trailing { delta }) },
            12..15 => Trigger { kind, price, trailing: Some(Trailing { delta }) },
            _ => Trigger { kind, price: price.filter(|_| !self.draw.chance(16)), trailing: None },
        }
    }

    fn list(&mut self) -> NewList {
        let (account, market, side) = (self.account(), self.market(), self.side());
        let last = self.last(market);
        let qty = self.qty();
        let steps = self.draw.between(1, 4);
        let away = self.away(steps);
        let near = if side == Side::Sell { last + away } else { last.saturating_sub(away) };
        let near = Price::new(near.clamp(1, TICKS_MAX - 1)).expect("a price");
        let profit = if self.draw.chance(40) {
            let display = self.display(qty);
            OrderKind::LimitMaker { price: near, qty, display }
        } else {
            with_qty(self.conditional(market, side, TriggerKind::TakeProfit), qty)
        };
        let mut stop = self.conditional(market, side, TriggerKind::StopLoss);
        if !self.draw.chance(4) {
            stop = with_qty(stop, qty);
        }
        let twins = self.draw.chance(2);
        let first = ListLeg { client_id: self.name(), kind: profit };
        let name = if twins {
            first.client_id
        } else {
            format!("{}-stop", self.seq).parse().expect("a name")
        };
        let second = ListLeg { client_id: name, kind: stop };
        let in_order = (side == Side::Sell) != self.draw.chance(3);
        let legs = if in_order { [first, second] } else { [second, first] };
        NewList { account, market, client_id: self.fresh_name(), side, stp: self.stp(), legs }
    }

    /// Mostly one that is open, by number or by name; seldom somebody else's.
    fn open_order(&mut self) -> (AccountId, MarketId, OrderRef) {
        let open: Vec<_> = self.twin.orders.values().collect();
        if open.is_empty() || self.draw.chance(4) {
            let id = OrderId(self.draw.below(64));
            return (self.account(), self.market(), OrderRef::Id(id));
        }
        let order = self.draw.one_of(&open);
        let wanted = if self.draw.chance(24) {
            OrderRef::Client(order.new.client_id)
        } else {
            OrderRef::Id(order.id)
        };
        let account = if self.draw.chance(3) { self.account() } else { order.new.account };
        let market = if self.draw.chance(3) { self.market() } else { order.new.market };
        (account, market, wanted)
    }

    fn cancel_list(&mut self) -> Command {
        let open: Vec<_> = self.twin.lists.iter().collect();
        if open.is_empty() || self.draw.chance(8) {
            let list = ListId(self.draw.below(64));
            return Command::CancelList { account: self.account(), market: self.market(), list };
        }
        let (id, list) = self.draw.one_of(&open);
        // Seldom somebody else's, or looked for elsewhere.
        let account = if self.draw.chance(8) { self.account() } else { list.account };
        let market = if self.draw.chance(8) { self.market() } else { list.market };
        Command::CancelList { account, market, list: *id }
    }

    fn amend(&mut self) -> Command {
        let (account, market, order) = self.open_order();
        let found = self.twin.orders.values().find(|open| match order {
            OrderRef::Id(id) => open.id == id,
            OrderRef::Client(name) => open.new.client_id == name,
        });
        let most = found.map_or(8, |open| u64::try_from(open.qty).expect("small"));
        let lots = match self.draw.below(8) {
            0 => self.draw.one_of(&[0, most, most + 1]),
            1..4 => most.saturating_sub(1),
            _ => most / 20 * self.draw.below(20) + self.draw.below(most.clamp(1, 20)),
        };
        let qty = Qty::new(lots.min(LOTS_MAX - 1)).expect("a quantity");
        let client_id = if self.draw.chance(16) { Some(self.name()) } else { None };
        Command::Amend { account, market, order, qty, client_id }
    }

    fn replace(&mut self) -> Command {
        let (account, market, cancel) = self.open_order();
        let mut order = NewOrder { account, market, ..self.order() };
        let found = self.found(cancel).map(|open| (open.new.side, open.new.client_id));
        if let Some(found) = found
            && self.draw.chance(32)
        {
            (order.side, order.client_id) = found;
        }
        order.kind = self.kind(market, order.side);
        let mode = self.draw.one_of(&[
            ReplaceMode::StopOnFailure,
            ReplaceMode::AllowFailure,
            ReplaceMode::AllOrNothing,
        ]);
        let only = self.restriction(cancel);
        Command::Replace(Box::new(Replace { cancel, only, order, mode }))
    }

    fn found(&self, order: OrderRef) -> Option<&Order> {
        match order {
            OrderRef::Id(id) => self.twin.orders.get(&id),
            OrderRef::Client(_) => None,
        }
    }

    fn restriction(&mut self, order: OrderRef) -> Option<CancelOnly> {
        let left = self.found(order).map_or(1, |open| open.remaining);
        let left = u64::try_from(left).ok().and_then(Qty::new).unwrap_or(Qty::ZERO);
        self.draw.weighted(&[
            (1, Some(CancelOnly::Remaining(left))),
            (8, None),
            (1, Some(CancelOnly::New)),
            (1, Some(CancelOnly::PartiallyFilled)),
        ])
    }

    fn adjust(&mut self) -> Command {
        let account = if self.draw.chance(3) { AccountId(1) } else { self.account() };
        let asset = AssetId(u16::try_from(self.draw.below(u64::from(ASSETS) * 8)).expect("small"));
        let asset = if asset.0 == ASSETS * 8 - 1 { AssetId(99) } else { AssetId(asset.0 % ASSETS) };
        let amount = world::deposit(asset, self.scale, self.draw);
        let amount = match self.draw.below(8) {
            0..4 => amount / 2,
            4..7 => -amount / 2,
            _ => self.draw.one_of(&[0, 1 << 106, i128::MIN, i128::MAX]),
        };
        let used = self.draw.chance(6);
        let reference = if used { 1 } else { 1_000 + u128::from(self.seq) };
        Command::Adjust { account, asset, amount, reference }
    }
}

fn with_qty(kind: OrderKind, qty: Qty) -> OrderKind {
    match kind {
        OrderKind::Conditional { trigger, then: Triggered::Market { .. } } => {
            OrderKind::Conditional { trigger, then: Triggered::Market { qty } }
        }
        OrderKind::Conditional { trigger, then: Triggered::Limit { price, time_in_force, .. } } => {
            OrderKind::Conditional {
                trigger,
                then: Triggered::Limit { price, qty, time_in_force, display: None },
            }
        }
        OrderKind::Market { .. } | OrderKind::Limit { .. } | OrderKind::LimitMaker { .. } => kind,
    }
}
