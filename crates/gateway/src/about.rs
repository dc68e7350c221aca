//! What kind of exchange this is, for whoever opens a page of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;

/// What kind of exchange this is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = About)]
pub struct AboutView {
    /// Whether all its money is play money. Every page says so then.
    paper: bool,
}

/// What kind of exchange this is.
#[utoipa::path(get, path = "/api/v1/about", tag = "market",
    responses((status = 200, body = AboutView)))]
pub async fn about(State(api): State<Arc<Api>>) -> Json<AboutView> {
    Json(AboutView { paper: api.settings.paper })
}
