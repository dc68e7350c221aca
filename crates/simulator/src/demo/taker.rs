//! Takes from the book: against quotes that the price has left behind, and at random.

use engine::{Command, NewOrder, OrderKind, SelfTradePrevention, TimeInForce};
use model::{AccountId, ClientOrderId, MarketId, Price, Qty, Side};
use projection::BookTicker;

use super::fair::{Fair, LotWorth};
use crate::prices::random::Random;

/// How far beyond the best price an order reaches, in millionths of it.
const REACH_PPM: u64 = 1_000;
/// How far a quote must lie behind what this venue believes to be picked off, in millionths.
const EDGE_PPM: i64 = 150;
/// How far it must lie behind what is true everywhere, for somebody who pays fees at two venues.
const ARBITRAGE_EDGE_PPM: i64 = 2_500;
/// Cents of a usual order.
pub const CENTS: u64 = 70_000;
/// The largest order, in cents.
const CENTS_MAX: u64 = 6_000_000;
/// How much the sizes of orders differ: most are small, now and then one is thirty times as large.
/// A deviation of the logarithm to base 2, in thousandths.
const SIZES: i64 = 1_875;

/// What a taker knows when it decides.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Whose order.
    pub account: AccountId,
    /// Where.
    pub market: MarketId,
    /// What base should cost, as is believed here.
    pub fair: Fair,
    /// What it costs everywhere.
    pub common: Fair,
    /// What a lot is worth.
    pub lot: LotWorth,
    /// Cents of a usual order.
    pub cents: u64,
    /// The fewest cents that the market admits.
    pub cents_min: u64,
    /// How far the position is from what it should be, in thousandths of that.
    pub position: i64,
    /// How often it acts without a reason, in millionths of looks.
    pub eagerness: u64,
    /// The best of the book.
    pub book: BookTicker,
    /// From which what is drawn now follows.
    pub draw: u64,
}

/// What to do now, if anything.
pub fn decide(sight: &Sight) -> Option<Command> {
    const NAME: u64 = b't' as u64;
    let mut random = Random::on(sight.draw, &[NAME]);
    let whim = random.chance(sight.eagerness.min(1_000_000));
    let cents = random.spread(sight.cents, SIZES);
    let buys_ppm = (500_000 - 450 * sight.position).clamp(20_000, 980_000);
    let buys = random.chance(u64::try_from(buys_ppm).unwrap_or(0));
    let (bid, ask) = (sight.book.bid?, sight.book.ask?);
    let is_cheap = |fair: Fair, edge: i64| fair.to(ask.price) < -edge;
    let is_dear = |fair: Fair, edge: i64| edge < fair.to(bid.price);
    let beliefs = [(sight.fair, EDGE_PPM), (sight.common, ARBITRAGE_EDGE_PPM)];
    let (side, best) = if beliefs.iter().any(|(fair, edge)| is_cheap(*fair, *edge)) {
        (Side::Buy, ask)
    } else if beliefs.iter().any(|(fair, edge)| is_dear(*fair, *edge)) {
        (Side::Sell, bid)
    } else if !whim {
        return None;
    } else if buys {
        (Side::Buy, ask)
    } else {
        (Side::Sell, bid)
    };
    let cents = cents.min(CENTS_MAX).max(sight.cents_min);
    Some(Command::Place(NewOrder {
        account: sight.account,
        market: sight.market,
        client_id: ClientOrderId::new(&format!("t-{:x}", sight.draw)).ok()?,
        side,
        stp: SelfTradePrevention::ExpireTaker,
        kind: OrderKind::Limit {
            price: beyond(best.price, side)?,
            // A lot more than enough, since the smallest order counts.
            qty: Qty::new(sight.lot.lots(cents)?.lots() + 1)?,
            time_in_force: TimeInForce::Ioc,
            display: None,
        },
    }))
}

/// The price that an order names that takes at `best`.
fn beyond(best: Price, side: Side) -> Option<Price> {
    let reach = best.ticks() / (1_000_000 / REACH_PPM);
    match side {
        Side::Buy => Price::new(best.ticks() + reach),
        Side::Sell => Price::new(best.ticks() - reach),
    }
}
