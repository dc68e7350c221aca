//! The venue's older paths, which ccxt asks when it starts and for balances.

use std::collections::BTreeMap;

use model::Decimal;
use venue::coinbase::{
    CryptoAsset, Data, DecimalText, ExchangeRates, FiatAsset, Pagination, WalletAccount,
    WalletAccounts, WalletAmount, WalletAsset, WalletTime, moment_text,
};
use venue::port::Pair;

use super::Door;
use super::ids::account_name;
use super::keys::Key;
use super::rest::{Answer, json};
use super::words::{is_fiat, name_of, ratio, sum, text};

/// Digits of a rate.
const RATE_DIGITS: u8 = 12;
/// Digits of any asset, as it is told.
const EXPONENT: u8 = 8;
/// Accounts on one page; there are never more.
const PAGE: u64 = 250;

/// Answer to `time`.
pub fn time(door: &Door) -> Answer {
    let now = door.desk.now();
    let iso = moment_text(now).into();
    json(&Data { data: WalletTime { iso, epoch: now.0 / 1_000_000 } })
}

/// The tickers of all assets, in the order of listing.
fn codes(door: &Door) -> Vec<String> {
    let catalog = door.desk.exchange().views.catalog();
    catalog.assets().iter().map(|asset| asset.code.to_string()).collect()
}

/// Answer to `currencies`: what states issue.
pub fn fiat(door: &Door) -> Answer {
    let min_size = DecimalText::new(1, 2);
    let codes = codes(door).into_iter().filter(|code| is_fiat(code));
    let asset = |code: String| FiatAsset {
        name: name_of(&code).to_owned().into(),
        id: code.into(),
        min_size,
    };
    json(&Data { data: codes.map(asset).collect::<Vec<_>>() })
}

/// Answer to `currencies/crypto`: everything else.
pub fn crypto(door: &Door) -> Answer {
    let nobody = model::UserId([0; 16]);
    let codes = codes(door).into_iter().enumerate().filter(|(_, code)| !is_fiat(code));
    let asset = |(place, code): (usize, String)| CryptoAsset {
        asset_id: account_name(&nobody, place).into(),
        name: name_of(&code).to_owned().into(),
        code: code.into(),
        kind: "crypto".into(),
        exponent: EXPONENT,
    };
    json(&Data { data: codes.map(asset).collect::<Vec<_>>() })
}

/// Answer to `exchange-rates`: how much of each asset one dollar buys, by the last price in
/// dollars. What was never traded in dollars is not told.
pub fn rates(door: &Door) -> Answer {
    let dollar = "USD";
    let one = Decimal::new(1, 0).unwrap_or_default();
    let mut rates = BTreeMap::from([(dollar.into(), text(one))]);
    for code in codes(door) {
        let (Ok(base), Ok(quote)) = (code.parse(), dollar.parse()) else { continue };
        let ticker = door.desk.ticker(Pair { base, quote });
        let rate = ticker.and_then(|it| it.last).and_then(|last| ratio(one, last, RATE_DIGITS));
        if let Some(rate) = rate {
            rates.insert(code.into(), text(rate));
        }
    }
    json(&Data { data: ExchangeRates { currency: dollar.into(), rates } })
}

/// Answer to `accounts`, with what is reserved.
pub fn accounts(door: &Door, key: &Key) -> Answer {
    let account = |(place, balance): (usize, venue::port::Balance)| {
        let code = balance.asset.to_string();
        let name = account_name(&key.user, place);
        let kind = if is_fiat(&code) { "fiat" } else { "crypto" };
        WalletAccount {
            resource_path: format!("/v2/accounts/{name}").into(),
            id: name.into(),
            name: format!("{code} Wallet").into(),
            primary: false,
            kind: if is_fiat(&code) { "fiat" } else { "wallet" }.into(),
            currency: WalletAsset {
                name: name_of(&code).to_owned().into(),
                code: code.clone().into(),
                exponent: EXPONENT,
                kind: kind.into(),
            },
            balance: WalletAmount {
                amount: text(sum(balance.free, balance.held)),
                currency: code.into(),
            },
            resource: "account".into(),
        }
    };
    let data = door.desk.balances(&key.user).into_iter().enumerate().map(account).collect();
    json(&WalletAccounts {
        pagination: Pagination { limit: PAGE, next_starting_after: None },
        data,
    })
}
