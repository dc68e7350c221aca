//! Cancel on disconnect: a timer that cancels all orders of an account unless it is set again.
//!
//! Keeps   one timer for each account. It lives in memory: a restart of the exchange forgets it,
//!         and whoever relies on it sets it again, which they do all the time anyway. One that has
//!         run down is carried out: what cannot be cancelled then, because a market is halted, is
//!         cancelled when it is resumed; what the exchange has no room for is tried for a minute.
//!         What is placed later is not touched by that. The owner is told as soon as it can
//!         be written down: once of all that was cancelled until then. A stop of the exchange
//!         forgets what was not, and so does a database that is away for hours.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use engine::{Command, Event, MarketState, OrderRef};
use identity::{Identity, NewNotice, NoticeKind};
use model::{AccountId, Time, UserId};
use projection::{Feed, FeedError, OrderRecord, Update};
use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;
use utoipa::ToSchema;
use venue::binance::Refusal;
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
/// How often a cancel that the exchange has no room for is tried, and to tell of what was.
const TRIES_MAX: u32 = 600;
/// How long a cancel waits between two tries; who tells, longer by as much after each.
const TRY_EVERY: Duration = Duration::from_millis(100);

/// The timers that run.
#[derive(Debug, Default)]
pub struct CancelAfter(Arc<Mutex<Timers>>);

#[derive(Debug, Default)]
struct Timers {
    running: HashMap<AccountId, Timer>,
    /// The last that has run down, of each account: it may wait for a market to be resumed.
    fired: HashMap<AccountId, AbortHandle>,
    /// How many cancelled orders wait to be told, of each account; a task tells of them while it
    /// is here.
    untold: HashMap<AccountId, usize>,
    /// Timers that were ever set.
    count: u64,
}

#[derive(Debug)]
struct Timer {
    number: u64,
    task: AbortHandle,
}

impl CancelAfter {
    /// Cancels all orders of an account when `after` has passed, unless this is called again
    /// before. `None` only stops the timer.
    pub fn set(&self, whose: Whose, after: Option<Duration>) {
        let account = whose.account;
        let mut timers = lock(&self.0);
        timers.count += 1;
        let number = timers.count;
        if let Some(old) = timers.running.remove(&account) {
            old.task.abort();
        }
        let Some(after) = after else { return };
        let shared = Arc::clone(&self.0);
        let task = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // From here on it is carried out, whoever sets the timer again.
            let mut timers = lock(&shared);
            if timers.running.get(&account).is_none_or(|timer| timer.number != number) {
                return;
            }
            timers.running.remove(&account);
            let telling = Arc::clone(&shared);
            let task = tokio::spawn(async move { cancel_everything(&whose, &telling).await });
            // What the one before could not cancel yet is open still, and so this one's.
            if let Some(old) = timers.fired.insert(account, task.abort_handle()) {
                old.abort();
            }
        });
        timers.running.insert(account, Timer { number, task: task.abort_handle() });
    }
}

fn lock(timers: &Mutex<Timers>) -> MutexGuard<'_, Timers> {
    timers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whose orders a timer cancels, where they are, and who tells their owner.
pub struct Whose {
    pub account: AccountId,
    pub exchange: Arc<Exchange>,
    pub identity: Arc<Identity>,
}

/// Tells the owner, who may be far from a page, that orders are gone. Nothing waits for that.
fn tell(timers: &Arc<Mutex<Timers>>, whose: &Whose, canceled: usize) {
    let Some(user) = whose.exchange.views.user_of(whose.account) else { return };
    if canceled == 0 {
        return;
    }
    let account = whose.account;
    let mut held = lock(timers);
    let is_telling = held.untold.contains_key(&account);
    *held.untold.entry(account).or_default() += canceled;
    if is_telling {
        return;
    }
    let telling = Telling { timers: Arc::clone(timers), account, is_done: false };
    tokio::spawn(tell_all(telling, Arc::clone(&whose.identity), user));
}

/// Tells until there is nothing left to tell. Where nobody knows whether it was told, it is again.
async fn tell_all(mut telling: Telling, identity: Arc<Identity>, user: UserId) {
    let mut tries = 0;
    while let Some(canceled) = telling.take() {
        let Err(error) = identity.notify(vec![(user, notice_of(canceled))]).await else {
            tries = 0;
            continue;
        };
        tries += 1;
        if tries == TRIES_MAX {
            tracing::error!(%error, canceled, "a user is not told that a timer cancelled orders");
            return;
        }
        tracing::warn!(%error, "a user is not told yet that a timer cancelled orders");
        telling.give_back(canceled);
        tokio::time::sleep(TRY_EVERY * tries).await;
    }
}

/// The one who tells an account. Dropped, another may begin.
struct Telling {
    timers: Arc<Mutex<Timers>>,
    account: AccountId,
    is_done: bool,
}

impl Telling {
    /// What waits to be told; `None` where that is nothing, and then it is another's turn.
    fn take(&mut self) -> Option<usize> {
        let mut held = lock(&self.timers);
        let untold = std::mem::take(held.untold.get_mut(&self.account)?);
        if untold == 0 {
            held.untold.remove(&self.account);
            self.is_done = true;
        }
        (untold != 0).then_some(untold)
    }

    fn give_back(&self, canceled: usize) {
        *lock(&self.timers).untold.entry(self.account).or_default() += canceled;
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if !self.is_done {
            lock(&self.timers).untold.remove(&self.account);
        }
    }
}

fn notice_of(canceled: usize) -> NewNotice {
    let orders = if canceled == 1 { "order" } else { "orders" };
    let detail = "A page with \u{201c}Cancel on disconnect\u{201d}, or a program, had set a \
                  timer and did not set it again in time.";
    let title = format!("A timer cancelled {canceled} {orders}");
    NewNotice::new(NoticeKind::OrdersCanceled, &title, detail)
}

/// Cancels what is open now, that of halted markets when they are resumed.
async fn cancel_everything(whose: &Whose, timers: &Arc<Mutex<Timers>>) {
    let (account, exchange) = (whose.account, &*whose.exchange);
    let mut feed = exchange.views.subscribe();
    let mut left = exchange.views.open_orders(account, None);
    match submit(exchange, Command::CancelAll { account, market: None }).await {
        Ok(answer) => {
            let orders = cancels(&answer.events);
            tracing::info!(account = account.0, orders, "a timer cancelled all orders");
            tell(timers, whose, orders);
        }
        Err(refusal) => tell_not_yet(account, &refusal),
    }
    let mut tries = 0;
    while tries < TRIES_MAX {
        let canceled = cancel_each(exchange, &mut left).await;
        tell(timers, whose, canceled);
        if left.is_empty() {
            return;
        }
        if left.iter().all(|order| is_halted(exchange, order)) {
            tracing::info!(account = account.0, orders = left.len(), "a timer waits for markets");
            if market_changed(&mut feed).await.is_err() {
                return;
            }
        } else {
            tries += 1;
            tokio::time::sleep(TRY_EVERY).await;
        }
    }
    tracing::error!(account = account.0, orders = left.len(), "a timer gave up cancelling");
}

/// Waits until something of a market has changed.
async fn market_changed(feed: &mut Feed) -> Result<(), FeedError> {
    loop {
        match feed.next().await {
            Ok(changes) => {
                let is_market = |update: &Update| matches!(update, Update::MarketChanged(_));
                if changes.updates.iter().any(is_market) {
                    return Ok(());
                }
            }
            Err(FeedError::Lagged(_)) => return Ok(()),
            Err(FeedError::Closed) => return Err(FeedError::Closed),
        }
    }
}

/// Cancels the orders whose markets admit it, and keeps those that are still open. How many it was.
async fn cancel_each(exchange: &Exchange, orders: &mut Vec<Arc<OrderRecord>>) -> usize {
    let mut canceled = 0;
    for order in orders.iter().filter(|order| is_open(exchange, order)) {
        let (account, market) = (order.new.account, order.new.market);
        if is_halted(exchange, order) {
            continue;
        }
        let named = OrderRef::Id(order.id);
        let command = Command::Cancel { account, market, order: named, only: None };
        match submit(exchange, command).await {
            Ok(answer) => canceled += cancels(&answer.events),
            Err(refusal) => tell_not_yet(account, &refusal),
        }
    }
    orders.retain(|order| is_open(exchange, order));
    canceled
}

fn cancels(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Canceled { .. })).count()
}

fn is_open(exchange: &Exchange, order: &OrderRecord) -> bool {
    let order = exchange.views.order_by_id(order.new.account, order.id);
    order.is_some_and(|order| order.status.is_open())
}

fn is_halted(exchange: &Exchange, order: &OrderRecord) -> bool {
    let catalog = exchange.views.catalog();
    catalog.market(order.new.market).is_some_and(|market| market.state == MarketState::Halted)
}

fn tell_not_yet(account: AccountId, refusal: &Refusal) {
    let why = refusal.text();
    tracing::warn!(account = account.0, %why, "a timer could not cancel yet");
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

/// Sets the timer that cancels all of one's orders; those of a halted market when it is resumed. It
/// is kept in memory: a restart of the exchange forgets it, so set it again after that.
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
    let (exchange, identity) = (Arc::clone(&api.exchange), Arc::clone(&api.identity));
    api.cancel_after.set(Whose { account: caller.account, exchange, identity }, after);
    let now = api.exchange.now();
    let cancel_at = after.map(|_| moment::text(Time(now.micros() + asked.timeout_ms * 1_000)));
    Ok(Json(CancelAfterView { cancel_at }))
}
