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
use venue::kraken::{
    Execution, Incoming, SocketToken, Subscription, pair_of, reading, subscribe_frame,
};
use venue::port::{AccountSink, Asked, Balance, Order, TradingAccount, VenueError};

use super::account::KrakenAccount;
use super::ask::result;
use super::follow::replied;
use crate::backoff::Backoff;
use crate::session::{End, Listening};
use crate::socket::{Arrived, Socket, SocketEnd};

/// Orders that are known at once: more than an account may have open.
const ORDERS_MAX: usize = 10_000;
/// How long after something happened it is asked what there is.
const SETTLES: Duration = Duration::from_millis(250);
/// How long to wait where it cannot be asked.
const ASKED_AGAIN: Duration = Duration::from_secs(5);

impl Listening for KrakenAccount {
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

    async fn measure(&self) -> Result<(), VenueError> {
        self.shared.measure().await
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
    /// Whether the venue tells of orders.
    is_subscribed: bool,
    /// Whether whoever listens was told so: not before it is known what there is, or nobody would
    /// see that it is another.
    is_listening: bool,
    /// The number of the last message about orders.
    sequence: Option<u64>,
    /// Orders that stand: what is told of them later is not told whole. `None` where one is of a
    /// market whose name we cannot write: somebody else's.
    orders: HashMap<String, Option<Order>>,
    /// What there was when it was asked last; `None` before.
    balances: Option<HashMap<AssetCode, Balance>>,
    /// When to ask what there is.
    due: Option<Instant>,
}

impl<'a> Listener<'a> {
    fn new(sink: &'a dyn AccountSink) -> Self {
        Self {
            sink,
            is_subscribed: false,
            is_listening: false,
            sequence: None,
            orders: HashMap::new(),
            balances: None,
            due: None,
        }
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
                self.is_subscribed |= told.method == Some("subscribe");
                self.begin();
                Ok(())
            }
        }
    }

    fn begin(&mut self) {
        if self.is_subscribed && self.balances.is_some() && !self.is_listening {
            self.is_listening = true;
            self.sink.listening();
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
            if !is_snapshot {
                self.due.get_or_insert_with(|| Instant::now() + SETTLES);
            }
            let known = self.orders.remove(&*told.order_id);
            let is_strange = told.symbol.as_deref().is_some_and(|name| pair_of(name).is_none());
            let (order, has_ended) = if is_strange || known == Some(None) {
                (None, matches!(&*told.order_status, "filled" | "canceled" | "expired"))
            } else {
                let order = self.hear_order(told, known.flatten().as_ref(), is_snapshot)?;
                let has_ended = order.state.is_final();
                (Some(order), has_ended)
            };
            // An order that has ended is kept for what is told behind that, and then let go.
            let is_over = has_ended && told.exec_type != "trade";
            if !is_over {
                if ORDERS_MAX <= self.orders.len() {
                    return Err(SocketEnd::nonsense("more orders than may stand"));
                }
                self.orders.insert(told.order_id.clone().into_owned(), order);
            }
        }
        Ok(())
    }

    /// Tells of an order: of what was before anybody listens, nothing, since that is asked for.
    fn hear_order(
        &self,
        told: &Execution<'_>,
        known: Option<&Order>,
        is_snapshot: bool,
    ) -> Result<Order, SocketEnd> {
        let (order, fill) = reading::execution(told, known).map_err(SocketEnd::nonsense)?;
        if self.is_listening && !is_snapshot {
            if let Some(fill) = &fill {
                self.sink.fill(fill);
            }
            if known != Some(&order) {
                self.sink.order(&order);
            }
        }
        Ok(order)
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
        self.begin();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use venue::port::Fill;

    use super::*;

    #[derive(Default)]
    struct Ear(Mutex<Vec<String>>);

    impl Ear {
        fn note(&self, told: String) {
            self.0.lock().unwrap().push(told);
        }
    }

    impl AccountSink for Ear {
        fn listening(&self) {
            self.note("listening".to_owned());
        }
        fn order(&self, order: &Order) {
            self.note(format!("{} {:?}", order.id, order.state));
        }
        fn fill(&self, fill: &Fill) {
            self.note(fill.trade_id.clone());
        }
        fn balance(&self, balance: &Balance) {
            self.note(format!("{} {}", balance.asset, balance.free));
        }
        fn lost(&self) {}
    }

    const SUBSCRIBED: &str = r#"{"method":"subscribe","success":true,"req_id":1,
        "result":{"channel":"executions"}}"#;

    fn message(sequence: u64, kind: &str, order: &str) -> String {
        format!(
            r#"{{"channel":"executions","type":"{kind}","sequence":{sequence},"data":[{order}]}}"#
        )
    }

    fn placed(id: &str, symbol: &str) -> String {
        format!(
            r#"{{"order_id":"{id}","exec_type":"new","symbol":"{symbol}","side":"buy",
            "order_status":"new","order_type":"limit","order_qty":9,"limit_price":100,
            "timestamp":"2023-09-22T10:33:05.709950Z"}}"#
        )
    }

    fn traded(id: &str, trade: u64) -> String {
        format!(
            r#"{{"order_id":"{id}","exec_type":"trade","trade_id":{trade},"last_qty":1,
            "last_price":100,"liquidity_ind":"m","order_status":"partially_filled",
            "cum_qty":{trade},"cum_cost":100,"fees":[{{"asset":"USD","qty":0.1}}],
            "timestamp":"2023-09-22T10:33:06Z"}}"#
        )
    }

    fn money(free: &str) -> Option<Vec<Balance>> {
        let (asset, held) = ("USD".parse().unwrap(), model::Decimal::ZERO);
        Some(vec![Balance { asset, free: free.parse().unwrap(), held }])
    }

    #[test]
    fn nobody_is_told_to_be_listening_before_it_is_known_what_there_is() {
        let ear = Ear::default();
        let mut listener = Listener::new(&ear);
        listener.hear(SUBSCRIBED).unwrap();
        listener.hear(&message(1, "snapshot", &placed("OA", "BTC/USD"))).unwrap();
        listener.compare(None);
        listener.hear(&message(2, "update", &traded("OA", 1))).unwrap();
        assert_eq!(*ear.0.lock().unwrap(), [""; 0], "what was before is asked for");
        listener.compare(money("900"));
        listener.hear(&message(3, "update", &traded("OA", 2))).unwrap();
        listener.compare(money("800"));
        let want = ["listening", "2", "OA PartiallyFilled", "USD 800"];
        assert_eq!(*ear.0.lock().unwrap(), want);
    }

    #[test]
    fn an_order_in_a_market_that_has_no_name_here_costs_no_session() {
        let ear = Ear::default();
        let mut listener = Listener::new(&ear);
        listener.hear(SUBSCRIBED).unwrap();
        listener.compare(money("900"));
        let strange = placed("OX", "no such name/USD");
        listener.hear(&message(1, "snapshot", &strange)).unwrap();
        listener.hear(&message(2, "update", &traded("OX", 1))).unwrap();
        assert!(listener.due.is_some(), "its money is asked for");
        let end = r#"{"order_id":"OX","exec_type":"canceled","order_status":"canceled"}"#;
        listener.hear(&message(3, "update", end)).unwrap();
        assert!(listener.orders.is_empty());
        listener.hear(&message(4, "update", &placed("OA", "BTC/USD"))).unwrap();
        assert_eq!(*ear.0.lock().unwrap(), ["listening", "OA Open"]);
    }
}
