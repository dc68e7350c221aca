//! Channels by name.

use std::sync::Arc;

use identity::NoticeBoard;
use model::{AccountId, Interval, MarketId};
use projection::Catalog;

/// What somebody can hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `book:BTC-USDT`
    Book(MarketId),
    /// `trades:BTC-USDT`
    Trades(MarketId),
    /// `ticker:BTC-USDT`
    Ticker(MarketId),
    /// `tickers`
    Tickers,
    /// `candles:BTC-USDT:1m`
    Candles(MarketId, Interval),
    /// `orders`
    Orders(AccountId),
    /// `fills`
    Fills(AccountId),
    /// `balances`
    Balances(AccountId),
    /// `notifications`
    Notifications(AccountId),
}

/// Why there is no such channel for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelError {
    /// Nobody has it.
    Unknown,
    /// Only somebody who has said who they are.
    Private,
}

/// A channel under its name.
#[derive(Clone, Debug)]
pub struct Channel {
    /// As it was asked for, and is told.
    pub name: Arc<str>,
    /// What it is.
    pub topic: Topic,
    /// For what is told to its user: it is held as long as they listen.
    pub board: Option<Arc<NoticeBoard>>,
}

impl Channel {
    /// The channel of that name, for `account`.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn parse(
        name: &str,
        catalog: &Catalog,
        account: Option<AccountId>,
    ) -> Result<Self, ChannelError> {
        let market = |symbol: &str| {
            let market = catalog.market_by_symbol(symbol).filter(|it| it.symbol.dashed == symbol);
            market.map(|market| market.id).ok_or(ChannelError::Unknown)
        };
        let own = |topic: fn(AccountId) -> Topic| account.map(topic).ok_or(ChannelError::Private);
        let mut parts = name.split(':');
        let topic = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("book"), Some(symbol), None, None) => Topic::Book(market(symbol)?),
            (Some("trades"), Some(symbol), None, None) => Topic::Trades(market(symbol)?),
            (Some("ticker"), Some(symbol), None, None) => Topic::Ticker(market(symbol)?),
            (Some("candles"), Some(symbol), Some(interval), None) => {
                let interval = Interval::parse(interval).ok_or(ChannelError::Unknown)?;
                Topic::Candles(market(symbol)?, interval)
            }
            (Some("tickers"), None, None, None) => Topic::Tickers,
            (Some("orders"), None, None, None) => own(Topic::Orders)?,
            (Some("fills"), None, None, None) => own(Topic::Fills)?,
            (Some("balances"), None, None, None) => own(Topic::Balances)?,
            (Some("notifications"), None, None, None) => own(Topic::Notifications)?,
            _ => return Err(ChannelError::Unknown),
        };
        Ok(Self { name: name.into(), topic, board: None })
    }
}
