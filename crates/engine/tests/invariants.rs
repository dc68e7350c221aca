//! Whatever is asked, the invariants hold after each command, and a snapshot is the state.

use engine::{
    Allocation, Asset, Averages, CancelOnly, Command, Engine, Event, FeeAsset, FeeTier, Filters,
    Genesis, ListLeg, MarketSpec, MarketState, NewList, NewOrder, OrderKind, OrderRef, PriceBand,
    Replace, ReplaceMode, SelfTradePrevention, Size, Stamped, TimeInForce, Trailing, Trigger,
    TriggerKind, Triggered,
};
use model::{
    AccountId, AssetCode, AssetId, ClientOrderId, FeeRate, ListId, MarketId, OrderId, Price, Qty,
    Seq, Side, Time, UserId,
};

/// A deterministic source of choices.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }

    fn price(&mut self) -> Price {
        Price::new(95 + self.roll(11)).unwrap()
    }

    fn qty(&mut self) -> Qty {
        Qty::new(self.roll(12)).unwrap()
    }

    fn name(&mut self) -> ClientOrderId {
        ClientOrderId::new(&format!("c{}", self.roll(60))).unwrap()
    }

    fn account(&mut self) -> AccountId {
        AccountId(u32::try_from(2 + self.roll(4)).unwrap())
    }

    fn display(&mut self) -> Option<Qty> {
        (self.roll(4) == 0).then(|| self.qty())
    }

    fn time_in_force(&mut self, now: Time) -> TimeInForce {
        let later = Time(now.0 + self.roll(90_000_000));
        let all = [TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::Gtd(later)];
        if self.roll(2) == 0 { TimeInForce::Gtc } else { self.pick(&all) }
    }

    fn conditional(&mut self, kind: TriggerKind, now: Time) -> OrderKind {
        let trailing = (self.roll(3) == 0).then(|| Trailing { delta: 100 * self.delta() });
        let price = (trailing.is_none() || self.roll(2) == 0).then(|| self.price());
        let then = if self.roll(2) == 0 {
            Triggered::Market { qty: self.qty() }
        } else {
            let (price, qty) = (self.price(), self.qty());
            let (time_in_force, display) = (self.time_in_force(now), self.display());
            Triggered::Limit { price, qty, time_in_force, display }
        };
        OrderKind::Conditional { trigger: Trigger { kind, price, trailing }, then }
    }

    fn delta(&mut self) -> u32 {
        u32::try_from(self.roll(6)).unwrap()
    }

    fn kind(&mut self, now: Time) -> OrderKind {
        let (price, qty, display) = (self.price(), self.qty(), self.display());
        match self.roll(10) {
            0 => OrderKind::Market { size: Size::Base(qty) },
            1 => OrderKind::Market { size: Size::Quote(i128::from(self.roll(2_000))) },
            2 => OrderKind::LimitMaker { price, qty, display },
            3 => self.conditional(TriggerKind::StopLoss, now),
            4 => self.conditional(TriggerKind::TakeProfit, now),
            _ => {
                let time_in_force = self.time_in_force(now);
                OrderKind::Limit { price, qty, time_in_force, display }
            }
        }
    }

    fn order(&mut self, now: Time) -> NewOrder {
        let modes = [
            SelfTradePrevention::None,
            SelfTradePrevention::ExpireTaker,
            SelfTradePrevention::ExpireMaker,
            SelfTradePrevention::ExpireBoth,
            SelfTradePrevention::Decrement,
        ];
        NewOrder {
            account: self.account(),
            market: MarketId(u16::from(self.roll(2) == 0)),
            client_id: self.name(),
            side: self.pick(&[Side::Buy, Side::Sell]),
            stp: self.pick(&modes),
            kind: self.kind(now),
        }
    }

    fn list(&mut self, now: Time) -> NewList {
        let NewOrder { account, market, side, stp, .. } = self.order(now);
        let (client_id, qty) = (self.name(), self.qty());
        let stop =
            Trigger { kind: TriggerKind::StopLoss, price: Some(self.price()), trailing: None };
        let stop = OrderKind::Conditional { trigger: stop, then: Triggered::Market { qty } };
        let maker = OrderKind::LimitMaker { price: self.price(), qty, display: None };
        let legs = match side {
            Side::Sell => [maker, stop],
            Side::Buy => [stop, maker],
        };
        let legs = legs.map(|kind| ListLeg { client_id: self.name(), kind });
        NewList { account, market, client_id, side, stp, legs }
    }

    fn command(&mut self, now: Time, orders: u64, lists: u64) -> Command {
        let market = MarketId(u16::from(self.roll(2) == 0));
        let account = self.account();
        let id = OrderRef::Id(OrderId(orders.saturating_sub(self.roll(40))));
        let order = if self.roll(2) == 0 { id } else { OrderRef::Client(self.name()) };
        match self.roll(40) {
            0..=4 => {
                let restrictions = [None, Some(CancelOnly::New), Some(CancelOnly::PartiallyFilled)];
                Command::Cancel { account, market, order, only: self.pick(&restrictions) }
            }
            5..=7 => Command::PlaceList(Box::new(self.list(now))),
            8 => Command::CancelAll { account, market: Some(market) },
            9 => Command::CancelAll { account, market: None },
            10..=12 => {
                let client_id = (self.roll(2) == 0).then(|| self.name());
                Command::Amend { account, market, order, qty: self.qty(), client_id }
            }
            13..=15 => {
                let mode = self.pick(&[ReplaceMode::StopOnFailure, ReplaceMode::AllowFailure]);
                let order_new = self.order(now);
                let (cancel, only) = (order, None);
                Command::Replace(Box::new(Replace { cancel, only, order: order_new, mode }))
            }
            16 => {
                let list = ListId(lists.saturating_sub(self.roll(5)));
                Command::CancelList { account, market, list }
            }
            17 if self.roll(8) == 0 => {
                let state = self.pick(&[
                    MarketState::Open,
                    MarketState::PostOnly,
                    MarketState::CancelOnly,
                    MarketState::Halted,
                ]);
                Command::SetMarketState { market, state }
            }
            18 => Command::SetMarketState { market, state: MarketState::Open },
            _ => Command::Place(self.order(now)),
        }
    }
}

fn filters() -> Filters {
    let (price, qty) = ((1, 1_000_000), (1, 1_000_000));
    let prices = (Price::new(price.0).unwrap(), Price::new(price.1).unwrap());
    let lots = (Qty::new(qty.0).unwrap(), Qty::new(qty.1).unwrap());
    Filters {
        price: prices,
        qty: lots,
        market_qty: lots,
        notional: (1, 1 << 60),
        notional_min_to_market: true,
        notional_max_to_market: true,
        band: PriceBand { bid_up: 10_400, bid_down: 8_000, ask_up: 12_000, ask_down: 9_600 },
        averages: Averages { minutes: 2 },
        orders_max: 25,
        algo_orders_max: 8,
        iceberg_orders_max: 6,
        iceberg_parts_max: 8,
        lists_max: 3,
        amends_max: 2,
        position_max: Some(40_000),
        trailing_delta: (100, 500),
    }
}

fn setup() -> Vec<Command> {
    let asset = |code: &str| Asset { code: AssetCode::new(code).unwrap(), scale: 4 };
    let rate = |rate| FeeRate::from_millionths(rate).unwrap();
    let fees = |second| {
        vec![
            FeeTier { maker: rate(1_000), taker: rate(2_000) },
            FeeTier { maker: rate(second), taker: rate(1_500) },
        ]
    };
    let market = |quote, fee_asset, allocation, second| MarketSpec {
        base: AssetId(0),
        quote: AssetId(quote),
        tick_units: 7,
        tick_scale: 2,
        lot_units: 100,
        allocation,
        fee_asset,
        filters: filters(),
        fees: fees(second),
    };
    let mut commands = vec![
        Command::ListAsset(asset("BASE")),
        Command::ListAsset(asset("EUR")),
        Command::ListAsset(asset("USD")),
        Command::ListMarket(Box::new(market(1, FeeAsset::Received, Allocation::Fifo, 700))),
        Command::ListMarket(Box::new(market(2, FeeAsset::Quote, Allocation::ProRata, -700))),
        Command::SetMarketState { market: MarketId(0), state: MarketState::Open },
        Command::SetMarketState { market: MarketId(1), state: MarketState::Open },
    ];
    for user in 2..6_u8 {
        commands.push(Command::OpenAccount { user: UserId([user; 16]) });
        let account = AccountId(u32::from(user));
        commands.push(Command::SetTier { account, tier: user % 2 });
        for (asset, amount) in [(0, 20_000), (1, 200_000), (2, 200_000)] {
            let reference = u128::from(user) << 8 | u128::from(asset);
            let asset = AssetId(asset);
            commands.push(Command::Adjust { account, asset, amount, reference });
        }
    }
    commands
}

#[test]
fn the_invariants_hold_after_each_of_many_commands_and_every_snapshot_is_the_state() {
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let mut engine = Engine::new(&Genesis { map_key: [7; 16] });
        let mut twin = Engine::new(&Genesis { map_key: [7; 16] });
        let (mut events, mut again, mut time) = (Vec::new(), Vec::new(), Time(1_000_000_000));
        let (mut orders, mut lists) = (0, 0);
        let mut setup = setup().into_iter();
        for seq in 1..1_500 {
            time = Time(time.0 + dice.roll(3_000_000));
            let command = setup.next().unwrap_or_else(|| dice.command(time, orders, lists));
            let input = Stamped { seq: Seq(seq), time, command };
            events.clear();
            again.clear();
            engine.apply(&input, &mut events);
            twin.apply(&input, &mut again);
            assert_eq!(events, again, "seed {seed}, command {seq}");
            for event in &events {
                if let Event::Accepted { order, list, .. } = event {
                    orders = order.0;
                    lists = list.map_or(lists, |list| list.0);
                }
            }
            if let Err(broken) = engine.check_invariants() {
                panic!("seed {seed}, command {seq}: {broken}\n{input:?}\n{events:#?}");
            }
            if seq % 50 == 0 {
                twin = copy_of(&engine);
                assert_eq!(twin.state_hash(), engine.state_hash());
            }
        }
    }
}

/// A journal is replayed by later builds too, and by those made otherwise: what they make of it
/// may differ only together with [`engine::RULES_VERSION`].
#[test]
fn a_fixed_story_leads_to_the_state_that_it_always_led_to() {
    let mut dice = Dice(99);
    let mut engine = Engine::new(&Genesis { map_key: [7; 16] });
    let (mut events, mut time, mut orders, mut lists) = (Vec::new(), Time(1_000_000_000), 0, 0);
    let mut setup = setup().into_iter();
    for seq in 1..5_000 {
        time = Time(time.0 + dice.roll(3_000_000));
        let command = setup.next().unwrap_or_else(|| dice.command(time, orders, lists));
        engine.apply(&Stamped { seq: Seq(seq), time, command }, &mut events);
        for event in events.drain(..) {
            if let Event::Accepted { order, list, .. } = event {
                orders = order.0;
                lists = list.map_or(lists, |list| list.0);
            }
        }
    }
    let hash: String = engine.state_hash().0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "03168e19c438fd03be8246bb0734108c83bbc20c9c8042bef670d88c4dab22b7");
}

/// More open orders than any cache holds, some of them older than all numbers that are found
/// without a search.
#[test]
fn a_large_book_that_is_looked_ahead_at_is_the_same_book() {
    const ORDERS: u64 = 140_000;
    let mut dice = Dice(5);
    let mut ahead = Engine::new(&Genesis { map_key: [7; 16] });
    let mut plain = copy_of(&ahead);
    let mut inputs: Vec<Stamped> = Vec::new();
    let enter = |command, inputs: &mut Vec<Stamped>| {
        let seq = Seq(inputs.len() as u64 + 1);
        inputs.push(Stamped { seq, time: Time(1_000_000_000), command });
    };
    setup().into_iter().for_each(|command| enter(command, &mut inputs));
    let band = PriceBand { bid_up: 100_000, bid_down: 0, ask_up: 100_000, ask_down: 0 };
    let filters = Filters { orders_max: u32::MAX, position_max: None, band, ..filters() };
    let market = MarketId(0);
    enter(Command::SetFilters { market, filters: Box::new(filters) }, &mut inputs);
    for account in (2..6).map(AccountId) {
        for asset in [AssetId(0), AssetId(1)] {
            let reference = 1 << 100 | u128::from(account.0) << 8 | u128::from(asset.0);
            enter(Command::Adjust { account, asset, amount: 1 << 60, reference }, &mut inputs);
        }
    }
    for number in 1..=ORDERS {
        let client_id = ClientOrderId::new(&format!("n{number}")).unwrap();
        let account = dice.account();
        let (side, ticks) = if dice.roll(2) == 0 {
            (Side::Buy, 400 - dice.roll(300))
        } else {
            (Side::Sell, 399 + dice.roll(300))
        };
        let (price, qty) = (Price::new(ticks).unwrap(), Qty::new(1 + dice.roll(5)).unwrap());
        let time_in_force = TimeInForce::Gtc;
        let kind = OrderKind::Limit { price, qty, time_in_force, display: None };
        let stp = SelfTradePrevention::ExpireMaker;
        let new = NewOrder { account, market, client_id, side, stp, kind };
        enter(Command::Place(new), &mut inputs);
        if dice.roll(3) == 0 {
            let order = OrderRef::Id(OrderId(1 + dice.roll(number)));
            enter(
                Command::Cancel { account: dice.account(), market, order, only: None },
                &mut inputs,
            );
        }
    }
    let (mut one, mut other) = (Vec::new(), Vec::new());
    let (mut newest, mut ended_late) = (0, 0);
    for inputs in inputs.chunks(5_000) {
        ahead.apply_all(inputs, &mut one, |_| {});
        inputs.iter().for_each(|input| plain.apply(input, &mut other));
        assert!(one == other, "the same happens up to command {}", ahead.seq().0);
        for event in one.drain(..) {
            match event {
                Event::Accepted { order, .. } => newest = order.0,
                Event::Canceled { order, .. } => {
                    ended_late += u64::from(order.0 + (1 << 16) < newest);
                }
                _ => {}
            }
        }
        other.clear();
    }
    assert!(1_000 < ended_late, "{ended_late} orders ended that were old");
    assert_eq!(ahead.check_invariants(), Ok(()));
    assert_eq!(copy_of(&ahead).state_hash(), plain.state_hash());
}

/// By way of its snapshot, as there is no other.
fn copy_of(engine: &Engine) -> Engine {
    let mut bytes = Vec::new();
    engine.snapshot(&mut bytes);
    Engine::restore(&bytes).expect("what was written can be read")
}
