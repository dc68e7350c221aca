//! A layer around any venue's server, which lets its requests suffer what a scenario asks.
//!
//! Keeps   what is refused here never reaches the venue; what is not answered was done by it, and
//!         is held back until the scenario is another, [`HELD_MAX`] at most.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::time::timeout;
use venue_server::{Exchange, RequestOrdeal};

use crate::language::Language;

/// How long an answer is held back: longer than any client waits.
const HELD_MAX: Duration = Duration::from_secs(60);

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
    match trouble.ordeal().requests {
        RequestOrdeal::None => next.run(request).await,
        RequestOrdeal::Away => (language.unavailable)(),
        RequestOrdeal::TooMany { warnings } => {
            let is_banned = warnings < trouble.count_request();
            (language.too_many)(is_banned, exchange.now().millis())
        }
        RequestOrdeal::Unanswered => {
            let changes = (language.changes)(request.method(), request.uri().path());
            let response = next.run(request).await;
            if !changes {
                return response;
            }
            let mut ordeal = trouble.watch();
            let over = ordeal.wait_for(|it| it.requests != RequestOrdeal::Unanswered);
            // Over or not: nobody is told what became of it.
            let _ = timeout(HELD_MAX, over).await.is_ok();
            (language.unanswered)()
        }
    }
}
