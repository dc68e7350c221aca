//! What is asked for anew: it is one order, nothing of it is asked for twice, and a no leaves it.

use engine::{PriceBand, SelfTradePrevention, TimeInForce, TriggerKind};
use model::{ClientOrderId, MarketId};
use projection::Bounds;
use venue::port::{OrderState, Pair};

use super::*;
use crate::desk::tests::{ALICE, BOB, Stage, limit, order};
use crate::desk::{DeskSize, DeskSuccessor};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn pair() -> Pair {
    Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
}

fn market(qty: &str) -> DeskTerms {
    DeskTerms::Market { size: DeskSize::Base(number(qty)) }
}

fn price(to: &str) -> DeskRevision {
    DeskRevision { price: Some(number(to)), ..DeskRevision::default() }
}

fn qty(to: &str) -> DeskRevision {
    DeskRevision { qty: Some(number(to)), ..DeskRevision::default() }
}

/// Quantity, what of it traded, what of it met its own account.
fn told(view: &DeskOrderView) -> [String; 3] {
    [view.qty, view.filled, view.prevented].map(|it| it.trimmed().to_string())
}

/// Changes the rules of the market.
async fn rule(stage: &Stage, change: impl FnOnce(&mut Filters)) {
    let desk = &stage.desk;
    let mut filters = desk.market(pair()).unwrap().spec.filters;
    change(&mut filters);
    let command = Command::SetFilters { market: MarketId(0), filters: Box::new(filters) };
    desk.exchange().sequencer.submit(command).unwrap().await.unwrap();
}

#[tokio::test]
async fn what_traded_before_an_order_was_revised_is_never_forgotten_while_it_stands() {
    let memory = Bounds { closed_orders: 2, ..Bounds::default() };
    let stage = Stage::remembering(memory).await;
    let desk = &stage.desk;
    let ask = desk.place(&ALICE, &order("ask", Side::Sell, limit("50000", "0.5"))).await.unwrap();
    desk.place(&BOB, &order("bid", Side::Buy, market("0.1"))).await.unwrap();
    let id = OrderRef::Id(ask.id);
    desk.revise(&ALICE, id, &price("51000")).await.unwrap();
    for name in ["one", "two", "three"] {
        desk.place(&ALICE, &order(name, Side::Buy, limit("1000", "0.1"))).await.unwrap();
        let name = OrderRef::Client(ClientOrderId::new(name).unwrap());
        desk.cancel(&ALICE, pair(), name).await.unwrap();
    }
    let stands = desk.order(&ALICE, id).unwrap();
    assert_eq!((stands.id, told(&stands)), (ask.id, ["0.5", "0.1", "0"].map(String::from)));
    assert_eq!((stands.created, stands.fills), (ask.created, 1));
    assert_eq!((stands.fee, stands.quote_filled), (number("10.00000000"), number("5000.00000000")));
    let fills = desk.fills(&ALICE, None, Some(ask.id), (None, None), 10);
    assert_eq!(
        fills.iter().map(|it| (it.order, it.qty)).collect::<Vec<_>>(),
        [(ask.id, number("0.1000"))]
    );
    let below = desk.revise(&ALICE, id, &qty("0.1")).await;
    assert_eq!(below, Err(DeskError::BelowFilled));
    let revision = DeskRevision { price: Some(number("52000")), ..qty("0.5") };
    desk.revise(&ALICE, id, &revision).await.unwrap();
    let depth = desk.depth(pair(), 10).unwrap();
    assert_eq!(depth.asks[0].qty, number("0.4000"), "not what traded as well");
    desk.cancel(&ALICE, pair(), id).await.unwrap();
    assert_eq!(told(&desk.order(&ALICE, id).unwrap())[1], "0.1");
    stage.close();
}

#[tokio::test]
async fn what_the_engine_would_refuse_is_not_cancelled_for_it() {
    use crate::desk::DeskFilter::{NotionalMin, PriceBand as Band, QtyMin};
    let stage = Stage::open().await;
    let desk = &stage.desk;
    rule(&stage, |filters| {
        let (bid_up, bid_down, ask_up, ask_down) = (50_000, 2_000, 50_000, 2_000);
        filters.band = PriceBand { bid_up, bid_down, ask_up, ask_down };
        filters.notional_min_to_market = true;
        filters.iceberg_orders_max = 10;
        filters.iceberg_parts_max = 100;
    })
    .await;
    desk.place(&BOB, &order("ask", Side::Sell, limit("50000", "1"))).await.unwrap();
    desk.place(&ALICE, &order("taker", Side::Buy, market("0.1"))).await.unwrap();
    let lasting = TimeInForce::Gtc;
    let (bid, shown) = (number("49000"), Some(number("0.2")));
    let iceberg = DeskTerms::Limit { price: bid, qty: number("0.5"), lasting, shown };
    let stop = |at: &str| {
        let (stop, at, qty, limit) = (TriggerKind::StopLoss, number(at), number("0.1"), None);
        DeskTerms::Stop { stop, at, qty, limit }
    };
    let at = |to: &str| DeskRevision { at: Some(number(to)), ..DeskRevision::default() };
    for (name, side, terms, revision, want) in [
        ("low", Side::Buy, limit("49000", "0.1"), price("500"), DeskError::Filter(Band)),
        ("iceberg", Side::Buy, iceberg, qty("0.1"), DeskError::Unsupported),
        ("stop", Side::Sell, stop("40000"), qty("0.0001"), DeskError::Filter(QtyMin)),
        ("small", Side::Sell, stop("40000"), qty("0.0002"), DeskError::Filter(NotionalMin)),
        ("dear", Side::Buy, stop("60000"), at("900000"), DeskError::Funds),
    ] {
        if name == "small" {
            rule(&stage, |filters| filters.notional.0 = 2_000_000_000).await;
        }
        let placed = desk.place(&ALICE, &order(name, side, terms)).await.unwrap();
        let id = OrderRef::Id(placed.id);
        assert_eq!(desk.revise(&ALICE, id, &revision).await, Err(want), "{name}");
        assert_eq!(desk.order(&ALICE, id), Some(placed), "{name}");
        desk.cancel(&ALICE, pair(), id).await.unwrap();
    }
    stage.close();
}

#[tokio::test]
async fn what_trades_between_the_look_and_the_command_is_not_asked_for_again() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    let bid = desk.place(&ALICE, &order("bid", Side::Buy, limit("40000", "1"))).await.unwrap();
    desk.place(&BOB, &order("ask", Side::Sell, limit("41000", "1"))).await.unwrap();
    let sell = |name: &str, qty: &str| order(name, Side::Sell, market(qty));
    desk.place(&BOB, &sell("first", "0.4")).await.unwrap();
    let id = OrderRef::Id(bid.id);
    let (standing, crosses) = (desk.standing(&ALICE, id).unwrap(), price("41000"));
    let asked = desk.revised(&standing, &crosses).unwrap();
    desk.place(&BOB, &sell("second", "0.2")).await.unwrap();
    let outcome = desk.replace(&standing, &asked, &crosses).await.unwrap();
    assert!(matches!(outcome, Revised::Moved));
    assert_eq!(told(&desk.order(&ALICE, id).unwrap())[1], "0.6", "it stands as it did");
    let all = desk.revise(&ALICE, id, &crosses).await.unwrap();
    assert_eq!((all.state, told(&all)), (OrderState::Filled, ["1", "1", "0"].map(String::from)));
    stage.close();
}

#[tokio::test]
async fn a_cancel_finds_an_order_that_was_revised_meanwhile() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    let bid = desk.place(&ALICE, &order("bid", Side::Buy, limit("40000", "1"))).await.unwrap();
    let id = OrderRef::Id(bid.id);
    let known = desk.order_ref(desk.account(&ALICE).unwrap(), id);
    desk.revise(&ALICE, id, &price("41000")).await.unwrap();
    let ended = desk.cancel_as(&ALICE, pair(), id, known).await.unwrap();
    assert_eq!((ended.id, ended.state), (bid.id, OrderState::Canceled));
    assert!(desk.open_orders(&ALICE, None).is_empty());
    assert_eq!(desk.cancel(&ALICE, pair(), id).await, Err(DeskError::UnknownOrder));
    stage.close();
}

#[tokio::test]
async fn an_order_may_be_made_less_as_often_as_its_owner_likes() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    rule(&stage, |filters| filters.amends_max = 2).await;
    let bid = desk.place(&ALICE, &order("bid", Side::Buy, limit("40000", "1"))).await.unwrap();
    for to in ["0.9", "0.8", "0.7", "0.6", "0.5"] {
        let less = desk.revise(&ALICE, OrderRef::Id(bid.id), &qty(to)).await.unwrap();
        assert_eq!((less.id, &*told(&less)[0]), (bid.id, to));
    }
    stage.close();
}

#[tokio::test]
async fn what_met_its_own_account_stands_no_more() {
    let stage = Stage::open().await;
    let desk = &stage.desk;
    desk.place(&ALICE, &order("bid", Side::Buy, limit("40000", "0.4"))).await.unwrap();
    let ask = DeskOrder {
        prevention: SelfTradePrevention::Decrement,
        ..order("ask", Side::Sell, limit("40000", "1"))
    };
    let ask = desk.place(&ALICE, &ask).await.unwrap();
    assert_eq!((told(&ask), ask.rest()), (["1", "0", "0.4"].map(String::from), number("0.6")));
    let id = OrderRef::Id(ask.id);
    desk.place(&BOB, &order("taker", Side::Buy, market("0.1"))).await.unwrap();
    let best = || desk.depth(pair(), 10).unwrap().asks[0].qty;
    let dearer = desk.revise(&ALICE, id, &price("41000")).await.unwrap();
    assert_eq!((told(&dearer), best()), (["1", "0.1", "0.4"].map(String::from), number("0.5")));
    let less = desk.revise(&ALICE, id, &qty("0.8")).await.unwrap();
    assert_eq!((less.rest(), best()), (number("0.3"), number("0.3")));
    assert_eq!(desk.revise(&ALICE, id, &qty("0.5")).await, Err(DeskError::BelowFilled));
    let becomes = Some(DeskSuccessor { client_id: None, tag: None });
    let next = DeskRevision { becomes, ..price("42000") };
    let next = desk.revise(&ALICE, id, &next).await.unwrap();
    assert_eq!((told(&next), best()), (["0.3", "0", "0"].map(String::from), number("0.3")));
    stage.close();
}
