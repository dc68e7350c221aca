//! The views as bytes, so that a restart need not fold the whole journal again.
//!
//! Shape   format, sequence, time; catalog; users; markets; accounts; what the database does not
//!         have yet.
//! Keeps   what is restored folds on exactly as what was written would have.
//! Fails   [`SnapshotError`]: then the views are what they were before the first command.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};

use engine::{Asset, MarketSpec, MarketState};
use model::{AccountId, AssetId, MarketId, Seq, Time, UserId};

use crate::account_view::AccountView;
use crate::bounds::Bounds;
use crate::catalog::Catalog;
use crate::codec::{Input, Wire};
use crate::history::Standing;
use crate::market_view::MarketView;
use crate::projection::{Projection, State, write};
use crate::quota::Quota;
use crate::views::{Users, read};

/// The format of the bytes.
///
/// 4 has what the fills of an order come to, 5 no order in which accounts forget, and 6 what an
/// order was before it was placed anew.
const FORMAT: u32 = 6;
/// The oldest that is read. Views can be folded anew only where the whole journal is kept.
const FORMAT_MIN: u32 = 3;

/// Why a snapshot of the views cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Ends early, goes on too long, or holds what no projection would write.
    #[error("the snapshot of the views is malformed")]
    Malformed,
    /// Written in another format: fold from the beginning instead.
    #[error("the snapshot of the views has format {found}")]
    Format {
        /// Which.
        found: u32,
    },
    /// Taken at another command than it is offered for.
    #[error("the snapshot of the views is of command {}", found.0)]
    Seq {
        /// Which.
        found: Seq,
    },
    /// The database lacks something from before it, or tells of another journal.
    #[error("the history in the database does not reach up to the snapshot")]
    History,
}

/// All that a snapshot holds.
struct Image {
    state: State,
    catalog: Catalog,
    users: Users,
    standing: Standing,
}

impl Projection {
    /// Appends everything that is in memory, in a format of its own.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        FORMAT.put(out);
        (self.state.seq, self.state.time).put(out);
        read(&self.shared.catalog).put(out);
        read(&self.shared.users).by_account.put(out);
        put_views(&self.state.markets, out);
        put_views(&self.state.accounts, out);
        self.state.origin.put(out);
        self.state.last_rows.put(out);
        let standing = match &self.outbox {
            Some(outbox) => outbox.standing(self.state.last_rows),
            None => Standing { needs: self.state.last_rows, entries: VecDeque::new() },
        };
        standing.needs.put(out);
        standing.entries.put(out);
    }

    /// Begins at the state that [`Self::snapshot`] wrote after command `seq`, or, without bytes,
    /// before the first command. Readers who hold [`crate::Views`] see it at once.
    ///
    /// # Errors
    /// [`SnapshotError`] unless [`Self::snapshot`] wrote these bytes, in this format, at `seq`.
    pub fn restore(&mut self, seq: Seq, bytes: Option<&[u8]>) -> Result<(), SnapshotError> {
        let (image, result) = match self.image(seq, bytes) {
            Ok(image) => (image, Ok(())),
            Err(error) => (Image::empty(self.state.bounds), Err(error)),
        };
        let Image { state, catalog, users, standing: _ } = image;
        *write(&self.shared.catalog) = Arc::new(catalog);
        *write(&self.shared.users) = users;
        write(&self.shared.markets).clone_from(&state.markets);
        write(&self.shared.accounts).clone_from(&state.accounts);
        self.shared.time.store(state.time.0, Ordering::Release);
        self.shared.seq.store(state.seq.0, Ordering::Release);
        self.state = state;
        result
    }

    fn image(&self, seq: Seq, bytes: Option<&[u8]>) -> Result<Image, SnapshotError> {
        let bounds = self.state.bounds;
        let empty = || Ok(Image::empty(bounds));
        let mut image = bytes.map_or_else(empty, |bytes| image(seq, bytes, bounds))?;
        let Some(outbox) = &self.outbox else { return Ok(image) };
        let none = Standing { needs: Seq(0), entries: VecDeque::new() };
        let standing = std::mem::replace(&mut image.standing, none);
        let begun = outbox.begin(image.state.seq, image.state.origin, standing);
        if begun { Ok(image) } else { Err(SnapshotError::History) }
    }
}

impl Image {
    fn empty(bounds: Bounds) -> Self {
        Self {
            state: State::new(bounds),
            catalog: Catalog::default(),
            users: Users::default(),
            standing: Standing { needs: Seq(0), entries: VecDeque::new() },
        }
    }
}

fn image(seq: Seq, bytes: &[u8], bounds: Bounds) -> Result<Image, SnapshotError> {
    let input = &mut Input::new(bytes, FORMAT);
    let found = u32::take(input).ok_or(SnapshotError::Malformed)?;
    if !(FORMAT_MIN..=FORMAT).contains(&found) {
        return Err(SnapshotError::Format { found });
    }
    input.format = found;
    let image = take_image(input, bounds).ok_or(SnapshotError::Malformed)?;
    if !input.is_empty() {
        return Err(SnapshotError::Malformed);
    }
    let found = image.state.seq;
    if found == seq { Ok(image) } else { Err(SnapshotError::Seq { found }) }
}

fn take_image(input: &mut Input<'_>, bounds: Bounds) -> Option<Image> {
    let (seq, time) = <(Seq, Time)>::take(input)?;
    let catalog = Catalog::take(input)?;
    let by_account = Vec::<Option<UserId>>::take(input)?;
    let markets = take_views::<MarketView>(input)?;
    let accounts = take_views::<AccountView>(input)?;
    if input.format < 5 {
        // Which accounts were to forget next, of orders and of fills.
        <(Vec<AccountId>, Vec<AccountId>)>::take(input)?;
    }
    if markets.len() != catalog.markets().len() {
        return None;
    }
    let kept = |count: fn(&AccountView) -> usize| accounts.iter().map(move |it| count(&read(it)));
    let closed_orders = Quota::of(bounds.closed_orders_total, kept(|it| it.closed.items.len()));
    let fills = Quota::of(bounds.fills_total, kept(|it| it.fills.items.len()));
    let mut by_user = HashMap::new();
    for (account, user) in (0..).zip(&by_account) {
        user.map(|user| by_user.insert(user, AccountId(account)));
    }
    let (origin, last_rows) = (Wire::take(input)?, Wire::take(input)?);
    let standing = Standing { needs: Wire::take(input)?, entries: Wire::take(input)? };
    let state =
        State { bounds, seq, time, origin, last_rows, markets, accounts, closed_orders, fills };
    Some(Image { state, catalog, users: Users { by_user, by_account }, standing })
}

fn put_views<T: Wire>(views: &[Arc<RwLock<T>>], out: &mut Vec<u8>) {
    u32::try_from(views.len()).expect("accounts have numbers of 32 bits").put(out);
    views.iter().for_each(|view| read(view).put(out));
}

fn take_views<T: Wire>(input: &mut Input<'_>) -> Option<Vec<Arc<RwLock<T>>>> {
    let mut views = Vec::new();
    for _ in 0..u32::take(input)? {
        views.push(Arc::new(RwLock::new(T::take(input)?)));
    }
    Some(views)
}

impl Wire for Catalog {
    fn put(&self, out: &mut Vec<u8>) {
        self.assets().to_vec().put(out);
        u32::try_from(self.markets().len()).expect("markets have numbers of 16 bits").put(out);
        for market in self.markets() {
            market.spec.put(out);
            market.state.put(out);
        }
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        let mut catalog = Self::default();
        for (id, asset) in (0..).zip(Vec::<Asset>::take(input)?) {
            catalog.list_asset(AssetId(id), asset);
        }
        for id in 0..u32::take(input)? {
            let id = MarketId(u16::try_from(id).ok()?);
            let (spec, state) = (MarketSpec::take(input)?, MarketState::take(input)?);
            let scales = (catalog.asset(spec.base)?.scale, catalog.asset(spec.quote)?.scale);
            spec.quote_units_per_tick_lot(scales).ok()?;
            catalog.list_market(id, spec);
            catalog.change_market(id, |market| market.state = state);
        }
        Some(catalog)
    }
}

impl Wire for AccountView {
    fn put(&self, out: &mut Vec<u8>) {
        self.tier.put(out);
        self.balances.put(out);
        self.open.put(out);
        self.closed.put(out);
        self.fills.put(out);
        self.fills_told.put(out);
        self.open_lists.put(out);
        self.closed_lists.put(out);
        self.preventions.put(out);
        self.adjustments.put(out);
        self.amendments.put(out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        let mut view = Self {
            tier: Wire::take(input)?,
            balances: Wire::take(input)?,
            open: Wire::take(input)?,
            open_by_client: HashMap::new(),
            closed: Wire::take(input)?,
            fills: Wire::take(input)?,
            fills_told: Wire::take(input)?,
            open_lists: Wire::take(input)?,
            closed_lists: Wire::take(input)?,
            preventions: Wire::take(input)?,
            adjustments: Wire::take(input)?,
            amendments: Wire::take(input)?,
        };
        let named = view.open.values().map(|it| ((it.new.market, it.client_id), it.id));
        view.open_by_client = named.collect();
        Some(view)
    }
}

#[cfg(test)]
mod tests {
    use model::{ClientOrderId, Label, Price, Qty, Side};

    use super::*;
    use crate::recent::Recent;
    use crate::record::{OrderRecord, OrderStatus};

    fn order() -> OrderRecord {
        let kind = engine::OrderKind::LimitMaker {
            price: Price::new(7).unwrap(),
            qty: Qty::new(5).unwrap(),
            display: None,
        };
        let client_id: ClientOrderId = "one".parse().unwrap();
        OrderRecord {
            id: model::OrderId(9),
            list: None,
            new: engine::NewOrder {
                account: AccountId(2),
                market: MarketId(0),
                client_id,
                side: Side::Buy,
                stp: engine::SelfTradePrevention::None,
                kind,
            },
            client_id,
            label: Label::default(),
            status: OrderStatus::Canceled,
            qty: Qty::new(5).unwrap(),
            filled: Qty::new(2).unwrap(),
            quote_filled: 14,
            fills: None,
            prevented: Qty::ZERO,
            prevention: None,
            trigger_at: None,
            triggered: None,
            created: Time(1),
            updated: Time(2),
            working: Some(Time(1)),
            seq: Seq(3),
            ended_by: Some(engine::CancelReason::Requested),
            before: None,
        }
    }

    /// An ended order as format 3 has it: without its fills, with what is not counted yet.
    fn in_format_3(order: &OrderRecord, out: &mut Vec<u8>) {
        1_u32.put(out);
        (order.id, order.list).put(out);
        (order.new, order.client_id).put(out);
        (order.label, order.status).put(out);
        (order.qty, order.filled).put(out);
        order.quote_filled.put(out);
        (order.prevented, order.prevention).put(out);
        (order.trigger_at, order.triggered).put(out);
        (order.created, order.updated).put(out);
        (order.working, order.seq).put(out);
        order.ended_by.put(out);
        (6_u64, 1_u64).put(out);
    }

    #[test]
    fn what_a_format_lacks_is_nothing_and_what_it_has_too_much_is_passed_over() {
        let (order, mut bytes) = (order(), vec![]);
        in_format_3(&order, &mut bytes);
        let input = &mut Input::new(&bytes, 3);
        let taken = Recent::<Arc<OrderRecord>>::take(input).unwrap();
        assert!(input.is_empty());
        assert_eq!((taken.items[0].as_ref(), taken.forgotten), (&order, 6));
    }

    /// Views can be folded anew only where nothing of the journal was pruned.
    #[test]
    fn a_snapshot_of_an_older_format_is_begun_from() {
        let fresh = Projection::new();
        let mut now = vec![];
        fresh.snapshot(&mut now);
        // The quotas stood before the origin, the last rows, what is needed, and what is open.
        let quotas = now.len() - (1 + 8 + 8 + 4);
        for (format, quota_bytes) in [(FORMAT_MIN, 8), (4, 8), (5, 0)] {
            let mut old = now.clone();
            old.splice(quotas..quotas, vec![0; quota_bytes]);
            old.splice(..4, format.to_le_bytes());
            assert_eq!(Projection::new().restore(Seq(0), Some(&old)), Ok(()), "{format}");
        }
        for format in [FORMAT_MIN - 1, FORMAT + 1] {
            now.splice(..4, format.to_le_bytes());
            let refused = Err(SnapshotError::Format { found: format });
            assert_eq!(Projection::new().restore(Seq(0), Some(&now)), refused);
        }
    }
}
