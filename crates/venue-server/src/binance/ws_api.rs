//! The WebSocket API: requests in frames, answers in the order of the requests.
//!
//! ```text
//! frame ─► session method: at once ────────────────────┐
//!       └► operation: begun at once, awaited in its turn ┴─► answers, in order ─► frames
//!                                         events of accounts ─► outbox ─────────► frames
//! ```
//!
//! Keeps   at most [`IN_FLIGHT_MAX`] requests are under way, of these [`LOOKING_MAX`] that may look
//!         far back, and [`WAITING_BYTES_MAX`] of answers wait behind an earlier one: beyond that
//!         the next frame waits unread. A client that does not read, or does not answer pings, is
//!         ended.
//! Source  web-socket-api.md.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::SinkExt;
use model::Time;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use venue::binance::{
    Operation, RateLimit, RateLimitKind, Refusal, RetryAfter, Security, SocketError, SocketRequest,
    TimeUnit, WS_METHODS,
};

use super::auth::Warrant;
use super::fanout::Hub;
use super::limit::WEIGHT_INTERVAL;
use super::market::weight_of;
use super::operation::{Answer, Call, perform};
use super::ordeal::too_much;
use super::request::Params;
use super::rest;
use super::stream_shape::{Stamp, server_shutdown};
use super::ws_session::{self, SESSION_WEIGHT, Session, SessionMethod};
use crate::exchange::Exchange;
use crate::keyring::KeyEntry;
use crate::trouble::Line;

/// Requests under way on one connection.
const IN_FLIGHT_MAX: usize = 256;
/// Of these, so many at once look up what may no longer be in memory.
const LOOKING_MAX: usize = 8;
/// Answers that wait behind an earlier one, in bytes: beyond that nothing more is read.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// Answers and events that are written in one go.
const WRITTEN_AT_ONCE_MAX: usize = 64;
/// Frames that are read before what they ask is begun.
const READ_AT_ONCE_MAX: usize = 32;
/// The longest frame, in bytes.
const FRAME_BYTES_MAX: usize = 16 * 1_024;
/// Bytes that are read at a time.
const READ_BUFFER_BYTES: usize = 8 * 1_024;
/// Answers are gathered up to so many bytes before they are written.
const WRITE_BUFFER_BYTES: usize = 8 * 1_024;
/// The most bytes that are gathered, one long answer included.
const WRITE_BUFFER_BYTES_MAX: usize = 8 << 20;
/// What opening a connection weighs.
const CONNECT_WEIGHT: u32 = 2;
/// How often a ping is sent.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a connection may stay silent after a ping.
const PONG_WITHIN: Duration = Duration::from_secs(60);
/// How long writing may take before the connection is given up.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection lasts.
const LIFE: Duration = Duration::from_secs(24 * 3_600);

/// The one route.
pub fn routes() -> Router<Arc<Exchange>> {
    Router::new().route("/ws-api/v3", get(open)).route("/ws-api/v3/", get(open))
}

async fn open(State(exchange): State<Arc<Exchange>>, request: Request) -> Response {
    let (mut head, _) = request.into_parts();
    let (from, now) = (exchange.address_of(&head), exchange.now());
    if let Err((refusal, used)) = exchange.weights.charge(from, CONNECT_WEIGHT, now) {
        return rest::refused_at(refusal, used);
    }
    let query = head.uri.query().unwrap_or_default().to_owned();
    let (unit, return_rate_limits) = match read_query(&query) {
        Ok(read) => read,
        Err(refusal) => return rest::refused(refusal),
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut head, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let permit = match exchange.customer_sockets.enter(from, now) {
        Ok(permit) => permit,
        Err(refusal) => return rest::refused(refusal),
    };
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            let outbox = Hub::default().connect(unit, false);
            let session = Session::new(Arc::clone(&exchange), from, return_rate_limits, outbox);
            let (pipeline, looking) = (Pipeline::default(), Semaphore::new(LOOKING_MAX).into());
            let heard = Instant::now();
            let line = exchange.trouble.line();
            Connection { exchange, socket, session, pipeline, looking, heard, line }.run().await;
            drop(permit);
        })
}

fn read_query(query: &str) -> Result<(TimeUnit, bool), Refusal> {
    let params = Params::from_form(query, &[])?;
    let unit = match params.text("timeUnit")? {
        None => TimeUnit::default(),
        Some(text) => TimeUnit::parse(text).ok_or(Refusal::BadTimeUnit)?,
    };
    Ok((unit, params.boolean("returnRateLimits")?.unwrap_or(true)))
}

struct Connection {
    exchange: Arc<Exchange>,
    socket: WebSocket,
    session: Session,
    pipeline: Pipeline,
    looking: Arc<Semaphore>,
    /// When something last came.
    heard: Instant,
    line: Line,
}

/// What was read; nothing at the end.
type Frame = Option<Result<Message, axum::Error>>;

/// What wakes a connection.
enum Wake {
    Answers(Vec<Utf8Bytes>),
    Frame(Frame),
    Events,
    Ping,
    TooOld,
    Trouble,
    Stopping,
}

impl Connection {
    async fn run(mut self) {
        let start = Instant::now();
        let mut pings = interval_at(start + PING_EVERY, PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut too_old = pin!(tokio::time::sleep_until(start + LIFE));
        let outbox = Arc::clone(self.session.outbox());
        let mut stopping = self.exchange.streams.stopping();
        let mut stopping = pin!(stopping.wait_for(|stopping| *stopping));
        loop {
            if self.line.is_cut() {
                return;
            }
            let flows = !self.line.is_stalled();
            let room = self.pipeline.has_room();
            // Answers first: that begins what was just read before anything more is read.
            let wake = tokio::select! {
                biased;
                answers = self.pipeline.ready(), if flows && !self.pipeline.is_empty() => {
                    Wake::Answers(answers)
                }
                () = outbox.woken(), if flows => Wake::Events,
                frame = self.socket.recv(), if room => Wake::Frame(frame),
                () = self.line.changed() => Wake::Trouble,
                _ = pings.tick(), if flows => Wake::Ping,
                () = too_old.as_mut() => Wake::TooOld,
                _ = stopping.as_mut() => Wake::Stopping,
            };
            let goes_on = match wake {
                Wake::Answers(answers) => self.write(answers).await,
                // Whatever came meanwhile waits in the outbox, whose signal may be spent.
                Wake::Events | Wake::Trouble => self.line.is_stalled() || self.write_events().await,
                Wake::Frame(frame) => self.take_frames(frame).await,
                Wake::Ping if self.is_banned() => {
                    self.close(close_code::POLICY, "banned").await;
                    false
                }
                Wake::Ping if PONG_WITHIN < self.heard.elapsed() => {
                    self.close(close_code::POLICY, "Pong timeout").await;
                    false
                }
                Wake::Ping => {
                    let ping = self.socket.send(Message::Ping(axum::body::Bytes::new()));
                    matches!(timeout(WRITE_WITHIN, ping).await, Ok(Ok(())))
                }
                Wake::TooOld => {
                    self.close(close_code::NORMAL, "24 hours are over").await;
                    false
                }
                Wake::Stopping => {
                    self.say_goodbye().await;
                    false
                }
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Takes a frame, and those that came with it; `false` at the end.
    async fn take_frames(&mut self, mut frame: Frame) -> bool {
        for place in 1.. {
            if !self.take_frame(frame).await {
                return false;
            }
            if place == READ_AT_ONCE_MAX || !self.pipeline.has_room() {
                break;
            }
            let mut next = pin!(self.socket.recv());
            match poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await {
                Poll::Ready(another) => frame = another,
                Poll::Pending => break,
            }
        }
        true
    }

    async fn take_frame(&mut self, frame: Frame) -> bool {
        let Some(Ok(message)) = frame else { return false };
        if self.is_banned() {
            self.close(close_code::POLICY, "banned").await;
            return false;
        }
        match message {
            Message::Text(text) => {
                self.heard = Instant::now();
                self.begin(text).await;
                true
            }
            Message::Pong(_) | Message::Ping(_) => {
                self.heard = Instant::now();
                // Who sends nothing else takes our time all the same.
                let (from, now) = (self.session.from, self.exchange.now());
                let _ = self.exchange.weights.charge(from, 1, now);
                true
            }
            Message::Binary(_) => {
                self.close(close_code::UNSUPPORTED, "text frames only").await;
                false
            }
            Message::Close(_) => false,
        }
    }

    /// Whether whoever is there is banned: what was answered before was the last.
    fn is_banned(&self) -> bool {
        self.exchange.weights.check_ban(self.session.from, self.exchange.now()).is_err()
    }

    /// Begins what a frame asks for. A method of the session is carried out at once, because what
    /// follows may depend on it; its answer waits its turn all the same.
    async fn begin(&mut self, text: Utf8Bytes) {
        // Cheap to see, and what is not seen here is answered as an unknown method.
        if text.contains("session.") || text.contains("userDataStream.") {
            let now = self.exchange.now();
            if let Some(reply) = self.perform_session(&text, now).await {
                self.pipeline.push_done(reply);
                return;
            }
        }
        let session_key = self.session.check_session(Security::None);
        let origin = Origin {
            exchange: Arc::clone(&self.exchange),
            from: self.session.from,
            unit: self.session.unit,
            return_rate_limits: self.session.return_rate_limits,
            session_key,
            looking: Arc::clone(&self.looking),
        };
        self.pipeline.push(Box::pin(reply_to(origin, text)));
    }

    async fn perform_session(&mut self, text: &str, now: Time) -> Option<Utf8Bytes> {
        let request: SocketRequest<'_> = serde_json::from_str(text).ok()?;
        let method = SessionMethod::parse(request.method_name())?;
        let id = request.id_json()?;
        let charged = self.exchange.weights.charge(self.session.from, SESSION_WEIGHT, now);
        let mut shown = self.session.return_rate_limits;
        let (outcome, used) = match charged {
            Err((refusal, used)) => (Err(refusal), used),
            Ok(used) => match Params::from_json(request.params) {
                Err(refusal) => (Err(refusal), used),
                Ok(params) => {
                    let outcome = async {
                        shown = params.boolean("returnRateLimits")?.unwrap_or(shown);
                        self.session.perform(method, &params, now).await
                    };
                    (outcome.await, used)
                }
            },
        };
        Some(write_reply(&self.exchange, id, outcome, (used, shown), now))
    }

    async fn write(&mut self, answers: Vec<Utf8Bytes>) -> bool {
        let writing = async {
            for answer in answers {
                self.socket.feed(Message::Text(answer)).await?;
            }
            self.socket.flush().await
        };
        matches!(timeout(WRITE_WITHIN, writing).await, Ok(Ok(())))
    }

    async fn write_events(&mut self) -> bool {
        let mut waiting = VecDeque::new();
        loop {
            if self.session.outbox().take(&mut waiting, WRITTEN_AT_ONCE_MAX).is_err() {
                self.close(close_code::POLICY, "too slow").await;
                return false;
            }
            if waiting.is_empty() {
                return true;
            }
            if !self.write(waiting.drain(..).collect()).await {
                return false;
            }
        }
    }

    /// What was begun is answered first: it may have happened.
    async fn say_goodbye(&mut self) {
        let finishing = async {
            while !self.pipeline.is_empty() {
                let answers = self.pipeline.ready().await;
                if !self.write(answers).await {
                    return;
                }
            }
            let stamp = Stamp { now: self.exchange.now(), unit: self.session.unit };
            let event = format!("{{\"event\":{}}}", server_shutdown(stamp));
            self.write(vec![event.into()]).await;
        };
        if timeout(WRITE_WITHIN, finishing).await.is_ok() {
            self.close(close_code::AWAY, "the server shuts down").await;
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        // It ends either way.
        let _ = timeout(WRITE_WITHIN, self.socket.send(Message::Close(Some(frame)))).await;
    }
}

/// Where a request comes from.
struct Origin {
    exchange: Arc<Exchange>,
    from: std::net::IpAddr,
    unit: TimeUnit,
    return_rate_limits: bool,
    session_key: Result<Option<(Arc<KeyEntry>, Warrant)>, Refusal>,
    looking: Arc<Semaphore>,
}

/// Answers one frame.
async fn reply_to(origin: Origin, text: Utf8Bytes) -> Utf8Bytes {
    let (exchange, now) = (&*origin.exchange, origin.exchange.now());
    let request: Result<SocketRequest<'_>, _> = serde_json::from_str(&text);
    let charge = |weight| exchange.weights.charge(origin.from, weight, now);
    let mut shown = origin.return_rate_limits;
    let Ok(request) = request else {
        let (refusal, used) = match charge(1) {
            Ok(used) => (Refusal::BadJson, used),
            Err(refused) => refused,
        };
        return write_reply(exchange, "null", Err(refusal), (used, shown), now);
    };
    let id = request.id_json();
    let outcome = async {
        let params = Params::from_json(request.params);
        let operation = operation_of(request.method_name());
        let weight = match (&params, operation) {
            (Ok(params), Some(operation)) => weight_of(operation, params),
            _ => 1,
        };
        let used = charge(weight)?;
        let tell = |refusal: Refusal| (refusal, used);
        if let Some(is_banned) = exchange.trouble.is_too_much() {
            return Err(tell(too_much(is_banned, now.millis())));
        }
        id.ok_or(tell(Refusal::BadValue("id")))?;
        let params = params.map_err(tell)?;
        let operation = operation.ok_or(tell(Refusal::BadValue("method")))?;
        shown = params.boolean("returnRateLimits").map_err(tell)?.unwrap_or(shown);
        let place = (origin.from, now);
        let caller = ws_session::identify(exchange, operation, &params, origin.session_key, place)
            .await
            .map_err(tell)?;
        let (caller, time_unit) = (caller.as_ref(), origin.unit);
        let from = origin.from;
        let call = Call { exchange, params: &params, caller, from, now, time_unit };
        // In the order of the frames, and until the answer is written down: who is first has it.
        let looks = (operation.security() != Security::Trade).then(|| origin.looking.acquire());
        let _looking = match looks {
            Some(turn) => turn.await.ok(),
            None => None,
        };
        let answer = perform(operation, &call).await;
        if exchange.trouble.is_unanswered() && operation.security() == Security::Trade {
            // Over or not: nobody is told what became of it.
            exchange.trouble.held_back().await;
            return Err(tell(Refusal::Timeout));
        }
        Ok((answer.map_err(tell)?, used))
    };
    let (outcome, used) = match outcome.await {
        Ok((answer, used)) => (Ok(answer), used),
        Err((refusal, used)) => (Err(refusal), used),
    };
    write_reply(exchange, id.unwrap_or("null"), outcome, (used, shown), now)
}

fn operation_of(method: &str) -> Option<Operation> {
    WS_METHODS.iter().find(|(name, _)| *name == method).map(|(_, operation)| *operation)
}

/// The answer as a frame, a `SocketReply`. Put together by hand: its largest part is JSON already.
fn write_reply(
    exchange: &Exchange,
    id: &str,
    outcome: Result<Answer, Refusal>,
    (used, shown): (u32, bool),
    now: Time,
) -> Utf8Bytes {
    let mut frame = String::with_capacity(768);
    let (status, word, json, orders) = match outcome {
        Ok(answer) => {
            let word = if answer.status == 200 { "result" } else { "error" };
            (answer.status, word, answer.json, answer.orders)
        }
        Err(refusal) => (refusal.status(), "error", error_json(refusal, now).into(), None),
    };
    let json = std::str::from_utf8(&json).unwrap_or("null");
    let _ = write!(frame, "{{\"id\":{id},\"status\":{status},\"{word}\":{json}");
    if shown {
        let weight = RateLimit::new(
            RateLimitKind::RequestWeight,
            WEIGHT_INTERVAL,
            exchange.limits.quotas.weight,
            Some(used),
        );
        let orders = orders.map(|count| exchange.orders.limits(count));
        let limits: Vec<RateLimit> = orders.into_iter().flatten().chain([weight]).collect();
        let limits = serde_json::to_string(&limits).unwrap_or_default();
        let _ = write!(frame, ",\"rateLimits\":{limits}");
    }
    frame.push('}');
    frame.into()
}

fn error_json(refusal: Refusal, now: Time) -> String {
    let retry = |retry_after| RetryAfter { server_time: now.millis(), retry_after };
    let error = SocketError {
        code: refusal.code(),
        msg: refusal.text(),
        data: refusal.retry_at_millis().map(retry),
    };
    serde_json::to_string(&error).unwrap_or_default()
}

type Reply = Pin<Box<dyn Future<Output = Utf8Bytes> + Send>>;

/// Requests under way, oldest first.
#[derive(Default)]
struct Pipeline {
    slots: VecDeque<Slot>,
    /// So many at the end have not been begun.
    fresh: usize,
    /// Of the answers that wait their turn, in bytes.
    waiting_bytes: usize,
}

enum Slot {
    Running(Reply),
    Done(Utf8Bytes),
}

impl Slot {
    /// Carries it on; tells how many bytes of answer have come by that.
    fn poll(&mut self, context: &mut Context<'_>) -> usize {
        if let Self::Running(reply) = self
            && let Poll::Ready(frame) = reply.as_mut().poll(context)
        {
            let bytes = frame.len();
            *self = Self::Done(frame);
            return bytes;
        }
        0
    }
}

impl Pipeline {
    /// Whether one request more may be begun.
    fn has_room(&self) -> bool {
        self.slots.len() < IN_FLIGHT_MAX && self.waiting_bytes < WAITING_BYTES_MAX
    }

    fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn push(&mut self, reply: Reply) {
        self.slots.push_back(Slot::Running(reply));
        self.fresh += 1;
    }

    fn push_done(&mut self, frame: Utf8Bytes) {
        self.waiting_bytes += frame.len();
        self.slots.push_back(Slot::Done(frame));
        self.fresh += 1;
    }

    /// The answers at the front, as soon as there is one. What was pushed is begun in its order,
    /// so that commands reach the sequencer in the order of their frames. Cancel safe.
    fn ready(&mut self) -> impl Future<Output = Vec<Utf8Bytes>> {
        poll_fn(|context| {
            let begun = self.slots.len() - self.fresh;
            let fresh = self.slots.iter_mut().skip(begun);
            self.waiting_bytes += fresh.map(|slot| slot.poll(context)).sum::<usize>();
            self.fresh = 0;
            let mut answers = Vec::new();
            while answers.len() < WRITTEN_AT_ONCE_MAX {
                let Some(front) = self.slots.front_mut() else { break };
                self.waiting_bytes += front.poll(context);
                match self.slots.pop_front() {
                    Some(Slot::Done(frame)) => {
                        self.waiting_bytes -= frame.len();
                        answers.push(frame);
                    }
                    Some(running) => {
                        self.slots.push_front(running);
                        break;
                    }
                    None => break,
                }
            }
            if answers.is_empty() { Poll::Pending } else { Poll::Ready(answers) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_come_in_the_order_of_their_requests() {
        let mut pipeline = Pipeline::default();
        let (first, second) = tokio::sync::oneshot::channel::<()>();
        pipeline.push(Box::pin(async move {
            second.await.unwrap();
            Utf8Bytes::from_static("slow")
        }));
        pipeline.push(Box::pin(async { Utf8Bytes::from_static("quick") }));
        pipeline.push_done(Utf8Bytes::from_static("done"));
        let mut ready = Box::pin(pipeline.ready());
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(ready.as_mut().poll(&mut context).is_pending(), "the first holds the rest back");
        first.send(()).unwrap();
        let answers = ready.await;
        assert_eq!(answers, ["slow", "quick", "done"].map(Utf8Bytes::from_static));
    }

    #[tokio::test]
    async fn answers_that_wait_behind_a_slow_one_are_bounded_in_bytes() {
        let mut pipeline = Pipeline::default();
        let (first, held) = tokio::sync::oneshot::channel::<()>();
        pipeline.push(Box::pin(async move {
            held.await.unwrap();
            Utf8Bytes::from_static("slow")
        }));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let large = || Utf8Bytes::from("x".repeat(WAITING_BYTES_MAX / 4));
        let mut begun = 0;
        while pipeline.has_room() {
            let answer = large();
            pipeline.push(Box::pin(async { answer }));
            assert!(Box::pin(pipeline.ready()).as_mut().poll(&mut context).is_pending());
            begun += 1;
        }
        assert_eq!(begun, 4, "no more than fit");
        first.send(()).unwrap();
        assert_eq!(pipeline.ready().await.len(), 5);
        assert!(pipeline.has_room(), "what is handed on waits no longer");
    }
}
