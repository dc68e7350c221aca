//! The venue's words in those of the port: what it says is believed only where it makes sense.
//!
//! Keeps   no number is negative, zero or of absurd precision where it must not be, and no answer
//!         is about another market than was asked for.
//! Fails   [`Malformed`], with the name of what makes no sense.

use model::{Decimal, Side};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    AccountCommission, ApiRestrictions, AssetBalance, BookTickerEvent, CommissionRates,
    DecimalText, DepositRow, Depth, ExecutionReport, ExecutionType, LimitUnit, MyTrade, OrderQuery,
    OrderReport, OrderSide, RateLimit, RateLimitKind, SymbolFilter, Ticker24h, TradeEvent,
    WithdrawRow,
};
use crate::book::Level;
use crate::instant;
use crate::port::{
    Balance, FeeAsset, Fees, Fill, Market, Order, OrderState, Pair, Permissions, Snapshot, Steps,
    Ticker, TradeTold, Transfer, TransferState,
};
pub use crate::sense::{Malformed, check_book, moment};
use crate::sense::{asset, fee, not_negative, plus, positive, rate, unless_empty, unless_zero};

/// Whether this is how the venue spells the market; nothing is allocated for it.
fn check_symbol(symbol: &str, pair: Pair) -> Result<(), Malformed> {
    let quote = symbol.strip_prefix(pair.base.as_str());
    if quote == Some(pair.quote.as_str()) { Ok(()) } else { Err(Malformed("symbol")) }
}

/// What `exchangeInfo` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Markets whose assets have names that we can write.
    pub markets: Vec<Market>,
    /// Markets that were passed over, as the venue spells them.
    pub skipped: Vec<String>,
    /// Weight that an address may use in a minute, if it says so.
    pub weight_max: Option<u32>,
}

/// The parts of `exchangeInfo` that are needed, each read by itself: what the venue adds tomorrow
/// costs nothing, or one market.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    #[serde(borrow, default)]
    rate_limits: Vec<&'a RawValue>,
    #[serde(borrow)]
    symbols: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    symbol: &'a str,
    status: &'a str,
    base_asset: &'a str,
    quote_asset: &'a str,
    #[serde(borrow)]
    filters: Vec<&'a RawValue>,
}

/// Reads `exchangeInfo`.
///
/// # Errors
/// [`Malformed`] where it is none.
pub fn listing(json: &[u8]) -> Result<Listing, Malformed> {
    let info: Info<'_> = serde_json::from_slice(json).map_err(|_| Malformed("list of markets"))?;
    let mut listing = Listing::default();
    for symbol in info.symbols {
        let listed = serde_json::from_str(symbol.get()).ok();
        match listed.and_then(|listed| market(&listed).ok()) {
            Some(market) => listing.markets.push(market),
            None => listing.skipped.push(name_of(symbol)),
        }
    }
    let limits = info.rate_limits.iter();
    let limits = limits.filter_map(|limit| serde_json::from_str::<RateLimit>(limit.get()).ok());
    listing.weight_max = limits
        .filter(|limit| limit.rate_limit_type == RateLimitKind::RequestWeight)
        .find(|limit| (limit.interval, limit.interval_num) == (LimitUnit::Minute, 1))
        .map(|limit| limit.limit);
    Ok(listing)
}

/// The name of a market of which nothing else can be read; empty where that cannot be either.
fn name_of(symbol: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Named {
        symbol: String,
    }
    serde_json::from_str::<Named>(symbol.get()).map(|named| named.symbol).unwrap_or_default()
}

fn market(listed: &Listed<'_>) -> Result<Market, Malformed> {
    let pair = Pair { base: asset(listed.base_asset)?, quote: asset(listed.quote_asset)? };
    check_symbol(listed.symbol, pair)?;
    let (mut price, mut qty, mut notional) = (Steps::default(), Steps::default(), Steps::default());
    for filter in &listed.filters {
        // A rule that we do not know will be told by a refusal.
        let Ok(filter) = serde_json::from_str::<SymbolFilter>(filter.get()) else { continue };
        if let SymbolFilter::PriceFilter { min_price, max_price, tick_size } = filter {
            price = steps(min_price, max_price, tick_size)?;
        } else if let SymbolFilter::LotSize { min_qty, max_qty, step_size } = filter {
            qty = steps(min_qty, max_qty, step_size)?;
        } else if let SymbolFilter::Notional { min_notional, max_notional, .. } = filter {
            notional.min = unless_zero(min_notional, "notional")?;
            notional.max = unless_zero(max_notional, "notional")?;
        } else if let SymbolFilter::MinNotional { min_notional, .. } = filter {
            notional.min = unless_zero(min_notional, "notional")?;
        }
    }
    Ok(Market {
        pair,
        symbol: listed.symbol.to_owned(),
        is_open: listed.status == "TRADING",
        price,
        qty,
        notional,
        fees: usual_fees(),
    })
}

fn steps(min: DecimalText, max: DecimalText, step: DecimalText) -> Result<Steps, Malformed> {
    Ok(Steps {
        min: unless_zero(min, "filter")?,
        max: unless_zero(max, "filter")?,
        step: unless_zero(step, "filter")?,
    })
}

/// What the venue asks of everybody: a thousandth of what is received.
fn usual_fees() -> Fees {
    let thousandth = Decimal::new(1, 3).expect("a scale of ours");
    Fees { maker: thousandth, taker: thousandth, asset: FeeAsset::Received }
}

/// A row of `ticker/24hr`.
///
/// # Errors
/// [`Malformed`].
pub fn ticker(row: &Ticker24h<'_>, pair: Pair) -> Result<Ticker, Malformed> {
    check_symbol(&row.symbol, pair)?;
    Ok(Ticker {
        pair,
        last: unless_zero(row.last_price, "last price")?,
        bid: unless_zero(row.bid_price, "bid")?,
        ask: unless_zero(row.ask_price, "ask")?,
        volume: not_negative(row.volume, "volume")?,
        quote_volume: not_negative(row.quote_volume, "volume")?,
    })
}

/// A trade as the stream tells it.
///
/// # Errors
/// [`Malformed`].
pub fn trade(event: &TradeEvent<'_>, pair: Pair) -> Result<TradeTold, Malformed> {
    check_symbol(&event.symbol, pair)?;
    Ok(TradeTold {
        pair,
        taker: if event.is_buyer_maker { Side::Sell } else { Side::Buy },
        price: positive(event.price, "price")?,
        qty: positive(event.qty, "quantity")?,
        time: moment(event.trade_time)?,
    })
}

/// What a key may do.
#[must_use]
pub const fn permissions(told: &ApiRestrictions) -> Permissions {
    Permissions {
        read: told.enable_reading,
        trade: told.enable_spot_and_margin_trading,
        withdraw: told.enable_withdrawals,
        is_bound_to_addresses: told.ip_restrict,
    }
}

/// What an account pays in a market, at most: what is standard, what is special and what is tax,
/// as maker or taker, and with it what is asked of buyers or of sellers, whichever is more. A
/// rebate is negative. The discount for who pays in the venue's own asset is not counted, since it
/// ends with what the account has of that.
///
/// # Errors
/// [`Malformed`], also where it is more than anybody asks, or paid out.
pub fn fees(told: &AccountCommission<'_>, pair: Pair) -> Result<Fees, Malformed> {
    check_symbol(&told.symbol, pair)?;
    let parts = [&told.standard_commission, &told.special_commission, &told.tax_commission];
    let whole = |of: fn(&CommissionRates) -> DecimalText| {
        parts.iter().try_fold(Decimal::ZERO, |sum, rates| plus(sum, of(rates).0))
    };
    let side = whole(|rates| rates.buyer)?.max(whole(|rates| rates.seller)?);
    let maker = rate(plus(whole(|rates| rates.maker)?, side)?)?;
    let taker = rate(plus(whole(|rates| rates.taker)?, side)?)?;
    let discount = &told.discount;
    let is_elsewhere = discount.enabled_for_account && discount.enabled_for_symbol;
    let asset = if is_elsewhere {
        FeeAsset::Always(asset(&discount.discount_asset)?)
    } else {
        FeeAsset::Received
    };
    Ok(Fees { maker, taker, asset })
}

/// What an account has of an asset, be it nothing; `None` for one whose name we cannot write.
///
/// # Errors
/// [`Malformed`].
pub fn balance(told: &AssetBalance<'_>) -> Result<Option<Balance>, Malformed> {
    let free = not_negative(told.free, "balance")?;
    let held = not_negative(told.locked, "balance")?;
    Ok(asset(&told.asset).ok().map(|asset| Balance { asset, free, held }))
}

/// The best of a book as the stream tells it, who buys first; `None` for a side that is empty.
///
/// # Errors
/// [`Malformed`].
pub fn top(
    event: &BookTickerEvent<'_>,
    pair: Pair,
) -> Result<(Option<Level>, Option<Level>), Malformed> {
    let level = |price, qty| {
        let price = unless_zero(price, "price")?;
        let qty = unless_zero(qty, "quantity")?;
        Ok(price.zip(qty).map(|(price, qty)| Level { price, qty }))
    };
    check_symbol(&event.symbol, pair)?;
    let bid = level(event.bid_price, event.bid_qty)?;
    Ok((bid, level(event.ask_price, event.ask_qty)?))
}

/// What `depth` answers; it does not say of which market.
///
/// # Errors
/// [`Malformed`], also where somebody would buy for more than another sells for.
pub fn snapshot(told: &Depth, pair: Pair) -> Result<Snapshot, Malformed> {
    let read = |level: &super::Level| {
        let price = positive(level.0, "price of a level")?;
        Ok(Level { price, qty: positive(level.1, "quantity of a level")? })
    };
    let side = |levels: &[super::Level]| levels.iter().map(read).collect::<Result<Vec<_>, _>>();
    let (bids, asks) = (side(&told.bids)?, side(&told.asks)?);
    check_book(&bids, &asks)?;
    let sequence = Some(told.last_update_id);
    Ok(Snapshot { pair, sequence, venue_time: None, bids, asks })
}

/// What came in; `None` where the name of its asset cannot be written.
///
/// # Errors
/// [`Malformed`].
pub fn deposit(row: &DepositRow<'_>) -> Result<Option<Transfer>, Malformed> {
    let state = match row.status {
        1 | 6 => TransferState::Done,
        2 | 7 => TransferState::Failed,
        // 0 and 8; of what is new nobody knows that it is over.
        _ => TransferState::Pending,
    };
    let Ok(asset) = asset(&row.coin) else { return Ok(None) };
    Ok(Some(Transfer {
        id: row.id.to_string(),
        asset,
        qty: not_negative(row.amount, "amount")?,
        fee: Decimal::ZERO,
        state,
        network: unless_empty(&row.network),
        transaction: unless_empty(&row.tx_id),
        time: moment(row.insert_time)?,
    }))
}

/// What left; `None` where the name of its asset cannot be written.
///
/// # Errors
/// [`Malformed`].
pub fn withdrawal(row: &WithdrawRow<'_>) -> Result<Option<Transfer>, Malformed> {
    let state = match row.status {
        6 => TransferState::Done,
        1 | 3 | 5 => TransferState::Failed,
        // 0, 2 and 4; of what is new nobody knows that it is over.
        _ => TransferState::Pending,
    };
    let Ok(asset) = asset(&row.coin) else { return Ok(None) };
    Ok(Some(Transfer {
        id: row.id.to_string(),
        asset,
        qty: not_negative(row.amount, "amount")?,
        fee: not_negative(row.transaction_fee, "fee")?,
        state,
        network: unless_empty(&row.network),
        transaction: unless_empty(&row.tx_id),
        time: instant::parse(&format!("{}Z", row.apply_time)).ok_or(Malformed("time"))?,
    }))
}

/// The answer to placing or cancelling.
///
/// # Errors
/// [`Malformed`], also where it does not say how the order stands.
pub fn reported(report: &OrderReport<'_>, pair: Pair) -> Result<Order, Malformed> {
    check_symbol(&report.symbol, pair)?;
    let state = report.state.as_ref().ok_or(Malformed("report"))?;
    let client_id = report.orig_client_order_id.as_ref().unwrap_or(&report.client_order_id);
    Ok(Order {
        pair,
        id: report.order_id.to_string(),
        client_id: client_id.to_string(),
        side: side(state.side),
        price: unless_zero(state.price, "price")?,
        qty: not_negative(state.orig_qty, "quantity")?,
        filled: not_negative(state.executed_qty, "quantity")?,
        quote_filled: not_negative(state.cumulative_quote_qty, "quantity")?,
        state: order_state(state.status),
        updated: moment(report.transact_time)?,
    })
}

/// The answer to asking for an order.
///
/// # Errors
/// [`Malformed`].
pub fn found(row: &OrderQuery<'_>, pair: Pair) -> Result<Order, Malformed> {
    check_symbol(&row.symbol, pair)?;
    Ok(Order {
        pair,
        id: row.order_id.to_string(),
        client_id: row.client_order_id.to_string(),
        side: side(row.side),
        price: unless_zero(row.price, "price")?,
        qty: not_negative(row.orig_qty, "quantity")?,
        filled: not_negative(row.executed_qty, "quantity")?,
        quote_filled: not_negative(row.cumulative_quote_qty, "quantity")?,
        state: order_state(row.status),
        updated: moment(row.update_time)?,
    })
}

/// A row of `myTrades`.
///
/// # Errors
/// [`Malformed`].
pub fn fill(row: &MyTrade<'_>, pair: Pair) -> Result<Fill, Malformed> {
    check_symbol(&row.symbol, pair)?;
    let (price, qty) = (positive(row.price, "price")?, positive(row.qty, "quantity")?);
    let fee_asset = asset(&row.commission_asset)?;
    Ok(Fill {
        pair,
        trade_id: row.id.to_string(),
        order_id: row.order_id.to_string(),
        side: if row.is_buyer { Side::Buy } else { Side::Sell },
        price,
        qty,
        fee: fee(row.commission.0, fee_asset, pair, price, qty)?,
        fee_asset,
        is_maker: row.is_maker,
        time: moment(row.time)?,
    })
}

/// An order after a change, and what of it traded just now.
///
/// # Errors
/// [`Malformed`].
pub fn execution(
    report: &ExecutionReport<'_>,
    pair: Pair,
) -> Result<(Order, Option<Fill>), Malformed> {
    check_symbol(&report.symbol, pair)?;
    let is_cancel = report.execution_type == ExecutionType::Canceled;
    let name = if is_cancel && !report.orig_client_order_id.is_empty() {
        &report.orig_client_order_id
    } else {
        &report.client_order_id
    };
    let time = moment(report.transaction_time)?;
    let order = Order {
        pair,
        id: report.order_id.to_string(),
        client_id: name.to_string(),
        side: side(report.side),
        price: unless_zero(report.price, "price")?,
        qty: not_negative(report.qty, "quantity")?,
        filled: not_negative(report.filled_qty, "quantity")?,
        quote_filled: not_negative(report.quote_filled, "quantity")?,
        state: order_state(report.status),
        updated: time,
    };
    if report.execution_type != ExecutionType::Trade {
        return Ok((order, None));
    }
    let fee_asset = asset(report.commission_asset.as_deref().ok_or(Malformed("asset"))?)?;
    let price = positive(report.last_price, "price")?;
    let qty = positive(report.last_qty, "quantity")?;
    let fill = Fill {
        pair,
        trade_id: report.trade_id.to_string(),
        order_id: order.id.clone(),
        side: order.side,
        price,
        qty,
        fee: fee(report.commission.0, fee_asset, pair, price, qty)?,
        fee_asset,
        is_maker: report.is_maker,
        time,
    };
    Ok((order, Some(fill)))
}

const fn side(side: OrderSide) -> Side {
    match side {
        OrderSide::Buy => Side::Buy,
        OrderSide::Sell => Side::Sell,
    }
}

const fn order_state(state: super::OrderState) -> OrderState {
    use super::OrderState as Told;
    match state {
        Told::New | Told::PendingNew | Told::PendingCancel => OrderState::Open,
        Told::PartiallyFilled => OrderState::PartiallyFilled,
        Told::Filled => OrderState::Filled,
        Told::Canceled => OrderState::Canceled,
        Told::Rejected => OrderState::Rejected,
        Told::Expired | Told::ExpiredInMatch => OrderState::Expired,
    }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::super::Discount;
    use super::*;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }
    }

    #[test]
    fn a_listing_is_read_market_by_market() {
        let json = br#"{"rateLimits":[{"rateLimitType":"NEW_KIND","interval":"MINUTE"},
            {"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000}],
            "symbols":[
            {"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","new":1,
             "filters":[{"filterType":"NEW_RULE","x":1},
             {"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000",
              "tickSize":"0.01000000"},
             {"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000",
              "stepSize":"0.00001000"},
             {"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,
              "maxNotional":"0.00000000","applyMaxToMarket":false,"avgPriceMins":5}]},
            {"symbol":"BTCUSDC","status":"NEW_STATUS","baseAsset":"BTC","quoteAsset":"USDC",
             "filters":[]},
            {"symbol":"OTHER","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT",
             "filters":[]},
            {"symbol":"x"}]}"#;
        let listing = listing(json).unwrap();
        assert_eq!(listing.skipped, ["OTHER", "x"]);
        assert_eq!(listing.weight_max, Some(6_000));
        let [one, other] = &listing.markets[..] else { panic!("{listing:?}") };
        let number = |text: &str| Some(text.parse::<Decimal>().unwrap());
        assert_eq!((one.pair, one.is_open, one.price.step), (pair(), true, number("0.01")));
        assert_eq!((one.qty.step, one.notional.min), (number("0.00001"), number("5")));
        assert_eq!((one.notional.max, other.is_open), (None, false));
        assert!(super::listing(b"[]").is_err());
    }

    /// What `account/commission` says with these rates: maker, taker, buyer and seller of what is
    /// standard, special and tax.
    fn commission(rates: [&str; 3], discount: bool) -> AccountCommission<'static> {
        let rates = rates.map(|rates| {
            let mut rates = rates.split(' ').map(|rate| DecimalText(rate.parse().unwrap()));
            let mut next = || rates.next().unwrap();
            CommissionRates { maker: next(), taker: next(), buyer: next(), seller: next() }
        });
        let [standard_commission, special_commission, tax_commission] = rates;
        let discount = Discount {
            enabled_for_account: true,
            enabled_for_symbol: discount,
            discount_asset: "BNB".into(),
            discount: DecimalText::new(75, 2),
        };
        let symbol = "BTCUSDT".into();
        AccountCommission {
            symbol,
            standard_commission,
            special_commission,
            tax_commission,
            discount,
        }
    }

    #[test]
    fn everything_that_is_charged_for_a_trade_is_counted() {
        let none = "0 0 0 0";
        for (rates, want) in [
            // The example of the commission FAQ.
            (
                [
                    "0.00000010 0.00000020 0.00000030 0.00000040",
                    "0.01000000 0.02000000 0.03000000 0.04000000",
                    "0.00000112 0.00000114 0.00000118 0.00000116",
                ],
                Some(("0.05000278", "0.06000290")),
            ),
            (["0.001 0.002 0 0", none, "0 0 0.0012 0"], Some(("0.0022", "0.0032"))),
            (["-0.0001 0.0004 0 0", none, none], Some(("-0.0001", "0.0004"))),
            (["-0.0101 0.0004 0 0", none, none], None),
            (["0.001 -1 0 0", none, none], None),
            (["0.001 0.1 0 0", none, none], None),
            (["0.001 0.0000000000000000001 0 0", none, none], None),
        ] {
            let told = fees(&commission(rates, false), pair()).ok();
            let told = told.map(|fees| (fees.maker, fees.taker, fees.asset));
            let want = want.map(|(maker, taker): (&str, &str)| {
                (maker.parse().unwrap(), taker.parse().unwrap(), FeeAsset::Received)
            });
            assert_eq!(told, want, "{rates:?}");
        }
        let fees = fees(&commission(["0.001 0.001 0 0", none, none], true), pair()).unwrap();
        assert_eq!(fees.asset, FeeAsset::Always("BNB".parse().unwrap()));
    }

    #[test]
    fn a_top_makes_sense_or_is_refused() {
        for (symbol, numbers, want) in [
            ("BTCUSDT", ["99.5", "1", "100", "2"], Some((true, true))),
            ("BTCUSDT", ["0", "0", "100", "2"], Some((false, true))),
            ("BTCUSDT", ["0", "0", "0", "0"], Some((false, false))),
            ("BTCUSD", ["99.5", "1", "100", "2"], None),
            ("BTCUSDT", ["-1", "1", "100", "2"], None),
            ("BTCUSDT", ["99.5", "1", "100", "-2"], None),
            ("BTCUSDT", ["99.0000000000000000005", "1", "100", "2"], None),
        ] {
            let [bid_price, bid_qty, ask_price, ask_qty] =
                numbers.map(|number| DecimalText(number.parse().unwrap()));
            let (update_id, symbol) = (1, symbol.into());
            let event =
                BookTickerEvent { update_id, symbol, bid_price, bid_qty, ask_price, ask_qty };
            let read = top(&event, pair()).ok();
            let read = read.map(|(bid, ask)| (bid.is_some(), ask.is_some()));
            assert_eq!(read, want, "{numbers:?}");
        }
    }

    #[test]
    fn a_snapshot_stands_best_first_and_does_not_cross_itself() {
        for (json, is_good) in [
            (r#"{"lastUpdateId":7,"bids":[["99","1"],["98","1"]],"asks":[["100","1"]]}"#, true),
            (r#"{"lastUpdateId":7,"bids":[],"asks":[]}"#, true),
            (r#"{"lastUpdateId":7,"bids":[["98","1"],["99","1"]],"asks":[]}"#, false),
            (r#"{"lastUpdateId":7,"bids":[["99","1"]],"asks":[["99","1"]]}"#, false),
            (r#"{"lastUpdateId":7,"bids":[["99","0"]],"asks":[]}"#, false),
        ] {
            let depth: Depth = serde_json::from_str(json).unwrap();
            assert_eq!(snapshot(&depth, pair()).is_ok(), is_good, "{json}");
        }
    }

    #[test]
    fn money_that_moved_is_told_with_how_far_it_is() {
        let deposit_of = |status, coin: &'static str| DepositRow {
            id: "7".into(),
            amount: DecimalText(Decimal::new(5, 1).unwrap()),
            coin: coin.into(),
            network: "ETH".into(),
            status,
            tx_id: "".into(),
            insert_time: 3,
        };
        let told = deposit(&deposit_of(6, "USDT")).unwrap().unwrap();
        assert_eq!(
            (told.state, told.transaction, told.time),
            (TransferState::Done, None, Time(3_000))
        );
        assert_eq!(deposit(&deposit_of(1, "币安人生")), Ok(None));
        let new = deposit(&deposit_of(3, "USDT")).unwrap().unwrap();
        assert_eq!(new.state, TransferState::Pending, "of tomorrow");
        let json = r#"{"id":"b6","amount":"8.91","transactionFee":"0.004","coin":"USDT",
            "network":"ETH","status":4,"txId":"0xb5","applyTime":"2019-10-12 11:12:02","x":1}"#;
        let row: WithdrawRow<'_> = serde_json::from_str(json).unwrap();
        let told = withdrawal(&row).unwrap().unwrap();
        assert_eq!((told.state, told.fee.to_string().as_str()), (TransferState::Pending, "0.004"));
        assert_eq!(told.time, Time(1_570_878_722_000_000));
        let later = WithdrawRow { apply_time: "yesterday".into(), ..row };
        assert_eq!(withdrawal(&later), Err(Malformed("time")));
    }

    #[test]
    fn a_fee_is_no_more_than_what_was_traded() {
        for (commission, asset, is_good) in [
            ("0.001", "BTC", true),
            ("-0.001", "BTC", true),
            ("2.1", "BTC", false),
            ("-2.1", "BTC", false),
            ("100", "USDT", true),
            ("201", "USDT", false),
            ("201", "BNB", true),
            ("0.0000000000000000001", "BNB", false),
        ] {
            let json = format!(
                r#"{{"symbol":"BTCUSDT","id":1,"orderId":2,"orderListId":-1,"price":"100",
                "qty":"2","quoteQty":"200","commission":"{commission}",
                "commissionAsset":"{asset}","time":3,"isBuyer":true,"isMaker":false,
                "isBestMatch":true}}"#
            );
            let row: MyTrade<'_> = serde_json::from_str(&json).unwrap();
            assert_eq!(fill(&row, pair()).is_ok(), is_good, "{commission} {asset}");
        }
    }

    #[test]
    fn an_answer_about_another_market_is_refused() {
        let json = r#"{"symbol":"ETHUSDT","orderId":28,"orderListId":-1,"clientOrderId":"a",
            "transactTime":1507725176595}"#;
        let report: OrderReport<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(reported(&report, pair()), Err(Malformed("symbol")));
        let other = Pair { base: "ETH".parse().unwrap(), ..pair() };
        assert_eq!(reported(&report, other), Err(Malformed("report")));
    }
}
