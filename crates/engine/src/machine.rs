//! The engine as its users see it.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AccountId, Amount, AssetId, ClientOrderId, ListId, MarketId, OrderId, Price, Seq, Side, Time,
};

use crate::book::{NONE, Orders};
use crate::command::{Command, Stamped};
use crate::event::{Event, Rejection, RequestKind};
use crate::foresight::{FORESEEN, Hint};
use crate::history::{History, kind};
use crate::index::{NameIndex, OrderIndex, secrets};
use crate::ledger::Ledger;
use crate::listing::{Listing, qty};
use crate::registry::Registry;
use crate::sharing::Share;

/// Which rules this engine plays by. A journal written under others is refused.
pub const RULES_VERSION: u32 = 2;

/// The account of the world outside: minus the sum of all others, per asset.
pub const OUTSIDE: AccountId = AccountId(0);
/// The account where fees go and rebates come from. Customers follow from 2.
pub const HOUSE: AccountId = AccountId(1);

/// What is drawn once, when a journal begins, and is its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Keys the maps over client text, so that nobody outside can aim at their buckets.
    pub map_key: [u8; 16],
}

/// Everything the engine knows, in 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateHash(pub [u8; 32]);

/// Why a snapshot cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Ends early, goes on too long, or holds what no engine would write.
    #[error("the snapshot is malformed")]
    Malformed,
    /// Written under other rules.
    #[error("the snapshot was written under rules version {found}")]
    Rules {
        /// Under which.
        found: u32,
    },
}

/// Two linked orders.
#[derive(Clone, Debug)]
pub(crate) struct OpenList {
    pub(crate) client_id: ClientOrderId,
    pub(crate) account: AccountId,
    pub(crate) market: MarketId,
    pub(crate) orders: [OrderId; 2],
    /// What both hold together.
    pub(crate) hold: Amount,
}

/// A level that the running step has touched, and what it showed before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TouchedLevel {
    pub(crate) side: Side,
    pub(crate) price: Price,
    pub(crate) before: u128,
}

/// The exchange.
#[derive(Debug)]
pub struct Engine {
    pub(crate) genesis: Genesis,
    pub(crate) last_seq: Seq,
    pub(crate) last_time: Time,
    pub(crate) history: History,
    pub(crate) registry: Registry,
    pub(crate) ledger: Ledger,
    pub(crate) listings: Vec<Listing>,
    pub(crate) orders: Orders,
    pub(crate) ids: OrderIndex,
    pub(crate) names: NameIndex,
    pub(crate) lists: BTreeMap<ListId, OpenList>,
    pub(crate) expiries: BTreeSet<(Time, OrderId)>,
    /// Until then the passing of time does nothing.
    pub(crate) alarm: Time,
    /// Numbers used so far.
    pub(crate) order_count: u64,
    pub(crate) list_count: u64,
    /// Levels touched by the running step; empty between commands.
    pub(crate) touched: Vec<TouchedLevel>,
    /// Room for sharing a level; empty between commands.
    pub(crate) shares: Vec<Share>,
}

impl Engine {
    /// An exchange without assets, markets and accounts.
    #[must_use]
    pub fn new(genesis: &Genesis) -> Self {
        let [order_key] = secrets(&genesis.map_key, "rialto engine: numbers of orders");
        Self {
            genesis: *genesis,
            last_seq: Seq(0),
            last_time: Time(0),
            history: History::EMPTY,
            registry: Registry::new(),
            ledger: Ledger::default(),
            listings: Vec::new(),
            orders: Orders::new(),
            ids: OrderIndex::new(order_key),
            names: NameIndex::new(&genesis.map_key),
            lists: BTreeMap::new(),
            expiries: BTreeSet::new(),
            alarm: Time(0),
            order_count: 0,
            list_count: 0,
            touched: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// Applies one command and appends what happened to `events`.
    ///
    /// # Panics
    /// If the sequence has a gap or time steps back: bugs of the journal.
    pub fn apply(&mut self, input: &Stamped, events: &mut Vec<Event>) {
        self.apply_with(input, Hint::Nothing, events);
    }

    #[inline(never)]
    fn apply_with(&mut self, input: &Stamped, hint: Hint, events: &mut Vec<Event>) {
        assert_eq!(input.seq.0, self.last_seq.0 + 1, "a gap here is a journal bug");
        assert!(self.last_time <= input.time, "time steps back only by a sequencer bug");
        let before = std::mem::replace(&mut self.last_time, input.time);
        self.last_seq = input.seq;
        if self.alarm <= input.time {
            self.ring(before, events);
        }
        match &input.command {
            Command::Place(new) => _ = self.place(new, hint, events),
            Command::Cancel { account, market, order, only } => {
                self.cancel((*account, *market), (order, *only), hint, events);
            }
            Command::PlaceList(new) => self.place_list(new, events),
            Command::CancelList { account, market, list } => {
                self.cancel_list(*account, *market, *list, events);
            }
            Command::CancelAll { account, market } => self.cancel_all(*account, *market, events),
            Command::Amend { account, market, order, qty, client_id } => {
                self.amend((*account, *market, *order), *qty, *client_id, events);
            }
            Command::Replace(replace) => self.replace(replace, events),
            Command::Clock => {}
            Command::OpenAccount { .. }
            | Command::SetTier { .. }
            | Command::ListAsset(_)
            | Command::ListMarket(_)
            | Command::SetMarketState { .. }
            | Command::SetFilters { .. }
            | Command::SetFees { .. }
            | Command::Adjust { .. } => self.configure(&input.command, events),
        }
        self.ledger.tell(events);
    }

    /// Applies commands one after the other, with a look ahead at those that come next; `after` is
    /// called after each, and may take the events out.
    ///
    /// # Panics
    /// As [`Self::apply`].
    pub fn apply_all(
        &mut self,
        inputs: &[Stamped],
        events: &mut Vec<Event>,
        mut after: impl FnMut(&mut Vec<Event>),
    ) {
        for inputs in inputs.chunks(FORESEEN) {
            let hints = self.foresee(inputs);
            for (input, hint) in inputs.iter().zip(hints) {
                self.apply_with(input, hint, events);
                after(events);
            }
        }
    }

    /// The last command applied; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.last_seq
    }

    /// The time of the last command applied.
    #[must_use]
    pub const fn time(&self) -> Time {
        self.last_time
    }

    /// Per asset, the sum over all accounts, free and held: zero, or there is a bug.
    pub fn trial_balance(&self) -> impl Iterator<Item = (AssetId, i128)> {
        self.ledger.sums()
    }

    pub(crate) fn reject(
        &mut self,
        account: AccountId,
        request: RequestKind,
        reason: Rejection,
        events: &mut Vec<Event>,
    ) {
        self.history.fold(kind::REJECTED, u64::from(account.0), request as u64, reason as u64);
        events.push(Event::Rejected { account, request, reason });
    }

    pub(crate) fn listing(&self, market: MarketId) -> &Listing {
        &self.listings[usize::from(market.0)]
    }

    pub(crate) fn listing_mut(&mut self, market: MarketId) -> &mut Listing {
        &mut self.listings[usize::from(market.0)]
    }

    /// Notes what a level shows before the running step changes it.
    pub(crate) fn touch_level(&mut self, market: MarketId, side: Side, price: Price) {
        if !self.touched.iter().any(|level| level.side == side && level.price == price) {
            let before = self.listing(market).book.shown(side, price);
            self.touched.push(TouchedLevel { side, price, before });
        }
    }

    /// As [`Self::touch_level`], for the level where an open order stands or is about to.
    pub(crate) fn touch_own_level(&mut self, slot: u32) {
        let order = self.orders.get(slot);
        self.touch_level(order.market, order.side, order.price);
    }

    /// Ends a step: tells the levels that it changed.
    #[inline]
    pub(crate) fn tell_levels(&mut self, market: MarketId, events: &mut Vec<Event>) {
        let book = &self.listings[usize::from(market.0)].book;
        for &TouchedLevel { side, price, before } in &self.touched {
            let shown = book.shown(side, price);
            if shown != before {
                push_level(market, side, price, shown, events);
            }
        }
        self.touched.clear();
    }

    /// The slot of an open order.
    ///
    /// # Panics
    /// If it is not open: a bug of the caller.
    pub(crate) fn slot_of(&self, id: OrderId) -> u32 {
        let slot = self.ids.find(id, &self.orders).unwrap_or(NONE);
        assert_ne!(slot, NONE, "order {id} is open");
        slot
    }
}

/// Tells what a level shows now.
#[inline]
pub(crate) fn push_level(
    market: MarketId,
    side: Side,
    price: Price,
    shown: u128,
    events: &mut Vec<Event>,
) {
    let lots = u64::try_from(shown).unwrap_or(u64::MAX);
    events.push(Event::Level { market, side, price, qty: qty(lots) });
}
