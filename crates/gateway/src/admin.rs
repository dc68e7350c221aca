//! `/api/v1/admin`: for operators, with a key that has the scope `admin`.
//!
//! Keeps   `seq` and `stateHash` of one answer belong together; an answer may be some seconds old,
//!         so that however often it is asked for, trading goes on.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, Router};
use engine::{Command, MarketState, StateHash};
use model::Seq;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use venue_server::binance::signed_by;
use venue_server::{Exchange, KeyEntry};

use crate::problem::Problem;

/// How long where the engine stood is told again, at least.
const SHOWN_FOR_MIN: Duration = Duration::from_secs(1);
/// And at most: the engine may have been slow to answer for other reasons.
const SHOWN_FOR_MAX: Duration = Duration::from_secs(60);
/// Hashing the state holds up trading: it may take one part in so many of the time.
const PART_OF_TIME: u32 = 50;

/// The routes of operators.
pub fn admin(exchange: Arc<Exchange>) -> Router {
    let shown = Arc::default();
    Router::new()
        .route("/api/v1/admin/engine", get(engine))
        .route("/api/v1/admin/markets/{symbol}/halt", post(halt))
        .route("/api/v1/admin/markets/{symbol}/resume", post(resume))
        .with_state(Operating { exchange, shown })
}

#[derive(Clone)]
struct Operating {
    exchange: Arc<Exchange>,
    /// Held while the engine is asked, so that however many ask, one asks the engine.
    shown: Arc<Mutex<Shown>>,
}

/// Where the engine stood last, and until when that is told again.
#[derive(Default)]
struct Shown(Option<(EngineView, Instant)>);

impl Shown {
    /// What can be told without asking the engine, which stands at `seq` now.
    fn told_again(&self, seq: Seq, now: Instant) -> Option<EngineView> {
        let (view, until) = self.0.as_ref()?;
        (now < *until || view.seq == seq.0).then(|| view.clone())
    }

    /// Keeps an answer that the engine took so long for.
    fn keep(&mut self, view: EngineView, took: Duration, now: Instant) {
        let shown_for = took.saturating_mul(PART_OF_TIME).clamp(SHOWN_FOR_MIN, SHOWN_FOR_MAX);
        self.0 = Some((view, now + shown_for));
    }
}

/// Where the engine stands. `rialto journal replay --to-seq` prints the same for the same `seq`.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct EngineView {
    seq: u64,
    state_hash: String,
    rules_version: u32,
    checkpoint: Option<CheckpointView>,
}

#[derive(Clone, Serialize)]
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
    State(Operating { exchange, shown }): State<Operating>,
    request: Request,
) -> Result<Json<EngineView>, Problem> {
    operator(&exchange, &request.into_parts().0, None)?;
    let mut shown = shown.lock().await;
    let begun = Instant::now();
    if let Some(view) = shown.told_again(exchange.views.seq(), begun) {
        return Ok(Json(view));
    }
    let status = exchange.sequencer.status().map_err(unavailable)?.await.map_err(unavailable)?;
    let view = EngineView {
        seq: status.seq.0,
        state_hash: hex::encode(status.state_hash.0),
        rules_version: status.rules_version,
        checkpoint: status.checkpoint.map(CheckpointView::from),
    };
    shown.keep(view.clone(), begun.elapsed(), Instant::now());
    Ok(Json(view))
}

/// What became of a market.
#[derive(Serialize)]
struct MarketView {
    symbol: String,
    state: &'static str,
}

async fn halt(
    State(operating): State<Operating>,
    Path(symbol): Path<String>,
    request: Request,
) -> Result<Json<MarketView>, Problem> {
    set_state(&operating.exchange, symbol, (MarketState::Halted, "halted"), request).await
}

async fn resume(
    State(operating): State<Operating>,
    Path(symbol): Path<String>,
    request: Request,
) -> Result<Json<MarketView>, Problem> {
    set_state(&operating.exchange, symbol, (MarketState::Open, "open"), request).await
}

async fn set_state(
    exchange: &Exchange,
    symbol: String,
    (to, word): (MarketState, &'static str),
    request: Request,
) -> Result<Json<MarketView>, Problem> {
    let change = [("symbol", symbol.as_str()), ("state", word)];
    let key = operator(exchange, &request.into_parts().0, Some(&change))?;
    let catalog = exchange.views.catalog();
    let market = catalog.market_as_written(&symbol).ok_or_else(|| Problem {
        status: StatusCode::NOT_FOUND,
        code: "notFound",
        detail: format!("there is no market {symbol}"),
    })?;
    let command = Command::SetMarketState { market: market.id, state: to };
    exchange.sequencer.submit(command).map_err(unavailable)?.await.map_err(unavailable)?;
    let key = format!("{:032x}", key.id);
    tracing::info!(%symbol, state = word, %key, "the state of a market was set");
    Ok(Json(MarketView { symbol, state: word }))
}

fn unavailable(error: sequencer::SubmitError) -> Problem {
    Problem {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "unavailable",
        detail: error.to_string(),
    }
}

/// The key of an operator, or the refusal; what changes something is signed as this `change`.
fn operator(
    exchange: &Exchange,
    head: &Parts,
    change: Option<&[(&'static str, &str)]>,
) -> Result<Arc<KeyEntry>, Problem> {
    let key = signed_by(exchange, head, change).map_err(|refusal| Problem {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_asked_again_only_after_a_while_and_when_something_happened() {
        let (mut shown, begin) = (Shown::default(), Instant::now());
        let after = |millis| begin + Duration::from_millis(millis);
        assert!(shown.told_again(Seq(0), begin).is_none());
        let view =
            EngineView { seq: 7, state_hash: "hash".into(), rules_version: 1, checkpoint: None };
        for (took_millis, seq, at, told) in [
            (0, 9, 999, true),
            (0, 9, 1_000, false),
            (0, 7, 1_000_000, true),
            (100, 9, 4_999, true),
            (100, 9, 5_000, false),
            (1_000_000, 9, 59_999, true),
            (1_000_000, 9, 60_000, false),
        ] {
            shown.keep(view.clone(), Duration::from_millis(took_millis), begin);
            let again = shown.told_again(Seq(seq), after(at)).map(|view| view.seq);
            assert_eq!(again, told.then_some(7), "{took_millis} {seq} {at}");
        }
    }
}
