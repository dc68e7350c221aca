//! What was told on a channel, and what differs from it now.
//!
//! Keeps   after a snapshot and the updates behind it, a client has what the views had at the last
//!         beat: books by changed levels, everything else by what is true now of each item.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use identity::{NoticeBoard, Posted};
use model::{AccountId, Interval, MarketId, OrderId, Qty, Time, UtcOffset};
use projection::{
    Balance, Candle, Catalog, Depth, FillRecord, Level, Market, OrderRecord, Page, TradeRecord,
    Views,
};
use serde::Serialize;

use super::channel::{Channel, Topic};
use crate::market::{CandleView, TickerView, TradeView, levels};
use crate::moment;
use crate::notices::NoticeView;
use crate::trading::{FillView, OrderView};
use crate::wallet::BalanceView;

/// Levels of each side that are told.
const LEVELS_MAX: usize = 100;
/// Trades, fills and notices of a snapshot; of notices, unread ones that are of no orders besides.
const RECENT_MAX: usize = 50;
/// Candles of a snapshot.
const CANDLES_MAX: usize = 500;
/// Items of an update.
const ITEMS_MAX: usize = 1_000;

/// What was told on a channel.
#[derive(Debug)]
pub enum Told {
    /// The levels.
    Book(MarketId, Depth),
    /// The number of the last trade.
    Trades(MarketId, u64),
    /// The ticker of each market.
    Tickers(Option<MarketId>, HashMap<MarketId, TickerView>),
    /// The last candle.
    Candles(MarketId, Interval, Option<Candle>),
    /// The open orders, and the number of the newest.
    Orders(AccountId, BTreeMap<OrderId, Arc<OrderRecord>>, u64),
    /// The number of the last fill.
    Fills(AccountId, u64),
    /// All balances.
    Balances(AccountId, Vec<Balance>),
    /// The board, and what was on it.
    Notifications(Arc<NoticeBoard>, Posted),
}

/// A list, as most channels have one.
#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
}

#[derive(Serialize)]
struct Balances {
    balances: Vec<BalanceView>,
}

#[derive(Serialize)]
struct OneTicker<'a> {
    ticker: &'a TickerView,
}

#[derive(Serialize)]
struct Levels {
    bids: Vec<[String; 2]>,
    asks: Vec<[String; 2]>,
}

#[derive(Serialize)]
struct Notices {
    items: Vec<NoticeView>,
    unread: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewNotices {
    items: Vec<NoticeView>,
    unread: usize,
    /// Somebody has read them up to this one.
    read_through: Option<String>,
}

/// What the messages are made of, at one moment.
pub struct Scene<'a> {
    /// Read for all that is told.
    pub views: &'a Views,
    /// What is listed.
    pub catalog: &'a Catalog,
    /// The time.
    pub now: Time,
}

impl Scene<'_> {
    /// The rest of a message, without braces.
    fn body(&self, value: &impl Serialize) -> Arc<str> {
        let json = serde_json::to_string(value).expect("text and numbers are JSON");
        let at = moment::text(self.now);
        format!("\"at\":\"{at}\",{}", &json[1..json.len() - 1]).into()
    }

    fn market(&self, market: MarketId) -> Option<&Arc<Market>> {
        self.catalog.market(market)
    }

    fn depth(&self, market: MarketId) -> Depth {
        let empty = || Depth { update_id: 0, time: Time(0), bids: Vec::new(), asks: Vec::new() };
        self.views.depth(market, LEVELS_MAX).unwrap_or_else(empty)
    }

    fn ticker(&self, market: MarketId) -> Option<TickerView> {
        TickerView::of(self.views, self.market(market)?, self.now)
    }

    fn tickers(&self, of: Option<MarketId>) -> HashMap<MarketId, TickerView> {
        let all = self.catalog.markets().iter().map(|market| market.id);
        let wanted = all.filter(|market| of.is_none_or(|of| of == *market));
        wanted.filter_map(|market| Some((market, self.ticker(market)?))).collect()
    }

    fn newest_order(&self, account: AccountId) -> u64 {
        let newest = self.views.orders(account, None, &Page::latest(1));
        newest.first().map_or(0, |order| order.id.0)
    }

    fn newest_fill(&self, account: AccountId) -> u64 {
        let newest = self.views.fills(account, None, None, &Page::latest(1));
        newest.first().map_or(0, |fill| fill.number)
    }

    fn orders(&self, orders: &[Arc<OrderRecord>]) -> Arc<str> {
        let row = |order: &Arc<OrderRecord>| OrderView::listed(self.catalog, order);
        self.body(&Items { items: orders.iter().filter_map(row).collect() })
    }

    fn balances(&self, balances: &[Balance]) -> Arc<str> {
        let row = |balance: &Balance| BalanceView::of(self.catalog, balance);
        self.body(&Balances { balances: balances.iter().filter_map(row).collect() })
    }

    fn fills(&self, fills: &[FillRecord]) -> Vec<FillView> {
        fills.iter().rev().filter_map(|fill| FillView::of(self.catalog, fill)).collect()
    }

    fn trades(&self, market: MarketId, trades: &[TradeRecord]) -> Vec<TradeView> {
        let Some(listed) = self.market(market) else { return Vec::new() };
        trades.iter().rev().map(|trade| TradeView::of(listed, trade)).collect()
    }

    fn candles(&self, market: MarketId, interval: Interval, page: &Page) -> Vec<Candle> {
        self.views.candles(market, interval, UtcOffset::UTC, page, self.now)
    }

    fn candle_views(&self, market: MarketId, candles: &[Candle]) -> Arc<str> {
        let Some(listed) = self.market(market) else { return self.body(&nothing()) };
        let items = candles.iter().map(|candle| CandleView::of(listed, candle)).collect();
        self.body(&Items { items })
    }
}

const fn nothing() -> Items<()> {
    Items { items: Vec::new() }
}

impl Told {
    /// A channel on which nothing was told before now.
    #[must_use]
    pub fn new(channel: &Channel, scene: &Scene<'_>) -> Self {
        match channel.topic {
            Topic::Book(market) => Self::Book(market, scene.depth(market)),
            Topic::Trades(market) => {
                let last = scene.views.last_trade(market).map_or(0, |trade| trade.id.0);
                Self::Trades(market, last)
            }
            Topic::Ticker(market) => Self::Tickers(Some(market), scene.tickers(Some(market))),
            Topic::Tickers => Self::Tickers(None, scene.tickers(None)),
            Topic::Candles(market, interval) => {
                let last = scene.candles(market, interval, &Page::latest(1)).pop();
                Self::Candles(market, interval, last)
            }
            Topic::Orders(account) => {
                let open = scene.views.open_orders(account, None);
                let open = open.into_iter().map(|order| (order.id, order)).collect();
                Self::Orders(account, open, scene.newest_order(account))
            }
            Topic::Fills(account) => Self::Fills(account, scene.newest_fill(account)),
            Topic::Balances(account) => Self::Balances(account, scene.views.balances(account)),
            Topic::Notifications(_) => {
                let board = channel.board.clone();
                let board = board.expect("a socket has the board before it hears the channel");
                let posted = board.since(None).expect("nothing was seen of it yet");
                Self::Notifications(board, posted)
            }
        }
    }

    /// What a client that hears nothing yet is told.
    #[must_use]
    pub fn snapshot(&self, scene: &Scene<'_>) -> Arc<str> {
        match self {
            Self::Book(market, depth) => match scene.market(*market) {
                Some(listed) => scene.body(&Levels {
                    bids: levels(listed, &depth.bids),
                    asks: levels(listed, &depth.asks),
                }),
                None => scene.body(&nothing()),
            },
            Self::Trades(market, last) => {
                let page = Page { before_id: Some(last + 1), ..Page::latest(RECENT_MAX) };
                let trades = scene.views.trades(*market, &page);
                scene.body(&Items { items: scene.trades(*market, &trades) })
            }
            Self::Tickers(Some(market), tickers) => match tickers.get(market) {
                Some(ticker) => scene.body(&OneTicker { ticker }),
                None => scene.body(&nothing()),
            },
            Self::Tickers(None, tickers) => {
                let markets = scene.catalog.markets().iter();
                let items = markets.filter_map(|market| tickers.get(&market.id)).collect();
                scene.body(&Items::<&TickerView> { items })
            }
            Self::Candles(market, interval, _) => {
                let candles = scene.candles(*market, *interval, &Page::latest(CANDLES_MAX));
                scene.candle_views(*market, &candles)
            }
            Self::Orders(_, open, _) => {
                scene.orders(&open.values().rev().cloned().collect::<Vec<_>>())
            }
            Self::Fills(account, last) => {
                let page = Page { before_id: Some(last + 1), ..Page::latest(RECENT_MAX) };
                let fills = scene.views.fills(*account, None, None, &page);
                scene.body(&Items { items: scene.fills(&fills) })
            }
            Self::Balances(_, balances) => scene.balances(balances),
            Self::Notifications(_, posted) => {
                let items = posted.shown(RECENT_MAX).map(NoticeView::of).collect();
                scene.body(&Notices { items, unread: posted.unread() })
            }
        }
    }

    /// What is different now, where something is; from here on it was told.
    pub fn update(&mut self, scene: &Scene<'_>) -> Option<Arc<str>> {
        match self {
            Self::Book(market, told) => update_book(scene, *market, told),
            Self::Trades(market, last) => {
                let page = Page { from_id: Some(*last + 1), ..Page::latest(ITEMS_MAX) };
                let trades = scene.views.trades(*market, &page);
                *last = trades.last()?.id.0;
                Some(scene.body(&Items { items: scene.trades(*market, &trades) }))
            }
            Self::Tickers(of, told) => update_tickers(scene, *of, told),
            Self::Candles(market, interval, last) => {
                let start = last.map(|candle| candle.open_time);
                let page = Page { start, ..Page::latest(CANDLES_MAX) };
                let mut candles = scene.candles(*market, *interval, &page);
                candles.retain(|candle| Some(*candle) != *last);
                *last = Some(*candles.last()?);
                Some(scene.candle_views(*market, &candles))
            }
            Self::Orders(account, open, newest) => update_orders(scene, *account, open, newest),
            Self::Fills(account, last) => {
                let page = Page { from_id: Some(*last + 1), ..Page::latest(ITEMS_MAX) };
                let fills = scene.views.fills(*account, None, None, &page);
                *last = fills.last()?.number;
                Some(scene.body(&Items { items: scene.fills(&fills) }))
            }
            Self::Balances(account, told) => {
                let now = scene.views.balances(*account);
                let changed = now.iter().filter(|balance| !told.contains(balance));
                let changed: Vec<Balance> = changed.copied().collect();
                *told = now;
                (!changed.is_empty()).then(|| scene.balances(&changed))
            }
            Self::Notifications(board, told) => {
                let now = board.since(Some(told.version))?;
                let last = told.newest.front().map_or(0, |notice| notice.id);
                let new = now.newest.iter().take_while(|notice| last < notice.id);
                let items = new.map(NoticeView::of).collect();
                let read_through = now.read_through.filter(|it| Some(*it) != told.read_through);
                let read_through = read_through.map(|id| id.to_string());
                let unread = now.unread();
                *told = now;
                Some(scene.body(&NewNotices { items, unread, read_through }))
            }
        }
    }
}

fn update_book(scene: &Scene<'_>, market: MarketId, told: &mut Depth) -> Option<Arc<str>> {
    let now = scene.depth(market);
    if now.update_id == told.update_id {
        return None;
    }
    let (bids, asks) = (changed(&told.bids, &now.bids), changed(&told.asks, &now.asks));
    *told = now;
    if bids.is_empty() && asks.is_empty() {
        return None;
    }
    let listed = scene.market(market)?;
    Some(
        scene
            .body(&Levels { bids: changed_text(listed, &bids), asks: changed_text(listed, &asks) }),
    )
}

/// Levels that are other than before; those that are gone or too deep have quantity zero.
fn changed(before: &[Level], now: &[Level]) -> Vec<Level> {
    let quantity: HashMap<_, _> = before.iter().map(|it| (it.price, it.qty)).collect();
    let there: HashMap<_, _> = now.iter().map(|it| (it.price, it.qty)).collect();
    let gone = before.iter().filter(|level| !there.contains_key(&level.price));
    let gone = gone.map(|level| Level { qty: Qty::ZERO, ..*level });
    let other = now.iter().filter(|level| quantity.get(&level.price) != Some(&level.qty));
    other.copied().chain(gone).collect()
}

fn changed_text(market: &Market, changed: &[Level]) -> Vec<[String; 2]> {
    let row = |(level, [price, qty]): (&Level, [String; 2])| {
        [price, if level.qty.is_zero() { "0".to_owned() } else { qty }]
    };
    changed.iter().zip(levels(market, changed)).map(row).collect()
}

fn update_tickers(
    scene: &Scene<'_>,
    of: Option<MarketId>,
    told: &mut HashMap<MarketId, TickerView>,
) -> Option<Arc<str>> {
    let now = scene.tickers(of);
    let is_other = |market: &MarketId, ticker: &TickerView| {
        told.get(market).is_none_or(|told| !told.says_the_same(ticker))
    };
    let mut items: Vec<_> = now.iter().filter(|(market, it)| is_other(market, it)).collect();
    items.sort_by_key(|(market, _)| **market);
    let items: Vec<&TickerView> = items.into_iter().map(|(_, ticker)| ticker).collect();
    let body = match (of, items.as_slice()) {
        (_, []) => return None,
        (Some(_), [ticker, ..]) => scene.body(&OneTicker { ticker }),
        (None, _) => scene.body(&Items { items }),
    };
    *told = now;
    Some(body)
}

fn update_orders(
    scene: &Scene<'_>,
    account: AccountId,
    open: &mut BTreeMap<OrderId, Arc<OrderRecord>>,
    newest: &mut u64,
) -> Option<Arc<str>> {
    let now: BTreeMap<OrderId, Arc<OrderRecord>> =
        scene.views.open_orders(account, None).into_iter().map(|it| (it.id, it)).collect();
    // Those that came and ended since the last beat are in no list of open ones.
    let page = Page { from_id: Some(*newest + 1), ..Page::latest(ITEMS_MAX) };
    let new = scene.views.orders(account, None, &page);
    let is_other = |order: &Arc<OrderRecord>| {
        open.get(&order.id).is_none_or(|told| !Arc::ptr_eq(told, order) && **told != **order)
    };
    let gone = open.keys().filter(|id| !now.contains_key(id));
    let gone = gone.filter_map(|id| scene.views.order_by_id(account, *id));
    // One that was placed after the open ones were read, and may end before the next beat.
    let came = |order: &&Arc<OrderRecord>| order.status.is_open() && !now.contains_key(&order.id);
    let came: Vec<_> = new.iter().filter(came).map(|it| (it.id, Arc::clone(it))).collect();
    let changed: BTreeMap<OrderId, Arc<OrderRecord>> = new
        .iter()
        .chain(now.values())
        .filter(|order| is_other(order))
        .cloned()
        .chain(gone)
        .map(|order| (order.id, order))
        .collect();
    *newest = new.last().map_or(*newest, |order| order.id.0);
    *open = now;
    open.extend(came);
    let changed: Vec<_> = changed.into_values().rev().collect();
    (!changed.is_empty()).then(|| scene.orders(&changed))
}
