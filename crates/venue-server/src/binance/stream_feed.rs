//! Follows what changes and says it on the streams that somebody listens to.
//!
//! ```text
//! feed ──► trade, aggTrade, bookTicker          at once
//!     └──► depth ──► told every 100 ms and 1 s
//! views ─► depth5 …, tickers, candles, avgPrice   every 100 ms, 1 s or 2 s, if they changed
//! ```
//!
//! Keeps   a message is made once, however many listen, and not at all where nobody does; what is
//!         lost on the way here is read from the views.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use model::{Interval, MarketId, Time, UtcOffset};
use projection::{
    AveragePrice, Candle, Catalog, Changes, Depth, FEED_COMMANDS_MAX, FeedError, Market, Page,
    Ticker, Update, Views,
};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use venue::binance::{Channel, Speed, StreamEvent, Window};

use super::fanout::{Hub, Topic};
use super::stream_book::{StreamBook, Untold};
use super::stream_shape::{self as shape, Stamp};
use super::ticker::window_us;

/// The shortest time between two messages of a stream that does not speak at once.
pub const BEAT: Duration = Duration::from_millis(100);
/// Beats of the streams that speak each second.
const SECOND_BEATS: u64 = 10;
/// Beats of the candles longer than a second.
const CANDLE_BEATS: u64 = 20;
/// Commands whose changes are taken between two looks at the clock.
const COMMANDS_MAX: usize = 512;
/// For how long after its end a candle may still change, where nothing else says that it is over:
/// a trade is stamped before it is durable, and told after.
const CANDLE_GRACE_US: u64 = 500_000;
/// Candles that are told at once after a pause, at most.
const CANDLES_MAX: usize = 60;

/// Says what changes.
pub struct StreamFeed {
    views: Views,
    hub: Arc<Hub>,
    catalog: Arc<Catalog>,
    topics: HashSet<Topic>,
    /// Of which state of the hub `topics` is.
    generation: Option<u64>,
    books: HashMap<MarketId, StreamBook>,
    candles: HashMap<(MarketId, Interval, UtcOffset), Candle>,
    tickers: HashMap<Topic, HashMap<MarketId, Ticker>>,
    averages: HashMap<MarketId, (AveragePrice, Time)>,
    partials: HashMap<Topic, u64>,
    last_trade: HashMap<MarketId, u64>,
    beat: u64,
}

impl StreamFeed {
    /// Speaks to the listeners of `hub` about what `views` tells.
    #[must_use]
    pub fn new(views: Views, hub: Arc<Hub>) -> Self {
        Self {
            catalog: views.catalog(),
            views,
            hub,
            topics: HashSet::new(),
            generation: None,
            books: HashMap::new(),
            candles: HashMap::new(),
            tickers: HashMap::new(),
            averages: HashMap::new(),
            partials: HashMap::new(),
            last_trade: HashMap::new(),
            beat: 0,
        }
    }

    /// Speaks until `stop` says true or the exchange stops.
    pub async fn run(mut self, clock: impl Fn() -> Time, mut stop: watch::Receiver<bool>) {
        let mut feed = self.views.overhear();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let hub = Arc::clone(&self.hub);
        loop {
            // Where nobody listens, changes wait for the beat, so that they wake nobody.
            let idle = self.topics.is_empty();
            let first = tokio::select! {
                () = stopped(&mut stop) => return,
                _ = beat.tick() => {
                    self.beat(clock());
                    feed.try_next()
                }
                () = hub.changed(), if idle => feed.try_next(),
                next = feed.next(), if !idle => next.map(Some),
            };
            let mut next = first;
            // What nobody wanted to hear is passed over whole: it must not be told later as new.
            let commands_max = if idle { FEED_COMMANDS_MAX } else { COMMANDS_MAX };
            for _ in 0..commands_max {
                match next {
                    Ok(Some(changes)) => self.take(&changes, clock()),
                    Ok(None) => break,
                    Err(FeedError::Lagged(lost)) => {
                        tracing::warn!(lost, "market streams fell behind and catch up");
                        self.catch_up(clock());
                    }
                    Err(FeedError::Closed) => return,
                }
                next = feed.try_next();
            }
            tokio::task::yield_now().await;
        }
    }

    /// Looks whether somebody listens to something else than before.
    fn look(&mut self) {
        let generation = self.hub.generation();
        if self.generation == Some(generation) {
            return;
        }
        self.generation = Some(generation);
        // While nobody listened, nothing was told of what was listed.
        self.catalog = self.views.catalog();
        self.topics = self.hub.topics().into_iter().collect();
        if self.topics.is_empty() {
            // What is traded from now on is never told.
            self.last_trade.clear();
        }
        let topics = &self.topics;
        let has = |market, channel| topics.contains(&Topic::Market(market, channel));
        self.books.retain(|market, book| {
            let keep = |untold: &mut Option<Untold>, speed| {
                if has(*market, Channel::Depth(speed)) {
                    untold.get_or_insert_default();
                } else {
                    *untold = None;
                }
            };
            keep(&mut book.fast, Speed::Ms100);
            keep(&mut book.slow, Speed::Ms1000);
            book.fast.is_some() || book.slow.is_some()
        });
        self.candles.retain(|&(market, interval, offset), _| {
            has(market, Channel::Kline { interval, offset })
        });
        self.tickers.retain(|topic, _| topics.contains(topic));
        self.averages.retain(|market, _| has(*market, Channel::AvgPrice));
        self.partials.retain(|topic, _| topics.contains(topic));
    }

    /// Takes note of what one command changed, and says what is to be said at once.
    pub fn take(&mut self, changes: &Changes, now: Time) {
        self.look();
        if self.topics.is_empty() {
            return self.pass_over(changes);
        }
        for update in &changes.updates {
            match update {
                Update::Trade(trade) => {
                    self.last_trade.insert(trade.market, trade.id.0);
                    self.say(trade.market, Channel::Trade, now, |market, stamp| {
                        shape::trade(market, trade, stamp)
                    });
                }
                Update::AggregateTrade(trade) => {
                    self.say(trade.market, Channel::AggTrade, now, |market, stamp| {
                        shape::agg_trade(market, trade, stamp)
                    });
                }
                Update::BookTicker { market, book } => self.say_best(*market, book, now),
                Update::Depth { market, update_id, changed } => {
                    if self.follow_book(*market, *update_id)
                        && let Some(book) = self.books.get_mut(market)
                        && book.update(*update_id, changed).is_err()
                        && let Some(depth) = self.views.depth(*market, usize::MAX)
                    {
                        book.catch_up(&depth);
                    }
                }
                Update::MarketChanged(_) | Update::AssetListed(_) => {
                    self.catalog = self.views.catalog();
                }
                Update::AveragePrice { .. }
                | Update::Order { .. }
                | Update::List(_)
                | Update::Adjusted(_)
                | Update::Balances { .. } => {}
            }
        }
    }

    /// Takes note of what counts also where nobody listens.
    fn pass_over(&mut self, changes: &Changes) {
        self.last_trade.clear();
        let is_listed =
            |update: &Update| matches!(update, Update::MarketChanged(_) | Update::AssetListed(_));
        if changes.updates.iter().any(is_listed) {
            self.catalog = self.views.catalog();
        }
    }

    fn say_best(&self, market: MarketId, book: &projection::BookTicker, now: Time) {
        self.say(market, Channel::BookTicker, now, |market, _| shape::book_ticker(market, book));
        if self.topics.contains(&Topic::AllBookTickers)
            && let Some(market) = self.catalog.market(market)
        {
            self.hub.publish(Topic::AllBookTickers, |_| shape::book_ticker(market, book));
        }
    }

    /// Whether somebody wants to know how the book changes; then it is followed from update
    /// `next` on, if it was not before.
    fn follow_book(&mut self, market: MarketId, next: u64) -> bool {
        let has = |speed| self.topics.contains(&Topic::Market(market, Channel::Depth(speed)));
        let (fast, slow) = (has(Speed::Ms100), has(Speed::Ms1000));
        if !fast && !slow {
            return false;
        }
        if !self.books.contains_key(&market)
            && let Some(depth) = self.views.depth(market, usize::MAX)
        {
            let mut book = StreamBook::new(&depth, next);
            book.fast = fast.then(Untold::default);
            book.slow = slow.then(Untold::default);
            self.books.insert(market, book);
        }
        true
    }

    /// Reads from the views what was lost on the way here.
    fn catch_up(&mut self, now: Time) {
        self.look();
        self.catalog = self.views.catalog();
        for (market, book) in &mut self.books {
            if let Some(depth) = self.views.depth(*market, usize::MAX) {
                book.catch_up(&depth);
            }
        }
        for topic in self.topics.iter().copied().collect::<Vec<_>>() {
            let Topic::Market(market, channel) = topic else { continue };
            match channel {
                Channel::BookTicker => {
                    if let Some(book) = self.views.book_ticker(market) {
                        self.say_best(market, &book, now);
                    }
                }
                Channel::Trade => self.say_lost_trades(market, now),
                // These are read from the views at each beat, or catch up with the next message.
                Channel::AggTrade
                | Channel::Kline { .. }
                | Channel::MiniTicker
                | Channel::Ticker
                | Channel::RollingTicker(_)
                | Channel::AvgPrice
                | Channel::Depth(_)
                | Channel::PartialDepth { .. } => {}
            }
        }
    }

    fn say_lost_trades(&mut self, market: MarketId, now: Time) {
        let Some(last) = self.last_trade.get(&market).copied() else { return };
        let page = Page { from_id: Some(last + 1), ..Page::latest(Page::LIMIT_MAX) };
        for trade in self.views.trades(market, &page) {
            self.last_trade.insert(market, trade.id.0);
            self.say(market, Channel::Trade, now, |market, stamp| {
                shape::trade(market, &trade, stamp)
            });
        }
    }

    /// Says something about one market, where somebody listens.
    fn say(
        &self,
        market: MarketId,
        channel: Channel,
        now: Time,
        mut tell: impl FnMut(&Market, Stamp) -> String,
    ) {
        let topic = Topic::Market(market, channel);
        if self.topics.contains(&topic)
            && let Some(market) = self.catalog.market(market)
        {
            self.hub.publish(topic, |unit| tell(market, Stamp { now, unit }));
        }
    }

    /// Says what is to be said every 100 ms, and every so many times that.
    pub fn beat(&mut self, now: Time) {
        self.beat += 1;
        self.look();
        if self.topics.is_empty() {
            return;
        }
        let (second, candle) =
            (self.beat.is_multiple_of(SECOND_BEATS), self.beat.is_multiple_of(CANDLE_BEATS));
        self.beat_books(now, second);
        let mut known = HashMap::new();
        for topic in self.topics.iter().copied().collect::<Vec<_>>() {
            match topic {
                Topic::Market(market, channel) => match channel {
                    Channel::PartialDepth { levels, speed } => {
                        if second || speed == Speed::Ms100 {
                            self.beat_partial(topic, market, levels);
                        }
                    }
                    Channel::Kline { interval, offset } => {
                        if candle || (second && interval == Interval::Second1) {
                            self.beat_candles(market, interval, offset, now);
                        }
                    }
                    Channel::AvgPrice if second => self.beat_average(market, now),
                    Channel::MiniTicker | Channel::Ticker | Channel::RollingTicker(_) if second => {
                        self.beat_tickers(topic, &[market], now, &mut known);
                    }
                    Channel::AvgPrice
                    | Channel::MiniTicker
                    | Channel::Ticker
                    | Channel::RollingTicker(_)
                    | Channel::Trade
                    | Channel::AggTrade
                    | Channel::BookTicker
                    | Channel::Depth(_) => {}
                },
                Topic::AllMiniTickers | Topic::AllTickers | Topic::AllRollingTickers(_) => {
                    if second {
                        let all: Vec<_> =
                            self.catalog.markets().iter().map(|market| market.id).collect();
                        self.beat_tickers(topic, &all, now, &mut known);
                    }
                }
                Topic::AllBookTickers => {}
            }
        }
    }

    fn beat_books(&mut self, now: Time, second: bool) {
        let mut untold = Vec::new();
        for (market, book) in &mut self.books {
            let fast = book.fast.as_mut().and_then(Untold::take);
            untold.extend(fast.map(|told| (*market, Speed::Ms100, told)));
            if second {
                let slow = book.slow.as_mut().and_then(Untold::take);
                untold.extend(slow.map(|told| (*market, Speed::Ms1000, told)));
            }
        }
        for (market, speed, (updates, changes)) in untold {
            self.say(market, Channel::Depth(speed), now, |market, stamp| {
                shape::depth(market, updates, &changes, stamp)
            });
        }
    }

    fn beat_partial(&mut self, topic: Topic, market: MarketId, levels: u8) {
        let depth: Option<Depth> = self.views.depth(market, usize::from(levels));
        let (Some(depth), Some(market)) = (depth, self.catalog.market(market)) else { return };
        if self.partials.insert(topic, depth.update_id) != Some(depth.update_id) {
            self.hub.publish(topic, |_| shape::partial_depth(market, &depth));
        }
    }

    fn beat_candles(&mut self, market: MarketId, interval: Interval, offset: UtcOffset, now: Time) {
        let now = now.max(self.views.time());
        let key = (market, interval, offset);
        let told = self.candles.get(&key).copied();
        let page = match told {
            Some(told) => Page { start: Some(told.open_time), ..Page::latest(CANDLES_MAX) },
            None => Page::latest(1),
        };
        for candle in self.views.candles(market, interval, offset, &page, now) {
            let over = Time(candle.close_time.0 + CANDLE_GRACE_US) < now
                || candle.close_time < self.views.time();
            let before = self.candles.get(&key);
            let same = before.is_some_and(|before| *before == candle);
            // A candle that is over is told once more, as over; then the next one begins.
            let said_over = before.is_some_and(|before| candle.open_time < before.open_time);
            let quiet = interval == Interval::Second1 && !over;
            if said_over {
                continue;
            }
            if quiet {
                // From this one on: it is told when it is over.
                self.candles.entry(key).or_insert(candle);
            } else if over || !same {
                self.candles.insert(key, candle);
                let channel = Channel::Kline { interval, offset };
                self.say(market, channel, now, |market, stamp| {
                    shape::kline(market, interval, (&candle, over), stamp)
                });
            }
            if !over {
                break;
            }
            let next = Time(candle.close_time.0 + 1);
            self.candles.insert(key, Candle::empty(next, next, candle.close));
        }
    }

    fn beat_average(&mut self, market: MarketId, now: Time) {
        let (Some(average), Some(trade)) =
            (self.views.average_price(market), self.views.last_trade(market))
        else {
            return;
        };
        if self.averages.insert(market, (average, trade.time)) != Some((average, trade.time)) {
            self.say(market, Channel::AvgPrice, now, |market, stamp| {
                shape::avg_price(market, &average, trade.time, stamp)
            });
        }
    }

    /// Says the tickers of `topic` that changed. `known` keeps what was read in this beat.
    fn beat_tickers(
        &mut self,
        topic: Topic,
        markets: &[MarketId],
        now: Time,
        known: &mut HashMap<(MarketId, Window), Ticker>,
    ) {
        let window = window_of(topic);
        let told = self.tickers.entry(topic).or_default();
        let mut changed = Vec::new();
        for market in markets {
            let read = || self.views.ticker(*market, window_us(window), now);
            let ticker = known.get(&(*market, window)).copied().or_else(read);
            let Some(ticker) = ticker else { continue };
            known.insert((*market, window), ticker);
            let timeless = Ticker { open_time: Time(0), close_time: Time(0), ..ticker };
            if told.insert(*market, timeless) != Some(timeless)
                && let Some(market) = self.catalog.market(*market)
            {
                changed.push((Arc::clone(market), ticker));
            }
        }
        let (Some((first, ticker)), is_one) = (changed.first(), matches!(topic, Topic::Market(..)))
        else {
            return;
        };
        self.hub.publish(topic, |unit| {
            let stamp = Stamp { now, unit };
            if is_one {
                return shape::json(&ticker_event(topic, first, ticker, stamp));
            }
            let event = |(market, ticker): &'_ (Arc<Market>, Ticker)| {
                shape::json(&ticker_event(topic, market, ticker, stamp))
            };
            let events: Vec<String> = changed.iter().map(event).collect();
            format!("[{}]", events.join(","))
        });
    }
}

/// The window of a stream of tickers: a day, unless its name says otherwise.
const fn window_of(topic: Topic) -> Window {
    match topic {
        Topic::AllRollingTickers(window) => window,
        Topic::Market(_, Channel::RollingTicker(window)) => window,
        Topic::Market(..) | Topic::AllMiniTickers | Topic::AllTickers | Topic::AllBookTickers => {
            Window::DAY
        }
    }
}

fn ticker_event<'a>(
    topic: Topic,
    market: &'a Market,
    ticker: &Ticker,
    stamp: Stamp,
) -> StreamEvent<'a> {
    match topic {
        Topic::AllMiniTickers | Topic::Market(_, Channel::MiniTicker) => {
            shape::mini_ticker(market, ticker, stamp)
        }
        Topic::AllRollingTickers(window) | Topic::Market(_, Channel::RollingTicker(window)) => {
            shape::rolling_ticker(market, window, ticker, stamp)
        }
        Topic::AllTickers | Topic::AllBookTickers | Topic::Market(..) => {
            shape::ticker(market, ticker, stamp)
        }
    }
}

/// Until `stop` says true, or nobody can say it any more.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the other end is gone, which stops as well.
    let _ = stop.wait_for(|stop| *stop).await;
}
