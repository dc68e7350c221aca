//! The product's own API under `/api/v1`: what it stands on, its routes, its document.
//!
//! ```text
//! request ─► address's limit ─► who may call this (policy) ─► caller ─► handler ─► answer
//! ```
//!
//! Keeps   a route without a row in [`crate::policy`] answers nobody; no answer is cached.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use venue_server::Exchange;

use crate::admin::Shown;
use crate::problem::{FieldError, ProblemShape};
use crate::trading::{CancelAfter, Repeats};
use crate::{admin, admission, market, trading, wallet};

/// What the own API stands on. Shared by all its requests.
pub struct Api {
    /// The exchange.
    pub exchange: Arc<Exchange>,
    pub(crate) shown: tokio::sync::Mutex<Shown>,
    pub(crate) repeats: Repeats,
    pub(crate) cancel_after: CancelAfter,
}

impl Api {
    /// The own API of this exchange.
    #[must_use]
    pub fn new(exchange: Arc<Exchange>) -> Arc<Self> {
        Arc::new(Self {
            exchange,
            shown: tokio::sync::Mutex::default(),
            repeats: Repeats::default(),
            cancel_after: CancelAfter::default(),
        })
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rialto",
        description = "The exchange's own API. Amounts, prices and quantities are decimal strings; \
            times are RFC 3339 in UTC; errors are RFC 9457 problems with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemShape, FieldError))
)]
struct Document;

fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(market::pairs))
        .routes(routes!(market::prices))
        .routes(routes!(market::ticker))
        .routes(routes!(market::stats))
        .routes(routes!(market::candles))
        .routes(routes!(market::order_book))
        .routes(routes!(market::trades))
        .routes(routes!(trading::place, trading::list, trading::cancel_all))
        .routes(routes!(trading::one, trading::change, trading::cancel))
        .routes(routes!(trading::place_list))
        .routes(routes!(trading::fills))
        .routes(routes!(trading::cancel_after))
        .routes(routes!(wallet::balances))
        .routes(routes!(admin::engine))
        .routes(routes!(admin::halt))
        .routes(routes!(admin::resume))
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}

/// The routes of the own API.
pub fn router(api: Arc<Api>) -> Router {
    let (router, _) = routes().split_for_parts();
    router.route_layer(from_fn_with_state(Arc::clone(&api), admission::admit)).with_state(api)
}
