//! Commands that set the exchange up: accounts, assets, markets, fees, money from outside.

use model::{AccountId, Amount, AssetId, MarketId};

use crate::command::Command;
use crate::event::{Event, Rejection, RequestKind};
use crate::history::kind;
use crate::listing::Listing;
use crate::machine::{Engine, HOUSE, OUTSIDE};
use crate::market::{
    Asset, FEE_TIERS_MAX, FeeAsset, FeeTier, Filters, MarketError, MarketSpec, MarketState,
};
use crate::tape::{MINUTES_MAX, minute_of};

/// Digits after the point of an asset's ledger unit, at most.
const SCALE_MAX: u8 = 18;
/// Amounts that come or go are below this.
const ADJUST_END: Amount = 1 << 106;

impl Engine {
    /// Applies a command of configuration. Others are none of its business.
    pub(crate) fn configure(&mut self, command: &Command, events: &mut Vec<Event>) {
        let before = events.len();
        let result = match command {
            Command::OpenAccount { user } => match self.registry.open(*user) {
                Some(account) => {
                    events.push(Event::AccountOpened { account, user: *user });
                    Ok(())
                }
                None => Err(Rejection::BadConfiguration),
            },
            Command::SetTier { account, tier } => self.set_tier(*account, *tier, events),
            Command::ListAsset(asset) => self.list_asset(*asset, events),
            Command::ListMarket(spec) => {
                self.list_market(spec, events);
                Ok(())
            }
            Command::SetMarketState { market, state } => {
                self.set_market_state(*market, *state, events)
            }
            Command::SetFilters { market, filters } => self.set_filters(*market, filters, events),
            Command::SetFees { market, fees } => self.set_fees(*market, fees, events),
            Command::Adjust { account, asset, amount, reference } => {
                self.adjust((*account, *asset), *amount, *reference, events)
            }
            Command::Place(_)
            | Command::PlaceList(_)
            | Command::Cancel { .. }
            | Command::CancelList { .. }
            | Command::CancelAll { .. }
            | Command::Amend { .. }
            | Command::Replace(_)
            | Command::Clock => Ok(()),
        };
        let number = (events.len() - before) as u64;
        self.history.fold(kind::CONFIGURED, self.last_seq.0, self.last_time.0, number);
        if let Err(reason) = result {
            let (account, request) = if let Command::Adjust { account, .. } = command {
                (*account, RequestKind::Adjust)
            } else if let Command::SetTier { account, .. } = command {
                (*account, RequestKind::Configure)
            } else {
                (HOUSE, RequestKind::Configure)
            };
            self.reject(account, request, reason, events);
        }
    }

    fn set_tier(
        &mut self,
        account: AccountId,
        tier: u8,
        events: &mut Vec<Event>,
    ) -> Result<(), Rejection> {
        if !self.registry.is_customer(account) {
            return Err(Rejection::UnknownAccount);
        }
        self.registry.set_tier(account, tier);
        events.push(Event::TierSet { account, tier });
        Ok(())
    }

    fn list_asset(&mut self, asset: Asset, events: &mut Vec<Event>) -> Result<(), Rejection> {
        let assets = &mut self.registry.assets;
        let known = assets.iter().position(|known| known.code == asset.code);
        let at = known.unwrap_or(assets.len());
        let id = AssetId(u16::try_from(at).map_err(|_| Rejection::BadConfiguration)?);
        match known {
            Some(at) if assets[at].scale != asset.scale => return Err(Rejection::BadConfiguration),
            Some(_) => {}
            None if SCALE_MAX < asset.scale => return Err(Rejection::BadConfiguration),
            None => {
                assets.push(asset);
                self.ledger.add_asset();
            }
        }
        events.push(Event::AssetListed { id, asset });
        Ok(())
    }

    fn list_market(&mut self, spec: &MarketSpec, events: &mut Vec<Event>) {
        match self.check_market(spec) {
            Err(error) => events.push(Event::MarketRefused { error }),
            Ok((market, unit)) => {
                let minute = minute_of(self.last_time);
                self.listings.push(Listing::new(spec.clone(), unit, minute));
                events.push(Event::MarketListed { market, spec: Box::new(spec.clone()) });
            }
        }
    }

    fn check_market(&self, spec: &MarketSpec) -> Result<(MarketId, u64), MarketError> {
        let scale = |id| self.registry.asset(id).map(|asset| asset.scale);
        let (Some(base), Some(quote)) = (scale(spec.base), scale(spec.quote)) else {
            return Err(MarketError::Assets);
        };
        if spec.base == spec.quote {
            return Err(MarketError::Assets);
        }
        let is_same =
            |listing: &Listing| listing.spec.base == spec.base && listing.spec.quote == spec.quote;
        let number = u16::try_from(self.listings.len()).map_err(|_| MarketError::Duplicate)?;
        if self.listings.iter().any(is_same) {
            return Err(MarketError::Duplicate);
        }
        let unit = spec.quote_units_per_tick_lot((base, quote))?;
        check_fees(&spec.fees, spec.fee_asset)?;
        check_filters(&spec.filters)?;
        Ok((MarketId(number), unit))
    }

    fn set_market_state(
        &mut self,
        market: MarketId,
        state: MarketState,
        events: &mut Vec<Event>,
    ) -> Result<(), Rejection> {
        let listing =
            self.listings.get_mut(usize::from(market.0)).ok_or(Rejection::UnknownMarket)?;
        listing.set_state(state);
        events.push(Event::MarketStateSet { market, state });
        if state == MarketState::Open {
            if let Some(last) = listing.tape.last() {
                listing.triggers.moved(last);
            }
            self.wake(market, events);
        }
        Ok(())
    }

    fn set_filters(
        &mut self,
        market: MarketId,
        filters: &Filters,
        events: &mut Vec<Event>,
    ) -> Result<(), Rejection> {
        let listing =
            self.listings.get_mut(usize::from(market.0)).ok_or(Rejection::UnknownMarket)?;
        check_filters(filters).map_err(|_| Rejection::BadConfiguration)?;
        listing.set_filters(filters);
        events.push(Event::FiltersSet { market, filters: Box::new(*filters) });
        Ok(())
    }

    fn set_fees(
        &mut self,
        market: MarketId,
        fees: &[FeeTier],
        events: &mut Vec<Event>,
    ) -> Result<(), Rejection> {
        let listing =
            self.listings.get_mut(usize::from(market.0)).ok_or(Rejection::UnknownMarket)?;
        check_fees(fees, listing.spec.fee_asset).map_err(|_| Rejection::BadConfiguration)?;
        listing.spec.fees = fees.to_vec();
        events.push(Event::FeesSet { market, fees: fees.to_vec() });
        Ok(())
    }

    fn adjust(
        &mut self,
        (account, asset): (AccountId, AssetId),
        amount: Amount,
        reference: u128,
        events: &mut Vec<Event>,
    ) -> Result<(), Rejection> {
        if account != HOUSE && !self.registry.is_customer(account) {
            return Err(Rejection::UnknownAccount);
        }
        if self.registry.asset(asset).is_none() {
            return Err(Rejection::UnknownAsset);
        }
        if self.registry.references.contains(&reference) {
            return Err(Rejection::DuplicateReference);
        }
        if amount <= -ADJUST_END || ADJUST_END <= amount {
            return Err(Rejection::Overflow);
        }
        if amount < 0 && self.ledger.available(account, asset) < -amount {
            return Err(Rejection::InsufficientFunds);
        }
        self.registry.references.insert(reference);
        let (low, high) = (reference & u128::from(u64::MAX), reference >> 64);
        let half = |bits: u128| u64::try_from(bits).expect("half of 128 bits");
        self.history.fold(kind::ADJUSTED, u64::from(account.0), half(low), half(high));
        events.push(Event::Adjusted { account, asset, amount, reference });
        self.ledger.transfer(OUTSIDE, account, asset, amount);
        Ok(())
    }
}

/// One to ten tiers, of which no two cost the house by a match.
pub(crate) fn check_fees(fees: &[FeeTier], fee_asset: FeeAsset) -> Result<(), MarketError> {
    let counted = (1..=FEE_TIERS_MAX).contains(&fees.len());
    let is_safe = FeeTier::no_match_costs_the_house(fees, fee_asset);
    if counted && is_safe { Ok(()) } else { Err(MarketError::Fees) }
}

/// No lower bound above its upper bound, and no more minutes than are remembered.
pub(crate) fn check_filters(filters: &Filters) -> Result<(), MarketError> {
    let Filters { price, qty, market_qty, notional, band, trailing_delta, averages, .. } = filters;
    let in_order = price.0 <= price.1
        && qty.0 <= qty.1
        && market_qty.0 <= market_qty.1
        && notional.0 <= notional.1
        && band.bid_down <= band.bid_up
        && band.ask_down <= band.ask_up
        && trailing_delta.0 <= trailing_delta.1;
    if in_order && averages.minutes <= MINUTES_MAX { Ok(()) } else { Err(MarketError::Filters) }
}
