//! Orders as this venue's clients ask for them, over REST and over sockets, in the desk's words.
//!
//! Source  docs.kraken.com, `AddOrder` and `add_order`.

use engine::{SelfTradePrevention, TimeInForce, TriggerKind};
use model::{ClientOrderId, Decimal, Side, Time};
use venue::kraken::{AddOrder, Refusal, reading};
use venue::port::Pair;

use super::deadline::deadline;
use super::params::Params;
use super::relative::{Way, price_of};
use crate::desk::{DeskOrder, DeskSize, DeskTerms};

/// The longest name that is no UUID, in characters.
const NAME_CHARS_MAX: usize = 18;

/// An order as it is asked for, and how its kind is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// It.
    pub order: DeskOrder,
    /// Only to be looked at.
    pub is_validated_only: bool,
}

/// Where an order is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The market.
    pub pair: Pair,
    /// The last price there, from which distances are counted.
    pub last: Option<Decimal>,
    /// Digits of a price there.
    pub digits: u8,
}

/// Kinds of orders that are served.
const KINDS: [&str; 7] = [
    "market",
    "limit",
    "iceberg",
    "stop-loss",
    "take-profit",
    "stop-loss-limit",
    "take-profit-limit",
];

/// Trigger and limit, in either of which a distance may stand.
fn prices_of(
    params: &Params,
    (kind, side): (&str, Side),
    place: &Place,
) -> Result<(Option<Decimal>, Option<Decimal>), Refusal> {
    let read = |name: &'static str, from, way| {
        let price = params.text(name).map(|text| price_of(text, from, way, place.digits));
        price.map(|price| price.ok_or(Refusal::InvalidArguments(name))).transpose()
    };
    let at = |up| Way::up_for(up, side);
    let trigger = match kind {
        "stop-loss" | "stop-loss-limit" => read("price", place.last, at(Side::Buy))?,
        "take-profit" | "take-profit-limit" => read("price", place.last, at(Side::Sell))?,
        _ => return Ok((None, read("price", place.last, at(Side::Sell))?)),
    };
    let limit = match kind {
        "stop-loss-limit" | "take-profit-limit" => read("price2", trigger, at(Side::Buy))?,
        _ => None,
    };
    Ok((trigger, limit))
}

/// What both ways of asking say of an order.
#[derive(Clone, Copy, Debug, Default)]
struct Asked<'a> {
    kind: &'a str,
    price: Option<Decimal>,
    trigger: Option<Decimal>,
    qty: Option<Decimal>,
    quote: Option<Decimal>,
    shown: Option<Decimal>,
    is_post_only: bool,
    lasting: Option<&'a str>,
    until: Option<Time>,
}

/// Reads what `AddOrder` and each order of `AddOrderBatch` says.
///
/// # Errors
/// [`Refusal::InvalidArguments`].
pub fn read_form(params: &Params, place: &Place, now: Time) -> Result<OrderRequest, Refusal> {
    let side = match params.required("type")? {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => return Err(Refusal::InvalidArguments("type")),
    };
    refuse_unserved(params)?;
    let flags = params.text("oflags").unwrap_or_default();
    let (mut is_post_only, mut in_quote) = (false, false);
    for flag in flags.split(',').map(str::trim).filter(|flag| !flag.is_empty()) {
        match flag {
            "post" => is_post_only = true,
            "viqc" => in_quote = true,
            // Fees are in quote here, and market orders know the price band.
            "fciq" | "nompp" => {}
            _ => return Err(Refusal::InvalidArguments("oflags")),
        }
    }
    let volume = params.decimal("volume")?;
    let kind = params.required("ordertype")?;
    if !KINDS.contains(&kind) {
        return Err(Refusal::InvalidArguments("ordertype"));
    }
    let (trigger, price) = prices_of(params, (kind, side), place)?;
    let until = params.text("expiretm").map(|text| expiry(text, now)).transpose()?.flatten();
    let asked = Asked {
        kind,
        price,
        trigger,
        qty: volume.filter(|_| !in_quote),
        quote: volume.filter(|_| in_quote),
        shown: params.decimal("displayvol")?,
        is_post_only,
        lasting: params.text("timeinforce"),
        until,
    };
    let order = DeskOrder {
        pair: place.pair,
        client_id: client_id(params.text("cl_ord_id"))?,
        tag: params.whole::<i32>("userref")?.map(tag_of),
        side,
        prevention: prevention(params.text("stptype"))?,
        terms: terms(asked)?,
    };
    Ok(OrderRequest { order, is_validated_only: params.boolean("validate")? })
}

/// What would be another order than is served.
fn refuse_unserved(params: &Params) -> Result<(), Refusal> {
    let is_none = |name: &'static str| {
        params.text(name).is_none_or(|text| ["0", "none", "None"].contains(&text))
    };
    for name in ["leverage", "starttm", "close[ordertype]", "trigger_price"] {
        if !is_none(name) {
            return Err(Refusal::InvalidArguments(name));
        }
    }
    if params.boolean("reduce_only")? {
        return Err(Refusal::InvalidArguments("reduce_only"));
    }
    Ok(())
}

/// Reads what `add_order` and each order of `batch_add` says.
///
/// # Errors
/// [`Refusal::InvalidArguments`].
pub fn read_frame(frame: &AddOrder<'_>, pair: Pair, now: Time) -> Result<OrderRequest, Refusal> {
    deadline(frame.deadline.as_deref(), now)?;
    refuse_unserved_of(frame)?;
    let trigger = frame.triggers.as_ref();
    let is_distance = |kind: &str| kind != "static";
    if trigger.and_then(|it| it.price_type.as_deref()).is_some_and(is_distance) {
        return Err(Refusal::InvalidArguments("price_type"));
    }
    let moment = |text: &str| reading::written_moment(text);
    let until = frame.expire_time.as_deref().map(moment).transpose();
    let lasting = frame.time_in_force.as_deref().map(str::to_ascii_uppercase);
    let asked = Asked {
        kind: &frame.order_type,
        price: frame.limit_price.map(|number| number.0),
        trigger: trigger.map(|it| it.price.0),
        qty: frame.order_qty.map(|number| number.0),
        quote: frame.cash_order_qty.map(|number| number.0),
        shown: frame.display_qty.map(|number| number.0),
        until: until.map_err(|_| Refusal::InvalidArguments("expire_time"))?,
        is_post_only: frame.post_only.unwrap_or(false),
        lasting: lasting.as_deref(),
    };
    let userref = frame.order_userref.map(i32::try_from).transpose();
    let order = DeskOrder {
        pair,
        client_id: client_id(frame.cl_ord_id.as_deref())?,
        tag: userref.map_err(|_| Refusal::InvalidArguments("order_userref"))?.map(tag_of),
        side: frame.side.into(),
        prevention: prevention(frame.stp_type.as_deref())?,
        terms: terms(asked)?,
    };
    Ok(OrderRequest { order, is_validated_only: frame.validate.unwrap_or(false) })
}

/// As [`refuse_unserved`], of what is asked for over a socket.
fn refuse_unserved_of(frame: &AddOrder<'_>) -> Result<(), Refusal> {
    for (is_asked, name) in [
        (frame.margin == Some(true), "margin"),
        (frame.reduce_only == Some(true), "reduce_only"),
        (frame.conditional.is_some(), "conditional"),
        (frame.effective_time.is_some(), "effective_time"),
        (frame.limit_price_type.as_deref().is_some_and(|it| it != "static"), "limit_price_type"),
        (frame.fee_preference.as_deref().is_some_and(|it| it != "quote"), "fee_preference"),
        (!KINDS.contains(&&*frame.order_type), "order_type"),
    ] {
        if is_asked {
            return Err(Refusal::InvalidArguments(name));
        }
    }
    Ok(())
}

fn terms(asked: Asked<'_>) -> Result<DeskTerms, Refusal> {
    let refused = |what| Err(Refusal::InvalidArguments(what));
    if asked.quote.is_some() && asked.kind != "market" {
        return refused("viqc");
    }
    let qty = asked.qty.filter(|qty| !qty.is_negative() && !qty.is_zero());
    let positive = |number: Option<Decimal>, what| {
        let number = number.filter(|number| !number.is_negative() && !number.is_zero());
        number.ok_or(Refusal::InvalidArguments(what))
    };
    let lasting = match (asked.lasting, asked.until) {
        (None | Some("GTC"), None) => TimeInForce::Gtc,
        (Some("GTD") | None, Some(until)) => TimeInForce::Gtd(until),
        (Some("IOC"), None) => TimeInForce::Ioc,
        (Some("FOK"), None) => TimeInForce::Fok,
        (Some("GTD"), None) => return refused("expiretm"),
        _ => return refused("timeinforce"),
    };
    let stop = |stop, limit| {
        let (at, qty) = (positive(asked.trigger, "price")?, positive(qty, "volume")?);
        Ok(DeskTerms::Stop { stop, at, qty, limit })
    };
    let limit = || Ok::<_, Refusal>((positive(asked.price, "price2")?, lasting));
    match asked.kind {
        "market" if asked.is_post_only => refused("oflags"),
        "market" => Ok(DeskTerms::Market {
            size: match asked.quote {
                Some(quote) => DeskSize::Quote(positive(Some(quote), "volume")?),
                None => DeskSize::Base(positive(qty, "volume")?),
            },
        }),
        "limit" | "iceberg" => {
            let (price, qty) = (positive(asked.price, "price")?, positive(qty, "volume")?);
            let shown = match asked.kind {
                "iceberg" => Some(positive(asked.shown, "displayvol")?),
                _ => None,
            };
            if asked.is_post_only {
                match lasting {
                    TimeInForce::Gtc => Ok(DeskTerms::PostOnly { price, qty, shown }),
                    TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Gtd(_) => refused("oflags"),
                }
            } else {
                Ok(DeskTerms::Limit { price, qty, lasting, shown })
            }
        }
        "stop-loss" => stop(TriggerKind::StopLoss, None),
        "take-profit" => stop(TriggerKind::TakeProfit, None),
        "stop-loss-limit" => stop(TriggerKind::StopLoss, Some(limit()?)),
        "take-profit-limit" => stop(TriggerKind::TakeProfit, Some(limit()?)),
        _ => refused("ordertype"),
    }
}

/// When an order ends: `+5` in five seconds, a moment in seconds, or `0` for never.
fn expiry(text: &str, now: Time) -> Result<Option<Time>, Refusal> {
    let refused = Refusal::InvalidArguments("expiretm");
    let (from, digits) = text.strip_prefix('+').map_or((0, text), |digits| (now.0, digits));
    let seconds: u64 = digits.parse().map_err(|_| refused)?;
    if seconds == 0 {
        return Ok(None);
    }
    let micros = seconds.checked_mul(1_000_000).and_then(|micros| micros.checked_add(from));
    micros.map(|micros| Some(Time(micros))).ok_or(refused)
}

/// A name of the client's: a UUID or something short.
///
/// # Errors
/// [`Refusal::InvalidArguments`].
pub fn client_id(text: Option<&str>) -> Result<Option<ClientOrderId>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let refused = Refusal::InvalidArguments("cl_ord_id");
    if is_given_name(text) {
        ClientOrderId::new(text).map(Some).map_err(|_| refused)
    } else {
        Err(refused)
    }
}

/// Whether a client could have given an order that name: names of our own are longer.
#[must_use]
pub fn is_given_name(text: &str) -> bool {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    text.len() <= NAME_CHARS_MAX || is_hex && [32, 36].contains(&text.len())
}

/// A client's number as the desk keeps it.
#[must_use]
pub const fn tag_of(userref: i32) -> u64 {
    userref.cast_unsigned() as u64
}

/// The client's number that the desk keeps.
#[must_use]
pub fn userref_of(tag: u64) -> Option<i64> {
    u32::try_from(tag).ok().map(|tag| i64::from(tag.cast_signed()))
}

fn prevention(text: Option<&str>) -> Result<SelfTradePrevention, Refusal> {
    Ok(match text {
        None | Some("cancel-newest" | "cancel_newest") => SelfTradePrevention::ExpireTaker,
        Some("cancel-oldest" | "cancel_oldest") => SelfTradePrevention::ExpireMaker,
        Some("cancel-both" | "cancel_both") => SelfTradePrevention::ExpireBoth,
        Some(_) => return Err(Refusal::InvalidArguments("stptype")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
    }

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn read(form: &str) -> Result<OrderRequest, Refusal> {
        let place = Place { pair: pair(), last: Some(number("24000")), digits: 1 };
        read_form(&Params::read("", form).unwrap(), &place, Time(1_000_000))
    }

    #[test]
    fn each_kind_of_order_is_read_and_what_stock_clients_send_beside_it_passed_over() {
        let (price, qty) = (number("25000"), number("0.001"));
        let limit = |lasting| DeskTerms::Limit { price, qty, lasting, shown: None };
        for (form, want) in [
            ("ordertype=limit&price=25000", limit(TimeInForce::Gtc)),
            ("ordertype=limit&price=25000&timeinforce=IOC", limit(TimeInForce::Ioc)),
            ("ordertype=limit&price=25000&timeinforce=FOK", limit(TimeInForce::Fok)),
            (
                "ordertype=limit&price=25000&timeinforce=GTD&expiretm=%2B5",
                limit(TimeInForce::Gtd(Time(6_000_000))),
            ),
            ("ordertype=limit&price=%2B1000", limit(TimeInForce::Gtc)),
            ("ordertype=limit&price=%231000", limit(TimeInForce::Gtc)),
            (
                "ordertype=iceberg&price=25000&displayvol=0.0005",
                DeskTerms::Limit {
                    price,
                    qty,
                    lasting: TimeInForce::Gtc,
                    shown: Some(number("0.0005")),
                },
            ),
            (
                "ordertype=stop-loss-limit&price=-10%25&price2=%23100",
                DeskTerms::Stop {
                    stop: TriggerKind::StopLoss,
                    at: number("21600"),
                    qty,
                    limit: Some((number("21500"), TimeInForce::Gtc)),
                },
            ),
            (
                "ordertype=limit&price=25000&oflags=post,fciq",
                DeskTerms::PostOnly { price, qty, shown: None },
            ),
            ("ordertype=market", DeskTerms::Market { size: DeskSize::Base(qty) }),
            ("ordertype=market&oflags=viqc", DeskTerms::Market { size: DeskSize::Quote(qty) }),
            (
                "ordertype=stop-loss&price=25000",
                DeskTerms::Stop { stop: TriggerKind::StopLoss, at: price, qty, limit: None },
            ),
            (
                "ordertype=take-profit-limit&price=24000&price2=25000",
                DeskTerms::Stop {
                    stop: TriggerKind::TakeProfit,
                    at: number("24000"),
                    qty,
                    limit: Some((price, TimeInForce::Gtc)),
                },
            ),
        ] {
            let sdk = "stptype=cancel-newest&starttm=0&validate=False&reduce_only=False";
            let form = format!("nonce=1&type=sell&volume=0.001&userref=-7&{form}&{sdk}");
            let request = read(&form).unwrap();
            assert_eq!((request.order.terms, request.order.side), (want, Side::Sell), "{form}");
            assert_eq!(request.order.tag.and_then(userref_of), Some(-7));
            assert!(!request.is_validated_only);
        }
    }

    #[test]
    fn what_makes_no_sense_or_is_not_served_is_refused_by_name() {
        for (form, what) in [
            ("ordertype=limit&volume=1", "price"),
            ("ordertype=limit&volume=1&price=0", "price"),
            ("ordertype=limit&volume=1&price=NaN", "price"),
            ("ordertype=limit&volume=-1&price=5", "volume"),
            ("ordertype=limit&price=5", "volume"),
            ("ordertype=iceberg&volume=1&price=5", "displayvol"),
            ("ordertype=trailing-stop&volume=1&price=%2B5", "ordertype"),
            ("ordertype=settle-position&volume=1", "ordertype"),
            ("volume=1", "ordertype"),
            ("ordertype=limit&volume=1&price=5&timeinforce=GFD", "timeinforce"),
            ("ordertype=limit&volume=1&price=5&timeinforce=GTD", "expiretm"),
            ("ordertype=limit&volume=1&price=5&oflags=viqc", "viqc"),
            ("ordertype=limit&volume=1&price=5&oflags=odd", "oflags"),
            ("ordertype=limit&volume=1&price=5&oflags=fcib", "oflags"),
            ("ordertype=market&volume=1&oflags=post", "oflags"),
            ("ordertype=market&volume=1&leverage=2", "leverage"),
            ("ordertype=market&volume=1&reduce_only=true", "reduce_only"),
            ("ordertype=market&volume=1&cl_ord_id=longer-than-eighteen", "cl_ord_id"),
            ("ordertype=market&volume=1&userref=x", "userref"),
        ] {
            let refused = read(&format!("type=buy&{form}"));
            assert_eq!(refused, Err(Refusal::InvalidArguments(what)), "{form}");
        }
        assert_eq!(read("type=hold"), Err(Refusal::InvalidArguments("type")));
    }

    #[test]
    fn the_same_order_over_a_socket_is_the_same() {
        let frame = r#"{"order_type":"limit","side":"buy","order_qty":0.001,"symbol":"BTC/USD",
            "limit_price":25000,"time_in_force":"gtc","order_userref":3,"cl_ord_id":"mine"}"#;
        let form = "type=buy&ordertype=limit&price=25000&volume=0.001&userref=3&cl_ord_id=mine";
        let frame: AddOrder<'_> = serde_json::from_str(frame).unwrap();
        assert_eq!(read_frame(&frame, pair(), Time(1_000_000)), read(form));
    }

    #[test]
    fn what_a_socket_asks_beside_it_is_done_or_refused_by_name_and_never_passed_over() {
        let read = |rest: &str| {
            let frame = format!(
                r#"{{"order_type":"limit","side":"buy","order_qty":0.001,"symbol":"BTC/USD",
                "limit_price":25000,{rest}}}"#
            );
            let frame: AddOrder<'_> = serde_json::from_str(&frame).unwrap();
            read_frame(&frame, pair(), Time(1_000_000)).map(|request| request.order)
        };
        for (rest, what) in [
            (r#""margin":true"#, "margin"),
            (r#""reduce_only":true"#, "reduce_only"),
            (r#""conditional":{"order_type":"stop-loss","trigger_price":1}"#, "conditional"),
            (r#""effective_time":"2030-01-01T00:00:00Z""#, "effective_time"),
            (r#""limit_price_type":"pct""#, "limit_price_type"),
            (r#""fee_preference":"base""#, "fee_preference"),
            (r#""time_in_force":"gtd""#, "expiretm"),
            (r#""time_in_force":"gtd","expire_time":"soon""#, "expire_time"),
            (r#""stp_type":"odd""#, "stptype"),
        ] {
            assert_eq!(read(rest), Err(Refusal::InvalidArguments(what)), "{rest}");
        }
        let order = read(
            r#""margin":false,"reduce_only":false,"no_mpp":false,"stp_type":"cancel_both",
            "time_in_force":"gtd","expire_time":"1970-01-01T00:00:06Z""#,
        );
        let order = order.unwrap();
        assert_eq!(order.prevention, SelfTradePrevention::ExpireBoth);
        let DeskTerms::Limit { lasting, .. } = order.terms else { panic!("{order:?}") };
        assert_eq!(lasting, TimeInForce::Gtd(Time(6_000_000)));
    }
}
