//! Every command survives the journal, and nothing else gets in.

use engine::{
    Allocation, Asset, Averages, CancelOnly, FeeAsset, FeeTier, Filters, ListLeg, MarketSpec,
    MarketState, NewList, NewOrder, OrderKind, PriceBand, Replace, ReplaceMode,
    SelfTradePrevention, Size, TimeInForce, Trailing, Trigger, TriggerKind, Triggered,
};
use model::{AssetCode, AssetId, ClientOrderId, FeeRate, Label, Price, Qty, Side};
use proptest::prelude::*;

use super::*;

fn price() -> impl Strategy<Value = Price> {
    (1..model::TICKS_MAX).prop_map(|ticks| Price::new(ticks).expect("in range"))
}

fn qty() -> impl Strategy<Value = Qty> {
    (0..model::LOTS_MAX).prop_map(|lots| Qty::new(lots).expect("in range"))
}

fn client_id() -> impl Strategy<Value = ClientOrderId> {
    "[a-zA-Z0-9._:/-]{1,36}".prop_map(|text| ClientOrderId::new(&text).expect("allowed"))
}

fn time_in_force() -> impl Strategy<Value = TimeInForce> {
    prop_oneof![
        Just(TimeInForce::Gtc),
        Just(TimeInForce::Ioc),
        Just(TimeInForce::Fok),
        any::<u64>().prop_map(|time| TimeInForce::Gtd(Time(time))),
    ]
}

fn display() -> impl Strategy<Value = Option<Qty>> {
    prop::option::of(qty())
}

fn trigger() -> impl Strategy<Value = Trigger> {
    let kind = prop_oneof![Just(TriggerKind::StopLoss), Just(TriggerKind::TakeProfit)];
    let trailing = prop::option::of(any::<u32>().prop_map(|delta| Trailing { delta }));
    (kind, prop::option::of(price()), trailing).prop_map(|(kind, price, trailing)| Trigger {
        kind,
        price,
        trailing,
    })
}

fn triggered() -> impl Strategy<Value = Triggered> {
    let limit = (price(), qty(), time_in_force(), display());
    prop_oneof![
        qty().prop_map(|qty| Triggered::Market { qty }),
        limit.prop_map(|(price, qty, time_in_force, display)| Triggered::Limit {
            price,
            qty,
            time_in_force,
            display
        }),
    ]
}

fn kind() -> impl Strategy<Value = OrderKind> {
    let limit = (price(), qty(), time_in_force(), display());
    prop_oneof![
        qty().prop_map(|qty| OrderKind::Market { size: Size::Base(qty) }),
        any::<i128>().prop_map(|amount| OrderKind::Market { size: Size::Quote(amount) }),
        limit.prop_map(|(price, qty, time_in_force, display)| OrderKind::Limit {
            price,
            qty,
            time_in_force,
            display
        }),
        (price(), qty(), display()).prop_map(|(price, qty, display)| OrderKind::LimitMaker {
            price,
            qty,
            display
        }),
        (trigger(), triggered())
            .prop_map(|(trigger, then)| OrderKind::Conditional { trigger, then }),
    ]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn stp() -> impl Strategy<Value = SelfTradePrevention> {
    prop_oneof![
        Just(SelfTradePrevention::None),
        Just(SelfTradePrevention::ExpireTaker),
        Just(SelfTradePrevention::ExpireMaker),
        Just(SelfTradePrevention::ExpireBoth),
        Just(SelfTradePrevention::Decrement),
    ]
}

fn account() -> impl Strategy<Value = AccountId> {
    any::<u32>().prop_map(AccountId)
}

fn market() -> impl Strategy<Value = MarketId> {
    any::<u16>().prop_map(MarketId)
}

fn order() -> impl Strategy<Value = NewOrder> {
    (account(), market(), client_id(), side(), stp(), kind()).prop_map(
        |(account, market, client_id, side, stp, kind)| NewOrder {
            account,
            market,
            client_id,
            side,
            stp,
            kind,
        },
    )
}

fn order_ref() -> impl Strategy<Value = OrderRef> {
    prop_oneof![
        any::<u64>().prop_map(|id| OrderRef::Id(OrderId(id))),
        client_id().prop_map(OrderRef::Client),
    ]
}

fn list() -> impl Strategy<Value = NewList> {
    let leg = || (client_id(), kind()).prop_map(|(client_id, kind)| ListLeg { client_id, kind });
    (account(), market(), client_id(), side(), stp(), leg(), leg()).prop_map(
        |(account, market, client_id, side, stp, above, below)| NewList {
            account,
            market,
            client_id,
            side,
            stp,
            legs: [above, below],
        },
    )
}

fn fees() -> impl Strategy<Value = Vec<FeeTier>> {
    let rate =
        || (-100_000..=100_000).prop_map(|rate| FeeRate::from_millionths(rate).expect("in range"));
    let tier = (rate(), rate()).prop_map(|(maker, taker)| FeeTier { maker, taker });
    prop::collection::vec(tier, 0..=FEES_MAX)
}

fn filters() -> impl Strategy<Value = Filters> {
    let ranges = ((price(), price()), (qty(), qty()), (qty(), qty()), any::<(i128, i128)>());
    let rules = (any::<(bool, bool)>(), any::<[u32; 4]>(), any::<u8>());
    let counts = (any::<[u32; 5]>(), any::<u16>(), any::<Option<i128>>(), any::<(u32, u32)>());
    (ranges, rules, counts).prop_map(|(ranges, rules, counts)| {
        let (price, qty, market_qty, notional) = ranges;
        let ((min, max), [bid_up, bid_down, ask_up, ask_down], minutes) = rules;
        let ([orders, algos, icebergs, parts, lists], amends_max, position_max, delta) = counts;
        Filters {
            price,
            qty,
            market_qty,
            notional,
            notional_min_to_market: min,
            notional_max_to_market: max,
            band: PriceBand { bid_up, bid_down, ask_up, ask_down },
            averages: Averages { minutes },
            orders_max: orders,
            algo_orders_max: algos,
            iceberg_orders_max: icebergs,
            iceberg_parts_max: parts,
            lists_max: lists,
            amends_max,
            position_max,
            trailing_delta: delta,
        }
    })
}

fn spec() -> impl Strategy<Value = MarketSpec> {
    let allocation = prop_oneof![Just(Allocation::Fifo), Just(Allocation::ProRata)];
    let fee_asset = prop_oneof![Just(FeeAsset::Received), Just(FeeAsset::Quote)];
    (any::<(u16, u16, u64, u8, u64)>(), allocation, fee_asset, filters(), fees()).prop_map(
        |(
            (base, quote, tick_units, tick_scale, lot_units),
            allocation,
            fee_asset,
            filters,
            fees,
        )| {
            MarketSpec {
                base: AssetId(base),
                quote: AssetId(quote),
                tick_units,
                tick_scale,
                lot_units,
                allocation,
                fee_asset,
                filters,
                fees,
            }
        },
    )
}

fn asset() -> impl Strategy<Value = Asset> {
    ("[A-Z0-9]{1,12}", any::<u8>())
        .prop_map(|(code, scale)| Asset { code: AssetCode::new(&code).expect("allowed"), scale })
}

fn market_state() -> impl Strategy<Value = MarketState> {
    prop_oneof![
        Just(MarketState::Open),
        Just(MarketState::PostOnly),
        Just(MarketState::CancelOnly),
        Just(MarketState::Halted),
    ]
}

fn replace() -> impl Strategy<Value = Replace> {
    let mode = prop_oneof![
        Just(ReplaceMode::StopOnFailure),
        Just(ReplaceMode::AllowFailure),
        Just(ReplaceMode::AllOrNothing),
    ];
    (order_ref(), cancel_only(), order(), mode).prop_map(|(cancel, only, order, mode)| Replace {
        cancel,
        only,
        order,
        mode,
    })
}

fn cancel_only() -> impl Strategy<Value = Option<CancelOnly>> {
    prop_oneof![
        Just(None),
        Just(Some(CancelOnly::New)),
        Just(Some(CancelOnly::PartiallyFilled)),
        qty().prop_map(|qty| Some(CancelOnly::Remaining(qty))),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(|user| Command::OpenAccount { user: UserId(user) }),
        (account(), any::<u8>()).prop_map(|(account, tier)| Command::SetTier { account, tier }),
        asset().prop_map(Command::ListAsset),
        spec().prop_map(|spec| Command::ListMarket(Box::new(spec))),
        (market(), market_state())
            .prop_map(|(market, state)| Command::SetMarketState { market, state }),
        (market(), filters()).prop_map(|(market, filters)| Command::SetFilters {
            market,
            filters: Box::new(filters)
        }),
        (market(), fees()).prop_map(|(market, fees)| Command::SetFees { market, fees }),
        (account(), any::<u16>(), any::<i128>(), any::<u128>()).prop_map(
            |(account, asset, amount, reference)| Command::Adjust {
                account,
                asset: AssetId(asset),
                amount,
                reference,
            }
        ),
        order().prop_map(Command::Place),
        list().prop_map(|list| Command::PlaceList(Box::new(list))),
        (account(), market(), order_ref(), cancel_only()).prop_map(
            |(account, market, order, only)| Command::Cancel { account, market, order, only }
        ),
        (account(), market(), any::<u64>()).prop_map(|(account, market, list)| {
            Command::CancelList { account, market, list: ListId(list) }
        }),
        (account(), prop::option::of(market()))
            .prop_map(|(account, market)| Command::CancelAll { account, market }),
        (account(), market(), order_ref(), qty(), prop::option::of(client_id())).prop_map(
            |(account, market, order, qty, client_id)| Command::Amend {
                account,
                market,
                order,
                qty,
                client_id,
            }
        ),
        replace().prop_map(|replace| Command::Replace(Box::new(replace))),
        Just(Command::Clock),
    ]
}

fn note() -> impl Strategy<Value = Note> {
    let label = (prop::option::of(any::<u64>()), prop::option::of(any::<u64>()))
        .prop_map(|(strategy_id, strategy_type)| Label { strategy_id, strategy_type });
    (prop::option::of(client_id()), [label.clone(), label])
        .prop_map(|(cancel, labels)| Note { cancel, labels })
        .prop_filter("an empty note is not written", |note| !note.is_empty())
}

fn encoded(command: &Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_command(&mut bytes, command);
    bytes
}

/// Reads a whole payload; what it holds, encoded again.
fn decode_and_encode(payload: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let (mut decoder, mut out) = (Decoder::new(payload), Vec::new());
    while let Some(entry) = decoder.entry()? {
        match entry {
            Entry::Genesis { rules, genesis, time } => put_genesis(&mut out, rules, &genesis, time),
            Entry::Checkpoint { seq, hash } => put_checkpoint(&mut out, seq, hash),
            Entry::Commands { time, count } => {
                let at = begin_commands(&mut out, time);
                for _ in 0..count {
                    let (command, note) = decoder.command()?;
                    if let Some(note) = note {
                        put_note(&mut out, &note);
                    }
                    put_command(&mut out, &command);
                }
                end_commands(&mut out, at, count);
            }
        }
    }
    Ok(out)
}

proptest! {
    #[test]
    fn every_command_comes_back_as_it_went_in(command in command()) {
        let bytes = encoded(&command);
        prop_assert!(fits(&command));
        prop_assert!(bytes.len() <= COMMAND_BYTES_MAX, "{} bytes", bytes.len());
        let mut decoder = Decoder::new(&bytes);
        prop_assert_eq!(decoder.command(), Ok((command, None)));
        prop_assert!(decoder.input.is_empty());
    }

    #[test]
    fn a_note_comes_back_with_its_command(command in command(), note in note()) {
        let mut bytes = Vec::new();
        put_note(&mut bytes, &note);
        put_command(&mut bytes, &command);
        prop_assert!(bytes.len() <= COMMAND_BYTES_MAX, "{} bytes", bytes.len());
        let mut decoder = Decoder::new(&bytes);
        prop_assert_eq!(decoder.command(), Ok((command, Some(Box::new(note)))));
        prop_assert!(decoder.input.is_empty());
    }

    #[test]
    fn a_command_cut_short_is_refused(command in command(), cut in any::<prop::sample::Index>()) {
        let bytes = encoded(&command);
        let cut = cut.index(bytes.len());
        prop_assert!(Decoder::new(&bytes[..cut]).command().is_err());
    }

    #[test]
    fn any_bytes_are_refused_or_are_the_one_form(
        tag in 0_u8..20,
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = vec![tag];
        bytes.extend_from_slice(&rest);
        let mut decoder = Decoder::new(&bytes);
        if let Ok((command, note)) = decoder.command() {
            let mut again = Vec::new();
            if let Some(note) = note {
                put_note(&mut again, &note);
            }
            put_command(&mut again, &command);
            prop_assert_eq!(&again[..], &bytes[..again.len()]);
        }
        if let Ok(again) = decode_and_encode(&bytes) {
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn a_flipped_bit_in_a_payload_never_panics(
        commands in prop::collection::vec(command(), 1..4),
        flip in any::<prop::sample::Index>(),
    ) {
        let mut payload = Vec::new();
        let at = begin_commands(&mut payload, Time(5));
        commands.iter().for_each(|command| put_command(&mut payload, command));
        end_commands(&mut payload, at, u32::try_from(commands.len()).expect("few"));
        put_checkpoint(&mut payload, Seq(3), StateHash([9; 32]));
        prop_assert_eq!(decode_and_encode(&payload), Ok(payload.clone()));
        let bit = flip.index(payload.len() * 8);
        payload[bit / 8] ^= 1 << (bit % 8);
        if let Ok(again) = decode_and_encode(&payload) {
            prop_assert_eq!(again, payload);
        }
    }
}

fn name(text: &str) -> ClientOrderId {
    ClientOrderId::new(text).expect("allowed")
}

fn limit(price: u64, qty: u64, time_in_force: TimeInForce) -> Command {
    Command::Place(NewOrder {
        account: AccountId(0x0102_0304),
        market: MarketId(0x0506),
        client_id: name("ab"),
        side: Side::Sell,
        stp: SelfTradePrevention::ExpireMaker,
        kind: OrderKind::Limit {
            price: Price::new(price).expect("in range"),
            qty: Qty::new(qty).expect("in range"),
            time_in_force,
            display: None,
        },
    })
}

/// Journals on disk have these bytes: they may never change.
#[test]
fn the_bytes_of_journals_that_exist_stay_readable() {
    let (account, market) = (AccountId(0x0102_0304), MarketId(0x0506));
    let cases: &[(Command, &str)] = &[
        (
            limit(0x0a0b_0c0d, 7, TimeInForce::Gtc),
            "0904030201060525026162000d0c0b0a0000070000000000",
        ),
        (
            limit(1, 1, TimeInForce::Gtd(Time(0x1122))),
            "09040302010605250261620301000000000001000000000022110000000000\
             00",
        ),
        (
            Command::Cancel { account, market, order: OrderRef::Id(OrderId(9)), only: None },
            "0b040302010605000900000000000000",
        ),
        (
            Command::Cancel { account, market, order: OrderRef::Client(name("x-1")), only: None },
            "0b04030201060503782d31",
        ),
        (
            Command::Cancel {
                account,
                market,
                order: OrderRef::Id(OrderId(9)),
                only: Some(CancelOnly::PartiallyFilled),
            },
            "1104030201060500090000000000000002",
        ),
        (
            Command::Cancel {
                account,
                market,
                order: OrderRef::Id(OrderId(9)),
                only: Some(CancelOnly::Remaining(Qty::new(0x0102).unwrap())),
            },
            "1104030201060500090000000000000003020100000000",
        ),
        (Command::CancelAll { account, market: None }, "0d0403020100"),
        (Command::CancelAll { account, market: Some(market) }, "0d04030201010605"),
        (Command::OpenAccount { user: UserId([0xee; 16]) }, "01eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"),
        (
            Command::Adjust { account, asset: AssetId(2), amount: -1, reference: 5 },
            "08040302010200ffffffffffffffffffffffffffffffff05000000000000000000000000000000",
        ),
        (Command::Clock, "10"),
    ];
    for (command, hex) in cases {
        let bytes = encoded(command);
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&text, hex, "{command:?}");
        let read = Decoder::new(&bytes).command();
        assert_eq!(read.as_ref().map(|(command, _)| command), Ok(command), "{hex}");
    }
    let label = Label { strategy_id: None, strategy_type: Some(1_000_000) };
    let note = Note { cancel: Some(name("c")), labels: [Label::default(), label] };
    let mut bytes = Vec::new();
    put_note(&mut bytes, &note);
    assert_eq!(bytes, [18, 0b1_0001, 1, b'c', 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0]);
}

#[test]
fn entries_have_these_bytes() {
    let mut out = Vec::new();
    put_genesis(&mut out, 1, &Genesis { map_key: [0xaa; 16] }, Time(2));
    put_checkpoint(&mut out, Seq(3), StateHash([0xbb; 32]));
    let at = begin_commands(&mut out, Time(4));
    put_command(&mut out, &Command::Clock);
    end_commands(&mut out, at, 1);
    let mut want = vec![2, 1, 0, 0, 0];
    want.extend_from_slice(&[0xaa; 16]);
    want.extend_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0]);
    want.extend_from_slice(&[0xbb; 32]);
    want.extend_from_slice(&[1, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 16]);
    assert_eq!(out, want);
    assert_eq!(decode_and_encode(&out), Ok(want));
}
