//! A layer around any venue's server, which lets its requests suffer what a scenario asks.
//!
//! Keeps   what is refused here never reaches the venue; what is not answered was done by it, and
//!         is held back until the scenario is another, a minute at most.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use venue_server::{Exchange, RequestOrdeal};

use crate::language::Language;

/// `router`, as it is to be served.
pub fn suffering(router: Router, exchange: Arc<Exchange>, language: Language) -> Router {
    router.layer(from_fn_with_state((exchange, language), suffer))
}

async fn suffer(
    State((exchange, language)): State<(Arc<Exchange>, Language)>,
    request: Request,
    next: Next,
) -> Response {
    let trouble = &exchange.trouble;
    if let Some(is_banned) = trouble.is_too_much() {
        return (language.too_many)(is_banned, exchange.now().millis());
    }
    match trouble.ordeal().requests {
        RequestOrdeal::Away => (language.unavailable)(),
        RequestOrdeal::Unanswered => {
            let changes = (language.changes)(request.method(), request.uri().path());
            let response = next.run(request).await;
            if !changes {
                return response;
            }
            // Over or not: nobody is told what became of it.
            trouble.held_back().await;
            (language.unanswered)()
        }
        RequestOrdeal::None | RequestOrdeal::TooMany { .. } => next.run(request).await,
    }
}
