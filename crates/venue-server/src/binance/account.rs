//! What an account has, what it pays, what it traded.
//!
//! Source  rest-api.md, "Account Endpoints".

use std::borrow::Cow;

use engine::SelfTradePrevention;
use model::{AssetId, OrderId, Side};
use projection::{FillRecord, Market, Page, PreventionRecord};
use venue::binance::{
    AccountCommission, AccountInfo, AssetBalance, CommissionRates, DecimalText, MyFilters, MyTrade,
    PreventedMatch, Refusal,
};

use super::exchange_info;
use super::grid::Grid;
use super::market::unreadable;
use super::operation::{Answer, Call};
use super::order::{no_discount, rate, read_span};
use super::order_report::{amount_text, asset_code, list_number};
use super::request::{ROWS_DEFAULT, ROWS_MAX};
use super::symbols;
use super::words;

/// `account.status`
///
/// # Errors
/// As documented.
pub fn status(call: &Call<'_>) -> Result<Answer, Refusal> {
    let caller = call.caller()?;
    let omit_zero = call.params.boolean("omitZeroBalances")?.unwrap_or(false);
    call.params.finish()?;
    let views = &call.exchange.views;
    let catalog = views.catalog();
    // Fees are those of a market; the first one stands for all.
    let first = catalog.markets().first();
    let fees = first.and_then(|market| views.commission(caller.account, market.id));
    let fees = fees.unwrap_or_default();
    let (maker, taker) = (fees.maker.millionths(), fees.taker.millionths());
    let held = views.balances(caller.account);
    let row = |(asset, code): (AssetId, String)| {
        let balance = held.iter().find(|balance| balance.asset == asset);
        let (free, locked) = balance.map_or((0, 0), |it| (it.available, it.held));
        (!omit_zero || free != 0 || locked != 0).then(|| AssetBalance {
            asset: Cow::Owned(code),
            free: amount_text(&catalog, asset, free),
            locked: amount_text(&catalog, asset, locked),
        })
    };
    let assets = catalog.assets().iter().zip(0..);
    let assets = assets.map(|(asset, id)| (AssetId(id), asset.code.to_string()));
    Answer::of(&AccountInfo {
        maker_commission: i64::from(maker / 100),
        taker_commission: i64::from(taker / 100),
        buyer_commission: 0,
        seller_commission: 0,
        commission_rates: rates(maker, taker),
        can_trade: caller.key.scopes.trade,
        can_withdraw: caller.key.scopes.transfer,
        can_deposit: true,
        brokered: false,
        require_self_trade_prevention: false,
        prevent_sor: false,
        update_time: held.iter().map(|balance| call.time(balance.updated)).max().unwrap_or(0),
        account_type: Cow::Borrowed("SPOT"),
        balances: assets.filter_map(row).collect(),
        permissions: vec![Cow::Borrowed("SPOT")],
        uid: u64::from(caller.account.0),
    })
}

fn rates(maker: i32, taker: i32) -> CommissionRates {
    CommissionRates { maker: rate(maker), taker: rate(taker), buyer: rate(0), seller: rate(0) }
}

/// `account.commission`
///
/// # Errors
/// As documented.
pub fn commission(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let market = symbols::required(call)?;
    call.params.finish()?;
    let fees = call.exchange.views.commission(account, market.id).unwrap_or_default();
    Answer::of(&AccountCommission {
        symbol: Cow::Borrowed(&market.symbol.joined),
        standard_commission: rates(fees.maker.millionths(), fees.taker.millionths()),
        special_commission: rates(0, 0),
        tax_commission: rates(0, 0),
        discount: no_discount(),
    })
}

/// `myTrades`
///
/// # Errors
/// As documented; -1128 for combinations of parameters that do not exist.
pub async fn my_trades(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let market = symbols::required(call)?;
    let order = call.params.integer("orderId")?.map(OrderId);
    let from_id = call.params.integer("fromId")?;
    let (start, end) = read_span(call)?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    call.params.finish()?;
    let timed = start.is_some() || end.is_some();
    if timed && (order.is_some() || from_id.is_some()) {
        return Err(Refusal::BadOptionalCombination);
    }
    let page = Page { from_id, start, end, ..Page::latest(limit) };
    let fills = call.history().fills(account, Some(market.id), order, &page).await;
    let fills = fills.map_err(unreadable)?;
    let catalog = call.exchange.views.catalog();
    let grid = Grid::new(&market);
    let row = |fill: &FillRecord| MyTrade {
        symbol: Cow::Borrowed(market.symbol.joined.as_str()),
        id: fill.trade.0,
        order_id: fill.order.0,
        order_list_id: list_number(fill.list),
        price: grid.price(fill.price),
        qty: grid.qty(fill.qty),
        quote_qty: grid.quote(fill.quote),
        commission: amount_text(&catalog, fill.fee_asset, fill.fee),
        commission_asset: Cow::Owned(asset_code(&catalog, fill.fee_asset)),
        time: call.time(fill.time),
        is_buyer: fill.side == Side::Buy,
        is_maker: fill.maker,
        is_best_match: true,
    };
    Answer::of(&fills.iter().map(row).collect::<Vec<_>>())
}

/// `myPreventedMatches`
///
/// # Errors
/// As documented.
pub async fn my_prevented_matches(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let market = symbols::required(call)?;
    let id = call.params.integer("preventedMatchId")?;
    let order = call.params.integer("orderId")?.map(OrderId);
    let from = call.params.integer("fromPreventedMatchId")?;
    let limit = call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    call.params.finish()?;
    let page = match (id, order, from) {
        (Some(id), None, None) => {
            Page { from_id: Some(id), before_id: id.checked_add(1), ..Page::latest(1) }
        }
        (None, Some(_), from_id) => Page { from_id, ..Page::latest(limit) },
        (None, None, _) => return Err(Refusal::MandatoryEither("preventedMatchId", "orderId")),
        (Some(_), _, _) => return Err(Refusal::BadOptionalCombination),
    };
    let rows = call.history().preventions(account, market.id, order, &page).await;
    let rows = rows.map_err(unreadable)?;
    let row = |prevented: &PreventionRecord| prevented_match(call, &market, prevented);
    Answer::of(&rows.iter().map(row).collect::<Vec<_>>())
}

fn prevented_match(
    call: &Call<'_>,
    market: &Market,
    prevented: &PreventionRecord,
) -> PreventedMatch<'static> {
    let grid = Grid::new(market);
    let (taker, maker) = match prevented.mode {
        SelfTradePrevention::None => (false, false),
        SelfTradePrevention::ExpireTaker => (true, false),
        SelfTradePrevention::ExpireMaker => (false, true),
        SelfTradePrevention::ExpireBoth | SelfTradePrevention::Decrement => (true, true),
    };
    PreventedMatch {
        symbol: Cow::Owned(market.symbol.joined.clone()),
        prevented_match_id: prevented.id.0,
        taker_order_id: prevented.taker.0,
        maker_symbol: Cow::Owned(market.symbol.joined.clone()),
        maker_order_id: prevented.maker.0,
        trade_group_id: u64::from(prevented.account.0),
        self_trade_prevention_mode: words::mode_of(prevented.mode),
        price: grid.price(prevented.price),
        taker_prevented_quantity: taker.then(|| grid.qty(prevented.taker_qty)),
        maker_prevented_quantity: maker.then(|| grid.qty(prevented.maker_qty)),
        transact_time: call.time(prevented.time),
    }
}

/// `myAllocations`: there are none without smart order routing.
///
/// # Errors
/// As documented.
pub fn my_allocations(call: &Call<'_>) -> Result<Answer, Refusal> {
    symbols::required(call)?;
    for name in ["fromAllocationId", "orderId"] {
        call.params.integer(name)?;
    }
    read_span(call)?;
    call.params.limit(ROWS_DEFAULT, ROWS_MAX)?;
    call.params.finish()?;
    Answer::of::<[(); 0]>(&[])
}

/// `myFilters`
///
/// # Errors
/// As documented.
pub fn my_filters(call: &Call<'_>) -> Result<Answer, Refusal> {
    let market = symbols::required(call)?;
    call.params.finish()?;
    let symbol_filters = exchange_info::filters(&market);
    Answer::of(&MyFilters { exchange_filters: [], symbol_filters, asset_filters: [] })
}

/// `account.rateLimits.orders`
///
/// # Errors
/// As documented.
pub fn order_limits(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    call.params.finish()?;
    let meter = &call.exchange.orders;
    Answer::of(&meter.limits(meter.count(account, call.now)))
}

/// An amount without digits, for what there is nothing of.
#[must_use]
pub fn nothing() -> DecimalText {
    DecimalText::new(0, 8)
}
