//! How the venue spells assets and markets: once as its first years had it, once as the world does.
//!
//! ```text
//! pair     key        altname   wsname     symbol
//! BTC-USD  XXBTZUSD   XBTUSD    XBT/USD    BTC/USD
//! SOL-USD  SOLUSD     SOLUSD    SOL/USD    SOL/USD
//! ```
//!
//! Source  docs.kraken.com, `Assets` and `AssetPairs`.

use model::AssetCode;

use crate::port::Pair;

/// Assets that have names of their own: code, key, altname.
const OWN_NAMES: [(&str, &str, &str); 20] = [
    ("BTC", "XXBT", "XBT"),
    ("DOGE", "XXDG", "XDG"),
    ("ETH", "XETH", "ETH"),
    ("ETC", "XETC", "ETC"),
    ("LTC", "XLTC", "LTC"),
    ("MLN", "XMLN", "MLN"),
    ("REP", "XREP", "REP"),
    ("XLM", "XXLM", "XLM"),
    ("XMR", "XXMR", "XMR"),
    ("XRP", "XXRP", "XRP"),
    ("ZEC", "XZEC", "ZEC"),
    ("USD", "ZUSD", "USD"),
    ("EUR", "ZEUR", "EUR"),
    ("GBP", "ZGBP", "GBP"),
    ("CAD", "ZCAD", "CAD"),
    ("JPY", "ZJPY", "JPY"),
    ("AUD", "ZAUD", "AUD"),
    // Named as the world names them, and of the same age.
    ("CHF", "CHF", "CHF"),
    ("USDT", "USDT", "USDT"),
    ("USDC", "USDC", "USDC"),
];

/// What begins the key of an asset that has always been there.
fn is_old(key: &str) -> bool {
    key.len() == 4 && key.starts_with(['X', 'Z'])
}

/// The key of an asset in balances: `XXBT`.
#[must_use]
pub fn asset_key(code: &str) -> &str {
    OWN_NAMES.iter().find(|(known, _, _)| *known == code).map_or(code, |(_, key, _)| key)
}

/// The short name of an asset: `XBT`.
#[must_use]
pub fn asset_altname(code: &str) -> &str {
    OWN_NAMES.iter().find(|(known, _, _)| *known == code).map_or(code, |(_, _, name)| name)
}

/// The asset that is spelt so, in whichever way; `None` where we cannot write its name. What is
/// staked or held back has a suffix, and is another asset.
#[must_use]
pub fn asset_of(name: &str) -> Option<AssetCode> {
    let known = OWN_NAMES.iter().find(|(code, key, alt)| [code, key, alt].contains(&&name));
    known.map_or(name, |(code, _, _)| code).parse().ok()
}

/// How requests may spell a market: `XBTUSD`.
#[must_use]
pub fn altname(pair: Pair) -> String {
    format!("{}{}", asset_altname(pair.base.as_str()), asset_altname(pair.quote.as_str()))
}

/// How answers spell a market: `XXBTZUSD`, where both of its assets have always been there.
#[must_use]
pub fn pair_key(pair: Pair) -> String {
    let (base, quote) = (asset_key(pair.base.as_str()), asset_key(pair.quote.as_str()));
    let came_late = (base, quote) == ("XXDG", "ZUSD");
    // The one pair of a stable coin that was there when the old names were given.
    let stable = (base, quote) == ("USDT", "ZUSD");
    if is_old(base) && is_old(quote) && !came_late || stable {
        format!("{base}{quote}")
    } else {
        altname(pair)
    }
}

/// How listings spell a market for sockets of version 1: `XBT/USD`.
#[must_use]
pub fn wsname(pair: Pair) -> String {
    format!("{}/{}", asset_altname(pair.base.as_str()), asset_altname(pair.quote.as_str()))
}

/// How sockets of version 2 spell a market: `BTC/USD`.
#[must_use]
pub fn symbol_of(pair: Pair) -> String {
    format!("{}/{}", pair.base, pair.quote)
}

/// The market that is spelt with a stroke: `BTC/USD` or `XBT/USD`.
#[must_use]
pub fn pair_of(symbol: &str) -> Option<Pair> {
    let (base, quote) = symbol.split_once('/')?;
    Some(Pair { base: asset_of(base)?, quote: asset_of(quote)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(base: &str, quote: &str) -> Pair {
        Pair { base: base.parse().unwrap(), quote: quote.parse().unwrap() }
    }

    #[test]
    fn markets_are_spelt_in_four_ways() {
        for (base, quote, key, alt, ws, symbol) in [
            ("BTC", "USD", "XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD"),
            ("BTC", "USDT", "XBTUSDT", "XBTUSDT", "XBT/USDT", "BTC/USDT"),
            ("ETH", "BTC", "XETHXXBT", "ETHXBT", "ETH/XBT", "ETH/BTC"),
            ("SOL", "USD", "SOLUSD", "SOLUSD", "SOL/USD", "SOL/USD"),
            ("DOGE", "USD", "XDGUSD", "XDGUSD", "XDG/USD", "DOGE/USD"),
            ("USDT", "USD", "USDTZUSD", "USDTUSD", "USDT/USD", "USDT/USD"),
            ("XRP", "EUR", "XXRPZEUR", "XRPEUR", "XRP/EUR", "XRP/EUR"),
        ] {
            let pair = pair(base, quote);
            let spelt = (pair_key(pair), altname(pair), wsname(pair), symbol_of(pair));
            assert_eq!(spelt, (key.into(), alt.into(), ws.into(), symbol.into()));
            assert_eq!((pair_of(ws), pair_of(symbol)), (Some(pair), Some(pair)));
        }
        assert_eq!(pair_of("XBTUSD"), None);
    }

    #[test]
    fn an_asset_is_found_by_each_of_its_names() {
        for (name, code) in [
            ("XXBT", "BTC"),
            ("XBT", "BTC"),
            ("BTC", "BTC"),
            ("ZUSD", "USD"),
            ("XXDG", "DOGE"),
            ("SOL", "SOL"),
            ("USDT", "USDT"),
        ] {
            assert_eq!(asset_of(name), Some(code.parse().unwrap()), "{name}");
        }
        assert_eq!((asset_of("ETH2.S"), asset_of("")), (None, None));
        assert_eq!((asset_key("BTC"), asset_key("SOL")), ("XXBT", "SOL"));
    }
}
