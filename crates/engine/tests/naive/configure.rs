//! Accounts, assets, markets, money from outside.

use engine::{
    Asset, Event, FEE_TIERS_MAX, FeeAsset, FeeTier, Filters, HOUSE, MarketError, MarketSpec,
    MarketState, OUTSIDE, Rejection, RequestKind,
};
use model::{AccountId, AssetId, FeeRate, MarketId, UserId};

use super::check::AMOUNT_MAX;
use super::{Exchange, Market};

impl Exchange {
    pub fn refuse(&mut self, account: AccountId, request: RequestKind, reason: Rejection) {
        self.say(Event::Rejected { account, request, reason });
    }

    pub fn open_account(&mut self, user: UserId) {
        let known = self.users.iter().position(|other| *other == Some(user));
        let index = known.unwrap_or(self.users.len());
        if known.is_none() {
            self.users.push(Some(user));
            self.tiers.push(0);
        }
        let account = AccountId(u32::try_from(index).expect("an account has a number"));
        self.say(Event::AccountOpened { account, user });
    }

    pub fn set_tier(&mut self, account: AccountId, tier: u8) {
        if !self.customer_exists(account) {
            self.refuse(account, RequestKind::Configure, Rejection::UnknownAccount);
            return;
        }
        self.tiers[account.0 as usize] = tier;
        self.say(Event::TierSet { account, tier });
    }

    pub fn list_asset(&mut self, asset: &Asset) {
        let known = self.assets.iter().position(|other| other.code == asset.code);
        let contradicts = known.is_some_and(|index| self.assets[index].scale != asset.scale);
        if 18 < asset.scale || contradicts {
            self.refuse(HOUSE, RequestKind::Configure, Rejection::BadConfiguration);
            return;
        }
        let index = known.unwrap_or(self.assets.len());
        if known.is_none() {
            self.assets.push(*asset);
        }
        let id = AssetId(u16::try_from(index).expect("an asset has a number"));
        self.say(Event::AssetListed { id, asset: *asset });
    }

    pub fn list_market(&mut self, spec: &MarketSpec) {
        match self.check_market(spec) {
            Err(error) => self.say(Event::MarketRefused { error }),
            Ok(unit) => {
                let id = u16::try_from(self.markets.len()).expect("a market has a number");
                self.markets.push(Market {
                    spec: spec.clone(),
                    state: MarketState::Halted,
                    unit,
                    last_trade: 0,
                    last_prevention: 0,
                    last_price: None,
                    trades: vec![],
                    told: None,
                });
                let spec = Box::new(spec.clone());
                self.say(Event::MarketListed { market: MarketId(id), spec });
            }
        }
    }

    /// Quote units per tick and lot, or why there is no such market.
    fn check_market(&self, spec: &MarketSpec) -> Result<i128, MarketError> {
        let scale = |id: AssetId| self.assets.get(usize::from(id.0)).map(|asset| asset.scale);
        let (Some(base), Some(quote)) = (scale(spec.base), scale(spec.quote)) else {
            return Err(MarketError::Assets);
        };
        if spec.base == spec.quote {
            return Err(MarketError::Assets);
        }
        let same = |other: &Market| (other.spec.base, other.spec.quote) == (spec.base, spec.quote);
        if self.markets.iter().any(same) {
            return Err(MarketError::Duplicate);
        }
        let unit = spec.quote_units_per_tick_lot((base, quote))?;
        check_fees(&spec.fees, spec.fee_asset)?;
        check_filters(&spec.filters)?;
        Ok(i128::from(unit))
    }

    fn market_exists(&mut self, market: MarketId) -> bool {
        let exists = usize::from(market.0) < self.markets.len();
        if !exists {
            self.refuse(HOUSE, RequestKind::Configure, Rejection::UnknownMarket);
        }
        exists
    }

    pub fn set_market_state(&mut self, id: MarketId, state: MarketState) {
        if self.market_exists(id) {
            self.market_mut(id).state = state;
            self.say(Event::MarketStateSet { market: id, state });
        }
    }

    pub fn set_filters(&mut self, id: MarketId, filters: &Filters) {
        if !self.market_exists(id) {
            return;
        }
        if check_filters(filters).is_err() {
            self.refuse(HOUSE, RequestKind::Configure, Rejection::BadConfiguration);
            return;
        }
        self.market_mut(id).spec.filters = *filters;
        self.say(Event::FiltersSet { market: id, filters: Box::new(*filters) });
    }

    pub fn set_fees(&mut self, id: MarketId, fees: &[FeeTier]) {
        if !self.market_exists(id) {
            return;
        }
        if check_fees(fees, self.market(id).spec.fee_asset).is_err() {
            self.refuse(HOUSE, RequestKind::Configure, Rejection::BadConfiguration);
            return;
        }
        self.market_mut(id).spec.fees = fees.to_vec();
        self.say(Event::FeesSet { market: id, fees: fees.to_vec() });
    }

    pub fn adjust(&mut self, account: AccountId, asset: AssetId, amount: i128, reference: u128) {
        let reason = if account == OUTSIDE || !self.account_exists(account) {
            Some(Rejection::UnknownAccount)
        } else if self.assets.len() <= usize::from(asset.0) {
            Some(Rejection::UnknownAsset)
        } else if self.references.contains(&reference) {
            Some(Rejection::DuplicateReference)
        } else if AMOUNT_MAX <= amount || amount <= -AMOUNT_MAX {
            Some(Rejection::Overflow)
        } else if amount < 0 && self.balance(account, asset).available < -amount {
            Some(Rejection::InsufficientFunds)
        } else {
            None
        };
        if let Some(reason) = reason {
            self.refuse(account, RequestKind::Adjust, reason);
            return;
        }
        self.references.insert(reference);
        self.move_money(OUTSIDE, account, asset, amount);
        self.say(Event::Adjusted { account, asset, amount, reference });
    }
}

fn check_fees(fees: &[FeeTier], fee_asset: FeeAsset) -> Result<(), MarketError> {
    let is_rebate = |rate: FeeRate| rate.millionths() < 0;
    let rebates = fees.iter().any(|tier| is_rebate(tier.maker) || is_rebate(tier.taker));
    if rebates && fee_asset == FeeAsset::Received {
        return Err(MarketError::Fees);
    }
    let costs = |maker: &FeeTier| {
        fees.iter().any(|taker| maker.maker.millionths() + taker.taker.millionths() < 0)
    };
    if fees.is_empty() || FEE_TIERS_MAX < fees.len() || fees.iter().any(costs) {
        return Err(MarketError::Fees);
    }
    Ok(())
}

fn check_filters(filters: &Filters) -> Result<(), MarketError> {
    let band = &filters.band;
    let backwards = filters.price.1 < filters.price.0
        || filters.qty.1 < filters.qty.0
        || filters.market_qty.1 < filters.market_qty.0
        || filters.notional.1 < filters.notional.0
        || band.bid_up < band.bid_down
        || band.ask_up < band.ask_down
        || filters.trailing_delta.1 < filters.trailing_delta.0;
    if backwards || 60 < filters.averages.minutes {
        return Err(MarketError::Filters);
    }
    Ok(())
}
