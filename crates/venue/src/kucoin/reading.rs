//! The venue's words in those of the port: what it says is believed only where it makes sense.
//!
//! Keeps   no number is negative, zero or of absurd precision where it must not be, and no answer
//!         is about another market than was asked for.
//! Fails   [`Malformed`], with the name of what makes no sense.

use model::{Decimal, Side, Time};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    AccountRow, ApiKeyInfo, BalanceEvent, DecimalText, DepositRow, Fill, FullBook, Lasting, Level,
    MatchEvent, OrderChange, OrderChangeKind, OrderKind, OrderRow, PlacedSync, SymbolFee,
    SyncStatus, TickerEvent, TickerRow,
};
use crate::book;
use crate::port::{
    self, Balance, FeeAsset, Fees, Market, Order, OrderState, Pair, Permissions, Snapshot, Steps,
    Ticker, TradeTold, Transfer, TransferState,
};
pub use crate::sense::{Malformed, check_book, check_symbol, moment};
use crate::sense::{asset, fee, not_negative, positive, rate, unless_empty, unless_zero};

/// A time that was told in nanoseconds.
#[must_use]
pub const fn nanos(nanos: u64) -> Time {
    Time(nanos / 1_000)
}

/// What the list of markets says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Markets whose currencies have names that we can write.
    pub markets: Vec<Market>,
    /// Markets that were passed over, as the venue spells them where it does.
    pub skipped: Vec<String>,
}

/// The parts of a market that are needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    symbol: &'a str,
    base_currency: &'a str,
    quote_currency: &'a str,
    fee_currency: &'a str,
    base_min_size: DecimalText,
    base_max_size: DecimalText,
    base_increment: DecimalText,
    price_increment: DecimalText,
    min_funds: Option<DecimalText>,
    enable_trading: bool,
    #[serde(default = "one")]
    maker_fee_coefficient: DecimalText,
    #[serde(default = "one")]
    taker_fee_coefficient: DecimalText,
}

/// What is left of a market that cannot be read.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    symbol: std::borrow::Cow<'a, str>,
}

const fn one() -> DecimalText {
    DecimalText::new(1, 0)
}

/// Reads the list of markets, each by itself: what the venue adds tomorrow costs nothing, or one
/// market.
///
/// # Errors
/// [`Malformed`] where it is none.
pub fn listing(json: &[u8]) -> Result<Listing, Malformed> {
    let rows: Vec<&RawValue> =
        serde_json::from_slice(json).map_err(|_| Malformed("list of markets"))?;
    let mut listing = Listing::default();
    for row in rows {
        let listed = serde_json::from_str(row.get()).ok();
        match listed.and_then(|listed| market(&listed).ok()) {
            Some(market) => listing.markets.push(market),
            None => {
                let named = serde_json::from_str::<Named<'_>>(row.get());
                listing.skipped.push(named.map(|named| named.symbol.into()).unwrap_or_default());
            }
        }
    }
    Ok(listing)
}

fn market(listed: &Listed<'_>) -> Result<Market, Malformed> {
    let pair = Pair { base: asset(listed.base_currency)?, quote: asset(listed.quote_currency)? };
    check_symbol(listed.symbol, pair)?;
    let steps = |min, max, step| -> Result<Steps, Malformed> {
        Ok(Steps { min, max, step: unless_zero(step, "step")? })
    };
    let size_min = unless_zero(listed.base_min_size, "size")?;
    let size_max = unless_zero(listed.base_max_size, "size")?;
    let notional = listed.min_funds.map_or(Ok(None), |funds| unless_zero(funds, "funds"))?;
    // What the venue asks of everybody.
    let thousandth = DecimalText::new(1, 3).0;
    let charged = |coefficient: DecimalText| {
        let coefficient = not_negative(coefficient, "coefficient")?;
        rate(thousandth.times(coefficient).ok_or(Malformed("coefficient"))?.trimmed())
    };
    let in_quote = listed.fee_currency == listed.quote_currency;
    Ok(Market {
        pair,
        symbol: listed.symbol.to_owned(),
        is_open: listed.enable_trading,
        price: steps(None, None, listed.price_increment)?,
        qty: steps(size_min, size_max, listed.base_increment)?,
        notional: Steps { min: notional, ..Steps::default() },
        fees: Fees {
            maker: charged(listed.maker_fee_coefficient)?,
            taker: charged(listed.taker_fee_coefficient)?,
            asset: if in_quote { FeeAsset::Quote } else { FeeAsset::Received },
        },
    })
}

#[derive(Deserialize)]
struct Tickers<'a> {
    #[serde(borrow)]
    ticker: Vec<&'a RawValue>,
}

/// Reads the list of all tickers, each by itself, of the markets that `known` knows. `refused` is
/// told of each that makes no sense.
///
/// # Errors
/// [`Malformed`] where it is none.
pub fn tickers(
    json: &[u8],
    known: impl Fn(&str) -> Option<Pair>,
    mut refused: impl FnMut(),
) -> Result<Vec<Ticker>, Malformed> {
    let all: Tickers<'_> =
        serde_json::from_slice(json).map_err(|_| Malformed("list of tickers"))?;
    let mut tickers = Vec::with_capacity(all.ticker.len());
    for row in all.ticker {
        let Ok(row) = serde_json::from_str::<TickerRow<'_>>(row.get()) else {
            refused();
            continue;
        };
        match known(&row.symbol).map(|pair| ticker(&row, pair)) {
            Some(Ok(ticker)) => tickers.push(ticker),
            Some(Err(_)) => refused(),
            None => {}
        }
    }
    Ok(tickers)
}

/// A row of the list of all tickers.
///
/// # Errors
/// [`Malformed`].
pub fn ticker(row: &TickerRow<'_>, pair: Pair) -> Result<Ticker, Malformed> {
    check_symbol(&row.symbol, pair)?;
    let told = |number: Option<DecimalText>, what| {
        number.map_or(Ok(None), |number| unless_zero(number, what))
    };
    Ok(Ticker {
        pair,
        last: told(row.last, "last price")?,
        bid: told(row.buy, "bid")?,
        ask: told(row.sell, "ask")?,
        volume: not_negative(row.vol, "volume")?,
        quote_volume: not_negative(row.vol_value, "volume")?,
    })
}

/// The best of both sides, bid first, as the ticker of a socket tells it.
///
/// # Errors
/// [`Malformed`].
pub fn top(event: &TickerEvent) -> Result<[Option<book::Level>; 2], Malformed> {
    let level = |price: Option<DecimalText>, size: Option<DecimalText>| {
        let (Some(price), Some(size)) = (price, size) else { return Ok(None) };
        let price = unless_zero(price, "best price")?;
        let qty = unless_zero(size, "best size")?;
        Ok(price.zip(qty).map(|(price, qty)| book::Level { price, qty }))
    };
    let bid = level(event.best_bid, event.best_bid_size)?;
    let ask = level(event.best_ask, event.best_ask_size)?;
    Ok([bid, ask])
}

/// A book as it was asked for; it does not say of which market.
///
/// # Errors
/// [`Malformed`], also where somebody would buy for more than another sells for.
pub fn snapshot(told: &FullBook, pair: Pair) -> Result<Snapshot, Malformed> {
    let read = |level: &Level| {
        let price = positive(level.0, "price of a level")?;
        Ok(book::Level { price, qty: positive(level.1, "size of a level")? })
    };
    let side = |levels: &[Level]| levels.iter().map(read).collect::<Result<Vec<_>, _>>();
    let (bids, asks) = (side(&told.bids)?, side(&told.asks)?);
    check_book(&bids, &asks)?;
    let (sequence, venue_time) = (Some(told.sequence), Some(moment(told.time)?));
    Ok(Snapshot { pair, sequence, venue_time, bids, asks })
}

/// What came in or left; `None` where the name of its currency cannot be written.
///
/// # Errors
/// [`Malformed`].
pub fn transfer(row: &DepositRow<'_>) -> Result<Option<Transfer>, Malformed> {
    let state = match &*row.status {
        "SUCCESS" => TransferState::Done,
        "FAILURE" => TransferState::Failed,
        // `PROCESSING`, `REVIEW`, `WALLET_PROCESSING`; of what is new nobody knows that it is over.
        _ => TransferState::Pending,
    };
    let Ok(asset) = asset(&row.currency) else { return Ok(None) };
    let transaction = row.wallet_tx_id.as_deref().and_then(unless_empty);
    // The venue gives what came no name of its own. This one is the same before there is a
    // transaction and behind it, and two parts of one transaction have two.
    let name = || format!("{asset}-{}-{}-{}", row.chain, row.created_at, row.amount.0.trimmed());
    Ok(Some(Transfer {
        id: row.id.as_deref().and_then(unless_empty).unwrap_or_else(name),
        asset,
        qty: not_negative(row.amount, "amount")?,
        fee: not_negative(row.fee, "fee")?,
        state,
        network: unless_empty(&row.chain),
        transaction,
        time: moment(row.created_at)?,
    }))
}

/// A trade as a socket tells it.
///
/// # Errors
/// [`Malformed`].
pub fn trade(event: &MatchEvent<'_>, pair: Pair) -> Result<TradeTold, Malformed> {
    check_symbol(&event.symbol, pair)?;
    Ok(TradeTold {
        pair,
        taker: event.side.into(),
        price: positive(event.price, "price")?,
        qty: positive(event.size, "size")?,
        time: nanos(event.time),
    })
}

/// What a key may do.
#[must_use]
pub fn permissions(told: &ApiKeyInfo<'_>) -> Permissions {
    let may = |what: &str| told.permission.split(',').any(|it| it.trim() == what);
    let whitelist = told.ip_whitelist.as_deref().unwrap_or_default();
    Permissions {
        read: may("General"),
        trade: may("Spot") || may("Trade"),
        withdraw: may("Withdrawal") || may("Withdraw"),
        is_bound_to_addresses: !whitelist.is_empty(),
    }
}

/// What an account pays in a market. A rebate is negative.
///
/// # Errors
/// [`Malformed`].
pub fn fees(told: &SymbolFee<'_>, pair: Pair) -> Result<Fees, Malformed> {
    check_symbol(&told.symbol, pair)?;
    let (maker, taker) = (rate(told.maker_fee_rate.0)?, rate(told.taker_fee_rate.0)?);
    Ok(Fees { maker, taker, asset: FeeAsset::Quote })
}

/// What an account has of a currency, be it nothing; `None` for one whose name we cannot write.
///
/// # Errors
/// [`Malformed`].
pub fn balance(told: &AccountRow<'_>) -> Result<Option<Balance>, Malformed> {
    let free = not_negative(told.available, "balance")?;
    let held = not_negative(told.holds, "balance")?;
    Ok(asset(&told.currency).ok().map(|asset| Balance { asset, free, held }))
}

/// A change of a balance; `None` for a currency whose name we cannot write, and for one of another
/// account than that which trades: all are told alike.
///
/// # Errors
/// [`Malformed`].
pub fn balance_change(told: &BalanceEvent<'_>) -> Result<Option<Balance>, Malformed> {
    let trades = ["trade.", "trade_hf."];
    if !trades.iter().any(|account| told.relation_event.starts_with(account)) {
        return Ok(None);
    }
    let free = not_negative(told.available, "balance")?;
    let held = not_negative(told.hold, "balance")?;
    Ok(asset(&told.currency).ok().map(|asset| Balance { asset, free, held }))
}

/// The answer to placing an order of which nothing has traded; `None` where something has, since
/// the answer does not say for how much.
///
/// # Errors
/// [`Malformed`], also where it is about another order.
pub fn placed(told: &PlacedSync<'_>, asked: &port::NewOrder) -> Result<Option<Order>, Malformed> {
    if told.client_oid != asked.client_id.as_str() {
        return Err(Malformed("name of the order"));
    }
    let filled = not_negative(told.deal_size, "size")?;
    if !filled.is_zero() {
        return Ok(None);
    }
    let price = match asked.terms {
        port::Terms::Limit { price, .. } | port::Terms::PostOnly { price, .. } => Some(price),
        port::Terms::Market { .. } => None,
    };
    Ok(Some(Order {
        pair: asked.pair,
        id: told.order_id.to_string(),
        client_id: told.client_oid.to_string(),
        side: asked.side,
        price,
        qty: not_negative(told.origin_size, "size")?,
        filled,
        quote_filled: Decimal::ZERO,
        state: match told.status {
            SyncStatus::Open => OrderState::Open,
            SyncStatus::Done => OrderState::Expired,
        },
        updated: moment(told.match_time)?,
    }))
}

/// The answer to asking for an order.
///
/// # Errors
/// [`Malformed`].
pub fn found(row: &OrderRow<'_>, pair: Pair) -> Result<Order, Malformed> {
    check_symbol(&row.symbol, pair)?;
    let qty = not_negative(row.size, "size")?;
    let filled = not_negative(row.deal_size, "size")?;
    let by_itself = row.kind == OrderKind::Market || ended_by_itself(row);
    let state = match (row.active, row.cancel_exist) {
        (true, _) if filled.is_zero() => OrderState::Open,
        (true, _) => OrderState::PartiallyFilled,
        (false, false) => OrderState::Filled,
        (false, true) if by_itself => OrderState::Expired,
        (false, true) => OrderState::Canceled,
    };
    Ok(Order {
        pair,
        id: row.id.to_string(),
        client_id: row.client_oid.to_string(),
        side: row.side.into(),
        price: unless_zero(row.price, "price")?,
        qty,
        filled,
        quote_filled: not_negative(row.deal_funds, "funds")?,
        state,
        updated: moment(row.last_updated_at)?,
    })
}

/// Whether a limit order that was not filled ended by its own terms: one that stands until a time
/// may have been cancelled before.
fn ended_by_itself(row: &OrderRow<'_>) -> bool {
    match row.time_in_force {
        Lasting::Gtc => false,
        Lasting::Ioc | Lasting::Fok => true,
        Lasting::Gtt => {
            let seconds = u64::try_from(row.cancel_after).unwrap_or_default();
            let until = row.created_at.saturating_add(seconds.saturating_mul(1_000));
            until <= row.last_updated_at
        }
    }
}

/// Whether an order that was asked for stands as it did behind a change, or later.
///
/// # Errors
/// [`Malformed`].
pub fn is_behind(change: &OrderChange<'_>, order: &Order) -> Result<bool, Malformed> {
    let filled = change.filled_size.map(|size| not_negative(size, "size")).transpose()?;
    let is_over = match change.kind {
        OrderChangeKind::Filled | OrderChangeKind::Canceled => true,
        OrderChangeKind::Received
        | OrderChangeKind::Open
        | OrderChangeKind::Match
        | OrderChangeKind::Update => false,
    };
    let has_as_much = filled.is_none_or(|filled| filled <= order.filled);
    Ok(has_as_much && (order.state.is_final() || !is_over))
}

/// One side of a trade, as its owner is told.
///
/// # Errors
/// [`Malformed`].
pub fn fill(row: &Fill<'_>, pair: Pair) -> Result<port::Fill, Malformed> {
    check_symbol(&row.symbol, pair)?;
    let (price, qty) = (positive(row.price, "price")?, positive(row.size, "size")?);
    let fee_asset = asset(&row.fee_currency)?;
    Ok(port::Fill {
        pair,
        trade_id: row.trade_id.to_string(),
        order_id: row.order_id.to_string(),
        side: row.side.into(),
        price,
        qty,
        fee: fee(row.fee.0, fee_asset, pair, price, qty)?,
        fee_asset,
        is_maker: row.liquidity == super::Liquidity::Maker,
        time: moment(row.created_at)?,
    })
}

/// An order of which nothing has traded, after a change; `None` where something has, since the
/// change does not say for how much.
///
/// # Errors
/// [`Malformed`].
pub fn untraded(change: &OrderChange<'_>, pair: Pair) -> Result<Option<Order>, Malformed> {
    check_symbol(&change.symbol, pair)?;
    let told = |number: Option<DecimalText>, what| {
        number.map_or(Ok(None), |number| not_negative(number, what).map(Some))
    };
    let filled = told(change.filled_size, "size")?;
    // Where it is not said, only what was never matched has certainly not traded.
    let is_new = change.kind == OrderChangeKind::Received;
    let is_untraded = filled.map_or(is_new, |size| size.is_zero());
    let state = match change.kind {
        OrderChangeKind::Received | OrderChangeKind::Open | OrderChangeKind::Update => {
            OrderState::Open
        }
        OrderChangeKind::Canceled => OrderState::Canceled,
        OrderChangeKind::Match | OrderChangeKind::Filled => return Ok(None),
    };
    if !is_untraded {
        return Ok(None);
    }
    let size = change.origin_size.or(change.size).ok_or(Malformed("size"))?;
    Ok(Some(Order {
        pair,
        id: change.order_id.to_string(),
        client_id: change.client_oid.to_string(),
        side: Side::from(change.side),
        price: change.price.map_or(Ok(None), |price| unless_zero(price, "price"))?,
        qty: not_negative(size, "size")?,
        filled: Decimal::ZERO,
        quote_filled: Decimal::ZERO,
        state,
        updated: nanos(change.ts),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }
    }

    #[test]
    fn a_listing_is_read_market_by_market() {
        let json = br#"[
            {"symbol":"BTC-USDT","name":"x","baseCurrency":"BTC","quoteCurrency":"USDT",
             "feeCurrency":"USDT","baseMinSize":"0.00001","baseMaxSize":"10000000000",
             "baseIncrement":"0.00000001","priceIncrement":"0.1","minFunds":"0.1","new":{},
             "enableTrading":true,"makerFeeCoefficient":"0.50","takerFeeCoefficient":"1.00"},
            {"symbol":"BTC-BRL","baseCurrency":"BTC","quoteCurrency":"BRL","feeCurrency":"BRL",
             "baseMinSize":"0.00001","baseMaxSize":"1","baseIncrement":"0.00000001",
             "priceIncrement":"1","minFunds":null,"enableTrading":false},
            {"symbol":"ETH-USDT","baseCurrency":"BTC","quoteCurrency":"USDT","feeCurrency":"USDT",
             "baseMinSize":"0","baseMaxSize":"0","baseIncrement":"0","priceIncrement":"0",
             "enableTrading":true},
            {"symbol":"A-B","baseCurrency":"A","quoteCurrency":"B","feeCurrency":"B",
             "baseMinSize":"-1","baseMaxSize":"0","baseIncrement":"0","priceIncrement":"0",
             "enableTrading":true},
            {"symbol":"x"}]"#;
        let listing = listing(json).unwrap();
        assert_eq!(listing.skipped, ["ETH-USDT", "A-B", "x"]);
        let [one, other] = &listing.markets[..] else { panic!("{listing:?}") };
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!((one.pair, one.is_open, other.is_open), (pair(), true, false));
        assert_eq!((one.price.step, one.qty.min), (Some(number("0.1")), Some(number("0.00001"))));
        assert_eq!((one.notional.min, other.notional.min), (Some(number("0.1")), None));
        let Fees { maker, taker, asset } = one.fees;
        assert_eq!((maker, taker, asset), (number("0.0005"), number("0.001"), FeeAsset::Quote));
        assert!(super::listing(b"{}").is_err());
    }

    #[test]
    fn tickers_are_read_one_by_one_and_only_of_known_markets() {
        let row = |symbol: &str, last: &str| {
            format!(
                r#"{{"symbol":"{symbol}","symbolName":"x","buy":"1","bestBidSize":"1","sell":"2",
                "bestAskSize":"1","changeRate":"0","changePrice":"0","high":"1","low":"1",
                "vol":"5","volValue":"7","last":{last},"averagePrice":null,"takerFeeRate":"0.001",
                "makerFeeRate":"0.001","takerCoefficient":"1","makerCoefficient":"1"}}"#
            )
        };
        let rows = [
            row("BTC-USDT", "\"3\""),
            row("BTC-USDT", "\"-3\""),
            row("BTC-USDT", "\"NaN\""),
            row("BTC-USDT", "3"),
            row("OTHER", "\"3\""),
        ];
        let json = format!(r#"{{"time":1,"ticker":[{}]}}"#, rows.join(","));
        let known = |symbol: &str| (symbol == "BTC-USDT").then(pair);
        let mut refused = 0;
        let read = tickers(json.as_bytes(), known, || refused += 1).unwrap();
        let [one] = &read[..] else { panic!("{read:?}") };
        assert_eq!(refused, 3);
        assert_eq!((one.last, one.volume), ("3".parse().ok(), "5".parse().unwrap()));
    }

    #[test]
    fn a_key_may_do_what_it_is_said_to_be_for() {
        for (permission, whitelist, want) in [
            ("General", None, (true, false, false, false)),
            ("General,Spot", Some(""), (true, true, false, false)),
            ("General,Spot,Withdrawal", Some("10.0.0.1"), (true, true, true, true)),
            ("Spotty", None, (false, false, false, false)),
        ] {
            let told = ApiKeyInfo {
                remark: "".into(),
                api_key: "k".into(),
                api_version: 3,
                permission: permission.into(),
                ip_whitelist: whitelist.map(str::to_owned),
                created_at: 1,
                uid: 1,
                is_master: true,
            };
            let Permissions { read, trade, withdraw, is_bound_to_addresses } = permissions(&told);
            assert_eq!((read, trade, withdraw, is_bound_to_addresses), want, "{permission}");
        }
    }

    #[test]
    fn a_transfer_has_one_name_whatever_becomes_of_it() {
        let row = |id: &str, amount: &str, status: &str, transaction: &str| {
            let json = format!(
                r#"{{{id}"currency":"USDT","chain":"trx","status":"{status}","address":"a",
                "memo":"","isInner":false,"amount":"{amount}","fee":"0","createdAt":1700000000000,
                "walletTxId":"{transaction}","updatedAt":1700000000000,"remark":""}}"#
            );
            let row: DepositRow<'_> = serde_json::from_str(&json).unwrap();
            transfer(&row).unwrap().unwrap()
        };
        let (pending, done) = (row("", "5", "REVIEW", ""), row("", "5.0", "SUCCESS", "tx"));
        assert_eq!((&*pending.id, pending.transaction), ("USDT-trx-1700000000000-5", None));
        assert_eq!((&*done.id, done.transaction.as_deref()), (&*pending.id, Some("tx")));
        assert_ne!(row("", "6", "SUCCESS", "tx").id, done.id, "another part of the transaction");
        assert_eq!(row(r#""id":"w1","#, "5", "SUCCESS", "tx").id, "w1");
        assert_eq!(row("", "5", "OF_TOMORROW", "").state, TransferState::Pending);
    }

    #[test]
    fn what_is_not_said_to_have_traded_is_taken_for_untraded_before_a_match_only() {
        let change = |kind: &str, filled: &str| {
            let json = format!(
                r#"{{"clientOid":"c","orderId":"o","orderTime":1,"orderType":"limit",{filled}
                "originSize":"2","price":"1","side":"buy","size":"2","status":"done",
                "symbol":"BTC-USDT","ts":1700000000000000000,"type":"{kind}"}}"#
            );
            let change: OrderChange<'_> = serde_json::from_str(&json).unwrap();
            untraded(&change, pair()).unwrap().map(|order| order.state)
        };
        let (none, zero, some) = ("", r#""filledSize":"0","#, r#""filledSize":"1","#);
        for (kind, filled, want) in [
            ("received", none, Some(OrderState::Open)),
            ("canceled", none, None),
            ("open", none, None),
            ("update", none, None),
            ("canceled", zero, Some(OrderState::Canceled)),
            ("open", zero, Some(OrderState::Open)),
            ("canceled", some, None),
        ] {
            assert_eq!(change(kind, filled), want, "{kind} {filled}");
        }
    }

    #[test]
    fn what_stands_until_a_time_ended_by_itself_only_when_that_time_came() {
        let row = |lasting: &str, updated: u64| -> OrderRow<'static> {
            let json = format!(
                r#"{{"id":"1","clientOid":"c","symbol":"BTC-USDT","opType":"DEAL","type":"limit",
                "side":"buy","price":"1","size":"2","funds":"2","dealSize":"0","dealFunds":"0",
                "remainSize":"0","remainFunds":"0","cancelledSize":"2","cancelledFunds":"2",
                "fee":"0","feeCurrency":"USDT","stp":null,"timeInForce":"{lasting}",
                "postOnly":false,"hidden":false,"iceberg":false,"visibleSize":"0",
                "cancelAfter":60,"channel":"API","remark":null,"tags":null,"cancelExist":true,
                "tradeType":"TRADE","inOrderBook":false,"active":false,"tax":"0",
                "createdAt":1000,"lastUpdatedAt":{updated}}}"#
            );
            serde_json::from_str(json.leak()).unwrap()
        };
        for (lasting, updated, want) in [
            ("GTC", 61_000, OrderState::Canceled),
            ("GTT", 60_999, OrderState::Canceled),
            ("GTT", 61_000, OrderState::Expired),
            ("IOC", 1_000, OrderState::Expired),
        ] {
            let found = found(&row(lasting, updated), pair()).unwrap();
            assert_eq!(found.state, want, "{lasting} {updated}");
        }
    }

    #[test]
    fn an_answer_that_is_behind_the_socket_is_told_apart() {
        let change = |kind: &str| -> OrderChange<'static> {
            let json = format!(
                r#"{{"clientOid":"c","orderId":"o","orderTime":1,"orderType":"limit",
                "filledSize":"1","originSize":"2","price":"1","side":"buy","size":"2",
                "status":"done","symbol":"BTC-USDT","ts":1700000000000000000,"type":"{kind}"}}"#
            );
            serde_json::from_str(json.leak()).unwrap()
        };
        let order = |filled: &str, state| Order {
            filled: filled.parse().unwrap(),
            state,
            ..untraded(&OrderChange { filled_size: None, ..change("received") }, pair())
                .unwrap()
                .unwrap()
        };
        for (kind, filled, state, want) in [
            ("match", "0", OrderState::Open, false),
            ("match", "1", OrderState::PartiallyFilled, true),
            ("match", "2", OrderState::Filled, true),
            ("canceled", "1", OrderState::PartiallyFilled, false),
            ("canceled", "0", OrderState::Canceled, false),
            ("canceled", "1", OrderState::Canceled, true),
        ] {
            assert_eq!(
                is_behind(&change(kind), &order(filled, state)),
                Ok(want),
                "{kind} {filled}"
            );
        }
    }

    #[test]
    fn only_the_account_that_trades_is_told_of() {
        for (event, is_told) in [
            ("trade.hold", true),
            ("trade_hf.setted", true),
            ("main.deposit", false),
            ("margin.hold", false),
            ("isolated_v2_BTC-USDT.hold", false),
            ("", false),
        ] {
            let json = format!(
                r#"{{"accountId":"1","available":"1","availableChange":"1","currency":"USDT",
                "hold":"0","holdChange":"0","relationContext":{{}},"relationEvent":"{event}",
                "relationEventId":"1","time":"1729670668278","total":"1"}}"#
            );
            let change: BalanceEvent<'_> = serde_json::from_str(&json).unwrap();
            assert_eq!(balance_change(&change).unwrap().is_some(), is_told, "{event}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let event = |price: &str, size: &str, symbol: &str| -> MatchEvent<'static> {
            MatchEvent {
                maker_order_id: "a".into(),
                price: DecimalText(price.parse().unwrap()),
                sequence: 1,
                side: super::super::OrderSide::Buy,
                size: DecimalText(size.parse().unwrap()),
                symbol: symbol.to_owned().into(),
                taker_order_id: "b".into(),
                time: 1_729_843_222_921_000_000,
                trade_id: "1".into(),
                kind: "match".into(),
            }
        };
        for (price, size, symbol, want) in [
            ("1", "1", "BTC-USDT", None),
            ("0", "1", "BTC-USDT", Some("price")),
            ("-1", "1", "BTC-USDT", Some("price")),
            ("1", "0", "BTC-USDT", Some("size")),
            ("1", "0.0000000000000000001", "BTC-USDT", Some("size")),
            ("1", "1", "ETH-USDT", Some("symbol")),
        ] {
            let told = trade(&event(price, size, symbol), pair());
            assert_eq!(told.err(), want.map(Malformed), "{price} {size} {symbol}");
        }
        let told = trade(&event("1", "1", "BTC-USDT"), pair()).unwrap();
        assert_eq!(told.time, Time(1_729_843_222_921_000));
    }
}
