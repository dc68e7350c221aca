//! Random changes of the set-up, and some that contradict themselves.

use engine::{Asset, Command, FeeAsset, FeeTier, Filters, MarketSpec};
use model::{AccountId, AssetId, MarketId};

use super::orders::Maker;
use super::world::{self, FIRST};

impl Maker<'_, '_> {
    pub(super) fn configure(&mut self) -> Command {
        let market = self.market();
        match self.draw.below(16) {
            0..4 => Command::SetFilters { market, filters: Box::new(self.filters(market)) },
            4..7 => Command::SetFees { market, fees: self.fees() },
            7..9 => {
                let tier = u8::try_from(self.draw.below(5)).expect("small");
                Command::SetTier { account: self.account(), tier }
            }
            9..11 => {
                let index = u32::try_from(self.draw.below(8)).expect("small");
                Command::OpenAccount { user: world::user(index) }
            }
            11..13 => {
                let code = self.draw.one_of(&["AAA", "BBB", "NEW"]).parse().expect("a code");
                let scale = self.draw.one_of(&[3, 2, 19]);
                Command::ListAsset(Asset { code, scale })
            }
            _ => Command::ListMarket(Box::new(self.spec())),
        }
    }

    fn filters(&mut self, market: MarketId) -> Filters {
        let mut filters = world::filters(self.scale, self.draw);
        if let (true, Some(listed)) =
            (self.draw.chance(24), self.twin.markets.get(usize::from(market.0)))
        {
            // Somebody is near the bound.
            let account = AccountId(FIRST + u32::try_from(self.draw.below(4)).expect("small"));
            let owned = self.twin.balance(account, listed.spec.base);
            let room = i128::from(self.draw.below(30) << self.scale.qty_bits);
            let most = owned.available + owned.held + room * i128::from(listed.spec.lot_units);
            filters.position_max = Some(most);
        }
        match self.draw.below(16) {
            0 => filters.averages.minutes = 61,
            1 => self.bend(&mut filters, true),
            2 => filters.orders_max = 0,
            _ => {}
        }
        filters
    }

    /// Turns one range around, or makes its bounds equal.
    fn bend(&mut self, filters: &mut Filters, turn: bool) {
        fn bent<T: Copy>((low, high): (T, T), turn: bool) -> (T, T) {
            if turn { (high, low) } else { (low, low) }
        }
        let band = &mut filters.band;
        match self.draw.below(7) {
            0 => filters.price = bent(filters.price, turn),
            1 => filters.qty = bent(filters.qty, turn),
            2 => filters.market_qty = bent(filters.market_qty, turn),
            3 => filters.notional = bent(filters.notional, turn),
            4 => (band.bid_up, band.bid_down) = bent((band.bid_up, band.bid_down), turn),
            5 => (band.ask_up, band.ask_down) = bent((band.ask_up, band.ask_down), turn),
            _ => filters.trailing_delta = bent(filters.trailing_delta, turn),
        }
    }

    fn fees(&mut self) -> Vec<FeeTier> {
        match self.draw.below(8) {
            0 => vec![],
            1 => vec![FeeTier::default(); 11],
            // What one gives may be more than what the other takes.
            2 => [FeeAsset::Quote; 2].map(|fees_in| world::fees(fees_in, self.draw)).concat(),
            // A rebate may be for a market that has none.
            number => {
                let fees_in = if number < 5 { FeeAsset::Quote } else { FeeAsset::Received };
                world::fees(fees_in, self.draw)
            }
        }
    }

    /// A market that breaks one rule, or a new one.
    fn spec(&mut self) -> MarketSpec {
        let known = self.draw.one_of(&[0, 1, 2]);
        let mut spec = self.twin.markets[known].spec.clone();
        (spec.base, spec.quote) = (AssetId(2), AssetId(0));
        match self.draw.below(9) {
            0 => spec.quote = AssetId(77),
            1 => spec.quote = spec.base,
            2 => (spec.base, spec.quote) = (AssetId(0), AssetId(2)),
            3 => spec.lot_units = 0,
            4 => (spec.tick_units, spec.lot_units, spec.tick_scale) = (1, 1, 18),
            5 => (spec.fee_asset, spec.fees) = (FeeAsset::Received, self.fees()),
            6 => self.bend(&mut spec.filters, true),
            7 => self.bend(&mut spec.filters, false),
            _ => (spec.tick_units, spec.lot_units, spec.tick_scale) = (1, 10, 0),
        }
        spec
    }
}
