//! `/api/v1/admin`: for operators, with a key that has the scope `admin`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use axum::{Json, Router};
use engine::StateHash;
use model::Seq;
use serde::Serialize;
use venue_server::binance::signed_by;
use venue_server::{Exchange, KeyEntry};

use crate::problem::Problem;

/// The routes of operators.
pub fn admin(exchange: Arc<Exchange>) -> Router {
    Router::new().route("/api/v1/admin/engine", get(engine)).with_state(exchange)
}

/// Where the engine stands. `rialto journal replay --to-seq` prints the same for the same `seq`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EngineView {
    seq: u64,
    state_hash: String,
    rules_version: u32,
    checkpoint: Option<CheckpointView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckpointView {
    seq: u64,
    state_hash: String,
}

impl From<(Seq, StateHash)> for CheckpointView {
    fn from((seq, hash): (Seq, StateHash)) -> Self {
        Self { seq: seq.0, state_hash: hex::encode(hash.0) }
    }
}

async fn engine(
    State(exchange): State<Arc<Exchange>>,
    request: Request,
) -> Result<Json<EngineView>, Problem> {
    operator(&exchange, &request.into_parts().0)?;
    let unavailable = |error: sequencer::SubmitError| Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "unavailable",
        detail: error.to_string(),
    };
    let status = exchange.sequencer.status().map_err(unavailable)?.await.map_err(unavailable)?;
    Ok(Json(EngineView {
        seq: status.seq.0,
        state_hash: hex::encode(status.state_hash.0),
        rules_version: status.rules_version,
        checkpoint: status.checkpoint.map(CheckpointView::from),
    }))
}

/// The key of an operator, or the refusal.
fn operator(exchange: &Exchange, head: &Parts) -> Result<Arc<KeyEntry>, Problem> {
    let key = signed_by(exchange, head).map_err(|refusal| Problem {
        status: StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED),
        code: "unauthorized",
        detail: refusal.text().into_owned(),
    })?;
    if key.scopes.admin {
        return Ok(key);
    }
    Err(Problem {
        status: StatusCode::FORBIDDEN,
        code: "forbidden",
        detail: "this needs a key with the scope admin".into(),
    })
}
