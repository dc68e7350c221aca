//! Quotes around a fair price.
//!
//! Shape   a maker has slots on both sides, each an order that is named after its slot: what rests
//!         is read from the views, so that a maker that starts anew finds its orders.
//! Keeps   a quote is moved only where it is off by more than the tolerance, or of quite another
//!         size than it should be; quotes never take, so what stands on the wrong side of the price
//!         is moved before anything is placed there; a look has a most of commands, and all of
//!         them where the price has gone far.

use std::cmp::Reverse;
use std::sync::Arc;

use engine::{Command, NewOrder, OrderKind, OrderRef, Replace, ReplaceMode, SelfTradePrevention};
use model::{AccountId, ClientOrderId, MarketId, Price, Qty, Side};
use projection::OrderRecord;

use super::fair::{Fair, HALF_A_TICK, LotWorth, parts};
use crate::prices::random::Random;

/// Commands of one maker in one market and look,
pub const CHANGES_MAX: usize = 6;
/// and where the price has gone far.
pub const HURRIED_CHANGES_MAX: usize = 2 * SLOTS_MAX;
/// A quote of which less than this many percent are left is made anew.
const WORN_PERCENT: u64 = 30;
/// So many times what a quote should have, or less of it than such a part, is quite another size.
const OTHER_SIZE_TIMES: u64 = 8;
/// How much the sizes of quotes differ: a deviation of the logarithm to base 2, in thousandths.
const SIZES: i64 = 500;
/// The most quotes on a side.
const SLOTS_MAX: usize = 32;

/// How a maker quotes. Parts of a price are in millionths.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Begins the name of each order.
    pub name: char,
    /// Quotes on each side.
    pub slots: u32,
    /// From the fair price to the first quote.
    pub first_ppm: u64,
    /// From one quote to the next.
    pub step_ppm: u64,
    /// How far a quote may be off before it is moved, in percent of that step.
    pub tolerance_percent: u64,
    /// Cents of the first quote.
    pub cents: u64,
    /// How much more each next one has, in percent of the first.
    pub growth_percent: u64,
    /// How far all quotes shift against a position that is twice what it should be.
    pub skew_ppm: i64,
}

/// Close to the price, moved often.
pub const NEAR: Style = Style {
    name: 'n',
    slots: 6,
    first_ppm: 80,
    step_ppm: 120,
    tolerance_percent: 90,
    cents: 250_000,
    growth_percent: 35,
    skew_ppm: 3_000,
};

/// Far from the price, moved seldom.
pub const DEEP: Style = Style {
    name: 'd',
    slots: 20,
    first_ppm: 1_100,
    step_ppm: 600,
    tolerance_percent: 75,
    cents: 900_000,
    growth_percent: 12,
    skew_ppm: 1_000,
};
const _: () = assert!(NEAR.slots as usize <= SLOTS_MAX && DEEP.slots as usize <= SLOTS_MAX);

impl Style {
    /// The same at a venue with wider or narrower spreads, and deeper or shallower books.
    #[must_use]
    pub const fn at(self, spread_percent: u32, depth_percent: u32) -> Self {
        let (spread, depth) = (spread_percent as u64, depth_percent as u64);
        Self {
            first_ppm: self.first_ppm * spread / 100,
            step_ppm: self.step_ppm * spread / 100,
            cents: self.cents * depth / 100,
            ..self
        }
    }
}

/// What a maker knows when it decides.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// Whose orders.
    pub account: AccountId,
    /// Where.
    pub market: MarketId,
    /// What base should cost.
    pub fair: Fair,
    /// What a lot is worth.
    pub lot: LotWorth,
    /// How far the position is from what it should be, in thousandths of that: −1,000 for nothing
    /// left.
    pub position: i64,
    /// What rests of this account in this market.
    pub open: &'a [Arc<OrderRecord>],
    /// Whether the price has gone far since the last look at all quotes.
    pub is_hurried: bool,
    /// How often a look that moves nothing gives one quote another size, in percent.
    pub restless_percent: u64,
    /// From which what is drawn now follows.
    pub draw: u64,
}

/// What to do now, most urgent first.
pub fn decide(style: &Style, sight: &Sight<'_>) -> Vec<Command> {
    let step = sight.fair.ticks(style.step_ppm);
    let fair = sight.fair.moved(-style.skew_ppm * sight.position.clamp(-1_000, 1_000) / 1_000);
    let first = sight.fair.part(style.first_ppm).max(HALF_A_TICK);
    let resting = Resting::of(style, sight.open);
    let mut moves = Vec::new();
    for slot in 0..style.slots {
        let away = first + parts(u64::from(slot) * step);
        for (side, price) in [(Side::Buy, fair.below(away)), (Side::Sell, fair.above(away))] {
            let Some(price) = price else { continue };
            let rests = resting.order(side, slot);
            // What is missing comes next, and near the price before far from it.
            let off = match rests {
                None => MISSING - u64::from(slot),
                Some(rests) if is_a_gift(rests, side, sight) => u64::MAX,
                Some(rests) if is_of_another_size(style, sight, rests, slot) => WORN,
                Some(rests) => match off(rests, price, step) {
                    Some(off) if style.tolerance_percent < off => off,
                    _ => continue,
                },
            };
            moves.push((off, side, slot, price));
        }
    }
    moves.sort_by_key(|(off, ..)| Reverse(*off));
    moves.truncate(if sight.is_hurried { HURRIED_CHANGES_MAX } else { CHANGES_MAX });
    if moves.is_empty() {
        moves.extend(restless(style, sight, &resting));
    }
    let quoting = |(_, side, slot, price)| quote(style, sight, &resting, (side, slot, price));
    moves.into_iter().filter_map(quoting).collect()
}

/// How far a quote is off that is missing, the nearest of them; and one of which little is left.
const MISSING: u64 = u64::MAX / 2;
const WORN: u64 = u64::MAX / 4;

/// Whether who takes a quote has more than its price: nothing comes before it, since it is also in
/// the way of the other side.
fn is_a_gift(rests: &OrderRecord, side: Side, sight: &Sight<'_>) -> bool {
    let above = rests.new.kind.limit().map_or(0, |price| sight.fair.to(price));
    match side {
        Side::Buy => 0 < above,
        Side::Sell => above < 0,
    }
}

/// Whether a quote has much more or much less than makers show now.
fn is_of_another_size(style: &Style, sight: &Sight<'_>, rests: &OrderRecord, slot: u32) -> bool {
    let Some(wanted) = sight.lot.lots(cents(style, slot)) else { return false };
    let (wanted, has) = (wanted.lots(), rests.qty.lots());
    wanted.saturating_mul(OTHER_SIZE_TIMES) < has || has.saturating_mul(OTHER_SIZE_TIMES) < wanted
}

/// How far an order is off `price`, in percent of a step; as far as can be where little is left.
fn off(rests: &OrderRecord, price: Price, step: u64) -> Option<u64> {
    let left = rests.qty.minus(rests.filled).lots();
    if left * 100 < WORN_PERCENT * rests.qty.lots() {
        return Some(WORN);
    }
    let limit = rests.new.kind.limit()?;
    Some(limit.ticks().abs_diff(price.ticks()).saturating_mul(100) / step)
}

/// One quote that stays where it is, but gets another size, now and then.
fn restless(
    style: &Style,
    sight: &Sight<'_>,
    resting: &Resting<'_>,
) -> Option<(u64, Side, u32, Price)> {
    let mut random = Random::on(sight.draw, &[u64::from(style.name)]);
    if sight.restless_percent <= random.below(100) {
        return None;
    }
    let slot = u32::try_from(random.below(style.slots.into())).ok()?;
    let side = if random.once_in(2) { Side::Buy } else { Side::Sell };
    let price = resting.order(side, slot)?.new.kind.limit()?;
    Some((0, side, slot, price))
}

fn quote(
    style: &Style,
    sight: &Sight<'_>,
    resting: &Resting<'_>,
    (side, slot, price): (Side, u32, Price),
) -> Option<Command> {
    let order = NewOrder {
        account: sight.account,
        market: sight.market,
        client_id: name(style, side, slot),
        side,
        stp: SelfTradePrevention::ExpireTaker,
        kind: OrderKind::LimitMaker { price, qty: size(style, sight, side, slot)?, display: None },
    };
    Some(match resting.order(side, slot) {
        None => Command::Place(order),
        Some(rests) => {
            let cancel = OrderRef::Id(rests.id);
            let mode = ReplaceMode::StopOnFailure;
            Command::Replace(Box::new(Replace { cancel, only: None, order, mode }))
        }
    })
}

fn size(style: &Style, sight: &Sight<'_>, side: Side, slot: u32) -> Option<Qty> {
    let occasion = [u64::from(style.name), letter(side).into(), u64::from(slot)];
    let mut random = Random::on(sight.draw, &occasion);
    sight.lot.lots(random.spread(cents(style, slot), SIZES))
}

/// What the quote of a slot usually has.
fn cents(style: &Style, slot: u32) -> u64 {
    style.cents * (100 + style.growth_percent * u64::from(slot)) / 100
}

/// What rests, by slot.
struct Resting<'a>([[Option<&'a OrderRecord>; SLOTS_MAX]; 2]);

impl<'a> Resting<'a> {
    fn of(style: &Style, open: &'a [Arc<OrderRecord>]) -> Self {
        let mut slots = [[None; SLOTS_MAX]; 2];
        for order in open {
            let Some((side, slot)) = slot_of(style, order.client_id.as_str()) else { continue };
            if side == order.new.side {
                slots[row(side)][slot] = Some(&**order);
            }
        }
        Self(slots)
    }

    fn order(&self, side: Side, slot: u32) -> Option<&'a OrderRecord> {
        self.0[row(side)][slot as usize]
    }
}

const fn row(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

const fn letter(side: Side) -> char {
    match side {
        Side::Buy => 'b',
        Side::Sell => 's',
    }
}

fn name(style: &Style, side: Side, slot: u32) -> ClientOrderId {
    let name = format!("{}-{}{slot}", style.name, letter(side));
    ClientOrderId::new(&name).expect("letters and digits")
}

/// What an order's name says.
fn slot_of(style: &Style, name: &str) -> Option<(Side, usize)> {
    let rest = name.strip_prefix(style.name)?.strip_prefix('-')?;
    let side = if rest.starts_with('b') { Side::Buy } else { Side::Sell };
    let slot: usize = rest.strip_prefix(letter(side))?.parse().ok()?;
    (slot < style.slots as usize).then_some((side, slot))
}

#[cfg(test)]
mod tests {
    use engine::MarketState;
    use projection::{Market, Symbol};

    use super::*;
    use crate::demo::{assets, markets};
    use crate::prices::Worth;

    fn market() -> Market {
        let (spec, assets) = (markets()[0].clone(), assets());
        let symbol = Symbol { joined: String::new(), dashed: String::new() };
        let (base, quote) = (assets[usize::from(spec.base.0)], assets[usize::from(spec.quote.0)]);
        let (id, state) = (MarketId(0), MarketState::Open);
        Market { id, symbol, base, quote, spec, state, quote_units_per_tick_lot: 1 }
    }

    #[test]
    fn where_the_price_has_gone_far_every_quote_follows_at_once_and_else_a_few() {
        let (coin, dollar) = (Worth::millionths(60_000_000_000), Worth::millionths(1_000_000));
        let market = market();
        for style in [&NEAR, &DEEP] {
            for (is_hurried, want) in [(true, 2 * style.slots as usize), (false, CHANGES_MAX)] {
                let sight = Sight {
                    account: AccountId(1),
                    market: market.id,
                    fair: Fair::of(coin, dollar, &market).unwrap(),
                    lot: LotWorth::of(coin, &market),
                    position: 0,
                    open: &[],
                    is_hurried,
                    restless_percent: 0,
                    draw: 1,
                };
                assert_eq!(decide(style, &sight).len(), want, "{} {is_hurried}", style.name);
            }
        }
    }

    #[test]
    fn a_quotes_name_says_where_it_belongs() {
        for side in [Side::Buy, Side::Sell] {
            for slot in 0..DEEP.slots {
                let text = name(&DEEP, side, slot);
                assert_eq!(slot_of(&DEEP, text.as_str()), Some((side, slot as usize)));
                assert_eq!(slot_of(&NEAR, text.as_str()), None);
            }
        }
        for strange in ["", "d", "d-", "d-b", "d-x1", "d-b20", "d-b-1", "dxb1", "d-sé"] {
            assert_eq!(slot_of(&DEEP, strange), None, "{strange}");
        }
    }
}
