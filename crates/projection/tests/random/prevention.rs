//! Market orders by quote among own orders, with each mode of self-trade prevention.
//!
//! The common random commands seldom make a book in which an order by quote trades, meets its
//! own account, and then pays for nothing more. Here everything is near that.

use engine::{Command, Filters, NewOrder, OrderKind, SelfTradePrevention, Size, TimeInForce};
use model::{AccountId, MarketId, Price, Qty, Side};
use proptest::prelude::*;

use crate::views::World;

/// Random runs, unless `PROPTEST_CASES` asks for more.
const CASES: u32 = 256;
/// Rounds of one random run, at most.
const ROUNDS_MAX: usize = 24;
/// Orders that come to rest in a round, at most.
const MAKERS_MAX: usize = 7;
/// Quote units of a tick of a lot, in the first two markets: by time, and shared.
const UNITS: [i128; 2] = [10, 21];
const ACCOUNTS: [AccountId; 2] = [AccountId(2), AccountId(3)];

/// Some orders come to rest on one side, then one by quote takes from it.
#[derive(Clone, Debug)]
struct Round {
    market: MarketId,
    makers: Vec<(AccountId, OrderKind)>,
    side: Side,
    taker: AccountId,
    amount: i128,
    stp: SelfTradePrevention,
}

fn mode() -> impl Strategy<Value = SelfTradePrevention> {
    prop_oneof![
        1 => Just(SelfTradePrevention::None),
        1 => Just(SelfTradePrevention::ExpireTaker),
        1 => Just(SelfTradePrevention::ExpireMaker),
        1 => Just(SelfTradePrevention::ExpireBoth),
        4 => Just(SelfTradePrevention::Decrement),
    ]
}

fn account() -> impl Strategy<Value = AccountId> {
    prop::sample::select(ACCOUNTS.to_vec())
}

/// Prices are far apart: what pays for a lot at one pays for none at the next.
fn maker(side: Side) -> impl Strategy<Value = (AccountId, OrderKind)> {
    (account(), 0_u64..4, 1_u64..3, any::<bool>()).prop_map(move |(who, away, lots, hides)| {
        let ticks = if side == Side::Buy { 100 - 25 * away } else { 100 + 25 * away };
        let qty = Qty::new(lots).unwrap();
        let display = (hides && 1 < lots).then(|| Qty::new(1).unwrap());
        let (price, time_in_force) = (Price::new(ticks).unwrap(), TimeInForce::Gtc);
        (who, OrderKind::Limit { price, qty, time_in_force, display })
    })
}

fn round() -> impl Strategy<Value = Round> {
    let side = prop::sample::select(vec![Side::Buy, Side::Buy, Side::Buy, Side::Sell]);
    (0_u16..2, side).prop_flat_map(|(market, side)| {
        let makers = prop::collection::vec(maker(side.opposite()), 3..MAKERS_MAX);
        let amount = (1_i128..6, 0_i128..100)
            .prop_map(move |(lots, more)| (100 * lots + more) * UNITS[usize::from(market)]);
        (makers, account(), amount, mode()).prop_map(move |(makers, taker, amount, stp)| Round {
            market: MarketId(market),
            makers,
            side,
            taker,
            amount,
            stp,
        })
    })
}

impl Round {
    fn orders(&self) -> impl Iterator<Item = NewOrder> {
        let order = |account, side, stp, kind| {
            let client_id = "any".parse().unwrap();
            NewOrder { account, market: self.market, client_id, side, stp, kind }
        };
        let side = self.side.opposite();
        let makers = self.makers.iter().map(move |(account, kind)| {
            order(*account, side, SelfTradePrevention::ExpireTaker, *kind)
        });
        let kind = OrderKind::Market { size: Size::Quote(self.amount) };
        makers.chain([order(self.taker, self.side, self.stp, kind)])
    }
}

proptest! {
    #![proptest_config(crate::cases(CASES))]

    #[test]
    fn orders_by_quote_among_own_orders_are_told_as_a_scan_tells_them(
        world in prop::collection::vec(any::<u8>(), 600),
        rounds in prop::collection::vec(round(), 0..ROUNDS_MAX),
    ) {
        // The first byte says how large all numbers are: small.
        let mut world = World::new(&[&[0], &world[..]].concat());
        for market in (0..2).map(MarketId) {
            world.tell(Command::SetFilters { market, filters: Box::new(Filters::wide()) });
        }
        let mut names = 0;
        for round in &rounds {
            for order in round.orders() {
                names += 1;
                let client_id = format!("n{names}").parse().unwrap();
                world.tell(Command::Place(NewOrder { client_id, ..order }));
            }
            world.check();
            for account in ACCOUNTS {
                world.tell(Command::CancelAll { account, market: None });
            }
        }
        world.check();
    }
}
