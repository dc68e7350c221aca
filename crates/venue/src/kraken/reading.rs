//! The venue's words in those of the port: what it says is believed only where it makes sense.
//!
//! Keeps   no number is negative, zero or of absurd precision where it must not be, and no answer
//!         is about another market than was asked for.
//! Fails   [`Malformed`], with the name of what makes no sense.

use std::borrow::Cow;

use model::{Decimal, Time};
use serde_json::value::RawValue;

use super::account::{ApiKeyInfo, ExtendedBalance, FeeInfo, TransferStatus};
use super::checksum::Precision;
use super::instrument::{FeeStep, PairInfo};
use super::market::{Depth, DepthLevel, TickerInfo};
use super::named::Named;
use super::number::DecimalNumber;
use super::order::{OrderInfo, OrderState as Told, TradeInfo};
use super::own::Execution;
use super::push::TradeData;
use super::symbol::{asset_of, pair_of, symbol_of};
use crate::book::Level;
use crate::instant;
use crate::number::DecimalText;
use crate::port::{
    Balance, FeeAsset, Fees, Fill, Market, Order, OrderState, Pair, Permissions, Snapshot, Steps,
    Ticker, TradeTold, Transfer, TransferState,
};
use crate::sense::{self, check_book, not_negative, positive, unless_zero};

pub use crate::sense::Malformed;

/// Digits after the point of a second that are kept.
const MICROS_SCALE: u8 = 6;
/// Digits after the point of prices and quantities that a market may have.
const DECIMALS_MAX: u8 = 18;

/// A moment that was told in seconds with a fraction.
///
/// # Errors
/// [`Malformed`] where no clock will ever show it.
pub fn moment(seconds: DecimalNumber) -> Result<Time, Malformed> {
    let number = seconds.0;
    let scale = number.scale();
    let units = number.units_at(scale).ok_or(Malformed("time"))?;
    let micros = if scale <= MICROS_SCALE {
        number.units_at(MICROS_SCALE)
    } else {
        Some(units / 10_i128.pow(u32::from(scale - MICROS_SCALE)))
    };
    let micros = micros.and_then(|micros| u64::try_from(micros).ok());
    micros.map(Time).ok_or(Malformed("time"))
}

/// A moment that was told in words.
///
/// # Errors
/// [`Malformed`].
pub fn written_moment(text: &str) -> Result<Time, Malformed> {
    instant::parse(text).ok_or(Malformed("time"))
}

/// A market, and how the venue spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// It.
    pub market: Market,
    /// As answers spell it: `XXBTZUSD`.
    pub key: String,
    /// As requests and descriptions spell it: `XBTUSD`.
    pub altname: String,
    /// With how many digits its book is proved.
    pub precision: Precision,
}

/// What `AssetPairs` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Markets whose assets have names that we can write.
    pub markets: Vec<Listed>,
    /// Markets that were passed over.
    pub skipped: usize,
}

/// Reads the result of `AssetPairs`, market by market: what the venue adds tomorrow costs one.
#[must_use]
pub fn listing(pairs: &Named<'_, &RawValue>) -> Listing {
    let mut listing = Listing::default();
    for (key, info) in &pairs.0 {
        let info: Option<PairInfo<'_>> = serde_json::from_str(info.get()).ok();
        match info.and_then(|info| listed(key, &info).ok()) {
            Some(listed) => listing.markets.push(listed),
            None => listing.skipped += 1,
        }
    }
    listing
}

fn listed(key: &str, info: &PairInfo<'_>) -> Result<Listed, Malformed> {
    let asset = |name| asset_of(name).ok_or(Malformed("asset"));
    let pair = Pair { base: asset(&info.base)?, quote: asset(&info.quote)? };
    // Both spellings must mean the same; what has none is no market of the sockets.
    if info.wsname.as_deref().and_then(pair_of) != Some(pair) {
        return Err(Malformed("symbol"));
    }
    let decimals = [info.pair_decimals, info.lot_decimals];
    if decimals.iter().any(|decimals| DECIMALS_MAX < *decimals) {
        return Err(Malformed("precision"));
    }
    let step = |scale| Decimal::new(1, scale).ok_or(Malformed("precision"));
    let given = |number: Option<DecimalText>, what| {
        number.map_or(Ok(None), |number| unless_zero(number.0, what))
    };
    let tick = match info.tick_size {
        Some(tick) => positive(tick.0, "price step")?,
        None => step(info.pair_decimals)?,
    };
    let qty_step = step(info.lot_decimals)?;
    let maker = info.fees_maker.as_ref().unwrap_or(&info.fees);
    Ok(Listed {
        market: Market {
            pair,
            symbol: symbol_of(pair),
            is_open: info.status.as_deref().is_none_or(|status| status == "online"),
            price: Steps { min: None, max: None, step: Some(tick) },
            qty: Steps { min: given(info.ordermin, "quantity")?, max: None, step: Some(qty_step) },
            notional: Steps { min: given(info.costmin, "notional")?, max: None, step: None },
            fees: Fees { maker: first(maker)?, taker: first(&info.fees)?, asset: FeeAsset::Quote },
        },
        key: key.to_owned(),
        altname: info.altname.clone().into_owned(),
        precision: Precision { price: info.pair_decimals, qty: info.lot_decimals },
    })
}

/// What is paid with no volume behind it.
fn first(steps: &[FeeStep]) -> Result<Decimal, Malformed> {
    hundredths(steps.first().ok_or(Malformed("fee"))?.1.0)
}

/// A fee that was told in hundredths; negative where the venue pays.
fn hundredths(told: Decimal) -> Result<Decimal, Malformed> {
    let fee = Decimal::new(1, 2).and_then(|hundredth| told.times(hundredth));
    sense::rate(fee.ok_or(Malformed("fee"))?.trimmed())
}

/// One market of `Ticker`.
///
/// # Errors
/// [`Malformed`].
pub fn ticker(told: &TickerInfo, pair: Pair) -> Result<Ticker, Malformed> {
    let volume = not_negative(told.v.1.0, "volume")?;
    let average = not_negative(told.p.1.0, "price")?;
    Ok(Ticker {
        pair,
        last: unless_zero(told.c.0.0, "last price")?,
        bid: unless_zero(told.b.0.0, "bid")?,
        ask: unless_zero(told.a.0.0, "ask")?,
        volume,
        quote_volume: volume.times(average).ok_or(Malformed("volume"))?,
    })
}

/// The book of a market, as `Depth` tells it: with quantities that are cut after some digits, so
/// that one of nothing is a level of less than they can say.
///
/// # Errors
/// [`Malformed`], also where it is crossed.
pub fn snapshot(told: &Depth, pair: Pair) -> Result<Snapshot, Malformed> {
    let level = |DepthLevel(price, qty, _): &DepthLevel| {
        let price = positive(price.0, "price")?;
        let qty = unless_zero(qty.0, "quantity")?;
        Ok(qty.map(|qty| Level { price, qty }))
    };
    let side = |levels: &[DepthLevel]| {
        levels.iter().filter_map(|told| level(told).transpose()).collect::<Result<Vec<_>, _>>()
    };
    let (bids, asks) = (side(&told.bids)?, side(&told.asks)?);
    check_book(&bids, &asks)?;
    // It says when each level changed, and not when it was sent.
    Ok(Snapshot { pair, sequence: None, venue_time: None, bids, asks })
}

/// Money that came or went; `None` for what has no name that we can write.
///
/// # Errors
/// [`Malformed`].
pub fn transfer(told: &TransferStatus<'_>) -> Result<Option<Transfer>, Malformed> {
    let Some(asset) = asset_of(&told.asset) else { return Ok(None) };
    let text = |text: &Option<Cow<'_, str>>| {
        text.as_ref().filter(|text| !text.is_empty()).map(|text| text.clone().into_owned())
    };
    let fee = told.fee.map_or(Ok(Decimal::ZERO), |fee| not_negative(fee.0, "fee"))?;
    Ok(Some(Transfer {
        id: told.refid.clone().into_owned(),
        asset,
        qty: positive(told.amount.0, "quantity")?,
        fee,
        state: match &*told.status {
            "Success" => TransferState::Done,
            "Failure" => TransferState::Failed,
            _ => TransferState::Pending,
        },
        network: Some(told.method.clone().into_owned()),
        transaction: text(&told.txid),
        time: told.time.checked_mul(1_000_000).map(Time).ok_or(Malformed("time"))?,
    }))
}

/// A trade as the socket tells it.
///
/// # Errors
/// [`Malformed`].
pub fn trade(told: &TradeData<'_>, pair: Pair) -> Result<TradeTold, Malformed> {
    if pair_of(&told.symbol) != Some(pair) {
        return Err(Malformed("symbol"));
    }
    Ok(TradeTold {
        pair,
        taker: told.side.into(),
        price: positive(told.price.0, "price")?,
        qty: positive(told.qty.0, "quantity")?,
        time: written_moment(&told.timestamp)?,
    })
}

/// What a key may do.
#[must_use]
pub fn permissions(told: &ApiKeyInfo<'_>) -> Permissions {
    let may = |name: &str| told.permissions.iter().any(|known| known == name);
    Permissions {
        read: may("query-funds"),
        trade: may("modify-trades"),
        withdraw: may("withdraw-funds"),
        is_bound_to_addresses: !told.ip_allowlist.is_empty(),
    }
}

/// What an account pays in a market: who crosses, and who rests.
///
/// # Errors
/// [`Malformed`].
pub fn fees(taker: &FeeInfo, maker: Option<&FeeInfo>) -> Result<Fees, Malformed> {
    let maker = hundredths(maker.unwrap_or(taker).fee.0)?;
    Ok(Fees { maker, taker: hundredths(taker.fee.0)?, asset: FeeAsset::Quote })
}

/// What an account has of an asset, be it nothing; `None` for what has no name that we can write:
/// what is staked, for one.
///
/// # Errors
/// [`Malformed`].
pub fn balance(name: &str, told: &ExtendedBalance) -> Result<Option<Balance>, Malformed> {
    let Some(asset) = asset_of(name) else { return Ok(None) };
    let all = not_negative(told.balance.0, "balance")?;
    let held = not_negative(told.hold_trade.0, "balance")?;
    let free = not_negative(all.checked_sub(held).ok_or(Malformed("balance"))?, "balance")?;
    Ok(Some(Balance { asset, free, held }))
}

/// Whether the quantity of an order is one of quote, of which the port has no word.
#[must_use]
pub fn is_by_quote(told: &OrderInfo<'_>) -> bool {
    told.oflags.split(',').any(|flag| flag == "viqc")
}

/// An order as it is told when asked for.
///
/// # Errors
/// [`Malformed`], also where it is about another market, or [by quote](is_by_quote).
pub fn order(id: &str, told: &OrderInfo<'_>, pair: Pair) -> Result<Order, Malformed> {
    if is_by_quote(told) {
        return Err(Malformed("quantity"));
    }
    let filled = not_negative(told.vol_exec.0, "quantity")?;
    let conditional =
        told.descr.ordertype.contains("stop") || told.descr.ordertype.contains("take");
    let price = if conditional { &told.descr.price2 } else { &told.descr.price };
    // A limit may be a distance, which is no price.
    let price = price.parse::<Decimal>().ok();
    let price = price.map_or(Ok(None), |price| unless_zero(price, "price"))?;
    Ok(Order {
        pair,
        id: id.to_owned(),
        client_id: told.cl_ord_id.clone().map(Cow::into_owned).unwrap_or_default(),
        side: told.descr.side.into(),
        price,
        qty: positive(told.vol.0, "quantity")?,
        filled,
        quote_filled: not_negative(told.cost.0, "quantity")?,
        state: match told.status {
            Told::Pending | Told::Open if filled.is_zero() => OrderState::Open,
            Told::Pending | Told::Open => OrderState::PartiallyFilled,
            Told::Closed => OrderState::Filled,
            Told::Canceled => OrderState::Canceled,
            Told::Expired => OrderState::Expired,
        },
        updated: moment(told.closetm.unwrap_or(told.opentm))?,
    })
}

/// A fill as it is told when asked for. Its fee is in quote, as each order of ours asks.
///
/// # Errors
/// [`Malformed`].
pub fn fill(told: &TradeInfo<'_>, pair: Pair) -> Result<Fill, Malformed> {
    let (price, qty) = (positive(told.price.0, "price")?, positive(told.vol.0, "quantity")?);
    Ok(Fill {
        pair,
        trade_id: told.trade_id.to_string(),
        order_id: told.ordertxid.clone().into_owned(),
        side: told.side.into(),
        price,
        qty,
        fee: sense::fee(told.fee.0, pair.quote, pair, price, qty)?,
        fee_asset: pair.quote,
        is_maker: told.maker,
        time: moment(told.time)?,
    })
}

/// An order after what the socket told of it, and the fill if it was one. `known` is the order
/// before: what is told later is not told whole.
///
/// # Errors
/// [`Malformed`], also where something is missing that was never told.
pub fn execution(
    told: &Execution<'_>,
    known: Option<&Order>,
) -> Result<(Order, Option<Fill>), Malformed> {
    let told_pair = told.symbol.as_deref().and_then(pair_of);
    let pair = told_pair.or(known.map(|order| order.pair)).ok_or(Malformed("symbol"))?;
    if known.is_some_and(|order| order.pair != pair) {
        return Err(Malformed("symbol"));
    }
    let number = |told: Option<DecimalNumber>, known: Option<Decimal>, what| match told {
        Some(number) => not_negative(number.0, what),
        None => known.ok_or(Malformed(what)),
    };
    let side = told.side.map(Into::into).or(known.map(|order| order.side));
    let time = told.timestamp.as_deref().map(written_moment).transpose()?;
    let time = time.or(known.map(|order| order.updated)).ok_or(Malformed("time"))?;
    let price = match told.limit_price {
        Some(price) => unless_zero(price.0, "price")?,
        None => known.and_then(|order| order.price),
    };
    let filled =
        number(told.cum_qty, Some(known.map_or(Decimal::ZERO, |order| order.filled)), "quantity")?;
    let client_id = match &told.cl_ord_id {
        Some(name) => name.clone().into_owned(),
        None => known.map(|order| order.client_id.clone()).unwrap_or_default(),
    };
    let order = Order {
        pair,
        id: told.order_id.clone().into_owned(),
        client_id,
        side: side.ok_or(Malformed("side"))?,
        price,
        qty: number(told.order_qty, known.map(|order| order.qty), "quantity")?,
        filled,
        quote_filled: number(
            told.cum_cost,
            Some(known.map_or(Decimal::ZERO, |order| order.quote_filled)),
            "quantity",
        )?,
        state: match &*told.order_status {
            "pending_new" | "new" if filled.is_zero() => OrderState::Open,
            "pending_new" | "new" | "partially_filled" => OrderState::PartiallyFilled,
            "filled" => OrderState::Filled,
            "canceled" => OrderState::Canceled,
            "expired" => OrderState::Expired,
            _ => return Err(Malformed("state")),
        },
        updated: time,
    };
    let fill = (told.exec_type == "trade").then(|| traded(told, &order)).transpose()?;
    Ok((order, fill))
}

fn traded(told: &Execution<'_>, order: &Order) -> Result<Fill, Malformed> {
    let number = |told: Option<DecimalNumber>, what| positive(told.ok_or(Malformed(what))?.0, what);
    let [fee] = told.fees.as_deref().unwrap_or_default() else { return Err(Malformed("fee")) };
    let fee_asset = asset_of(&fee.asset).ok_or(Malformed("asset"))?;
    let (price, qty) = (number(told.last_price, "price")?, number(told.last_qty, "quantity")?);
    Ok(Fill {
        pair: order.pair,
        trade_id: told.trade_id.ok_or(Malformed("trade"))?.to_string(),
        order_id: order.id.clone(),
        side: order.side,
        price,
        qty,
        fee: sense::fee(fee.qty.0, fee_asset, order.pair, price, qty)?,
        fee_asset,
        is_maker: told.liquidity_ind.as_deref() == Some("m"),
        time: order.updated,
    })
}

#[cfg(test)]
mod tests {
    use model::Side;

    use super::*;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
    }

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn told<'a, T: serde::Deserialize<'a>>(json: &'a str) -> T {
        serde_json::from_str(json).unwrap()
    }

    const PAIR: &str = r#"{"altname":"XBTUSD","wsname":"XBT/USD","aclass_base":"currency",
        "base":"XXBT","aclass_quote":"currency","quote":"ZUSD","lot":"unit","pair_decimals":1,
        "lot_decimals":8,"lot_multiplier":1,"leverage_buy":[],"leverage_sell":[],
        "fees":[[0,0.4],[10000,0.35]],"fees_maker":[[0,0.25]],"fee_volume_currency":"ZUSD",
        "margin_call":80,"margin_stop":40,"ordermin":"0.00005","costmin":"0.5",
        "tick_size":"0.1","status":"online","new":1}"#;

    #[test]
    fn a_listing_is_read_market_by_market() {
        let other = PAIR.replace(r#""wsname":"XBT/USD","#, "");
        let wrong = PAIR.replace(r#""XBT/USD""#, r#""ETH/USD""#);
        let deep = PAIR.replace(r#""lot_decimals":8"#, r#""lot_decimals":40"#);
        let flat = PAIR.replace(r#""tick_size":"0.1""#, r#""tick_size":"0""#);
        let closed = PAIR.replace("online", "cancel_only").replace(r#""costmin":"0.5","#, "");
        let json = format!(
            r#"{{"XXBTZUSD":{PAIR},"XXBTZUSD.d":{other},"a":{wrong},"b":{deep},"c":{flat},"d":1,
            "e":{closed}}}"#
        );
        let Listing { markets, skipped } = listing(&told(&json));
        let [one, shut] = &markets[..] else { panic!("{markets:?}") };
        assert_eq!((skipped, &*one.key, &*one.altname), (5, "XXBTZUSD", "XBTUSD"));
        let Market { pair: listed, symbol, is_open, price, qty, notional, fees } = &one.market;
        assert_eq!((*listed, &**symbol, *is_open), (pair(), "BTC/USD", true));
        assert_eq!((price.step, qty.step), (Some(number("0.1")), Some(number("0.00000001"))));
        assert_eq!((qty.min, notional.min), (Some(number("0.00005")), Some(number("0.5"))));
        assert_eq!((fees.maker, fees.taker), (number("0.0025"), number("0.004")));
        assert_eq!((shut.market.is_open, shut.market.notional.min), (false, None));
    }

    #[test]
    fn seconds_with_a_fraction_are_moments() {
        for (seconds, want) in [
            ("1688583840.8648", Some(1_688_583_840_864_800)),
            ("1762795433.9717445", Some(1_762_795_433_971_744)),
            ("1762795433", Some(1_762_795_433_000_000)),
            ("-1", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(moment(told(seconds)).ok(), want.map(Time), "{seconds}");
        }
    }

    const PLACED: &str = r#"{"order_id":"OA","cl_ord_id":"mine","exec_type":"pending_new",
        "symbol":"BTC/USD","side":"sell","order_status":"pending_new","order_type":"limit",
        "order_qty":0.5,"limit_price":26500.0,"timestamp":"2023-09-22T10:33:05.709950Z"}"#;
    const TRADED: &str = r#"{"order_id":"OA","exec_id":"TA","exec_type":"trade","trade_id":7,
        "last_qty":0.2,"last_price":26500.5,"liquidity_ind":"m","cost":5300.1,
        "order_status":"partially_filled","cum_qty":0.2,"cum_cost":5300.1,
        "fees":[{"asset":"USD","qty":13.25}],"timestamp":"2023-09-22T10:33:06Z"}"#;

    #[test]
    fn what_is_told_in_parts_is_put_together() {
        let (order, none) = execution(&told(PLACED), None).unwrap();
        assert_eq!((none, order.state, order.side), (None, OrderState::Open, Side::Sell));
        let (order, fill) = execution(&told(TRADED), Some(&order)).unwrap();
        let fill = fill.unwrap();
        assert_eq!((order.filled, order.quote_filled), (number("0.2"), number("5300.1")));
        assert_eq!((order.qty, order.price), (number("0.5"), Some(number("26500"))));
        assert_eq!((&*order.client_id, order.state), ("mine", OrderState::PartiallyFilled));
        assert_eq!((&*fill.trade_id, fill.qty, fill.is_maker), ("7", number("0.2"), true));
        assert_eq!((fill.fee, fill.fee_asset), (number("13.25"), "USD".parse().unwrap()));
        let end = r#"{"order_id":"OA","exec_type":"canceled","order_status":"canceled"}"#;
        let (order, none) = execution(&told(end), Some(&order)).unwrap();
        assert_eq!((none, order.state, order.filled), (None, OrderState::Canceled, number("0.2")));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let (order, _) = execution(&told(PLACED), None).unwrap();
        for (from, to) in [
            (r#""last_qty":0.2"#, r#""last_qty":0"#),
            (r#""last_price":26500.5"#, r#""last_price":-1"#),
            (r#""cum_qty":0.2"#, r#""cum_qty":-0.2"#),
            (r#""cum_cost":5300.1"#, r#""cum_cost":0.0000000000000000001"#),
            (r#""trade_id":7,"#, ""),
            ("partially_filled", "new_state"),
            (r#"[{"asset":"USD","qty":13.25}]"#, "[]"),
            ("2023-09-22T10:33:06Z", "now"),
            (r#""exec_id":"TA""#, r#""symbol":"ETH/USD""#),
        ] {
            let changed = TRADED.replace(from, to);
            assert_ne!(changed, TRADED);
            assert!(execution(&told(&changed), Some(&order)).is_err(), "{to}");
        }
        assert!(execution(&told(TRADED), None).is_err(), "never told whole");
    }

    #[test]
    fn a_balance_is_what_is_free_and_what_is_held() {
        let read = |name, all: &str, held: &str| {
            let json = format!(r#"{{"balance":"{all}","hold_trade":"{held}","credit":"0"}}"#);
            balance(name, &told(&json))
        };
        let funds = read("ZUSD", "25435.21", "8249.7600").unwrap().unwrap();
        assert_eq!((funds.asset, funds.free), (pair().quote, number("17185.45")));
        assert_eq!(read("ETH2.S", "1", "0"), Ok(None));
        assert!(read("ZUSD", "1", "2").is_err() && read("ZUSD", "-1", "0").is_err());
    }

    #[test]
    fn a_level_of_less_than_the_digits_of_an_answer_is_not_told() {
        let read = |bids: &str| {
            let depth = format!(r#"{{"asks":[["101.0","2.000",1]],"bids":[{bids}]}}"#);
            snapshot(&told(&depth), pair()).map(|told| {
                told.bids.iter().map(|level| level.price.to_string()).collect::<Vec<_>>()
            })
        };
        let dust = r#"["100.0","0.000",1],["99.0","0.123",1]"#;
        assert_eq!(read(dust), Ok(vec!["99.0".to_owned()]));
        for nonsense in [r#"["100.0","-0.001",1]"#, r#"["0.0","0.000",1]"#] {
            assert!(read(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_trade_of_another_market_is_refused() {
        let json = r#"{"symbol":"BTC/USD","side":"sell","price":0.5117,"qty":40.0,
            "ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"}"#;
        let data: TradeData<'_> = told(json);
        let trade_told = trade(&data, pair()).unwrap();
        assert_eq!((trade_told.taker, trade_told.qty), (Side::Sell, number("40")));
        let other = Pair { base: "ETH".parse().unwrap(), ..pair() };
        assert_eq!(trade(&data, other), Err(Malformed("symbol")));
        let data = TradeData { qty: DecimalNumber(Decimal::ZERO), ..data };
        assert_eq!(trade(&data, pair()), Err(Malformed("quantity")));
    }
}
