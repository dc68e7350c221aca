//! Questions to memory and database at once.
//!
//! Keeps   what is on its way to the database is read first, then the database, then memory: so
//!         nothing slips through between them.

use std::sync::Arc;

use database::{Moment, Whole};
use engine::OrderRef;
use model::{AccountId, ClientOrderId, ListId, MarketId, OrderId, Time};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use tokio::task::JoinSet;

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
        let Some(stored) = self.beyond(part.is_whole) else { return Ok(part.items) };
        let key = |it: &TradeRecord| (it.id.0, it.time);
        let pending = stored.pending(|entry| &entry.rows.trades, |it| it.market == market);
        let query = trade::Entity::find().filter(trade::Column::Market.eq(i32::from(market.0)));
        let query = paged(query, trade::Column::Id, trade::Column::At, page);
        let rows = stored.load(query).await?;
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
        let Some(stored) = self.beyond(part.is_whole) else { return Ok(part.items) };
        let key = |it: &AggregateTrade| (it.id, it.time);
        let pending = stored.pending(|entry| &entry.rows.aggregates, |it| it.market == market);
        let query =
            aggregate::Entity::find().filter(aggregate::Column::Market.eq(i32::from(market.0)));
        let query = paged(query, aggregate::Column::Id, aggregate::Column::At, page);
        let rows = stored.load(query).await?;
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
        let (None, Some(stored)) = (&found, &self.stored) else { return Ok(found) };
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
        let query = match wanted {
            OrderRef::Id(id) => query.filter(order::Column::Id.eq(counter(id.0))),
            OrderRef::Client(name) => query.filter(
                order::Column::ClientId
                    .eq(name.as_str())
                    .or(order::Column::FirstClientId.eq(name.as_str())),
            ),
        };
        let rows = stored.load(query.order_by_desc(order::Column::Id).limit(1)).await?;
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
        let (None, Some(stored)) = (&found, &self.stored) else { return Ok(found) };
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
        let Some(stored) = self.beyond(part.is_whole) else { return Ok(part.items) };
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
        let query = paged(query, order::Column::Id, order::Column::CreatedAt, page);
        let rows: Vec<OrderRecord> = stored.load(query).await?;
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
        let Some(stored) = self.beyond(part.is_whole) else { return Ok(part.items) };
        let key = |it: &FillRecord| (of.id(it), it.time);
        let pending = stored.pending(|entry| &entry.rows.fills, |fill| of.admits(fill));
        let mut query =
            fill::Entity::find().filter(fill::Column::Account.eq(Whole(account.0.into())));
        if let Some(market) = market {
            query = query.filter(fill::Column::Market.eq(i32::from(market.0)));
        }
        if let Some(order) = order {
            query = query.filter(fill::Column::OrderId.eq(counter(order.0)));
        }
        let id = if market.is_some() { fill::Column::Trade } else { fill::Column::Number };
        let rows = stored.load(paged(query, id, fill::Column::At, page)).await?;
        let memory = self.views.fills_part(of, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| (of.id(it), it.number)))
    }

    /// A list by its number, however old.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn list(&self, account: AccountId, id: ListId) -> Answer<Option<ListRecord>> {
        let found = self.views.list(account, id);
        let (None, Some(stored)) = (&found, &self.stored) else { return Ok(found) };
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
        let (None, Some(stored)) = (&found, &self.stored) else { return Ok(found) };
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
        let Some(stored) = self.beyond(part.is_whole) else { return Ok(part.items) };
        let key = |it: &ListRecord| (it.id.0, it.created);
        let entries = stored.outbox.pending();
        let waiting = entries.iter().flat_map(|it| it.rows.lists.values());
        let pending: Vec<_> = waiting.filter(|it| it.account == account).copied().collect();
        let query = list::Entity::find().filter(list::Column::Account.eq(Whole(account.0.into())));
        let query = paged(query, list::Column::Id, list::Column::CreatedAt, page);
        let rows = stored.load(query).await?;
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
        let Some(stored) = self.beyond(part.is_whole) else { return Ok(part.items) };
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
        let query = paged(query, prevention::Column::Id, prevention::Column::At, page);
        let rows = stored.load(query).await?;
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
        let Some(stored) = self.beyond(part.is_whole) else { return Ok(part.items) };
        let key = |it: &AmendmentRecord| (it.seq.0, it.time);
        let pending = stored.pending(|entry| &entry.rows.amendments, |it| of.admits(it));
        let query = amendment::Entity::find()
            .filter(amendment::Column::Account.eq(Whole(account.0.into())))
            .filter(amendment::Column::OrderId.eq(counter(order.0)));
        let query = paged(query, amendment::Column::Seq, amendment::Column::At, page);
        let rows = stored.load(query).await?;
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
        let Some(stored) = self.beyond(part.is_whole) else { return Ok(part.items) };
        let key = |it: &AdjustmentRecord| (it.seq.0, it.time);
        let mine = |it: &AdjustmentRecord| it.account == account;
        let pending = stored.pending(|entry| &entry.rows.adjustments, mine);
        let query = adjustment::Entity::find()
            .filter(adjustment::Column::Account.eq(Whole(account.0.into())));
        let query = paged(query, adjustment::Column::Seq, adjustment::Column::At, page);
        let rows = stored.load(query).await?;
        let memory = self.views.adjustments_part(account, page).items;
        Ok(page.merge(rows, page.and(pending, memory, key), |it| it.seq))
    }

    /// The database, where memory does not tell all.
    pub(super) fn beyond(&self, is_whole: bool) -> Option<&Stored> {
        self.stored.as_ref().filter(|_| !is_whole)
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

    /// Reads in a task of its own: a reader of the database that was got is given back as soon as
    /// it has read, however long who asked looks elsewhere. Who goes away ends the task.
    pub(super) async fn load<E, R>(&self, query: Select<E>) -> Answer<Vec<R>>
    where
        E: EntityTrait,
        R: Row<Model = E::Model> + Send + 'static,
    {
        let database = self.database.clone();
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            let rows = query.all(database.read()).await?;
            rows.iter().map(R::load).collect::<Option<_>>().ok_or(HistoryError::Row)
        });
        let read = reading.join_next().await.and_then(Result::ok);
        read.unwrap_or(Err(HistoryError::Unread))
    }
}

/// A number from outside, as far as the database has such numbers.
fn counter(id: u64) -> Whole {
    Whole(Ord::min(id, i64::MAX.cast_unsigned()))
}

pub(super) fn moment(time: Time) -> Moment {
    Moment(Time(counter(time.0).0))
}

/// The rows of a page. Backwards they come youngest first; whoever merges sorts them.
fn paged<E: EntityTrait>(query: Select<E>, id: E::Column, at: E::Column, page: &Page) -> Select<E> {
    let mut query = query;
    if let Some(from) = page.from_id {
        query = query.filter(id.gte(counter(from)));
    }
    if let Some(before) = page.before_id {
        query = query.filter(id.lt(counter(before)));
    }
    if let Some(start) = page.start {
        query = query.filter(at.gte(moment(start)));
    }
    if let Some(end) = page.end {
        query = query.filter(at.lte(moment(end)));
    }
    let ordered = if page.is_forward() { query.order_by_asc(id) } else { query.order_by_desc(id) };
    ordered.limit(page.limit() as u64)
}
