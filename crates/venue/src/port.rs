//! What the product asks of any venue, simulated or real, whatever language it speaks.
//!
//! Units   prices in quote for one base, quantities in base, fees as fractions of what changes
//!         hands: exact decimals. Times are the venue's own unless they say otherwise; ours are
//!         those of a clock that goes evenly.
//! Shape   a [`MarketFeed`] needs no key; a [`TradingAccount`] is one key at one venue. `connector`
//!         fills both; who uses them knows no venue's wire.
//! Keeps   what is told of one market comes in the order of its sequence; after
//!         [`MarketSink::lost`] nothing that was told of it before is current.
//! Fails   [`VenueError`]: refused, unknown, or later. Only what is to come later may be tried
//!         again without asking first.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use model::{AssetCode, ClientOrderId, Decimal, Side, Time};

use crate::book::{Book, Level};

/// How long to stay away where a venue says that it is too much, and not for how long.
pub const STAY_AWAY: Duration = Duration::from_secs(60);

/// What a venue is asked, under way.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, VenueError>> + Send + 'a>>;

/// A venue whose language is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Venue {
    Binance,
    Coinbase,
    Kraken,
    Kucoin,
}

impl Venue {
    /// All of them, in the order of their usual ports.
    pub const ALL: [Self; 4] = [Self::Binance, Self::Coinbase, Self::Kraken, Self::Kucoin];

    /// Its name in settings and on the wire.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::Coinbase => "coinbase",
            Self::Kraken => "kraken",
            Self::Kucoin => "kucoin",
        }
    }

    /// The venue of that name.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|venue| venue.id() == id)
    }
}

/// A market by what is traded in it: the same words at every venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// What is bought and sold.
    pub base: AssetCode,
    /// What it is paid in.
    pub quote: AssetCode,
}

impl Pair {
    /// The market of that name, its assets joined with a dash.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (base, quote) = name.split_once('-')?;
        Some(Self { base: base.parse().ok()?, quote: quote.parse().ok()? })
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.base, self.quote)
    }
}

/// Why a venue did not do, or did not say, what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VenueError {
    /// It said no: nothing was done, and asking again the same way is of no use.
    #[error("refused ({code}): {text}")]
    Rejected {
        /// What kind of no.
        why: Rejection,
        /// The venue's own code.
        code: String,
        /// The venue's own text, for people.
        text: String,
    },
    /// Nobody knows whether it was done: ask the venue by the order's name before anything else.
    #[error("the outcome is unknown: {text}")]
    Unknown {
        /// What happened, for people.
        text: String,
    },
    /// Nothing was done; the same may be asked again.
    #[error("to be asked again after {after:?}: {text}")]
    TryLater {
        /// Not before so long.
        after: Duration,
        /// Why, for people.
        text: String,
    },
}

impl VenueError {
    /// Refused by us: the venue was not asked at all, so there is no code of its own.
    #[must_use]
    pub fn refused_here(why: Rejection, text: impl Into<String>) -> Self {
        Self::Rejected { why, code: String::new(), text: text.into() }
    }

    /// Nothing was sent, or nothing was done, and nothing speaks against asking again at once.
    #[must_use]
    pub fn later(text: impl Into<String>) -> Self {
        Self::TryLater { after: Duration::ZERO, text: text.into() }
    }

    /// Whether the venue says that there is no such order.
    #[must_use]
    pub const fn is_unknown_order(&self) -> bool {
        matches!(self, Self::Rejected { why: Rejection::UnknownOrder, .. })
    }
}

/// What kind of no a venue said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The key is unknown, has expired, signs wrongly, or may not do this.
    Key,
    /// The request was signed at a time that the venue does not accept.
    Clock,
    /// No such market.
    UnknownMarket,
    /// The market takes no orders now.
    MarketClosed,
    /// No such order.
    UnknownOrder,
    /// An order of that name is there already, or the very request was seen before.
    Duplicate,
    /// Not enough free.
    Funds,
    /// Price, quantity or notional break a rule of the market.
    Filter,
    /// An order that must rest would have traded.
    WouldTake,
    /// Anything else.
    Other,
}

/// Least, most and step of a price or a quantity; `None` where the venue has no such rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// At least.
    pub min: Option<Decimal>,
    /// At most.
    pub max: Option<Decimal>,
    /// In whole multiples of this.
    pub step: Option<Decimal>,
}

/// In which asset a venue takes its fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeAsset {
    /// In what is received.
    Received,
    /// In quote.
    Quote,
    /// In this one, whatever is traded: what the fee is reckoned in is changed into it.
    Always(AssetCode),
}

/// What a trade costs, as a fraction of what changes hands; negative where the venue pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Whose order rested.
    pub maker: Decimal,
    /// Whose order crossed.
    pub taker: Decimal,
    /// In which asset.
    pub asset: FeeAsset,
}

/// A market of a venue with its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// What is traded.
    pub pair: Pair,
    /// How the venue spells it.
    pub symbol: String,
    /// Whether it takes orders.
    pub is_open: bool,
    /// Rules of prices.
    pub price: Steps,
    /// Rules of quantities.
    pub qty: Steps,
    /// Rules of price × quantity.
    pub notional: Steps,
    /// What the venue asks of who has agreed on nothing else; see [`TradingAccount::fees`].
    pub fees: Fees,
}

/// A market over the last 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticker {
    /// Which.
    pub pair: Pair,
    /// The last price; `None` before the first trade.
    pub last: Option<Decimal>,
    /// The best price to sell at.
    pub bid: Option<Decimal>,
    /// The best price to buy at.
    pub ask: Option<Decimal>,
    /// How much base was traded.
    pub volume: Decimal,
    /// For how much quote.
    pub quote_volume: Decimal,
}

/// Where a price stands among all that were told of its market, and when it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The venue's number of the last update in it.
    pub sequence: u64,
    /// When the venue sent it, where it says so.
    pub venue_time: Option<Time>,
    /// When it arrived, by our clock.
    pub received: Time,
}

impl Stamp {
    /// Whether it was told after `known`, on the same connection.
    #[must_use]
    pub const fn is_newer_than(self, known: Self) -> bool {
        known.sequence < self.sequence
    }
}

/// The book of a market, as it is after an update.
#[derive(Clone, Copy, Debug)]
pub struct BookTold<'a> {
    /// Which market.
    pub pair: Pair,
    /// After which update.
    pub stamp: Stamp,
    /// It. Whoever wants to keep it copies what they need.
    pub book: &'a Book,
}

/// The best of both sides of a market, told ahead of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopTold {
    /// Which market.
    pub pair: Pair,
    /// After which update: of the same numbers as in [`BookTold`].
    pub stamp: Stamp,
    /// The best price to sell at; `None` where nobody buys.
    pub bid: Option<Level>,
    /// The best price to buy at; `None` where nobody sells.
    pub ask: Option<Level>,
}

/// The book of a market, as the venue told it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Which market.
    pub pair: Pair,
    /// The number of the last update in it, of the same numbers as in [`BookTold`]; `None` where
    /// the venue gives none to what is asked for.
    pub sequence: Option<u64>,
    /// When the venue sent it, where it says so.
    pub venue_time: Option<Time>,
    /// Who buys, best first.
    pub bids: Vec<Level>,
    /// Who sells, best first.
    pub asks: Vec<Level>,
}

/// A trade in a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeTold {
    /// Which market.
    pub pair: Pair,
    /// Who crossed.
    pub taker: Side,
    /// At which price.
    pub price: Decimal,
    /// How much base.
    pub qty: Decimal,
    /// When, by the venue's clock.
    pub time: Time,
}

/// Why what was told is not current any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Something is missing between two updates, or the book contradicted itself.
    Gap,
    /// The connection ended.
    Connection,
}

/// Hears of markets. It is called where the socket is read: it must not wait.
pub trait MarketSink: Send + Sync {
    /// The book changed.
    fn book(&self, told: &BookTold<'_>);
    /// The best of the book changed.
    fn top(&self, told: &TopTold);
    /// Somebody traded.
    fn trade(&self, told: &TradeTold);
    /// What was told of a market is not current any more, until its next book.
    fn lost(&self, pair: Pair, why: Lost, at: Time);
    /// The venue lives: whatever was told last still holds.
    fn heard(&self, at: Time);
}

/// Levels of each side that [`MarketFeed::snapshot`] asks for, where a venue lets one choose.
pub const SNAPSHOT_LEVELS: usize = 50;

/// What a venue tells everybody.
pub trait MarketFeed: Send + Sync {
    /// Which venue.
    fn venue(&self) -> Venue;
    /// What time it is there.
    fn server_time(&self) -> Asked<'_, Time>;
    /// Its markets that can be named by a [`Pair`].
    fn markets(&self) -> Asked<'_, Vec<Market>>;
    /// All its markets at once.
    fn tickers(&self) -> Asked<'_, Vec<Ticker>>;
    /// The best of the book of a market, [`SNAPSHOT_LEVELS`] of each side or so.
    fn snapshot(&self, pair: Pair) -> Asked<'_, Snapshot>;
    /// Tells `sink` of `pairs` until it is dropped, whatever becomes of connections in between.
    ///
    /// Resolves only with [`VenueError::Rejected`], where a market does not exist.
    fn follow<'a>(&'a self, pairs: &'a [Pair], sink: &'a dyn MarketSink) -> Asked<'a, Infallible>;
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// See balances and orders.
    pub read: bool,
    /// Place and cancel.
    pub trade: bool,
    /// Move money out of the venue.
    pub withdraw: bool,
    /// Whether it works from named addresses only.
    pub is_bound_to_addresses: bool,
}

/// What an account has of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Of which.
    pub asset: AssetCode,
    /// Free to use.
    pub free: Decimal,
    /// Reserved for open orders.
    pub held: Decimal,
}

/// How long a limit order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
    /// Until it is filled or cancelled.
    Gtc,
    /// For what trades at once.
    Ioc,
    /// For all of it at once, or nothing.
    Fok,
}

/// What an order asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// At this price or a better one.
    Limit {
        /// Which.
        price: Decimal,
        /// Of base.
        qty: Decimal,
        /// How long.
        time_in_force: TimeInForce,
    },
    /// At this price, and only if it rests.
    PostOnly {
        /// Which.
        price: Decimal,
        /// Of base.
        qty: Decimal,
    },
    /// At whatever price.
    Market {
        /// Of base.
        qty: Decimal,
    },
}

/// An order to be placed. By its name it is found again where the outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Where.
    pub pair: Pair,
    /// Our name for it, good once.
    pub client_id: ClientOrderId,
    /// Buy or sell.
    pub side: Side,
    /// What it asks.
    pub terms: Terms,
}

/// How an order is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderName {
    /// By the venue.
    Venue(String),
    /// By whoever placed it.
    Client(ClientOrderId),
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Nothing of it traded yet.
    Open,
    /// A part has traded, the rest stands.
    PartiallyFilled,
    /// All of it has traded.
    Filled,
    /// Somebody cancelled what had not traded.
    Canceled,
    /// What had not traded ended by itself.
    Expired,
    /// It never stood.
    Rejected,
}

impl OrderState {
    /// Whether nothing more will become of it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Open | Self::PartiallyFilled => false,
            Self::Filled | Self::Canceled | Self::Expired | Self::Rejected => true,
        }
    }
}

/// An order as the venue knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Where.
    pub pair: Pair,
    /// The venue's name for it.
    pub id: String,
    /// Its placer's name for it.
    pub client_id: String,
    /// Buy or sell.
    pub side: Side,
    /// Its limit; `None` where it has none.
    pub price: Option<Decimal>,
    /// Its whole quantity, of base.
    pub qty: Decimal,
    /// So much has traded.
    pub filled: Decimal,
    /// For so much quote.
    pub quote_filled: Decimal,
    /// Where it stands.
    pub state: OrderState,
    /// When it last changed.
    pub updated: Time,
}

/// One trade of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Where.
    pub pair: Pair,
    /// The venue's number of the trade, unique within the market.
    pub trade_id: String,
    /// The venue's name for the order.
    pub order_id: String,
    /// Buy or sell.
    pub side: Side,
    /// At which price.
    pub price: Decimal,
    /// How much base.
    pub qty: Decimal,
    /// What it cost; negative where the venue paid.
    pub fee: Decimal,
    /// In which asset.
    pub fee_asset: AssetCode,
    /// Whether the order rested.
    pub is_maker: bool,
    /// When.
    pub time: Time,
}

/// How far money is that comes into an account from elsewhere, or leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// On its way, or waiting for somebody.
    Pending,
    /// Arrived.
    Done,
    /// It will not arrive: refused, cancelled or failed.
    Failed,
}

/// Money that came into an account from elsewhere, or left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The venue's name for it.
    pub id: String,
    /// Of which asset.
    pub asset: AssetCode,
    /// How much arrived, or is to arrive.
    pub qty: Decimal,
    /// What the venue took beside it.
    pub fee: Decimal,
    /// How far it is.
    pub state: TransferState,
    /// On which network, as the venue spells it; `None` where there is none.
    pub network: Option<String>,
    /// Its name on that network; `None` before it has one.
    pub transaction: Option<String>,
    /// When it was begun.
    pub time: Time,
}

/// Hears of an account. It is called where the socket is read: it must not wait.
pub trait AccountSink: Send + Sync {
    /// From now on everything is told; what happened before is to be asked for.
    fn listening(&self);
    /// An order changed.
    fn order(&self, order: &Order);
    /// A part of an order traded; told before the order.
    fn fill(&self, fill: &Fill);
    /// A balance changed.
    fn balance(&self, balance: &Balance);
    /// Nothing is told until [`Self::listening`].
    fn lost(&self);
}

/// One key at one venue.
pub trait TradingAccount: Send + Sync {
    /// Which venue.
    fn venue(&self) -> Venue;
    /// What the key may do.
    fn permissions(&self) -> Asked<'_, Permissions>;
    /// What the account has; only what is not nothing.
    fn balances(&self) -> Asked<'_, Vec<Balance>>;
    /// What trades in a market cost this account.
    fn fees(&self, pair: Pair) -> Asked<'_, Fees>;
    /// Places an order. After [`VenueError::Unknown`], [`Self::order`] by its name tells, as soon
    /// as it does not say [`VenueError::TryLater`]: whoever asks by the same key, also a process
    /// that took the place of the one that placed it.
    fn place<'a>(&'a self, order: &'a NewOrder) -> Asked<'a, Order>;
    /// Cancels what of an order has not traded.
    fn cancel<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Order>;
    /// The order of that name; `None` where the venue knows none and none is to come any more: as
    /// long as one that was placed by this key without an answer may still arrive, be it before
    /// this process began, [`VenueError::TryLater`].
    fn order<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Option<Order>>;
    /// Orders that stand, in a market.
    fn open_orders(&self, pair: Pair) -> Asked<'_, Vec<Order>>;
    /// The latest fills in a market, oldest first, as many as the venue tells at once; of one
    /// order where it is named by the venue's name.
    fn fills<'a>(&'a self, pair: Pair, order: Option<&'a str>) -> Asked<'a, Vec<Fill>>;
    /// What came in since then, or the latest of it, as many as the venue tells at once; oldest
    /// first.
    fn deposits(&self, since: Time) -> Asked<'_, Vec<Transfer>>;
    /// What left since then, as [`Self::deposits`].
    fn withdrawals(&self, since: Time) -> Asked<'_, Vec<Transfer>>;
    /// Tells `sink` of the account until it is dropped, whatever becomes of connections in between.
    ///
    /// Resolves only with [`VenueError::Rejected`], where the key may not listen.
    fn follow<'a>(&'a self, sink: &'a dyn AccountSink) -> Asked<'a, Infallible>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_is_read_as_it_is_written() {
        assert_eq!(Pair::parse("BTC-USDT").unwrap().to_string(), "BTC-USDT");
        for name in ["", "BTC", "BTCUSDT", "btc-usdt", "BTC-", "-USDT", "A-B-C"] {
            assert_eq!(Pair::parse(name), None, "{name}");
        }
    }
}
