//! Questions to memory and database at once.
//!
//! Keeps   what is on its way to the database is read first, then the database, then memory: so
//!         nothing slips through between them.

use std::cmp::Reverse;
use std::sync::Arc;

use database::{Database, Moment, Whole};
use engine::OrderRef;
use model::{AccountId, ClientOrderId, ListId, MarketId, OrderId, Time};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::outbox::Entry;
use super::row::Row;
use super::table::{adjustment, aggregate, amendment, fill, list, order, prevention, trade};
use super::{History, HistoryError, Stored};
use crate::page::Page;
use crate::part::{AmendmentsOf, FillsOf, PreventionsOf};
use crate::record::{
    AdjustmentRecord, AggregateTrade, AmendmentRecord, FillRecord, ListRecord, OrderRecord,
    PreventionRecord, TradeRecord,
};

type Answer<T> = Result<T, HistoryError>;

/// Markets.
impl History {
    /// Trades, however old.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn trades(&self, market: MarketId, page: &Page) -> Answer<Vec<TradeRecord>> {
        let part = self.views.trades_part(market, page);
        let Some(stored) = self.beyond(part.is_whole).await? else { return Ok(part.items) };
        let key = |it: &TradeRecord| (it.id.0, it.time);
        let pending = stored.pending(|entry| &entry.rows.trades, |it| it.market == market);
        let query = trade::Entity::find().filter(trade::Column::Market.eq(i32::from(market.0)));
        let rows = stored.page(query, (trade::Column::Id, trade::Column::At), page).await?;
        let memory = self.views.trades_part(market, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| it.id))
    }

    /// Aggregate trades, however old.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn aggregate_trades(
        &self,
        market: MarketId,
        page: &Page,
    ) -> Answer<Vec<AggregateTrade>> {
        let part = self.views.aggregates_part(market, page);
        let Some(stored) = self.beyond(part.is_whole).await? else { return Ok(part.items) };
        let key = |it: &AggregateTrade| (it.id, it.time);
        let pending = stored.pending(|entry| &entry.rows.aggregates, |it| it.market == market);
        let query =
            aggregate::Entity::find().filter(aggregate::Column::Market.eq(i32::from(market.0)));
        let key_and_time = (aggregate::Column::Id, aggregate::Column::At);
        let rows = stored.page(query, key_and_time, page).await?;
        let memory = self.views.aggregates_part(market, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| it.id))
    }
}

/// Accounts.
impl History {
    /// An order by its number or its name, however old: an open one first, then the youngest.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn order(
        &self,
        account: AccountId,
        market: MarketId,
        wanted: &OrderRef,
    ) -> Answer<Option<Arc<OrderRecord>>> {
        let found = self.views.order(account, market, wanted);
        let Some(stored) = self.beyond(found.is_some()).await? else { return Ok(found) };
        let pending = stored.outbox.pending();
        let named = |it: &&Arc<OrderRecord>| {
            let is_wanted = match wanted {
                OrderRef::Id(id) => it.id == *id,
                OrderRef::Client(name) => it.client_id == *name || it.new.client_id == *name,
            };
            is_wanted && (it.new.account, it.new.market) == (account, market)
        };
        let waiting = pending.iter().rev().find_map(|it| it.rows.orders.values().rev().find(named));
        if let Some(order) = waiting {
            return Ok(Some(Arc::clone(order)));
        }
        let query = order::Entity::find()
            .filter(order::Column::Account.eq(Whole(account.0.into())))
            .filter(order::Column::Market.eq(i32::from(market.0)));
        let query = query.order_by_desc(order::Column::Id).limit(1);
        // One after the other, each by an index of its own.
        let queries = match wanted {
            OrderRef::Id(id) => vec![query.filter(order::Column::Id.eq(counter(id.0)))],
            OrderRef::Client(name) => vec![
                query.clone().filter(order::Column::ClientId.eq(name.as_str())),
                query.filter(order::Column::FirstClientId.eq(name.as_str())).filter(
                    Expr::col(order::Column::FirstClientId).ne(Expr::col(order::Column::ClientId)),
                ),
            ],
        };
        let mut rows: Vec<OrderRecord> = Vec::new();
        for query in queries {
            rows.extend(stored.load(query).await?);
        }
        rows.sort_unstable_by_key(|order| Reverse(order.id));
        Ok(rows.into_iter().next().map(Arc::new))
    }

    /// An order by its number, wherever it is and however old.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn order_by_id(
        &self,
        account: AccountId,
        id: OrderId,
    ) -> Answer<Option<Arc<OrderRecord>>> {
        let found = self.views.order_by_id(account, id);
        let Some(stored) = self.beyond(found.is_some()).await? else { return Ok(found) };
        let pending = stored.outbox.pending();
        let waiting = pending.iter().rev().find_map(|entry| entry.rows.orders.get(&id));
        if let Some(order) = waiting {
            return Ok(Some(Arc::clone(order)).filter(|order| order.new.account == account));
        }
        let query = order::Entity::find_by_id(counter(id.0))
            .filter(order::Column::Account.eq(Whole(account.0.into())));
        Ok(stored.load::<_, OrderRecord>(query).await?.into_iter().next().map(Arc::new))
    }

    /// Orders, open and ended, by number, however old; times are those of creation.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn orders(
        &self,
        account: AccountId,
        market: Option<MarketId>,
        page: &Page,
    ) -> Answer<Vec<Arc<OrderRecord>>> {
        let part = self.views.orders_part(account, market, page);
        let Some(stored) = self.beyond(part.is_whole).await? else { return Ok(part.items) };
        let key = |it: &Arc<OrderRecord>| (it.id.0, it.created);
        let here = |it: &&Arc<OrderRecord>| {
            it.new.account == account && market.is_none_or(|id| it.new.market == id)
        };
        let entries = stored.outbox.pending();
        let waiting = entries.iter().flat_map(|it| it.rows.orders.values());
        let pending: Vec<_> = waiting.filter(here).cloned().collect();
        let mut query =
            order::Entity::find().filter(order::Column::Account.eq(Whole(account.0.into())));
        if let Some(market) = market {
            query = query.filter(order::Column::Market.eq(i32::from(market.0)));
        }
        let key_and_time = (order::Column::Id, order::Column::CreatedAt);
        let rows: Vec<OrderRecord> = stored.page(query, key_and_time, page).await?;
        // An order that was open at first may have ended, and been forgotten, since.
        let stored = part.items.into_iter().chain(rows.into_iter().map(Arc::new)).collect();
        let memory = self.views.orders_part(account, market, page).items;
        Ok(page.merge(stored, page.and(pending, memory, key), |it| it.id))
    }

    /// Fills, however old. The page counts trade ids where a market is given, otherwise
    /// [`FillRecord::number`].
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn fills(
        &self,
        account: AccountId,
        market: Option<MarketId>,
        order: Option<OrderId>,
        page: &Page,
    ) -> Answer<Vec<FillRecord>> {
        let of = FillsOf { account, market, order };
        let part = self.views.fills_part(of, page);
        let Some(stored) = self.beyond(part.is_whole).await? else { return Ok(part.items) };
        let key = |it: &FillRecord| (of.id(it), it.time);
        let pending = stored.pending(|entry| &entry.rows.fills, |fill| of.admits(fill));
        let id = if market.is_some() { fill::Column::Trade } else { fill::Column::Number };
        let query = fill::Entity::find();
        // An order's fills are all of one account and market: asked for by more than the order,
        // they would be looked for among all that the account has.
        let query = match (order, market) {
            (Some(order), _) => query.filter(fill::Column::OrderId.eq(counter(order.0))),
            (None, Some(market)) => query
                .filter(fill::Column::Account.eq(Whole(account.0.into())))
                .filter(fill::Column::Market.eq(i32::from(market.0))),
            (None, None) => query.filter(fill::Column::Account.eq(Whole(account.0.into()))),
        };
        let mut rows = stored.page(query, (id, fill::Column::At), page).await?;
        rows.retain(|fill| of.admits(fill));
        let memory = self.views.fills_part(of, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| (of.id(it), it.number)))
    }

    /// A list by its number, however old.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn list(&self, account: AccountId, id: ListId) -> Answer<Option<ListRecord>> {
        let found = self.views.list(account, id);
        let Some(stored) = self.beyond(found.is_some()).await? else { return Ok(found) };
        if let Some(waiting) = stored.waiting_list(|list| (list.account, list.id) == (account, id))
        {
            return Ok(Some(waiting));
        }
        let query = list::Entity::find_by_id(counter(id.0))
            .filter(list::Column::Account.eq(Whole(account.0.into())));
        Ok(stored.load(query).await?.into_iter().next())
    }

    /// A list by its name, however old: an open one first, then the youngest.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn list_by_client_id(
        &self,
        account: AccountId,
        client_id: &ClientOrderId,
    ) -> Answer<Option<ListRecord>> {
        let found = self.views.list_by_client_id(account, client_id);
        let Some(stored) = self.beyond(found.is_some()).await? else { return Ok(found) };
        let named = |list: &ListRecord| (list.account, list.client_id) == (account, *client_id);
        if let Some(waiting) = stored.waiting_list(named) {
            return Ok(Some(waiting));
        }
        let query = list::Entity::find()
            .filter(list::Column::Account.eq(Whole(account.0.into())))
            .filter(list::Column::ClientId.eq(client_id.as_str()))
            .order_by_desc(list::Column::Id)
            .limit(1);
        Ok(stored.load(query).await?.into_iter().next())
    }

    /// Lists, open and ended, by number, however old; times are those of creation.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn lists(&self, account: AccountId, page: &Page) -> Answer<Vec<ListRecord>> {
        let part = self.views.lists_part(account, page);
        let Some(stored) = self.beyond(part.is_whole).await? else { return Ok(part.items) };
        let key = |it: &ListRecord| (it.id.0, it.created);
        let entries = stored.outbox.pending();
        let waiting = entries.iter().flat_map(|it| it.rows.lists.values());
        let pending: Vec<_> = waiting.filter(|it| it.account == account).copied().collect();
        let query = list::Entity::find().filter(list::Column::Account.eq(Whole(account.0.into())));
        let key_and_time = (list::Column::Id, list::Column::CreatedAt);
        let rows = stored.page(query, key_and_time, page).await?;
        let memory = self.views.lists_part(account, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| it.id))
    }

    /// Matches that self-trade prevention stopped in a market, however old.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn preventions(
        &self,
        account: AccountId,
        market: MarketId,
        order: Option<OrderId>,
        page: &Page,
    ) -> Answer<Vec<PreventionRecord>> {
        let of = PreventionsOf { account, market, order };
        let part = self.views.preventions_part(of, page);
        let Some(stored) = self.beyond(part.is_whole).await? else { return Ok(part.items) };
        let key = |it: &PreventionRecord| (it.id.0, it.time);
        let pending = stored.pending(|entry| &entry.rows.preventions, |it| of.admits(it));
        let mut query = prevention::Entity::find()
            .filter(prevention::Column::Account.eq(Whole(account.0.into())))
            .filter(prevention::Column::Market.eq(i32::from(market.0)));
        if let Some(order) = order {
            let id = counter(order.0);
            query =
                query.filter(prevention::Column::Taker.eq(id).or(prevention::Column::Maker.eq(id)));
        }
        let key_and_time = (prevention::Column::Id, prevention::Column::At);
        let rows = stored.page(query, key_and_time, page).await?;
        let memory = self.views.preventions_part(of, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| it.id))
    }

    /// Amendments of an order, however old; the page counts [`AmendmentRecord::seq`].
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn amendments(
        &self,
        account: AccountId,
        order: OrderId,
        page: &Page,
    ) -> Answer<Vec<AmendmentRecord>> {
        let of = AmendmentsOf { account, order };
        let part = self.views.amendments_part(of, page);
        let Some(stored) = self.beyond(part.is_whole).await? else { return Ok(part.items) };
        let key = |it: &AmendmentRecord| (it.seq.0, it.time);
        let pending = stored.pending(|entry| &entry.rows.amendments, |it| of.admits(it));
        let query = amendment::Entity::find()
            .filter(amendment::Column::Account.eq(Whole(account.0.into())))
            .filter(amendment::Column::OrderId.eq(counter(order.0)));
        let key_and_time = (amendment::Column::Seq, amendment::Column::At);
        let rows = stored.page(query, key_and_time, page).await?;
        let memory = self.views.amendments_part(of, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| it.seq))
    }

    /// Movements of money, however old; the page counts [`AdjustmentRecord::seq`].
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn adjustments(
        &self,
        account: AccountId,
        page: &Page,
    ) -> Answer<Vec<AdjustmentRecord>> {
        let part = self.views.adjustments_part(account, page);
        let Some(stored) = self.beyond(part.is_whole).await? else { return Ok(part.items) };
        let key = |it: &AdjustmentRecord| (it.seq.0, it.time);
        let mine = |it: &AdjustmentRecord| it.account == account;
        let pending = stored.pending(|entry| &entry.rows.adjustments, mine);
        let query = adjustment::Entity::find()
            .filter(adjustment::Column::Account.eq(Whole(account.0.into())));
        let key_and_time = (adjustment::Column::Seq, adjustment::Column::At);
        let rows = stored.page(query, key_and_time, page).await?;
        let memory = self.views.adjustments_part(account, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| it.seq))
    }

    /// The database, where memory does not tell all, as soon as it is one's turn.
    pub(super) async fn beyond(&self, is_whole: bool) -> Answer<Option<Stored>> {
        let Some(stored) = self.stored.as_ref().filter(|_| !is_whole) else { return Ok(None) };
        let turn = match &self.gate {
            Some(gate) => Some(gate.enter().await.ok_or(HistoryError::Busy)?),
            None => None,
        };
        Ok(Some(Stored { turn, ..stored.clone() }))
    }
}

impl Page {
    /// What waits and what is in memory, as far as this page admits it; the latter counts.
    fn and<T>(
        &self,
        mut pending: Vec<T>,
        memory: Vec<T>,
        key: impl Fn(&T) -> (u64, Time),
    ) -> Vec<T> {
        pending.retain(|item| {
            let (id, time) = key(item);
            self.admits(id, time)
        });
        pending.extend(memory);
        pending
    }
}

impl Stored {
    /// What waits to be written.
    fn pending<T: Copy>(
        &self,
        rows: impl Fn(&Entry) -> &Vec<T>,
        here: impl Fn(&T) -> bool,
    ) -> Vec<T> {
        let entries = self.outbox.pending();
        let waiting = entries.iter().flat_map(|entry| rows(entry).iter());
        waiting.filter(|item| here(item)).copied().collect()
    }

    /// The last list of those that wait to be written.
    fn waiting_list(&self, wanted: impl Fn(&ListRecord) -> bool) -> Option<ListRecord> {
        let entries = self.outbox.pending();
        let mut waiting = entries.iter().rev().flat_map(|entry| entry.rows.lists.values().rev());
        waiting.find(|list| wanted(list)).copied()
    }

    pub(super) async fn load<E, R>(&self, query: Select<E>) -> Answer<Vec<R>>
    where
        E: EntityTrait,
        R: Row<Model = E::Model> + Send + 'static,
    {
        self.apart(|database| async move {
            let rows = query.all(database.read()).await?;
            rows.iter().map(R::load).collect::<Option<_>>().ok_or(HistoryError::Row)
        })
        .await
    }

    /// Reads in a task of its own: a reader of the database that was got is given back as soon as
    /// it has read, however long who asked looks elsewhere. Who goes away does not end what is
    /// being read, and keeps their turn until then.
    async fn apart<T, F>(&self, read: impl FnOnce(Database) -> F) -> Answer<T>
    where
        T: Send + 'static,
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let (reading, turn) = (read(self.database.clone()), self.turn.clone());
        let reading = tokio::spawn(async move {
            let answer = reading.await;
            drop(turn);
            answer
        });
        reading.await.unwrap_or(Err(HistoryError::Unread))
    }

    /// The rows of a page, where `query` is what it is a page of, in the order of `id`. Backwards
    /// they come youngest first; whoever merges sorts them.
    ///
    /// Numbers grow with time, so times are turned into numbers first: nothing is read but what
    /// is told.
    async fn page<E, R>(
        &self,
        query: Select<E>,
        (id, at): (E::Column, E::Column),
        page: &Page,
    ) -> Answer<Vec<R>>
    where
        E: EntityTrait,
        R: Row<Model = E::Model> + Send + 'static,
    {
        let since = |time| {
            let query = query.clone();
            self.apart(move |database| first_since(database, query, (id, at), time))
        };
        let (mut from_id, mut before_id) = (page.from_id, page.before_id);
        if let Some(start) = page.start {
            match since(start).await? {
                Since::From(first) => from_id = Ord::max(from_id, Some(first)),
                Since::Never { .. } => return Ok(Vec::new()),
            }
        }
        if let Some(end) = page.end {
            // What is written from now on was on its way before, and is told from there.
            let (Since::From(after) | Since::Never { next: after }) =
                since(Time(end.0.saturating_add(1))).await?;
            before_id = Some(before_id.map_or(after, |before| Ord::min(before, after)));
        }
        let mut query = query;
        if let Some(from) = from_id {
            query = query.filter(id.gte(counter(from)));
        }
        if let Some(before) = before_id {
            query = query.filter(id.lt(counter(before)));
        }
        let is_forward = page.is_forward();
        let query = if is_forward { query.order_by_asc(id) } else { query.order_by_desc(id) };
        self.load(query.limit(page.limit() as u64)).await
    }
}

/// Which rows are as late as a moment, or later.
enum Since {
    /// From this number on.
    From(u64),
    /// None; the next has this number, or a higher one.
    Never {
        /// One after the last.
        next: u64,
    },
}

/// Finds the first number that is not earlier than `time` by halving what is between the first and
/// the last, at most 64 times.
async fn first_since<E: EntityTrait>(
    database: Database,
    query: Select<E>,
    (id, at): (E::Column, E::Column),
    time: Time,
) -> Answer<Since> {
    let query = query.select_only().column(id).column(at).limit(1);
    let look = |query: Select<E>| async {
        let found = query.into_tuple::<(Whole, Moment)>().one(database.read()).await?;
        Answer::Ok(found.map(|(id, at)| (id.0, at.0)))
    };
    let Some((last, last_at)) = look(query.clone().order_by_desc(id)).await? else {
        return Ok(Since::Never { next: 0 });
    };
    if last_at < time {
        return Ok(Since::Never { next: last + 1 });
    }
    let query = query.order_by_asc(id);
    let (mut low, mut high, mut found) = (0, last, last);
    while low < high {
        let middle = low.midpoint(high);
        match look(query.clone().filter(id.gte(counter(middle)))).await? {
            Some((number, then)) if then < time => low = number + 1,
            Some((number, _)) => (found, high) = (number, middle),
            // Let go by the retention meanwhile.
            None => return Ok(Since::Never { next: last + 1 }),
        }
    }
    Ok(Since::From(found))
}

/// A number from outside, as far as the database has such numbers.
fn counter(id: u64) -> Whole {
    Whole(Ord::min(id, i64::MAX.cast_unsigned()))
}

pub(super) fn moment(time: Time) -> Moment {
    Moment(Time(counter(time.0).0))
}
