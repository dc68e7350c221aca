//! An account as it is told by socket: orders and fills at once, balances a little later.
//!
//! The venue tells by socket what an account has, and not what of it is reserved. So whatever
//! happens to an order is followed by the question what there is, asked once for many.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use model::AssetCode;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep_until};
use venue::kraken::{Execution, Incoming, SocketToken, Subscription, reading, subscribe_frame};
use venue::port::{AccountSink, Asked, Balance, Order, TradingAccount, VenueError};

use super::METERS;
use super::account::KrakenAccount;
use super::ask::result;
use super::follow::replied;
use crate::backoff::Backoff;
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Orders that are known at once: more than an account may have open.
const ORDERS_MAX: usize = 10_000;
/// How long after something happened it is asked what there is.
const SETTLES: Duration = Duration::from_millis(250);
/// How long to wait where it cannot be asked.
const ASKED_AGAIN: Duration = Duration::from_secs(5);

impl KrakenAccount {
    /// Tells `sink` of the account; ends only where the venue refuses.
    ///
    /// # Errors
    /// [`VenueError::Rejected`].
    pub async fn listen(&self, sink: &dyn AccountSink) -> Result<Infallible, VenueError> {
        let mut backoff = Backoff::default();
        loop {
            let Err(end) = self.session(sink, &mut backoff).await;
            sink.lost();
            end.pause("account", &mut backoff, METERS).await?;
        }
    }

    async fn session(
        &self,
        sink: &dyn AccountSink,
        backoff: &mut Backoff,
    ) -> Result<Infallible, End> {
        let answer = self.look("GetWebSocketsToken", 1).await?;
        let SocketToken { token, .. } = result(&answer)?;
        let url = format!("{}/v2", self.shared.endpoints.own_sockets);
        let mut socket = Socket::open(&self.shared.dialer, &url).await?;
        let wanted = Subscription {
            channel: "executions".into(),
            snap_orders: Some(true),
            snap_trades: Some(false),
            token: Some(token),
            ..Subscription::default()
        };
        socket.send(subscribe_frame(&wanted, 1)).await?;
        let mut listener = Listener::new(sink);
        let mut asking: Option<Asked<'_, Vec<Balance>>> = Some(self.balances());
        loop {
            let due = listener.due.filter(|_| asking.is_none());
            tokio::select! {
                arrived = socket.next() => {
                    if let Arrived::Text(text) = arrived? {
                        listener.hear(&text)?;
                        if listener.is_listening {
                            backoff.succeeded();
                        }
                    }
                }
                told = asked(&mut asking) => {
                    asking = None;
                    listener.compare(told?);
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    listener.due = None;
                    asking = Some(self.balances());
                }
            }
        }
    }
}

/// The answer to what is asked, if anything is. An answer that does not come is asked for later.
async fn asked(
    asking: &mut Option<Asked<'_, Vec<Balance>>>,
) -> Result<Option<Vec<Balance>>, VenueError> {
    let Some(asking) = asking else { return pending().await };
    match asking.await {
        Ok(balances) => Ok(Some(balances)),
        Err(error @ VenueError::Rejected { .. }) => Err(error),
        Err(VenueError::TryLater { .. } | VenueError::Unknown { .. }) => Ok(None),
    }
}

struct Listener<'a> {
    sink: &'a dyn AccountSink,
    is_listening: bool,
    /// The number of the last message about orders.
    sequence: Option<u64>,
    /// Orders that stand: what is told of them later is not told whole.
    orders: HashMap<String, Order>,
    /// What there was when it was asked last; `None` before.
    balances: Option<HashMap<AssetCode, Balance>>,
    /// When to ask what there is.
    due: Option<Instant>,
}

impl<'a> Listener<'a> {
    fn new(sink: &'a dyn AccountSink) -> Self {
        let (orders, sequence) = (HashMap::new(), None);
        Self { sink, is_listening: false, sequence, orders, balances: None, due: None }
    }

    fn hear(&mut self, text: &str) -> Result<(), End> {
        let told: Incoming<'_> = serde_json::from_str(text).map_err(SocketEnd::nonsense)?;
        match (told.channel, told.data) {
            (Some("executions"), Some(data)) => {
                self.follows(told.sequence)?;
                Ok(self.hear_orders(told.kind == Some("snapshot"), data)?)
            }
            (Some(_), _) => Ok(()),
            (None, _) => {
                replied(&told)?;
                if told.method == Some("subscribe") && !self.is_listening {
                    self.is_listening = true;
                    self.sink.listening();
                }
                Ok(())
            }
        }
    }

    /// A message that is missing is a fill that is.
    fn follows(&mut self, sequence: Option<u64>) -> Result<(), SocketEnd> {
        let follows =
            |last: u64| sequence.is_some_and(|sequence| last.checked_add(1) == Some(sequence));
        if !self.sequence.is_none_or(follows) {
            return Err(SocketEnd::nonsense("a number is missing"));
        }
        self.sequence = sequence;
        Ok(())
    }

    fn hear_orders(&mut self, is_snapshot: bool, data: &RawValue) -> Result<(), SocketEnd> {
        let told: Vec<Execution<'_>> =
            serde_json::from_str(data.get()).map_err(SocketEnd::nonsense)?;
        for told in &told {
            let known = self.orders.remove(&*told.order_id);
            let (order, fill) =
                reading::execution(told, known.as_ref()).map_err(SocketEnd::nonsense)?;
            if !is_snapshot {
                if let Some(fill) = &fill {
                    self.sink.fill(fill);
                }
                if known.as_ref() != Some(&order) {
                    self.sink.order(&order);
                }
                self.due.get_or_insert_with(|| Instant::now() + SETTLES);
            }
            // An order that has ended is kept for what is told behind that, and then let go.
            let is_over = order.state.is_final() && told.exec_type != "trade";
            if !is_over {
                if ORDERS_MAX <= self.orders.len() {
                    return Err(SocketEnd::nonsense("more orders than may stand"));
                }
                self.orders.insert(order.id.clone(), order);
            }
        }
        Ok(())
    }

    /// Tells what is another than it was.
    fn compare(&mut self, told: Option<Vec<Balance>>) {
        let Some(told) = told else {
            self.due = Some(Instant::now() + ASKED_AGAIN);
            return;
        };
        let now: HashMap<AssetCode, Balance> = told.iter().map(|it| (it.asset, *it)).collect();
        if let Some(before) = &self.balances {
            for balance in told.iter().filter(|it| before.get(&it.asset) != Some(it)) {
                self.sink.balance(balance);
            }
            // What is nothing any more is not told.
            for gone in before.keys().filter(|asset| !now.contains_key(asset)) {
                let none = model::Decimal::ZERO;
                self.sink.balance(&Balance { asset: *gone, free: none, held: none });
            }
        }
        self.balances = Some(now);
    }
}
