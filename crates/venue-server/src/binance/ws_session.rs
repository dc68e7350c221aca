//! The state of one connection to the WebSocket API: who is logged on, who is listened to.
//!
//! Keeps   a session's key is looked up anew for every request, so that a revoked key ends it;
//!         at most [`SUBSCRIPTIONS_MAX`] accounts are listened to at once.
//! Source  web-socket-api.md, "Session Authentication", "User Data Stream subscription".

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use model::Time;
use venue::binance::{
    KeyKind, Operation, Refusal, Security, SessionStatus, SubscriptionNumber, TimeUnit,
    socket_payload,
};

use super::auth::{self, Caller, Warrant, Window};
use super::fanout::Outbox;
use super::operation::Answer;
use super::replay::Purpose;
use super::request::Params;
use super::user_hub::{self, Envelope, Listening};
use crate::exchange::Exchange;
use crate::keyring::KeyEntry;

/// Accounts listened to at once on one connection.
const SUBSCRIPTIONS_MAX: usize = 1_000;
/// Subscriptions of one connection in its whole life.
const SUBSCRIPTION_NUMBERS_MAX: u32 = 65_535;
/// The weight of each method of a session.
pub const SESSION_WEIGHT: u32 = 2;

/// A method that changes or tells the state of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMethod {
    /// `session.logon`
    Logon,
    /// `session.status`
    Status,
    /// `session.logout`
    Logout,
    /// `session.subscriptions`
    Subscriptions,
    /// `userDataStream.subscribe`
    Subscribe,
    /// `userDataStream.subscribe.signature`
    SubscribeSigned,
    /// `userDataStream.unsubscribe`
    Unsubscribe,
}

impl SessionMethod {
    /// The method of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "session.logon" => Self::Logon,
            "session.status" => Self::Status,
            "session.logout" => Self::Logout,
            "session.subscriptions" => Self::Subscriptions,
            "userDataStream.subscribe" => Self::Subscribe,
            "userDataStream.subscribe.signature" => Self::SubscribeSigned,
            "userDataStream.unsubscribe" => Self::Unsubscribe,
            _ => return None,
        })
    }
}

/// Who is logged on.
#[derive(Clone, Debug)]
struct LoggedOn {
    api_key: Arc<str>,
    since: Time,
}

#[derive(Debug)]
struct Subscription {
    number: u32,
    caller: Caller,
    of_session: bool,
    listening: Listening,
}

/// One connection.
#[derive(Debug)]
pub struct Session {
    exchange: Arc<Exchange>,
    /// From where.
    pub from: IpAddr,
    /// The unit of its times.
    pub unit: TimeUnit,
    /// Whether answers tell limits, where the request does not say.
    pub return_rate_limits: bool,
    connected: Time,
    logged_on: Option<LoggedOn>,
    outbox: Arc<Outbox>,
    subscriptions: Vec<Subscription>,
    numbers: u32,
}

impl Session {
    /// A connection that nobody has logged on to.
    #[must_use]
    pub fn new(
        exchange: Arc<Exchange>,
        from: IpAddr,
        return_rate_limits: bool,
        outbox: Arc<Outbox>,
    ) -> Self {
        let (connected, unit) = (exchange.now(), outbox.unit());
        Self {
            exchange,
            from,
            unit,
            return_rate_limits,
            connected,
            logged_on: None,
            outbox,
            subscriptions: Vec::new(),
            numbers: 0,
        }
    }

    /// What waits to be sent beside the answers.
    #[must_use]
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Carries out a method of the session.
    ///
    /// # Errors
    /// As documented.
    pub async fn perform(
        &mut self,
        method: SessionMethod,
        params: &Params<'_>,
        now: Time,
    ) -> Result<Answer, Refusal> {
        // What has ended by itself is not told as going on.
        let _ = self.check_session(Security::None);
        self.subscriptions.retain(|subscription| subscription.listening.goes_on());
        match method {
            SessionMethod::Logon => {
                let (key, name) = signed_key(&self.exchange, params, self.from, now)?;
                params.finish()?;
                // Only these keys sign in a way that the server could not have done itself.
                if key.verifier.kind() != KeyKind::Ed25519 {
                    return Err(Refusal::KeyRefused);
                }
                self.logged_on = Some(LoggedOn { api_key: name, since: now });
                Answer::of(&self.status(now))
            }
            SessionMethod::Status => {
                params.finish()?;
                Answer::of(&self.status(now))
            }
            SessionMethod::Logout => {
                params.finish()?;
                self.logged_on = None;
                self.end(|subscription| subscription.of_session, now);
                Answer::of(&self.status(now))
            }
            SessionMethod::Subscriptions => {
                params.finish()?;
                let number = |it: &Subscription| SubscriptionNumber { subscription_id: it.number };
                Answer::of(&self.subscriptions.iter().map(number).collect::<Vec<_>>())
            }
            SessionMethod::Subscribe => {
                params.finish()?;
                let key = self.check_session(Security::UserData)?.ok_or(Refusal::KeyRefused)?;
                auth::count_unsigned(&key.0, Ok(()), (self.from, now))?;
                self.subscribe(key, true).await
            }
            SessionMethod::SubscribeSigned => {
                let (key, name) = signed_key(&self.exchange, params, self.from, now)?;
                params.finish()?;
                self.subscribe((key, Warrant::new(&name, self.from)), false).await
            }
            SessionMethod::Unsubscribe => self.unsubscribe(params, now),
        }
    }

    /// The key of the session, and by which it can be asked for again, if it is logged on and the
    /// key is still good for `security`. Logs the session off where the key is no more.
    ///
    /// # Errors
    /// [`Refusal::KeyRefused`] where it is not: then the session is over.
    pub fn check_session(
        &mut self,
        security: Security,
    ) -> Result<Option<(Arc<KeyEntry>, Warrant)>, Refusal> {
        let Some(logged_on) = &self.logged_on else { return Ok(None) };
        match auth::find_key(&self.exchange, Some(&logged_on.api_key), self.from, Security::None) {
            Ok(key) if auth::may(&key, security) => {
                Ok(Some((key, Warrant::new(&logged_on.api_key, self.from))))
            }
            Ok(_) => Err(Refusal::KeyRefused),
            Err(refusal) => {
                self.logged_on = None;
                Err(refusal)
            }
        }
    }

    fn status(&self, now: Time) -> SessionStatus<'static> {
        let logged_on = self.logged_on.as_ref();
        SessionStatus {
            api_key: logged_on.map(|it| Cow::Owned(it.api_key.to_string())),
            authorized_since: logged_on.map(|it| self.unit.of(it.since)),
            connected_since: self.unit.of(self.connected),
            return_rate_limits: self.return_rate_limits,
            server_time: self.unit.of(now),
            user_data_stream: !self.subscriptions.is_empty(),
        }
    }

    async fn subscribe(
        &mut self,
        (key, warrant): (Arc<KeyEntry>, Warrant),
        of_session: bool,
    ) -> Result<Answer, Refusal> {
        let caller = auth::caller(&self.exchange, key, warrant).await?;
        let known = |it: &Subscription| it.caller.account == caller.account;
        if self.subscriptions.iter().any(known) {
            return Err(Refusal::AlreadySubscribed);
        }
        let full = SUBSCRIPTIONS_MAX <= self.subscriptions.len();
        if full || SUBSCRIPTION_NUMBERS_MAX <= self.numbers {
            return Err(Refusal::TooManySubscriptions);
        }
        let number = self.numbers;
        let listening = self.exchange.users.listen(
            caller.account,
            Envelope::Subscription(number, caller.warrant.clone()),
            &self.outbox,
        )?;
        self.numbers += 1;
        self.subscriptions.push(Subscription { number, caller, of_session, listening });
        Answer::of(&SubscriptionNumber { subscription_id: number })
    }

    fn unsubscribe(&mut self, params: &Params<'_>, now: Time) -> Result<Answer, Refusal> {
        let number = params.integer("subscriptionId")?;
        params.finish()?;
        let wanted = |it: &Subscription| number.is_none_or(|id| id == u64::from(it.number));
        if !self.subscriptions.iter().any(wanted) {
            return Err(Refusal::NotSubscribed);
        }
        self.end(wanted, now);
        Answer::of(&serde_json::Map::new())
    }

    /// Ends the subscriptions that `which` chooses, and says so on the connection.
    fn end(&mut self, which: impl Fn(&Subscription) -> bool, now: Time) {
        let event = user_hub::terminated(self.unit, now);
        let outbox = &self.outbox;
        self.subscriptions.retain(|subscription| {
            let ends = which(subscription);
            if ends {
                // A connection that has overflowed hears nothing more anyway.
                let _ = outbox.push(user_hub::subscribed(subscription.number, &event).into());
            }
            !ends
        });
    }
}

/// The key named and signed with in `params`, and its name.
fn signed_key(
    exchange: &Exchange,
    params: &Params<'_>,
    from: IpAddr,
    now: Time,
) -> Result<(Arc<KeyEntry>, Arc<str>), Refusal> {
    let name: Arc<str> = params.required("apiKey")?.into();
    let key = auth::find_key(exchange, Some(&name), from, Security::UserData)?;
    // Heard on its way, it must not open another session.
    check_socket_signature(exchange, &key, Purpose::Change, params, (from, now))?;
    Ok((key, name))
}

/// Checks the signature of a socket request: over its parameters, sorted by name.
///
/// # Errors
/// The refusals of [`auth::check_signed`].
pub fn check_socket_signature(
    exchange: &Exchange,
    key: &KeyEntry,
    purpose: Purpose,
    params: &Params<'_>,
    (from, now): (IpAddr, Time),
) -> Result<(), Refusal> {
    let pairs: Vec<(&str, &str)> = params.iter().collect();
    let payload = socket_payload(&pairs);
    let signed = (&[&payload[..]][..], params.peek("signature"));
    auth::check_signed(exchange, key, purpose, params, signed, (from, now))
}

/// Who asks for one request, by its own signature or by the session.
///
/// # Errors
/// The refusals of [`super::auth`].
pub async fn identify(
    exchange: &Exchange,
    operation: Operation,
    params: &Params<'_>,
    session_key: Result<Option<(Arc<KeyEntry>, Warrant)>, Refusal>,
    (from, now): (IpAddr, Time),
) -> Result<Option<Caller>, Refusal> {
    let security = operation.security();
    if security == Security::None {
        // Clients send their key along with whatever they ask.
        let _ = params.raw("apiKey");
        return Ok(None);
    }
    let (key, warrant) = match params.text("apiKey")? {
        Some(api_key) => {
            let key = auth::find_key(exchange, Some(api_key), from, security)?;
            let purpose = Purpose::of(operation);
            check_socket_signature(exchange, &key, purpose, params, (from, now))?;
            (key, Warrant::new(api_key, from))
        }
        None => {
            let (key, warrant) = session_key?.ok_or(Refusal::Mandatory("apiKey"))?;
            if !auth::may(&key, security) {
                return Err(Refusal::KeyRefused);
            }
            // The connection itself proves who asks; the time must be right all the same.
            let window = Window::read(params);
            let checked = window.and_then(|window| window.check(now, exchange.started_at));
            auth::count_unsigned(&key, checked, (from, now))?;
            (key, warrant)
        }
    };
    auth::caller(exchange, key, warrant).await.map(Some)
}
