//! Cancel on disconnect: a timer that cancels all orders of an account unless it is set again.
//!
//! Keeps   one timer for each account. It lives in memory: a restart of the exchange forgets it,
//!         and whoever relies on it sets it again, which they do all the time anyway.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use engine::{Command, Event};
use model::{AccountId, Time};
use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;
use utoipa::ToSchema;
use venue_server::Exchange;
use venue_server::binance::submit;

use crate::api::Api;
use crate::caller::Caller;
use crate::input::Said;
use crate::moment;
use crate::problem::{Problem, ProblemShape};

/// The shortest time, in milliseconds.
const TIMEOUT_MS_MIN: u64 = 100;
/// The longest: a day.
const TIMEOUT_MS_MAX: u64 = 86_400_000;
/// How often a cancel that the exchange has no room for is tried, a tenth of a second apart.
const TRIES_MAX: u32 = 600;
const TRY_EVERY: Duration = Duration::from_millis(100);

/// The timers that run.
#[derive(Debug, Default)]
pub struct CancelAfter(Arc<Mutex<HashMap<AccountId, Timer>>>);

#[derive(Debug)]
struct Timer {
    number: u64,
    task: AbortHandle,
}

impl CancelAfter {
    /// Cancels all orders of `account` when `after` has passed, unless this is called again before.
    /// `None` only stops the timer.
    pub fn set(&self, exchange: &Arc<Exchange>, account: AccountId, after: Option<Duration>) {
        let mut timers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = timers.get(&account).map_or(0, |timer| timer.number + 1);
        if let Some(old) = timers.remove(&account) {
            old.task.abort();
        }
        let Some(after) = after else { return };
        let (exchange, running) = (Arc::clone(exchange), Arc::clone(&self.0));
        let task = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // From here on it is carried out, whoever sets the timer again.
            let mut timers = running.lock().unwrap_or_else(PoisonError::into_inner);
            if timers.get(&account).is_none_or(|timer| timer.number != number) {
                return;
            }
            timers.remove(&account);
            drop(timers);
            tokio::spawn(async move { cancel_everything(&exchange, account).await });
        });
        timers.insert(account, Timer { number, task: task.abort_handle() });
    }
}

async fn cancel_everything(exchange: &Exchange, account: AccountId) {
    for _ in 0..TRIES_MAX {
        match submit(exchange, Command::CancelAll { account, market: None }).await {
            Ok(answer) => {
                let is_canceled = |event: &&Event| matches!(event, Event::Canceled { .. });
                let orders = answer.events.iter().filter(is_canceled).count();
                tracing::info!(account = account.0, orders, "a timer cancelled all orders");
                return;
            }
            Err(refusal) => {
                let why = refusal.text();
                tracing::warn!(account = account.0, %why, "a timer could not cancel yet");
                tokio::time::sleep(TRY_EVERY).await;
            }
        }
    }
    tracing::error!(account = account.0, "a timer gave up cancelling");
}

/// When to cancel.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelAfterAsked {
    /// Milliseconds from now: 100 to 86400000, or 0 to switch it off.
    #[schema(examples(60000))]
    timeout_ms: u64,
}

/// When it is going to be.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelAfterView {
    /// `null` where it is switched off.
    cancel_at: Option<String>,
}

/// Sets the timer that cancels all of one's orders. It is kept in memory: set it again after the
/// exchange was restarted.
#[utoipa::path(post, path = "/api/v1/trading/cancel-after", tag = "trading",
    request_body = CancelAfterAsked,
    responses((status = 200, body = CancelAfterView), (status = 400, body = ProblemShape)))]
pub async fn cancel_after(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Said(asked): Said<CancelAfterAsked>,
) -> Result<Json<CancelAfterView>, Problem> {
    let after = match asked.timeout_ms {
        0 => None,
        millis @ TIMEOUT_MS_MIN..=TIMEOUT_MS_MAX => Some(Duration::from_millis(millis)),
        _ => {
            let range = format!("must be 0 or from {TIMEOUT_MS_MIN} to {TIMEOUT_MS_MAX}");
            return Err(Problem::wrong("timeoutMs", range));
        }
    };
    api.cancel_after.set(&api.exchange, caller.account, after);
    let now = api.exchange.now();
    let cancel_at = after.map(|_| moment::text(Time(now.micros() + asked.timeout_ms * 1_000)));
    Ok(Json(CancelAfterView { cancel_at }))
}
