//! What an order must satisfy, in the order in which `docs/rules.md` asks.

use model::{AccountId, Amount, MarketId, Price, Side, Time};

use crate::book::flag;
use crate::command::{NewOrder, SelfTradePrevention, TimeInForce, Trigger};
use crate::event::Rejection;
use crate::listing::Listing;
use crate::machine::Engine;
use crate::market::{FeeTier, Filters, MarketState, NOTIONAL_END};
use crate::terms::Terms;
use crate::triggers::is_reached;

/// An order that may be placed, with what the checks found out on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admitted {
    pub(crate) terms: Terms,
    pub(crate) name_tag: u32,
    pub(crate) fees: FeeTier,
    /// What it holds if it rests or waits whole.
    pub(crate) hold: Amount,
}

impl Engine {
    #[inline]
    pub(crate) fn check_place(&mut self, new: &NewOrder) -> Result<Admitted, Rejection> {
        self.check_instead(new, None)
    }

    /// As if an open order of the same account, market and side, which is in no list, had left.
    #[inline]
    pub(crate) fn check_instead(
        &mut self,
        new: &NewOrder,
        leaving: Option<u32>,
    ) -> Result<Admitted, Rejection> {
        let terms = Terms::new(&new.kind);
        self.check_account_and_market(new.account, new.market)?;
        let listing = &mut self.listings[usize::from(new.market.0)];
        check_state(listing, new.side, &terms)?;
        let name_tag = self.names.tag(new.account, new.market, &new.client_id);
        let fees = fees_of(listing, self.registry.tier(new.account));
        self.check_name(new, name_tag, leaving)?;
        let listing = &mut self.listings[usize::from(new.market.0)];
        check_form(&listing.spec.filters, &terms, self.last_time)?;
        let hold = check_size(listing, new.side, &terms, fees)?;
        self.check_counts(new.account, new.market, &[terms], leaving)?;
        if new.side == Side::Buy {
            self.check_position((new.account, new.market), terms.lots, leaving)?;
        }
        let listing = self.listing(new.market);
        check_crossing(listing, new.side, &terms)?;
        if let Some(trigger) = terms.trigger {
            check_trigger(listing, new.side, trigger)?;
        }
        let freed = leaving.map_or(0, |slot| self.own_hold(slot));
        if !self.can_pay((new.account, new.market, new.side), &terms, (fees, hold), freed) {
            return Err(Rejection::InsufficientFunds);
        }
        Ok(Admitted { terms, name_tag, fees, hold })
    }

    /// Whether the account and the market of a request exist.
    pub(crate) fn check_account_and_market(
        &self,
        account: AccountId,
        market: MarketId,
    ) -> Result<(), Rejection> {
        if !self.registry.is_customer(account) {
            return Err(Rejection::UnknownAccount);
        }
        if self.listings.len() <= usize::from(market.0) {
            return Err(Rejection::UnknownMarket);
        }
        Ok(())
    }

    #[inline]
    fn check_name(&self, new: &NewOrder, tag: u32, leaving: Option<u32>) -> Result<(), Rejection> {
        match self.find_name(new.account, new.market, &new.client_id, tag) {
            Some(slot) if Some(slot) != leaving => Err(Rejection::DuplicateClientId),
            Some(_) | None => Ok(()),
        }
    }

    /// How many orders, algos, icebergs the account may still open when `leaving` is gone; `all`
    /// come all at once.
    #[inline]
    pub(crate) fn check_counts(
        &self,
        account: AccountId,
        market: MarketId,
        all: &[Terms],
        leaving: Option<u32>,
    ) -> Result<(), Rejection> {
        let listing = self.listing(market);
        let filters = &listing.spec.filters;
        let (orders, algos, icebergs) = listing
            .open_orders
            .get(account)
            .map_or((0, 0, 0), |open| (open.orders, open.algos, open.icebergs));
        let leaves = |flag| {
            let is = |slot: u32| self.orders.get(slot).is(flag);
            u32::from(leaving.is_some_and(is))
        };
        let orders = orders - u32::from(leaving.is_some());
        let (algos, icebergs) = (algos - leaves(flag::WAITING), icebergs - leaves(flag::ICEBERG));
        let count = |counts: fn(&Terms) -> bool| -> u64 {
            all.iter().map(|terms| u64::from(counts(terms))).sum()
        };
        let exceeds =
            |open: u32, new: u64, max: u32| new != 0 && u64::from(max) < u64::from(open) + new;
        if exceeds(orders, count(|_| true), filters.orders_max) {
            return Err(Rejection::TooManyOrders);
        }
        if exceeds(algos, count(|terms| terms.trigger.is_some()), filters.algo_orders_max) {
            return Err(Rejection::TooManyAlgoOrders);
        }
        if exceeds(icebergs, count(|terms| terms.iceberg().is_some()), filters.iceberg_orders_max) {
            return Err(Rejection::TooManyIcebergs);
        }
        Ok(())
    }

    /// For a buy: whether the base position stays within its bound when it fills and `leaving` does
    /// not.
    pub(crate) fn check_position(
        &self,
        (account, market): (AccountId, MarketId),
        lots: u64,
        leaving: Option<u32>,
    ) -> Result<(), Rejection> {
        let listing = self.listing(market);
        let Some(most) = listing.spec.filters.position_max else { return Ok(()) };
        let balance = self.ledger.balance(account, listing.spec.base);
        let open = listing.open_orders.get(account);
        let mut buying = u128::from(lots);
        for slot in open.into_iter().flat_map(|open| open.slots(&self.orders)) {
            let order = self.orders.get(slot);
            let stays = Some(slot) != leaving && order.side == Side::Buy;
            if stays && self.counts_for_list(slot) {
                buying += u128::from(order.remaining);
            }
        }
        let buying = Amount::try_from(buying).unwrap_or(Amount::MAX);
        let more = buying.saturating_mul(Amount::from(listing.spec.lot_units));
        if most < (balance.available + balance.held).saturating_add(more) {
            return Err(Rejection::PositionMax);
        }
        Ok(())
    }

    /// Of a list's two orders only the larger counts (the first, if they are equal).
    fn counts_for_list(&self, slot: u32) -> bool {
        let order = self.orders.get(slot);
        if !order.is(flag::LISTED) {
            return true;
        }
        let list = self.orders.rare(slot).and_then(|rare| rare.list);
        let Some(list) = list.and_then(|list| self.lists.get(&list)) else { return true };
        let [first, second] = list.orders;
        let other = self.orders.get(self.slot_of(if first == order.id { second } else { first }));
        other.remaining < order.remaining
            || (other.remaining == order.remaining && order.id == first)
    }

    /// Whether free funds, and what is `freed`, cover what the order may cost. `fees` and `hold` as
    /// for [`Admitted`].
    #[inline]
    pub(crate) fn can_pay(
        &self,
        (account, market, side): (AccountId, MarketId, Side),
        terms: &Terms,
        (fees, hold): (FeeTier, Amount),
        freed: Amount,
    ) -> bool {
        let listing = self.listing(market);
        let available = self.ledger.available(account, listing.held_asset(side)) + freed;
        match (terms.limit, side, terms.quote) {
            (Some(_), _, _) => hold <= available,
            (None, _, None) if terms.trigger.is_some() => hold <= available,
            (None, Side::Buy, None) => {
                let best = listing.book.side(Side::Sell).best();
                best.is_none_or(|best| listing.cost(best, 1, fees) <= available)
            }
            (None, Side::Buy, Some(amount)) => amount <= available,
            (None, Side::Sell, None) => listing.base(terms.lots) <= available,
            (None, Side::Sell, Some(_)) => true,
        }
    }
}

/// The fees of a tier; those beyond the last are as the last.
#[inline]
pub(crate) fn fees_of(listing: &Listing, tier: u8) -> FeeTier {
    let fees = &listing.spec.fees;
    fees[usize::from(tier).min(fees.len() - 1)]
}

/// Whether the market's state admits the order.
#[inline]
pub(crate) fn check_state(listing: &Listing, side: Side, terms: &Terms) -> Result<(), Rejection> {
    let admits = match listing.state() {
        MarketState::Open => true,
        MarketState::CancelOnly | MarketState::Halted => false,
        MarketState::PostOnly => {
            let crosses = |limit| listing.book.crosses(side, limit);
            let rests = terms.trigger.is_none() && terms.rests();
            rests && terms.limit.is_some_and(|limit| terms.maker_only || !crosses(limit))
        }
    };
    if admits { Ok(()) } else { Err(Rejection::MarketClosed) }
}

/// No order is good until then or later: whoever keeps times in signed numbers can keep it.
const GOOD_TILL_END: Time = Time(1 << 63);

/// What can be said of an order without looking at the market.
#[inline]
pub(crate) fn check_form(filters: &Filters, terms: &Terms, now: Time) -> Result<(), Rejection> {
    if terms.expires().is_some_and(|time| time <= now || GOOD_TILL_END <= time) {
        return Err(Rejection::GoodTillPassed);
    }
    if let Some(display) = terms.display {
        check_iceberg(filters, terms, display.lots())?;
    }
    match terms.trigger {
        None => Ok(()),
        Some(trigger) => check_trailing(filters, trigger),
    }
}

fn check_iceberg(filters: &Filters, terms: &Terms, display: u64) -> Result<(), Rejection> {
    let parts = || terms.lots.div_ceil(display);
    let fits = match terms.iceberg() {
        _ if display == 0 || terms.lots < display => false,
        None => true,
        Some(_) => {
            parts() <= u64::from(filters.iceberg_parts_max)
                && terms.time_in_force == TimeInForce::Gtc
        }
    };
    if fits { Ok(()) } else { Err(Rejection::IcebergParts) }
}

fn check_trailing(filters: &Filters, trigger: Trigger) -> Result<(), Rejection> {
    let (low, high) = filters.trailing_delta;
    let fits = match trigger.trailing {
        None => trigger.price.is_some(),
        Some(trailing) => trailing.delta != 0 && low <= trailing.delta && trailing.delta <= high,
    };
    if fits { Ok(()) } else { Err(Rejection::TrailingDelta) }
}

/// The checks of one order by itself, in their order: lists compare where their legs fail.
const FORM_CHECKS: [Rejection; 10] = [
    Rejection::GoodTillPassed,
    Rejection::IcebergParts,
    Rejection::ListLegs,
    Rejection::TrailingDelta,
    Rejection::PriceRange,
    Rejection::PriceBand,
    Rejection::QtyRange,
    Rejection::MarketQtyRange,
    Rejection::Overflow,
    Rejection::Notional,
];

/// Of two reasons to refuse a list, the one that is checked first.
pub(crate) fn first_of(one: Rejection, other: Rejection) -> Rejection {
    let checked = FORM_CHECKS.into_iter().find(|reason| *reason == one || *reason == other);
    checked.unwrap_or(one)
}

/// Prices, quantities and notional. Gives what a conditional order holds.
#[inline]
pub(crate) fn check_size(
    listing: &mut Listing,
    side: Side,
    terms: &Terms,
    fees: FeeTier,
) -> Result<Amount, Rejection> {
    let Filters { price: (low, high), qty, market_qty, .. } = listing.spec.filters;
    let in_range = |price: Price| low <= price && price <= high;
    let trigger_price = terms.trigger.and_then(|trigger| trigger.price);
    if !terms.limit.is_none_or(in_range) || !trigger_price.is_none_or(in_range) {
        return Err(Rejection::PriceRange);
    }
    if let Some(limit) = terms.limit
        && !listing.within_band(side, limit)
    {
        return Err(Rejection::PriceBand);
    }
    let lots = terms.lots;
    if let Some(amount) = terms.quote {
        if amount <= 0 {
            return Err(Rejection::QtyRange);
        }
    } else {
        if lots == 0 || lots < qty.0.lots() || qty.1.lots() < lots {
            return Err(Rejection::QtyRange);
        }
        let (least, most) = market_qty;
        if terms.limit.is_none() && (lots < least.lots() || most.lots() < lots) {
            return Err(Rejection::MarketQtyRange);
        }
    }
    if NOTIONAL_END <= listing.base(lots) {
        return Err(Rejection::Overflow);
    }
    let (notional, hold) = match terms.limit {
        Some(limit) => {
            let notional = listing.notional_checked(limit, lots).ok_or(Rejection::Overflow)?;
            (Some(notional), limit_hold(listing, side, lots, notional, fees))
        }
        None => (None, market_hold(listing, side, terms, fees)?),
    };
    check_notional(listing, terms, notional)?;
    Ok(hold)
}

/// What an order with a limit holds if nothing trades at once.
#[inline]
pub(crate) fn limit_hold(
    listing: &Listing,
    side: Side,
    lots: u64,
    notional: Amount,
    fees: FeeTier,
) -> Amount {
    match side {
        Side::Sell => listing.base(lots),
        Side::Buy if listing.fee_in_base() => notional,
        Side::Buy => notional + fees.maker.max(fees.taker).of(notional).max(0),
    }
}

/// What an order without a limit holds while it waits.
fn market_hold(
    listing: &mut Listing,
    side: Side,
    terms: &Terms,
    fees: FeeTier,
) -> Result<Amount, Rejection> {
    if terms.quote.is_some_and(|amount| NOTIONAL_END <= amount) {
        return Err(Rejection::Overflow);
    }
    match (terms.trigger, side) {
        (None, _) => Ok(0),
        (Some(_), Side::Sell) => Ok(listing.base(terms.lots)),
        (Some(trigger), Side::Buy) => {
            let from = trigger.price.or_else(|| listing.tape.reference());
            from.map_or(Some(0), |from| conditional_hold(listing, from, terms.lots, fees))
                .ok_or(Rejection::Overflow)
        }
    }
}

/// What a conditional market buy holds, if it can be represented.
fn conditional_hold(listing: &Listing, from: Price, lots: u64, fees: FeeTier) -> Option<Amount> {
    let ticks = Amount::try_from(listing.raised(from)).ok()?;
    let lot_price = ticks.checked_mul(Amount::from(listing.unit))?;
    let notional = lot_price.checked_mul(Amount::from(lots))?;
    if NOTIONAL_END <= notional {
        return None;
    }
    let fee = fees.maker.max(fees.taker).of(notional).max(0);
    Some(if listing.fee_in_base() { notional } else { notional + fee })
}

/// Whether the notional is in range: that at the limit, or, if the filter says so, a market
/// order's at the reference.
#[inline]
pub(crate) fn check_notional(
    listing: &mut Listing,
    terms: &Terms,
    notional: Option<Amount>,
) -> Result<(), Rejection> {
    let Filters { notional: (least, most), .. } = listing.spec.filters;
    let (mut hold_least, mut hold_most) = (true, true);
    let notional = match notional {
        Some(notional) => notional,
        None => {
            hold_least = listing.spec.filters.notional_min_to_market;
            hold_most = listing.spec.filters.notional_max_to_market;
            if !hold_least && !hold_most {
                return Ok(());
            }
            match (terms.quote, listing.tape.reference()) {
                (Some(amount), _) => amount,
                (None, None) => return Ok(()),
                (None, Some(reference)) => {
                    listing.notional_checked(reference, terms.lots).unwrap_or(Amount::MAX)
                }
            }
        }
    };
    if (hold_least && notional < least) || (hold_most && most < notional) {
        return Err(Rejection::Notional);
    }
    Ok(())
}

#[inline]
pub(crate) fn check_crossing(
    listing: &Listing,
    side: Side,
    terms: &Terms,
) -> Result<(), Rejection> {
    let takes =
        terms.maker_only && terms.limit.is_some_and(|limit| listing.book.crosses(side, limit));
    if takes { Err(Rejection::WouldTake) } else { Ok(()) }
}

fn check_trigger(listing: &Listing, side: Side, trigger: Trigger) -> Result<(), Rejection> {
    let (Some(price), None, Some(last)) = (trigger.price, trigger.trailing, listing.tape.last())
    else {
        return Ok(());
    };
    if is_reached(trigger.kind, side, price, last) {
        return Err(Rejection::WouldTrigger);
    }
    Ok(())
}

/// Whether a taker with this mode trades with its own account's orders.
pub(crate) fn trades_with_itself(mode: SelfTradePrevention) -> bool {
    match mode {
        SelfTradePrevention::None => true,
        SelfTradePrevention::ExpireTaker
        | SelfTradePrevention::ExpireMaker
        | SelfTradePrevention::ExpireBoth
        | SelfTradePrevention::Decrement => false,
    }
}
