//! One's own orders and fills, newest first, page by page.

use std::cmp::Reverse;
use std::collections::HashSet;

use engine::OrderRef;
use model::{Decimal, OrderId, Time};
use venue::coinbase::{
    Fills, HistoricalOrder, OneOrder, OrderList, OrderStatus, Refusal, parse_moment,
};
use venue::port::Pair;

use super::Door;
use super::ids::{fill_name, order_name, order_of};
use super::keys::Key;
use super::params::Params;
use super::rest::{Answer, json};
use super::shape;
use crate::desk::{DeskFill, DeskOrderView};

/// Orders and fills on one page, where nobody says how many and at most.
const PAGE: (usize, usize) = (1_000, 1_000);
/// Fills that are looked through.
const FILLS_MAX: usize = 5_000;
/// Orders that are looked through.
const ORDERS_MAX: usize = 5_000;

/// Answer to `historical/{order_id}`.
pub fn one_order(door: &Door, key: &Key, name: &str) -> Answer {
    let order = order_of(name).and_then(|id| door.desk.order(&key.user, OrderRef::Id(id)));
    let order = order.ok_or(Refusal::NotFound("order with this orderID was not found"))?;
    json(&OneOrder { order: shape::historical(&order, &key.user, &door.names) })
}

/// What is asked for of a list.
struct Wanted {
    pairs: Vec<Pair>,
    start: Option<Time>,
    end: Option<Time>,
    limit: usize,
}

impl Wanted {
    fn read(params: &Params, start: &'static str, end: &'static str) -> Result<Self, Refusal> {
        let named = params.all("product_ids").chain(params.all("product_id"));
        let pairs = named.map(Pair::parse).collect::<Option<_>>();
        let moment = |name| {
            let text: Option<&str> = params.text(name);
            let read = |text| parse_moment(text).ok_or(Refusal::Invalid("time is not RFC 3339"));
            text.map(read).transpose()
        };
        Ok(Self {
            pairs: pairs.ok_or(Refusal::Invalid("product_id is none of ours"))?,
            start: moment(start)?,
            end: moment(end)?,
            limit: params.count("limit", PAGE.0, PAGE.1)?,
        })
    }

    /// The only market that is asked for; `None` where there is more than one, or any.
    fn pair(&self) -> Option<Pair> {
        if let [pair] = self.pairs[..] { Some(pair) } else { None }
    }

    fn admits(&self, pair: Pair, time: Time) -> bool {
        (self.pairs.is_empty() || self.pairs.contains(&pair))
            && self.start.is_none_or(|start| start <= time)
            && self.end.is_none_or(|end| time < end)
    }
}

/// What an order of a list is put in order by, the greatest first.
type SortKey = (Option<Decimal>, Option<String>);

/// How a list of orders is sorted; the newest first where orders are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sorting {
    Newest,
    LimitPrice,
    LastFill,
}

impl Sorting {
    fn read(name: Option<&str>) -> Result<Self, Refusal> {
        Ok(match name {
            None | Some("UNKNOWN_SORT_BY") => Self::Newest,
            Some("LIMIT_PRICE") => Self::LimitPrice,
            Some("LAST_FILL_TIME") => Self::LastFill,
            Some(_) => return Err(Refusal::Invalid("invalid sort_by")),
        })
    }

    fn key(self, order: &HistoricalOrder<'_>) -> SortKey {
        match self {
            Self::Newest => (None, None),
            Self::LimitPrice => (order.order_configuration.limit_price(), None),
            Self::LastFill => (None, order.last_fill_time.as_ref().map(ToString::to_string)),
        }
    }
}

/// Answer to `historical/batch`.
pub fn orders(door: &Door, key: &Key, params: &Params) -> Answer {
    let wanted = Wanted::read(params, "start_date", "end_date")?;
    let ids: HashSet<&str> = params.all("order_ids").collect();
    let mut statuses = Vec::new();
    for text in params.all("order_status") {
        let status = serde_json::from_value(text.into());
        statuses.push(status.map_err(|_| Refusal::Invalid("invalid order_status"))?);
    }
    let side = params.text("order_side");
    let kinds: Vec<_> = params.all("order_types").collect();
    let lastings: Vec<_> = params.all("time_in_forces").collect();
    let is_spot = params.text("product_type").is_none_or(|kind| kind == "SPOT");
    let sorting = Sorting::read(params.text("sort_by"))?;
    let before = params.text("cursor").map(order_of);
    let before = before.map(|id| id.ok_or(Refusal::Invalid("invalid cursor")));
    let before = before.transpose()?;
    let is_wanted = |order: &&DeskOrderView| {
        wanted.admits(order.pair, order.created)
            && (ids.is_empty() || ids.contains(order_name(order.id).as_str()))
            && is_spot
    };
    let told = |order: &DeskOrderView| shape::historical(order, &key.user, &door.names);
    let orders = door.desk.orders(&key.user, wanted.pair(), (None, None), ORDERS_MAX);
    let mut orders: Vec<_> =
        orders.iter().rev().filter(is_wanted).map(|it| (it.id, told(it))).collect();
    // The order of numbers is kept where nothing else decides.
    orders.sort_by_key(|(_, order)| Reverse(sorting.key(order)));
    let key_of = |id| match sorting {
        Sorting::Newest => Ok((SortKey::default(), id)),
        Sorting::LimitPrice | Sorting::LastFill => {
            let order = door.desk.order(&key.user, OrderRef::Id(id));
            let order = order.ok_or(Refusal::Invalid("invalid cursor"))?;
            Ok((sorting.key(&told(&order)), id))
        }
    };
    let from = before.map(key_of).transpose()?;
    let orders = orders.into_iter().filter(|(id, order)| {
        let is_behind =
            |(key, last): &(SortKey, OrderId)| (sorting.key(order), *id) < (key.clone(), *last);
        from.as_ref().is_none_or(is_behind)
    });
    let orders = orders.map(|(_, order)| order).filter(|order| {
        let is_status = |status: &OrderStatus| *status == order.status;
        let is_side = |side| serde_json::to_value(order.side).is_ok_and(|own| own == side);
        let is_lasting =
            |name: &&str| serde_json::to_value(order.time_in_force).is_ok_and(|own| own == *name);
        (statuses.is_empty() || statuses.iter().any(is_status))
            && side.is_none_or(is_side)
            && (kinds.is_empty() || kinds.contains(&order.order_type.as_ref()))
            && (lastings.is_empty() || lastings.iter().any(is_lasting))
    });
    let mut orders: Vec<_> = orders.take(wanted.limit + 1).collect();
    let has_next = wanted.limit < orders.len();
    orders.truncate(wanted.limit);
    let last = orders.last().filter(|_| has_next);
    let cursor = last.map(|order| order.order_id.clone()).unwrap_or_default();
    json(&OrderList { orders, sequence: "0".into(), has_next, cursor })
}

/// Answer to `historical/fills`.
pub fn fills(door: &Door, key: &Key, params: &Params) -> Answer {
    let wanted = Wanted::read(params, "start_sequence_timestamp", "end_sequence_timestamp")?;
    let named = params.all("order_ids").chain(params.all("order_id"));
    let ids: Vec<Option<OrderId>> = named.map(order_of).collect();
    let trades: Vec<_> = params.all("trade_ids").collect();
    let before = params.text("cursor");
    let span = (None, None);
    let one = if let [Some(id)] = ids[..] { Some(id) } else { None };
    let fills = door.desk.fills(&key.user, wanted.pair(), one, span, FILLS_MAX);
    let is_wanted = |fill: &&DeskFill| {
        wanted.admits(fill.pair, fill.time)
            && (ids.is_empty() || ids.contains(&Some(fill.order)))
            && (trades.is_empty() || trades.contains(&fill.trade.to_string().as_str()))
    };
    let mut newest: Vec<_> = fills.iter().rev().filter(is_wanted).collect();
    match params.text("sort_by") {
        None | Some("UNKNOWN_SORT_BY" | "TRADE_TIME") => {}
        Some("PRICE") => newest.sort_by_key(|fill| Reverse(fill.price)),
        Some(_) => return Err(Refusal::Invalid("invalid sort_by")),
    }
    let mut newest = newest.into_iter().peekable();
    if let Some(before) = before {
        // From behind the last of the page before.
        let found = newest.by_ref().any(|fill| fill_name(fill.number) == before);
        if !found {
            return Err(Refusal::Invalid("invalid cursor"));
        }
    }
    let page: Vec<_> = newest.by_ref().take(wanted.limit).collect();
    let more = newest.peek().is_some();
    let cursor = page.last().filter(|_| more).map(|fill| fill_name(fill.number));
    let fills = page.into_iter().map(|fill| shape::fill(fill, &key.user)).collect();
    json(&Fills { fills, cursor: cursor.unwrap_or_default().into() })
}
