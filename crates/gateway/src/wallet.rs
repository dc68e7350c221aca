//! `/api/v1/wallet`: what an account has.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use projection::{Balance, Catalog};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::Caller;
use crate::problem::ProblemShape;

/// All balances.
#[derive(Debug, Serialize, ToSchema)]
pub struct Balances {
    balances: Vec<BalanceView>,
}

/// What an account has of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BalanceView {
    asset: String,
    /// Free to use.
    available: String,
    /// Reserved for open orders.
    held: String,
    /// On its way in.
    pending: String,
    /// Available and held.
    total: String,
}

impl BalanceView {
    /// A balance.
    #[must_use]
    pub fn of(catalog: &Catalog, balance: &Balance) -> Option<Self> {
        let text = |amount| Some(catalog.amount(balance.asset, amount)?.trimmed().to_string());
        Some(Self {
            asset: catalog.asset(balance.asset)?.code.to_string(),
            available: text(balance.available)?,
            held: text(balance.held)?,
            pending: "0".to_owned(),
            total: text(balance.available + balance.held)?,
        })
    }
}

/// What the account has.
#[utoipa::path(get, path = "/api/v1/wallet/balances", tag = "wallet",
    responses((status = 200, body = Balances), (status = 401, body = ProblemShape)))]
pub async fn balances(State(api): State<Arc<Api>>, caller: Caller) -> Json<Balances> {
    let views = &api.exchange.views;
    let catalog = views.catalog();
    let balances = views.balances(caller.account);
    let row = |balance: &Balance| BalanceView::of(&catalog, balance);
    Json(Balances { balances: balances.iter().filter_map(row).collect() })
}
