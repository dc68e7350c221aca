//! What of a venue's words makes sense: numbers, times and names are believed no further than that.
//!
//! Fails   [`Malformed`], with the name of what makes no sense.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use model::{AssetCode, Decimal, Time};

use crate::Level;
use crate::port::{Fill, Pair, Rejection, VenueError};

/// Digits after the point that no price or quantity exceeds.
const SCALE_MAX: u8 = 18;

/// What of an answer makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} makes no sense")]
pub struct Malformed(pub &'static str);

/// The longest text of a venue that is passed on, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// What a venue said, as people may be told it: short, on one line, and without anything that a
/// terminal or a log would obey.
#[must_use]
pub fn plain_text(said: impl Display) -> String {
    struct Short(String, usize);
    impl fmt::Write for Short {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for character in text.chars() {
                if self.1 == 0 {
                    return Err(fmt::Error);
                }
                self.1 -= 1;
                self.0.push(if character.is_control() { ' ' } else { character });
            }
            Ok(())
        }
    }
    let mut short = Short(String::new(), TEXT_CHARS_MAX);
    // It ends early where it is longer.
    let _ = write!(short, "{said}");
    short.0
}

/// What an answer of this HTTP status means that is no success, and in which the venue says nothing
/// that can be read; `stay_away` for how long to.
///
/// Only a status by which nothing can have been done is a refusal. Whatever else a guard before the
/// venue says, it may have passed the request on.
pub fn without_words(status: u16, stay_away: Duration) -> VenueError {
    let text = format!("HTTP status {status}");
    match status {
        // The guard, which has not let the request through.
        403 | 418 | 429 => VenueError::TryLater { after: stay_away, text },
        // It cannot be read, is nobody's, asks for what is not there, or is too long.
        400 | 401 | 404 | 405 | 406 | 411 | 413..=415 | 431 => {
            let why = if status == 401 { Rejection::Key } else { Rejection::Other };
            VenueError::Rejected { why, code: status.to_string(), text }
        }
        _ => VenueError::Unknown { text },
    }
}

/// Whether an answer of this HTTP status leaves open what was done, whatever the venue says in it:
/// it failed, or somebody on the way gave up.
pub const fn leaves_open(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 499 | 500..)
}

/// A number above zero.
pub fn positive(number: impl Into<Decimal>, what: &'static str) -> Result<Decimal, Malformed> {
    let number = not_negative(number, what)?;
    if number.is_zero() { Err(Malformed(what)) } else { Ok(number) }
}

/// A number of zero or more.
pub fn not_negative(number: impl Into<Decimal>, what: &'static str) -> Result<Decimal, Malformed> {
    let number = number.into();
    let sensible = !number.is_negative() && number.scale() <= SCALE_MAX;
    if sensible { Ok(number) } else { Err(Malformed(what)) }
}

/// `None` for zero, by which a venue says that there is none.
pub fn unless_zero(
    number: impl Into<Decimal>,
    what: &'static str,
) -> Result<Option<Decimal>, Malformed> {
    let number = not_negative(number, what)?;
    Ok((!number.is_zero()).then_some(number))
}

/// `None` for a text by which a venue says that there is none.
pub fn unless_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether this is how a venue spells the market that joins its assets with a dash.
pub fn check_symbol(symbol: &str, pair: Pair) -> Result<(), Malformed> {
    let is_it = symbol.split_once('-') == Some((pair.base.as_str(), pair.quote.as_str()));
    if is_it { Ok(()) } else { Err(Malformed("symbol")) }
}

/// Whether these are both sides of a book: each from its best price on, and apart.
pub fn check_book(bids: &[Level], asks: &[Level]) -> Result<(), Malformed> {
    let falls = bids.is_sorted_by(|one, next| next.price < one.price);
    let rises = asks.is_sorted_by(|one, next| one.price < next.price);
    let is_crossed =
        bids.first().zip(asks.first()).is_some_and(|(bid, ask)| ask.price <= bid.price);
    if falls && rises && !is_crossed { Ok(()) } else { Err(Malformed("book")) }
}

/// The sum, exactly.
pub fn plus(one: Decimal, other: Decimal) -> Result<Decimal, Malformed> {
    one.checked_add(other).ok_or(Malformed("sum"))
}

/// How much base was traded in all of these.
///
/// # Errors
/// [`Malformed`] where it is more than any number.
pub fn traded(fills: &[Fill]) -> Result<Decimal, Malformed> {
    fills.iter().try_fold(Decimal::ZERO, |sum, fill| plus(sum, fill.qty))
}

/// What a trade costs, as a fraction: nobody asks a tenth, or pays out more than a hundredth.
pub fn rate(rate: Decimal) -> Result<Decimal, Malformed> {
    let (least, most) = (Decimal::new(-1, 2), Decimal::new(1, 1));
    let is_sensible = least <= Some(rate) && Some(rate) < most && rate.scale() <= SCALE_MAX;
    if is_sensible { Ok(rate) } else { Err(Malformed("fee")) }
}

/// What a trade cost: where it was paid in what was traded, not more than that; negative where the
/// venue paid.
pub fn fee(
    fee: Decimal,
    asset: AssetCode,
    pair: Pair,
    price: Decimal,
    qty: Decimal,
) -> Result<Decimal, Malformed> {
    let traded = match asset {
        asset if asset == pair.base => Some(qty),
        asset if asset == pair.quote => price.times(qty),
        _ => None,
    };
    let is_within = |traded: Decimal| {
        let paid_out = Decimal::ZERO.checked_sub(traded);
        fee <= traded && paid_out.is_some_and(|least| least <= fee)
    };
    let is_sensible = traded.is_none_or(is_within) && fee.scale() <= SCALE_MAX;
    if is_sensible { Ok(fee) } else { Err(Malformed("fee")) }
}

/// A time that was told in milliseconds.
///
/// # Errors
/// [`Malformed`] where no clock will ever show it.
pub fn moment(millis: u64) -> Result<Time, Malformed> {
    millis.checked_mul(1_000).map(Time).ok_or(Malformed("time"))
}

/// The name of an asset.
pub fn asset(code: &str) -> Result<AssetCode, Malformed> {
    code.parse().map_err(|_| Malformed("asset"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::DecimalText;
    use crate::port::Fees;
    use crate::{binance, coinbase, kraken, kucoin};

    #[test]
    fn what_a_venue_says_is_passed_on_short_and_plain() {
        assert_eq!(plain_text("as it is: é"), "as it is: é");
        assert_eq!(plain_text("a\nb\u{1b}[31mc\r"), "a b [31mc ");
        let long = "x".repeat(4 << 20);
        let error = serde_json::from_str::<u32>(&format!("\"{long}\"")).unwrap_err();
        assert_eq!(plain_text(error).chars().count(), TEXT_CHARS_MAX);
    }

    #[test]
    fn a_number_that_makes_no_sense_is_refused() {
        let told = |text: &str| DecimalText(text.parse().unwrap());
        for (text, is_positive, is_not_negative) in [
            ("1.5", true, true),
            ("0.000000000000000001", true, true),
            ("0", false, true),
            ("-1", false, false),
            ("0.0000000000000000001", false, false),
        ] {
            assert_eq!(positive(told(text), "n").is_ok(), is_positive, "{text}");
            assert_eq!(not_negative(told(text), "n").is_ok(), is_not_negative, "{text}");
        }
    }

    fn read<'a, T: serde::Deserialize<'a>>(json: &'a str) -> T {
        serde_json::from_str(json).unwrap()
    }

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
    }

    /// The fees of each venue where it tells this rate, in hundredths of what changes hands.
    fn rates(hundredths: &str) -> [Result<Fees, Malformed>; 4] {
        let fraction = hundredths.parse::<Decimal>().unwrap().times(Decimal::new(1, 2).unwrap());
        let rate = fraction.unwrap();
        let [binance, none] = [rate.to_string().as_str(), "0"]
            .map(|rate| format!(r#"{{"maker":"0","taker":"{rate}","buyer":"0","seller":"0"}}"#));
        let binance = format!(
            r#"{{"symbol":"BTCUSD","standardCommission":{binance},"specialCommission":{none},
            "taxCommission":{none},"discount":{{"enabledForAccount":false,
            "enabledForSymbol":false,"discountAsset":"BNB","discount":"0"}}}}"#
        );
        let coinbase =
            format!(r#"{{"pricing_tier":"","taker_fee_rate":"{rate}","maker_fee_rate":"0"}}"#);
        let kraken = format!(r#"{{"fee":"{hundredths}","minfee":"0","maxfee":"0"}}"#);
        let kucoin =
            format!(r#"{{"symbol":"BTC-USD","takerFeeRate":"{rate}","makerFeeRate":"0"}}"#);
        [
            binance::reading::fees(&read(&binance), pair()),
            coinbase::reading::fees(&read(&coinbase)),
            kraken::reading::fees(&read(&kraken), None),
            kucoin::reading::fees(&read(&kucoin), pair()),
        ]
    }

    /// Half a bitcoin that was traded at 100 at each venue, where it tells this fee in dollars.
    fn fills(fee: &str) -> [Result<Fill, Malformed>; 5] {
        let binance = format!(
            r#"{{"symbol":"BTCUSD","id":1,"orderId":1,"orderListId":-1,"price":"100","qty":"0.5",
            "quoteQty":"50","commission":"{fee}","commissionAsset":"USD","time":1,"isBuyer":true,
            "isMaker":true,"isBestMatch":true}}"#
        );
        let coinbase = format!(
            r#"{{"entry_id":"","trade_id":"1","order_id":"1","trade_type":"FILL","price":"100",
            "size":"0.5","commission":"{fee}","product_id":"BTC-USD","side":"BUY",
            "trade_time":"2023-09-22T10:33:06Z","liquidity_indicator":"MAKER",
            "size_in_quote":false,"user_id":"","retail_portfolio_id":""}}"#
        );
        let kraken = format!(
            r#"{{"ordertxid":"O","postxid":"T","pair":"XXBTZUSD","time":1,"type":"buy",
            "ordertype":"limit","price":"100","cost":"50","fee":"{fee}","vol":"0.5","margin":"0",
            "misc":"","trade_id":1,"maker":true}}"#
        );
        let socket = format!(
            r#"{{"order_id":"O","exec_id":"T","exec_type":"trade","trade_id":1,"last_qty":0.5,
            "last_price":100,"symbol":"BTC/USD","side":"buy","order_status":"filled",
            "order_qty":0.5,"cum_qty":0.5,"cum_cost":50,"timestamp":"2023-09-22T10:33:06Z",
            "fees":[{{"asset":"USD","qty":{fee}}}]}}"#
        );
        let kucoin = format!(
            r#"{{"id":1,"orderId":"1","counterOrderId":"2","tradeId":1,"symbol":"BTC-USD",
            "side":"buy","liquidity":"maker","type":"limit","forceTaker":false,"price":"100",
            "size":"0.5","funds":"50","fee":"{fee}","feeRate":"0","feeCurrency":"USD","stop":"",
            "tradeType":"TRADE","tax":"0","taxRate":"0","createdAt":1}}"#
        );
        let of_socket = kraken::reading::execution(&read(&socket), None);
        [
            binance::reading::fill(&read(&binance), pair()),
            coinbase::reading::fill(&read(&coinbase), pair()).map(Option::unwrap),
            kraken::reading::fill(&read(&kraken), pair()),
            of_socket.map(|(_, fill)| fill.unwrap()),
            kucoin::reading::fill(&read(&kucoin), pair()),
        ]
    }

    #[test]
    fn no_venue_is_believed_that_asks_or_pays_an_absurd_fee() {
        for (hundredths, is_sensible) in [
            ("0.4", true),
            ("-1", true),
            ("9.99", true),
            ("-50", false),
            ("-1.01", false),
            ("10", false),
            ("11", false),
            ("0.00000000000000000001", false),
        ] {
            let told = rates(hundredths).map(|told| told.map(|fees| fees.taker));
            let absurd = Err(Malformed("fee"));
            let want = hundredths.parse::<Decimal>().unwrap().times(Decimal::new(1, 2).unwrap());
            let want = if is_sensible { Ok(want.unwrap()) } else { absurd };
            assert_eq!(told, [want; 4], "{hundredths} hundredths");
        }
        for (fee, is_sensible) in [
            ("0.2", true),
            ("-0.2", true),
            ("50", true),
            ("50.1", false),
            ("-50.1", false),
            ("1000000000", false),
            ("0.0000000000000000001", false),
        ] {
            let want = if is_sensible { Ok(fee.parse().unwrap()) } else { Err(Malformed("fee")) };
            assert_eq!(fills(fee).map(|told| told.map(|fill| fill.fee)), [want; 5], "{fee}");
        }
    }
}
