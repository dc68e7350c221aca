//! What the venue has for other symbols and accounts than ours, refused in its words.
//!
//! Source  rest-api.md, "Order lists", "SOR", "Query Reference Price"; `exchangeInfo` advertises
//!         none of it: `otoAllowed` and `opoAllowed` are false, and there are no `sors`.

use venue::binance::{OrderProblem, Refusal, UserAsset};

use super::account::nothing;
use super::operation::{Answer, Call};
use super::order_report::amount_text;
use super::symbols;
use crate::binance::request::ROWS_MAX;

/// An order or a list of a kind that no symbol takes.
///
/// # Errors
/// [`Refusal::BadSymbol`] and the like for what is no symbol, else `problem`.
pub fn placed(call: &Call<'_>, problem: OrderProblem) -> Result<Answer, Refusal> {
    symbols::required(call)?;
    Err(Refusal::OrderRejected(problem))
}

/// `referencePrice` and how it is calculated: no symbol has one.
///
/// # Errors
/// [`Refusal::NoReferencePrice`]; as documented for what is no symbol.
pub fn reference_price(call: &Call<'_>) -> Result<Answer, Refusal> {
    symbols::required(call)?;
    Err(Refusal::NoReferencePrice)
}

/// `historicalBlockTrades`: there never was one.
///
/// # Errors
/// As documented.
pub fn block_trades(call: &Call<'_>) -> Result<Answer, Refusal> {
    symbols::required(call)?;
    call.params.integer("fromId")?.ok_or(Refusal::Mandatory("fromId"))?;
    call.params.limit(ROWS_MAX, ROWS_MAX)?;
    call.params.finish()?;
    Answer::of::<[(); 0]>(&[])
}

/// `asset/getUserAsset`: what the caller has of each asset, or of one, where it is anything.
///
/// # Errors
/// As documented.
pub fn user_assets(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let asked = call.params.text("asset")?;
    let views = &call.exchange.views;
    let catalog = views.catalog();
    let row = |balance: projection::Balance| {
        let asset = catalog.asset(balance.asset)?;
        let is_asked = asked.is_none_or(|asked| asked == asset.code.as_str());
        (is_asked && 0 < balance.available + balance.held).then(|| UserAsset {
            asset: asset.code.to_string().into(),
            free: amount_text(&catalog, balance.asset, balance.available),
            locked: amount_text(&catalog, balance.asset, balance.held),
            freeze: nothing(),
            withdrawing: nothing(),
            ipoable: nothing(),
            btc_valuation: nothing(),
        })
    };
    Answer::of(&views.balances(account).into_iter().filter_map(row).collect::<Vec<_>>())
}
