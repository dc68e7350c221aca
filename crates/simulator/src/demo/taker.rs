//! Takes from the book: against quotes that the price has left behind, and at random.

use engine::{Command, NewOrder, OrderKind, SelfTradePrevention, TimeInForce};
use model::{AccountId, ClientOrderId, MarketId, Price, Qty, Side};
use projection::BookTicker;

use super::price::{float, whole};
use super::random::Random;

/// How far beyond the best price an order reaches, as a part of it.
const REACH: f64 = 0.001;
/// How far a quote must lie behind the price to be picked off, as a part of it.
const EDGE: f64 = 0.000_15;
/// Dollars of a usual order.
pub const DOLLARS: f64 = 700.0;
/// The largest order, in dollars.
const DOLLARS_MAX: f64 = 60_000.0;

/// What a taker knows when it decides.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Whose order.
    pub account: AccountId,
    /// Where.
    pub market: MarketId,
    /// What base is worth in quote, in ticks.
    pub fair_ticks: f64,
    /// What one lot is worth in dollars.
    pub lot_dollars: f64,
    /// Dollars of a usual order.
    pub dollars: f64,
    /// The fewest dollars that the market admits.
    pub dollars_min: f64,
    /// How far the position is from what it should be, as a part of that.
    pub position: f64,
    /// How often it acts without a reason, per turn.
    pub eagerness: f64,
    /// The best of the book.
    pub book: BookTicker,
}

/// What to do now, if anything. `number` makes the order's name.
pub fn decide(sight: &Sight, number: u64, random: &mut Random) -> Option<Command> {
    let (whim, appetite) = (random.chance(sight.eagerness), random.normal());
    let (bid, ask) = (sight.book.bid?, sight.book.ask?);
    let ticks = |price: Price| float(price.ticks());
    let buys = random.chance((0.5 - 0.45 * sight.position).clamp(0.02, 0.98));
    let (side, best) = if ticks(ask.price) < sight.fair_ticks * (1.0 - EDGE) {
        (Side::Buy, ask)
    } else if sight.fair_ticks * (1.0 + EDGE) < ticks(bid.price) {
        (Side::Sell, bid)
    } else if !whim {
        return None;
    } else if buys {
        (Side::Buy, ask)
    } else {
        (Side::Sell, bid)
    };
    let limit = match side {
        Side::Buy => ticks(best.price) * (1.0 + REACH),
        Side::Sell => ticks(best.price) * (1.0 - REACH),
    };
    // Most orders are small; now and then one is thirty times as large.
    let dollars = sight.dollars * (1.3 * appetite).exp();
    let dollars = dollars.clamp(sight.dollars_min, DOLLARS_MAX.max(sight.dollars_min));
    let lots = whole((dollars / sight.lot_dollars).ceil().max(1.0))?;
    Some(Command::Place(NewOrder {
        account: sight.account,
        market: sight.market,
        client_id: ClientOrderId::new(&format!("t-{number}")).ok()?,
        side,
        stp: SelfTradePrevention::ExpireTaker,
        kind: OrderKind::Limit {
            price: Price::new(whole(limit)?)?,
            qty: Qty::new(lots)?,
            time_in_force: TimeInForce::Ioc,
            display: None,
        },
    }))
}
