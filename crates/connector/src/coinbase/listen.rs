//! What happens to an account. Its socket tells how orders stand; what they traded and what money
//! is left is asked for whenever it says that something is another.
//!
//! Keeps   orders are looked up one at a time, in the order in which they changed; one that changes
//!         again while it waits is looked up once. At most [`WAITING_MAX`] wait; beyond that the
//!         session ends, and whoever listens asks for what happened.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;

use venue::coinbase::{
    Channel, EventKind, Heading, Sequence, SubscriptionsEvent, UserEvent, is_order_id,
    subscribe_frame,
};
use venue::each;
use venue::port::{AccountSink, Balance, Fill, Order, Pair, TradingAccount, VenueError};

use super::METERS;
use super::account::CoinbaseAccount;
use crate::backoff::Backoff;
use crate::budget::Purpose;
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Orders that wait to be looked up.
const WAITING_MAX: usize = 4_096;

/// How an order stands, what it traded, and what money is left.
type Found = (Option<Order>, Vec<Fill>, Vec<Balance>);

impl CoinbaseAccount {
    /// Tells `sink` of the account; ends only where the key may not listen.
    ///
    /// # Errors
    /// [`VenueError::Rejected`].
    pub(super) async fn follow_account(
        &self,
        sink: &dyn AccountSink,
    ) -> Result<Infallible, VenueError> {
        let mut backoff = Backoff::default();
        let mut told = Told::default();
        loop {
            let Err(end) = self.session(sink, &mut backoff, &mut told).await;
            sink.lost();
            end.pause("an account", &mut backoff, METERS).await?;
        }
    }

    /// What the venue has against us: it does not say it, but to a question by request.
    async fn refused(&self) -> End {
        match TradingAccount::permissions(self).await {
            Err(error @ VenueError::Rejected { .. }) => error.into(),
            Ok(_) | Err(_) => SocketEnd::nonsense("the venue says that we do").into(),
        }
    }

    async fn session(
        &self,
        sink: &dyn AccountSink,
        backoff: &mut Backoff,
        told: &mut Told,
    ) -> Result<Infallible, End> {
        let shared = &self.shared;
        shared.measured.get_or_try_init(|| shared.measure()).await?;
        // What changes from here on is another than this.
        told.balances = balances_of(self.all_balances().await?);
        let mut socket = Socket::open(&shared.dialer, &shared.endpoints.user).await?;
        socket.send(subscribe_frame(Channel::Heartbeats, &[], None)).await?;
        let token = shared.token(&self.credentials, None);
        socket.send(subscribe_frame(Channel::User, &[], Some(&token))).await?;
        let (mut sequence, mut waiting) = (Sequence::default(), Waiting::default());
        let mut is_listening = false;
        let mut looking = None;
        loop {
            if looking.is_none()
                && let Some((id, pair)) = waiting.next()
            {
                looking = Some(Box::pin(self.look(id, pair)));
            }
            tokio::select! {
                arrived = socket.next() => {
                    match hear(arrived?, &mut sequence, &mut waiting)? {
                        Said::Listening if !is_listening => {
                            is_listening = true;
                            backoff.succeeded();
                            sink.listening();
                        }
                        Said::Refused => return Err(self.refused().await),
                        Said::Listening | Said::Other => {}
                    }
                }
                found = looked(&mut looking) => {
                    looking = None;
                    told.tell(found?, sink);
                }
            }
        }
    }

    async fn look(&self, id: String, pair: Pair) -> Result<Found, VenueError> {
        let order = self.found(pair, &id, Purpose::Look).await?;
        let has_traded = order.as_ref().is_some_and(|order| !order.filled.is_zero());
        let fills = if has_traded { self.fills_of(pair, Some(&id)).await? } else { Vec::new() };
        Ok((order, fills, self.all_balances().await?))
    }
}

/// What is found, where something is looked for.
async fn looked<F: Future + Unpin>(looking: &mut Option<F>) -> F::Output {
    match looking {
        Some(looking) => looking.await,
        None => std::future::pending().await,
    }
}

/// Orders that are to be looked up, each once.
#[derive(Debug, Default)]
struct Waiting(VecDeque<(String, Pair)>);

impl Waiting {
    fn next(&mut self) -> Option<(String, Pair)> {
        self.0.pop_front()
    }

    fn add(&mut self, id: &str, product: &str) -> Result<(), SocketEnd> {
        let pair = product.split_once('-').and_then(|(base, quote)| {
            Some(Pair { base: base.parse().ok()?, quote: quote.parse().ok()? })
        });
        let pair = pair.ok_or_else(|| SocketEnd::nonsense("its market"))?;
        if !is_order_id(id) {
            return Err(SocketEnd::nonsense("its order"));
        }
        if self.0.iter().any(|(known, _)| known == id) {
            return Ok(());
        }
        if WAITING_MAX <= self.0.len() {
            return Err(SocketEnd::nonsense("more orders than can be looked up"));
        }
        self.0.push_back((id.to_owned(), pair));
        Ok(())
    }
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// That the account is listened to.
    Listening,
    /// That something is wrong with us.
    Refused,
    /// Anything else, or what was taken note of.
    Other,
}

/// Takes a message.
fn hear(
    arrived: Arrived,
    sequence: &mut Sequence,
    waiting: &mut Waiting,
) -> Result<Said, SocketEnd> {
    let Arrived::Text(text) = arrived else { return Ok(Said::Other) };
    let heading = Heading::read(&text)?;
    if heading.is_error {
        return Ok(Said::Refused);
    }
    let number = heading.sequence_num.ok_or_else(|| SocketEnd::nonsense("no number"))?;
    if !sequence.follows(number) {
        return Err(SocketEnd::nonsense("a number is missing"));
    }
    let mut said = Said::Other;
    match (heading.channel, heading.events) {
        ("subscriptions", Some(events)) => each(events, |event: SubscriptionsEvent<'_>| {
            if event.subscriptions.contains_key("user") {
                said = Said::Listening;
            }
            Ok::<_, SocketEnd>(())
        })?,
        ("user", Some(events)) => each(events, |event: UserEvent<'_>| {
            // What stands already is to be asked for.
            let mut orders = event.orders.iter().filter(|_| event.kind == EventKind::Update);
            orders.try_for_each(|order| waiting.add(&order.order_id, &order.product_id))
        })?,
        _ => {}
    }
    Ok(said)
}

/// What was told already.
#[derive(Debug, Default)]
struct Told {
    balances: HashMap<model::AssetCode, Balance>,
    /// Of orders how many fills, and whether they are over.
    fills: HashMap<String, (usize, bool)>,
}

fn balances_of(balances: Vec<Balance>) -> HashMap<model::AssetCode, Balance> {
    balances.into_iter().map(|balance| (balance.asset, balance)).collect()
}

impl Told {
    /// Tells what is new: fills, then the order, then what changed of the money.
    fn tell(&mut self, (order, fills, balances): Found, sink: &dyn AccountSink) {
        if let Some(order) = order {
            let (known, _) = self.fills.get(&order.id).copied().unwrap_or_default();
            fills.iter().skip(known).for_each(|fill| sink.fill(fill));
            // One that is over may be told of again, and its fills must not, unless long after.
            if WAITING_MAX <= self.fills.len() {
                self.fills.retain(|_, (_, is_over)| !*is_over);
            }
            let told = (fills.len().max(known), order.state.is_final());
            self.fills.insert(order.id.clone(), told);
            sink.order(&order);
        }
        for balance in balances {
            if self.balances.insert(balance.asset, balance) != Some(balance) {
                sink.balance(&balance);
            }
        }
    }
}
