//! One's own fills.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use projection::{Catalog, FillRecord, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::caller::Caller;
use crate::input::{Asked, Listed, cursor, rows};
use crate::market::{self, side_word};
use crate::moment;
use crate::problem::{Problem, ProblemShape};

/// One side of a trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Fill)]
pub struct FillView {
    trade_id: String,
    order_id: String,
    symbol: String,
    side: &'static str,
    price: String,
    quantity: String,
    quote_quantity: String,
    /// Negative where it is a rebate.
    fee: String,
    fee_asset: String,
    maker: bool,
    at: String,
}

impl FillView {
    /// A fill, where its market is listed.
    #[must_use]
    pub fn of(catalog: &Catalog, fill: &FillRecord) -> Option<Self> {
        let market = catalog.market(fill.market)?;
        Some(Self {
            trade_id: fill.trade.to_string(),
            order_id: fill.order.to_string(),
            symbol: market.symbol.dashed.clone(),
            side: side_word(fill.side),
            price: market.price_text(fill.price),
            quantity: market.qty_text(fill.qty),
            quote_quantity: market.quote_amount(fill.quote).trimmed().to_string(),
            fee: catalog.amount(fill.fee_asset, fill.fee)?.trimmed().to_string(),
            fee_asset: catalog.asset(fill.fee_asset)?.code.to_string(),
            maker: fill.maker,
            at: moment::text(fill.time),
        })
    }
}

/// Which fills.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FillsAsked {
    /// Of one market.
    symbol: Option<String>,
    /// At most so many, up to 1000.
    limit: Option<usize>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// One's own fills, newest first.
#[utoipa::path(get, path = "/api/v1/trading/fills", tag = "trading", params(FillsAsked),
    responses((status = 200, body = Listed<FillView>), (status = 400, body = ProblemShape),
        (status = 404, body = ProblemShape)))]
pub async fn fills(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Asked(asked): Asked<FillsAsked>,
) -> Result<Json<Listed<FillView>>, Problem> {
    let exchange = &api.exchange;
    let market = match &asked.symbol {
        Some(symbol) => Some(market::find(&exchange.views, symbol)?.id),
        None => None,
    };
    let limit = rows(asked.limit)?;
    let page = Page { before_id: cursor(asked.cursor.as_deref())?, ..Page::latest(limit) };
    let fills = caller.history(exchange).fills(caller.account, market, None, &page).await?;
    // A page of one market counts its trades, one of all counts the account's fills.
    let number = |fill: &FillRecord| if market.is_some() { fill.trade.0 } else { fill.number };
    let next_cursor = fills.first().filter(|_| fills.len() == limit);
    let next_cursor = next_cursor.map(|fill| number(fill).to_string());
    let catalog = exchange.views.catalog();
    let items = fills.iter().rev().filter_map(|fill| FillView::of(&catalog, fill)).collect();
    Ok(Json(Listed { items, next_cursor }))
}
