//! Which markets a request is about.
//!
//! Fails   [`Refusal::BadSymbol`] for a market that is not listed; one market whose status is
//!         another than asked is -1220, of several it is left out.

use std::sync::Arc;

use engine::MarketState;
use projection::{Catalog, Market};
use venue::binance::{OneOrMany, Refusal, SymbolStatus};

use super::operation::Call;
use super::request::Params;

/// The most markets of one request that names them, where the documentation sets a maximum.
pub const SYMBOLS_MAX: usize = 100;

/// What a market admits, in the venue's words.
#[must_use]
pub const fn status_of(state: MarketState) -> SymbolStatus {
    match state {
        MarketState::Open | MarketState::PostOnly => SymbolStatus::Trading,
        MarketState::CancelOnly => SymbolStatus::Break,
        MarketState::Halted => SymbolStatus::Halt,
    }
}

/// The market `symbol`, which must be sent.
///
/// # Errors
/// [`Refusal::Mandatory`], [`Refusal::BadSymbol`], or what the parameter's form deserves.
pub fn required(call: &Call<'_>) -> Result<Arc<Market>, Refusal> {
    let symbol = call.params.symbol("symbol")?.ok_or(Refusal::Mandatory("symbol"))?;
    find(&call.exchange.views.catalog(), symbol)
}

/// As [`required`], where `symbolStatus` may ask for a status.
///
/// # Errors
/// As [`required`]; [`Refusal::BadSymbolStatus`], [`Refusal::SymbolStatusMismatch`].
pub fn required_in_status(call: &Call<'_>) -> Result<Arc<Market>, Refusal> {
    let market = required(call)?;
    let wanted = wanted_status(call.params)?;
    check_status(&market, wanted)?;
    Ok(market)
}

/// The market `symbol`, or the markets `symbols`, or all.
///
/// # Errors
/// [`Refusal::BadOptionalCombination`] for both; otherwise as [`required_in_status`].
pub fn one_or_many(call: &Call<'_>) -> Result<OneOrMany<Arc<Market>>, Refusal> {
    match named(call)? {
        Some(named) => Ok(named),
        None => {
            let wanted = wanted_status(call.params)?;
            let catalog = call.exchange.views.catalog();
            let all = catalog.markets().iter().filter(|market| has_status(market, wanted));
            Ok(OneOrMany::Many(all.cloned().collect()))
        }
    }
}

/// The market `symbol`, or the markets `symbols`, of which there are at most [`SYMBOLS_MAX`].
///
/// # Errors
/// [`Refusal::MandatoryEither`] for neither, [`Refusal::TooLarge`]; otherwise as [`one_or_many`].
pub fn one_or_several(call: &Call<'_>) -> Result<OneOrMany<Arc<Market>>, Refusal> {
    let named = named(call)?.ok_or(Refusal::MandatoryEither("symbol", "symbols"))?;
    match named {
        OneOrMany::Many(markets) if SYMBOLS_MAX < markets.len() => {
            Err(Refusal::TooLarge { parameter: "symbols", max: SYMBOLS_MAX as u64 })
        }
        OneOrMany::One(_) | OneOrMany::Many(_) => Ok(named),
    }
}

fn named(call: &Call<'_>) -> Result<Option<OneOrMany<Arc<Market>>>, Refusal> {
    let params = call.params;
    let catalog = call.exchange.views.catalog();
    match (params.symbol("symbol")?, params.symbols("symbols")?) {
        (Some(_), Some(_)) => Err(Refusal::BadOptionalCombination),
        (Some(symbol), None) => {
            let market = find(&catalog, symbol)?;
            check_status(&market, wanted_status(params)?)?;
            Ok(Some(OneOrMany::One(market)))
        }
        (None, Some(symbols)) if symbols.is_empty() => Err(Refusal::Empty("symbols")),
        (None, Some(symbols)) => {
            let wanted = wanted_status(params)?;
            let markets: Result<Vec<_>, _> =
                symbols.into_iter().map(|symbol| find(&catalog, symbol)).collect();
            let mut markets = markets?;
            markets.retain(|market| has_status(market, wanted));
            Ok(Some(OneOrMany::Many(markets)))
        }
        (None, None) => Ok(None),
    }
}

/// The market of that symbol, in one word.
///
/// # Errors
/// [`Refusal::BadSymbol`].
pub fn find(catalog: &Catalog, symbol: &str) -> Result<Arc<Market>, Refusal> {
    let market = catalog.market_by_symbol(symbol).ok_or(Refusal::BadSymbol)?;
    // The catalogue knows the product's own spelling, too; this dialect has one.
    if market.symbol.joined == symbol { Ok(Arc::clone(market)) } else { Err(Refusal::BadSymbol) }
}

/// The status that `symbolStatus` asks for.
///
/// # Errors
/// [`Refusal::BadSymbolStatus`].
pub fn wanted_status(params: &Params<'_>) -> Result<Option<SymbolStatus>, Refusal> {
    let Some(text) = params.text("symbolStatus")? else { return Ok(None) };
    SymbolStatus::parse(text).map(Some).ok_or(Refusal::BadSymbolStatus)
}

/// Whether the market has the status that is wanted, if any is.
#[must_use]
pub fn has_status(market: &Market, wanted: Option<SymbolStatus>) -> bool {
    wanted.is_none_or(|wanted| status_of(market.state) == wanted)
}

fn check_status(market: &Market, wanted: Option<SymbolStatus>) -> Result<(), Refusal> {
    if has_status(market, wanted) { Ok(()) } else { Err(Refusal::SymbolStatusMismatch) }
}
