//! `/api/v1/admin`: for operators.
//!
//! Keeps   `seq` and `stateHash` of one answer belong together; an answer may be some seconds old,
//!         so that however often it is asked for, trading goes on.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use engine::{Command, MarketState, StateHash};
use identity::AuditEntry;
use model::Seq;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::caller::{Caller, Means};
use crate::input::Asked;
use crate::market::{self, PageAsked, state_word};
use crate::moment;
use crate::page::{Listed, cursor, rows};
use crate::problem::{Problem, ProblemShape};

/// How long where the engine stood is told again, at least.
const SHOWN_FOR_MIN: Duration = Duration::from_secs(1);
/// And at most: the engine may have been slow to answer for other reasons.
const SHOWN_FOR_MAX: Duration = Duration::from_secs(60);
/// Entries of the audit log on one page.
const AUDIT_ROWS_MAX: usize = 500;
/// Hashing the state holds up trading: it may take one part in so many of the time.
const PART_OF_TIME: u32 = 50;

/// Where the engine stood last, and until when that is told again.
#[derive(Default)]
pub struct Shown(Option<(EngineView, Instant)>);

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
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EngineView {
    seq: u64,
    state_hash: String,
    rules_version: u32,
    checkpoint: Option<CheckpointView>,
}

#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointView {
    seq: u64,
    state_hash: String,
}

impl From<(Seq, StateHash)> for CheckpointView {
    fn from((seq, hash): (Seq, StateHash)) -> Self {
        Self { seq: seq.0, state_hash: hex::encode(hash.0) }
    }
}

/// Where the engine stands.
#[utoipa::path(get, path = "/api/v1/admin/engine", tag = "admin",
    responses((status = 200, body = EngineView), (status = 403, body = ProblemShape)))]
pub async fn engine(State(api): State<Arc<Api>>) -> Result<Json<EngineView>, Problem> {
    let exchange = &api.exchange;
    // Held while the engine is asked, so that however many ask, one asks the engine.
    let mut shown = api.shown.lock().await;
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

/// Something that happened to users and keys, or that an operator did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// Its place, from one.
    seq: u64,
    at: String,
    /// What happened.
    act: &'static str,
    /// `person`, `operator` or `stranger`.
    actor: &'static str,
    /// The number of the user to whom it happened.
    user: Option<String>,
    address: Option<String>,
    detail: String,
    /// Of this entry and the one before it, so that none can be altered unseen.
    hash: String,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        Self {
            seq: entry.seq,
            at: moment::text(entry.at),
            act: entry.act.as_str(),
            actor: entry.actor.as_str(),
            user: entry.user.map(|user| uuid::Uuid::from_bytes(user.0).to_string()),
            address: entry.address.map(|address| address.to_string()),
            detail: entry.detail,
            hash: hex::encode(entry.hash),
        }
    }
}

/// What happened to users and keys, newest first, 500 at most.
#[utoipa::path(get, path = "/api/v1/admin/audit-log", tag = "admin", params(PageAsked),
    responses((status = 200, body = Listed<AuditView>), (status = 400, body = ProblemShape),
        (status = 403, body = ProblemShape)))]
pub async fn audit_log(
    State(api): State<Arc<Api>>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Json<Listed<AuditView>>, Problem> {
    let limit = rows(asked.limit)?.min(AUDIT_ROWS_MAX);
    let before = cursor(asked.cursor.as_deref())?;
    let entries = api.identity.audit_log(before, limit as u64).await?;
    let next = entries.last().filter(|entry| entries.len() == limit && 1 < entry.seq);
    let next_cursor = next.map(|entry| entry.seq.to_string());
    let items = entries.into_iter().map(AuditView::from).collect();
    Ok(Json(Listed { items, next_cursor }))
}

/// What became of a market.
#[derive(Serialize, ToSchema)]
pub struct MarketView {
    symbol: String,
    /// `open` or `halted`.
    state: &'static str,
}

/// What a request may sign beside its time, so that it is good for this change only; and whatever
/// else makes it another one.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangeSigned {
    /// As in the path.
    symbol: Option<String>,
    /// `halted` or `open`.
    state: Option<String>,
}

/// Halts a market: it takes nothing, not even cancels. By a session, after a fresh proof of who one
/// is.
#[utoipa::path(post, path = "/api/v1/admin/markets/{symbol}/halt", tag = "admin",
    params(("symbol" = String, Path), ChangeSigned),
    responses((status = 200, body = MarketView), (status = 400, body = ProblemShape),
        (status = 403, body = ProblemShape), (status = 404, body = ProblemShape)))]
pub async fn halt(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(symbol): Path<String>,
    Asked(signed): Asked<ChangeSigned>,
) -> Result<Json<MarketView>, Problem> {
    set_state(&api, &caller, symbol, MarketState::Halted, &signed).await
}

/// Opens a market. By a session, after a fresh proof of who one is.
#[utoipa::path(post, path = "/api/v1/admin/markets/{symbol}/resume", tag = "admin",
    params(("symbol" = String, Path), ChangeSigned),
    responses((status = 200, body = MarketView), (status = 400, body = ProblemShape),
        (status = 403, body = ProblemShape), (status = 404, body = ProblemShape)))]
pub async fn resume(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(symbol): Path<String>,
    Asked(signed): Asked<ChangeSigned>,
) -> Result<Json<MarketView>, Problem> {
    set_state(&api, &caller, symbol, MarketState::Open, &signed).await
}

async fn set_state(
    api: &Api,
    caller: &Caller,
    symbol: String,
    to: MarketState,
    signed: &ChangeSigned,
) -> Result<Json<MarketView>, Problem> {
    let state = state_word(to);
    let says = |field: &Option<String>, want: &str| field.as_deref().is_none_or(|it| it == want);
    if !says(&signed.symbol, &symbol) {
        return Err(Problem::wrong("symbol", "not that of the path"));
    }
    if !says(&signed.state, state) {
        return Err(Problem::wrong("state", "not that of the path"));
    }
    if let Means::Session(person) = &caller.means {
        api.identity.require_step_up(person)?;
    }
    let exchange = &api.exchange;
    let market = market::find(&exchange.views, &symbol)?;
    let command = Command::SetMarketState { market: market.id, state: to };
    exchange.sequencer.submit(command).map_err(unavailable)?.await.map_err(unavailable)?;
    tracing::info!(%symbol, state, by = %caller.means, "the state of a market was set");
    let by = match &caller.means {
        Means::Session(person) => Some(api.identity.me(person).await?.user),
        Means::Key { .. } => None,
    };
    let said = format!("market state {symbol} {state} by {}", caller.means);
    api.identity.note_operator(by.as_ref(), &said).await;
    Ok(Json(MarketView { symbol, state }))
}

fn unavailable(error: sequencer::SubmitError) -> Problem {
    Problem::unavailable(error.to_string())
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
