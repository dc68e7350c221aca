//! Quotes around a fair price.
//!
//! Shape   a maker has slots on both sides, each an order that is named after its slot: what rests
//!         is read from the views, so that a maker that starts anew finds its orders.
//! Keeps   a quote is moved only where it is off by more than the tolerance; quotes never take;
//!         at most [`CHANGES_MAX`] commands a turn.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{Command, NewOrder, OrderKind, OrderRef, Replace, ReplaceMode, SelfTradePrevention};
use model::{AccountId, ClientOrderId, MarketId, Price, Qty, Side};
use projection::OrderRecord;

use super::price::{float, whole};
use super::random::Random;

/// Commands of one maker in one market and turn.
pub const CHANGES_MAX: usize = 6;
/// A quote of which less than this part is left is made anew.
const WORN: f64 = 0.3;

/// How a maker quotes.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Begins the name of each order.
    pub name: char,
    /// Quotes on each side.
    pub slots: u32,
    /// From the fair price to the first quote, as a part of the price.
    pub first: f64,
    /// From one quote to the next.
    pub step: f64,
    /// How far a quote may be off before it is moved, in steps.
    pub tolerance: f64,
    /// Dollars of the first quote.
    pub dollars: f64,
    /// How much more each next one has.
    pub growth: f64,
    /// How far all quotes shift against a position that is twice what it should be.
    pub skew: f64,
}

/// Close to the price, moved often.
pub const NEAR: Style = Style {
    name: 'n',
    slots: 6,
    first: 0.000_08,
    step: 0.000_12,
    tolerance: 0.9,
    dollars: 2_500.0,
    growth: 0.35,
    skew: 0.003,
};

/// Far from the price, moved seldom.
pub const DEEP: Style = Style {
    name: 'd',
    slots: 20,
    first: 0.001_1,
    step: 0.000_6,
    tolerance: 0.75,
    dollars: 9_000.0,
    growth: 0.12,
    skew: 0.001,
};

/// What a maker knows when it decides.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Whose orders.
    pub account: AccountId,
    /// Where.
    pub market: MarketId,
    /// What base is worth in quote, in ticks.
    pub fair_ticks: f64,
    /// What one lot is worth in dollars.
    pub lot_dollars: f64,
    /// How far the position is from what it should be, as a part of that: −1 for nothing left.
    pub position: f64,
    /// What rests of this account in this market.
    pub open: Vec<Arc<OrderRecord>>,
}

/// One order that should rest.
struct Quote {
    slot: u32,
    side: Side,
    price: Price,
    qty: Qty,
}

/// What to do now.
pub fn decide(style: &Style, sight: &Sight, random: &mut Random) -> Vec<Command> {
    let step = (style.step * sight.fair_ticks).max(1.0);
    let resting: HashMap<&str, &Arc<OrderRecord>> = sight
        .open
        .iter()
        .filter(|order| order.client_id.as_str().starts_with(style.name))
        .map(|order| (order.client_id.as_str(), order))
        .collect();
    // What is most off comes first: a quote on the wrong side of the price is the worst.
    let mut moves: Vec<(f64, Command)> = Vec::new();
    for quote in quotes(style, sight, step, random) {
        let name = name(style, &quote);
        let order = NewOrder {
            account: sight.account,
            market: sight.market,
            client_id: name,
            side: quote.side,
            stp: SelfTradePrevention::ExpireTaker,
            kind: OrderKind::LimitMaker { price: quote.price, qty: quote.qty, display: None },
        };
        let Some(rests) = resting.get(name.as_str()) else {
            moves.push((1_000.0 - f64::from(quote.slot), Command::Place(order)));
            continue;
        };
        let off = rests.new.kind.limit().map_or(f64::MAX, |price| {
            (float(price.ticks()) - float(quote.price.ticks())).abs() / step
        });
        let left = rests.qty.minus(rests.filled);
        let worn = float(left.lots()) < WORN * float(rests.qty.lots());
        if style.tolerance < off || worn {
            let cancel = OrderRef::Id(rests.id);
            let mode = ReplaceMode::StopOnFailure;
            let replace = Replace { cancel, only: None, order, mode };
            moves.push((off, Command::Replace(Box::new(replace))));
        }
    }
    moves.sort_by(|one, other| other.0.total_cmp(&one.0));
    moves.truncate(CHANGES_MAX);
    moves.into_iter().map(|(_, command)| command).collect()
}

fn name(style: &Style, quote: &Quote) -> ClientOrderId {
    let side = match quote.side {
        Side::Buy => 'b',
        Side::Sell => 's',
    };
    ClientOrderId::new(&format!("{}-{side}{}", style.name, quote.slot)).expect("letters and digits")
}

fn quotes(style: &Style, sight: &Sight, step: f64, random: &mut Random) -> Vec<Quote> {
    let fair = sight.fair_ticks * (1.0 - style.skew * sight.position.clamp(-1.0, 1.0));
    let first = (style.first * sight.fair_ticks).max(0.5);
    let mut quotes = Vec::new();
    for slot in 0..style.slots {
        let away = first + f64::from(slot) * step.round();
        let dollars = style.dollars * (1.0 + style.growth * f64::from(slot));
        for side in [Side::Buy, Side::Sell] {
            // Drawn for every slot, so that what one quote needs moves no other's draw.
            let dollars = dollars * (0.35 * random.normal()).exp();
            let ticks = match side {
                Side::Buy => (fair - away).floor(),
                Side::Sell => (fair + away).ceil(),
            };
            let price = whole(ticks).and_then(Price::new);
            let qty = whole((dollars / sight.lot_dollars).max(1.0)).and_then(Qty::new);
            if let (Some(price), Some(qty)) = (price, qty) {
                quotes.push(Quote { slot, side, price, qty });
            }
        }
    }
    quotes
}
