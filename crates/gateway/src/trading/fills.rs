//! One's own fills.
//!
//! Keeps   whoever follows the cursors meets each fill once, also where both sides of a trade are
//!         one's own: a page may end between the two.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use projection::{Catalog, FillRecord, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::caller::Caller;
use crate::input::Asked;
use crate::market::{self, side_word};
use crate::moment;
use crate::page::{Listed, cursor, rows, weight_of_rows};
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
    exchange.charge_more(caller.from, weight_of_rows(limit))?;
    let border = Border::parse(asked.cursor.as_deref())?;
    let told = usize::from(border.is_split);
    let page = Page { before_id: border.before, ..Page::latest(limit + 1 + told) };
    let mut fills = caller.history(exchange).fills(caller.account, market, None, &page).await?;
    fills.truncate(fills.len().saturating_sub(told));
    // A page of one market counts its trades, one of all counts the account's fills.
    let number = |fill: &FillRecord| if market.is_some() { fill.trade.0 } else { fill.number };
    let (older, shown) = fills.split_at(fills.len().saturating_sub(limit));
    let next_cursor = match (older.last(), shown) {
        (Some(next), [last, ..]) => Some(Border::between(number(next), number(last)).text()),
        (Some(_) | None, _) => None,
    };
    let catalog = exchange.views.catalog();
    let items = shown.iter().rev().filter_map(|fill| FillView::of(&catalog, fill)).collect();
    Ok(Json(Listed { items, next_cursor }))
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Border {
    /// With what has a lower number than this; with the newest where nothing is said.
    before: Option<u64>,
    /// But for the last of those, which was on the page before.
    is_split: bool,
}

impl Border {
    /// Between the last fill of a page and the next one. Two of one trade have one number.
    const fn between(next: u64, last: u64) -> Self {
        let is_split = next == last;
        Self { before: Some(last + is_split as u64), is_split }
    }

    fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let before = text.map(|text| text.strip_suffix(".1").unwrap_or(text));
        Ok(Self { before: cursor(before)?, is_split: before != text })
    }

    fn text(self) -> String {
        let split = if self.is_split { ".1" } else { "" };
        self.before.map(|before| format!("{before}{split}")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_is_read_as_it_was_written() {
        for (next, last, want) in [(4, 5, "5"), (5, 5, "6.1")] {
            let border = Border::between(next, last);
            assert_eq!(border.text(), want);
            assert_eq!(Border::parse(Some(want)), Ok(border));
        }
        assert_eq!(Border::parse(None), Ok(Border { before: None, is_split: false }));
        for wrong in ["", ".1", "5.1.1", "5.2", "x", "-1"] {
            assert!(Border::parse(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
