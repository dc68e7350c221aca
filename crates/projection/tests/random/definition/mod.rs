//! What the views should say, by scanning all that was ever said.

mod candles;
mod subscriber;

use std::collections::{BTreeMap, BTreeSet};

use engine::{CancelReason, Event, Fill, OrderRef};
use model::{AccountId, MarketId, OrderId, Qty, Seq, Side, Time};
use projection::{OrderStatus, Page, TradeRecord, Views};

use crate::naive::Exchange;
use subscriber::Subscriber;

/// Everything that was ever said.
pub struct Story {
    events: Vec<(Time, Seq, Event)>,
    subscriber: Subscriber,
}

impl Story {
    pub fn new(views: &Views) -> Self {
        Self { events: vec![], subscriber: Subscriber::new(views) }
    }

    pub fn tell(&mut self, time: Time, seq: Seq, events: Vec<Event>) {
        self.events.extend(events.into_iter().map(|event| (time, seq, event)));
    }

    /// The subscriber goes on with other views of the same exchange.
    pub fn subscribe(&mut self, views: &Views) {
        self.subscriber.read();
        self.subscriber.subscribe(views);
    }

    pub fn check(&mut self, views: &Views, exchange: &Exchange, now: Time) {
        check_books(views, exchange);
        check_balances(views, exchange);
        self.check_orders(views, exchange);
        self.check_fills(views);
        self.check_lists(views, exchange);
        for market in 0..exchange.markets.len() {
            let market = MarketId(u16::try_from(market).unwrap());
            let trades = self.trades(market);
            assert_eq!(views.trades(market, &Page::latest(5_000)), trades);
            candles::check(views, market, &trades, now);
            let last = exchange.markets[usize::from(market.0)].last();
            assert_eq!(views.last_price(market).map(|price| price.ticks()), last);
        }
        self.subscriber.read();
        self.subscriber.check(views, exchange);
    }

    fn trades(&self, here: MarketId) -> Vec<TradeRecord> {
        let mut trades = vec![];
        for (time, seq, event) in &self.events {
            if let Event::Traded { trade, market, price, qty, quote, taker_side, .. } = event
                && *market == here
            {
                trades.push(TradeRecord {
                    id: *trade,
                    market: here,
                    price: *price,
                    qty: *qty,
                    quote: *quote,
                    taker_side: *taker_side,
                    time: *time,
                    seq: *seq,
                });
            }
        }
        trades
    }

    fn fills(&self) -> impl Iterator<Item = (&Event, Fill, bool)> {
        self.events.iter().flat_map(|(_, _, event)| {
            let sides = match event {
                Event::Traded { taker, maker, .. } => vec![(*taker, false), (*maker, true)],
                _ => vec![],
            };
            sides.into_iter().map(move |(fill, maker)| (event, fill, maker))
        })
    }

    fn check_orders(&self, views: &Views, exchange: &Exchange) {
        for (created, _, event) in &self.events {
            let Event::Accepted { order: id, list, new, trigger_at } = event else { continue };
            let order = views.order_by_id(new.account, *id).expect("every order is known");
            assert_eq!((order.created, order.list), (*created, *list));
            assert_eq!((order.new, order.trigger_at), (*new, *trigger_at));
            let (filled, quote) = self.fills().filter(|(_, fill, _)| fill.order == *id).fold(
                (0, 0),
                |(lots, sum), (event, _, _)| match event {
                    Event::Traded { qty, quote, .. } => (lots + qty.lots(), sum + quote),
                    _ => (lots, sum),
                },
            );
            let filled = filled.min(model::LOTS_MAX - 1);
            assert_eq!((order.filled.lots(), order.quote_filled), (filled, quote), "{order:?}");
            let fees: Vec<_> =
                self.fills().filter(|it| it.1.order == *id).map(|(_, fill, _)| fill.fee).collect();
            let told = order.fills.map(|sum| (sum.count, sum.fee));
            let sum = (fees.len() as u64, fees.iter().sum());
            assert_eq!(told, (!fees.is_empty()).then_some(sum), "{order:?}");
            assert_eq!(order.prevented.lots(), self.prevented(*id), "{order:?}");
            let open = exchange.orders.get(id);
            assert_eq!(order.status.is_open(), open.is_some(), "{order:?}");
            if let Some(open) = open {
                let wants = order.qty.lots() - order.filled.lots() - order.prevented.lots();
                assert_eq!(i128::from(wants), open.remaining, "{order:?}");
                assert_eq!(order.client_id, open.new.client_id);
                let name = OrderRef::Client(order.client_id);
                let found = views.order(new.account, new.market, &name).expect("by its name");
                assert_eq!(found.id, *id);
            }
            self.check_end(&order, *id);
        }
        let open: BTreeSet<OrderId> = (0..20)
            .flat_map(|account| views.open_orders(AccountId(account), None))
            .map(|order| order.id)
            .collect();
        assert_eq!(open, exchange.orders.keys().copied().collect());
    }

    fn check_end(&self, order: &projection::OrderRecord, id: OrderId) {
        let reason = self.events.iter().find_map(|(_, _, event)| match event {
            Event::Canceled { order, reason, .. } if *order == id => Some(*reason),
            _ => None,
        });
        assert_eq!(order.ended_by, reason);
        let expected = match (reason, order.status) {
            (None, status) if status.is_open() && order.filled == Qty::ZERO => OrderStatus::New,
            (None, status) if status.is_open() => OrderStatus::PartiallyFilled,
            (None, _) => OrderStatus::Filled,
            (Some(CancelReason::SelfTrade), _) => OrderStatus::ExpiredInMatch,
            (Some(CancelReason::Requested | CancelReason::Replaced), _) => OrderStatus::Canceled,
            (Some(CancelReason::ListEnded), status) => {
                assert!([OrderStatus::Canceled, OrderStatus::Expired].contains(&status));
                status
            }
            (Some(_), _) => OrderStatus::Expired,
        };
        assert_eq!(order.status, expected, "{order:?}");
    }

    fn prevented(&self, id: OrderId) -> u64 {
        let lost = self.events.iter().map(|(_, _, event)| match event {
            Event::Prevented { taker, taker_qty, .. } if *taker == id => taker_qty.lots(),
            Event::Prevented { maker, maker_qty, .. } if *maker == id => maker_qty.lots(),
            _ => 0,
        });
        lost.sum::<u64>().min(model::LOTS_MAX - 1)
    }

    fn check_fills(&self, views: &Views) {
        let mut told: BTreeMap<AccountId, Vec<_>> = BTreeMap::new();
        for (event, fill, maker) in self.fills() {
            let Event::Traded { trade, market, price, qty, quote, taker_side, .. } = event else {
                unreachable!("only trades fill")
            };
            let side = if maker { taker_side.opposite() } else { *taker_side };
            let key = (*market, *trade, fill.order, maker, side);
            told.entry(fill.account)
                .or_default()
                .push((key, (*price, *qty, *quote, fill.fee, fill.fee_asset)));
        }
        for (account, told) in told {
            let fills = views.fills(account, None, None, &Page::latest(5_000));
            assert!(fills.iter().zip(1..).all(|(fill, number)| fill.number == number));
            let seen: Vec<_> = fills
                .iter()
                .map(|it| {
                    let key = (it.market, it.trade, it.order, it.maker, it.side);
                    (key, (it.price, it.qty, it.quote, it.fee, it.fee_asset))
                })
                .collect();
            assert_eq!(seen, told);
        }
    }

    fn check_lists(&self, views: &Views, exchange: &Exchange) {
        for (_, _, event) in &self.events {
            if let Event::ListChanged { list, account, orders, client_id, .. } = event {
                let record = views.list(*account, *list).expect("every list is known");
                assert_eq!((record.orders, record.client_id), (*orders, *client_id));
                let open = record.state == engine::ListState::Placed;
                assert_eq!(open, exchange.lists.contains_key(list));
                for (order, name) in record.orders.iter().zip(record.order_client_ids) {
                    let order = views.order_by_id(*account, *order).expect("its orders, too");
                    assert_eq!(order.new.client_id, name);
                }
            }
        }
    }
}

/// Levels added up from the open orders.
fn check_books(views: &Views, exchange: &Exchange) {
    for index in 0..exchange.markets.len() {
        let market = MarketId(u16::try_from(index).unwrap());
        let mut levels: BTreeMap<(Side, i128), i128> = BTreeMap::new();
        for order in exchange.orders.values().filter(|order| order.in_book()) {
            let (here, side, price) = order.level();
            if here == market {
                *levels.entry((side, price)).or_default() += order.shown;
            }
        }
        let depth = views.depth(market, 5_000).expect("a listed market has a book");
        let bids = depth.bids.iter().map(|level| (Side::Buy, level));
        let asks = depth.asks.iter().map(|level| (Side::Sell, level));
        let seen: BTreeMap<(Side, i128), i128> = bids
            .chain(asks)
            .map(|(side, level)| {
                let most = i128::from(model::LOTS_MAX) - 1;
                let ticks = i128::from(level.price.ticks());
                let lots = i128::from(level.qty.lots());
                let wide = levels.get(&(side, ticks)).copied().unwrap_or(0);
                ((side, ticks), if lots == most { wide } else { lots })
            })
            .collect();
        assert_eq!(seen, levels, "market {market}");
        assert!(depth.bids.is_sorted_by(|one, next| next.price < one.price));
        assert!(depth.asks.is_sorted_by(|one, next| one.price < next.price));
        let ticker = views.book_ticker(market).expect("a listed market has a book");
        assert_eq!(ticker.bid, depth.bids.first().copied());
        assert_eq!(ticker.ask, depth.asks.first().copied());
    }
}

fn check_balances(views: &Views, exchange: &Exchange) {
    for ((account, asset), balance) in exchange.balances() {
        if account == engine::OUTSIDE {
            continue;
        }
        let seen = views.balance(account, asset).map_or((0, 0), |it| (it.available, it.held));
        assert_eq!(seen, (balance.available, balance.held), "{account} {asset}");
    }
}
