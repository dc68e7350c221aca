//! What happens to an account. Its socket tells how orders stand; what they traded and what money
//! is left is asked for whenever it says that something is another.
//!
//! Keeps   orders are looked up one at a time, in the order in which they changed; one that changes
//!         again while it waits is looked up once. At most [`WAITING_MAX`] wait; beyond that the
//!         session ends, and whoever listens asks for what happened. An answer that is behind what
//!         the socket told is none: it is asked for again, [`LOOKS_MAX`] times. What had traded of
//!         an order when the session began is not told, and nothing is told twice.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use model::{AssetCode, Decimal};
use venue::coinbase::{
    Channel, EventKind, Heading, Sequence, SubscriptionsEvent, USER_SNAPSHOT_MAX, UserEvent,
    UserOrder, is_order_id, reading, subscribe_frame,
};
use venue::each;
use venue::port::{AccountSink, Balance, Fill, Order, Pair, TradingAccount, VenueError};
use venue::traded;

use self::reading::OrderTold;

use super::account::CoinbaseAccount;
use crate::backoff::Backoff;
use crate::budget::Purpose;
use crate::session::{End, Listening};
use crate::socket::{Arrived, Socket, SocketEnd};

/// Orders that wait to be looked up, and those of which it is known what was told.
const WAITING_MAX: usize = 4_096;
/// How often an order is looked up that is not told yet as the socket tells it.
const LOOKS_MAX: u32 = 6;
/// How long to wait before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(150);

/// How an order stands, what it traded, and what money is left.
type Found = (Option<Order>, Vec<Fill>, Vec<Balance>);

impl CoinbaseAccount {
    /// What the venue has against us: it does not say it, but to a question by request.
    async fn refused(&self) -> End {
        match TradingAccount::permissions(self).await {
            Err(error @ VenueError::Rejected { .. }) => error.into(),
            Ok(_) | Err(_) => SocketEnd::nonsense("the venue says that we do").into(),
        }
    }

    /// Looks an order up, until what answers is not behind the socket any more.
    async fn look(&self, change: Change) -> Result<Found, End> {
        let Some(pair) = change.pair else {
            return Ok((None, Vec::new(), self.all_balances().await?));
        };
        for look in 0..LOOKS_MAX {
            if 0 < look {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            match self.found(pair, &change.id, Purpose::Look).await? {
                // Its trades are told by quote, if at all: only the money is told.
                Some(OrderTold::Foreign | OrderTold::Order { is_by_quote: true, .. }) => {
                    return Ok((None, Vec::new(), self.all_balances().await?));
                }
                Some(OrderTold::Order { order, .. }) if change.is_in(&order) => {
                    let has_traded = !order.filled.is_zero();
                    let id = has_traded.then_some(&*change.id);
                    let fills = match id {
                        Some(id) => self.fills_of(pair, Some(id)).await?,
                        None => Vec::new(),
                    };
                    if traded(&fills).map_err(SocketEnd::nonsense)? == order.filled {
                        return Ok((Some(*order), fills, self.all_balances().await?));
                    }
                }
                None | Some(OrderTold::Order { .. }) => {}
            }
        }
        Err(SocketEnd::nonsense("an order is told otherwise than by the socket").into())
    }
}

impl Listening for CoinbaseAccount {
    async fn session(
        &self,
        sink: &dyn AccountSink,
        backoff: &mut Backoff,
    ) -> Result<Infallible, End> {
        let shared = &self.shared;
        shared.measured.get_or_try_init(|| shared.measure()).await?;
        // What changes from here on is another than this.
        let mut told = Told::new(self.all_balances().await?);
        let mut socket = Socket::open(&shared.dialer, &shared.endpoints.user).await?;
        socket.send(subscribe_frame(Channel::Heartbeats, &[], None)).await?;
        let token = shared.token(&self.credentials, None);
        socket.send(subscribe_frame(Channel::User, &[], Some(&token))).await?;
        let (mut sequence, mut waiting) = (Sequence::default(), Waiting::default());
        let (mut is_subscribed, mut is_listening) = (false, false);
        let mut looking = None;
        loop {
            if looking.is_none()
                && let Some(change) = waiting.next()
            {
                looking = Some(Box::pin(self.look(change)));
            }
            tokio::select! {
                arrived = socket.next() => {
                    match hear(arrived?, &mut sequence, &mut waiting, &mut told)? {
                        Said::Subscribed => is_subscribed = true,
                        Said::Refused => return Err(self.refused().await),
                        Said::Other => {}
                    }
                    // What stands is known then: whatever trades from here on is told.
                    if is_subscribed && told.is_begun && !is_listening {
                        is_listening = true;
                        backoff.succeeded();
                        sink.listening();
                    }
                }
                found = looked(&mut looking) => {
                    looking = None;
                    told.tell(found?, sink)?;
                }
            }
        }
    }

    async fn measure(&self) -> Result<(), VenueError> {
        self.shared.measure().await
    }
}

/// What is found, where something is looked for.
async fn looked<F: Future + Unpin>(looking: &mut Option<F>) -> F::Output {
    match looking {
        Some(looking) => looking.await,
        None => std::future::pending().await,
    }
}

/// What the socket tells of an order that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    id: String,
    /// Where; `None` for a market whose name we cannot write: somebody else's.
    pair: Option<Pair>,
    /// So much has traded.
    filled: Decimal,
    /// Whether nothing more becomes of it.
    is_over: bool,
}

impl Change {
    fn of(told: &UserOrder<'_>) -> Result<Self, SocketEnd> {
        let pair = reading::pair_of(&told.product_id).ok();
        if !is_order_id(&told.order_id) {
            return Err(SocketEnd::nonsense("its order"));
        }
        let filled = reading::traded_of(told).map_err(SocketEnd::nonsense)?;
        Ok(Self {
            id: told.order_id.to_string(),
            pair,
            filled,
            is_over: reading::is_over(told.status),
        })
    }

    /// Whether an answer is no older than this.
    fn is_in(&self, order: &Order) -> bool {
        self.filled <= order.filled && (order.state.is_final() || !self.is_over)
    }
}

/// Orders that are to be looked up, each once.
#[derive(Debug, Default)]
struct Waiting(VecDeque<Change>);

impl Waiting {
    fn next(&mut self) -> Option<Change> {
        self.0.pop_front()
    }

    fn add(&mut self, change: Change) -> Result<(), SocketEnd> {
        if let Some(known) = self.0.iter_mut().find(|known| known.id == change.id) {
            known.filled = known.filled.max(change.filled);
            known.is_over |= change.is_over;
            return Ok(());
        }
        if WAITING_MAX <= self.0.len() {
            return Err(SocketEnd::nonsense("more orders than can be looked up"));
        }
        self.0.push_back(change);
        Ok(())
    }
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// That the account is listened to.
    Subscribed,
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
    told: &mut Told,
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
                said = Said::Subscribed;
            }
            Ok::<_, SocketEnd>(())
        })?,
        ("user", Some(events)) => {
            each(events, |event: UserEvent<'_>| hear_orders(&event, waiting, told))?;
        }
        _ => {}
    }
    Ok(said)
}

fn hear_orders(
    event: &UserEvent<'_>,
    waiting: &mut Waiting,
    told: &mut Told,
) -> Result<(), SocketEnd> {
    match event.kind {
        EventKind::Update => {
            for order in &event.orders {
                waiting.add(Change::of(order)?)?;
            }
        }
        // What stands already is to be asked for. What is told anew later is what the venue could
        // not tell in between: orders that ended meanwhile are not in it.
        EventKind::Snapshot if told.is_begun => {
            return Err(SocketEnd::nonsense("it tells anew what stands"));
        }
        EventKind::Snapshot => {
            for order in &event.orders {
                told.stands(Change::of(order)?)?;
            }
            told.is_begun = event.orders.len() < USER_SNAPSHOT_MAX;
        }
    }
    Ok(())
}

/// What was told already.
#[derive(Debug)]
struct Told {
    balances: HashMap<AssetCode, Balance>,
    /// Whether all that stands was told once.
    is_begun: bool,
    /// How much of each order had traded when it was told last, and whether it is over.
    orders: HashMap<String, (Decimal, bool)>,
}

impl Told {
    fn new(balances: Vec<Balance>) -> Self {
        let balances = balances.into_iter().map(|balance| (balance.asset, balance)).collect();
        Self { balances, is_begun: false, orders: HashMap::new() }
    }

    /// An order stood so when this began.
    fn stands(&mut self, order: Change) -> Result<(), SocketEnd> {
        self.note(order.id, order.filled, order.is_over)
    }

    fn note(&mut self, id: String, filled: Decimal, is_over: bool) -> Result<(), SocketEnd> {
        // One that is over may be told of again, and its fills must not, unless long after.
        if WAITING_MAX <= self.orders.len() {
            self.orders.retain(|_, (_, is_over)| !*is_over);
        }
        if WAITING_MAX <= self.orders.len() {
            return Err(SocketEnd::nonsense("more orders than may stand"));
        }
        self.orders.insert(id, (filled, is_over));
        Ok(())
    }

    /// Tells what is new: fills, then the order, then what changed of the money.
    fn tell(
        &mut self,
        (order, fills, balances): Found,
        sink: &dyn AccountSink,
    ) -> Result<(), SocketEnd> {
        if let Some(order) = order {
            let before = self.orders.get(&order.id).map_or(Decimal::ZERO, |(filled, _)| *filled);
            // Mostly little is new.
            let place =
                (0..=fills.len()).rev().find(|place| traded(&fills[..*place]) == Ok(before));
            let place = place.ok_or_else(|| SocketEnd::nonsense("other fills than before"))?;
            fills[place..].iter().for_each(|fill| sink.fill(fill));
            self.note(order.id.clone(), order.filled, order.state.is_final())?;
            sink.order(&order);
        }
        for balance in balances {
            if self.balances.insert(balance.asset, balance) != Some(balance) {
                sink.balance(&balance);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use model::{Side, Time};
    use venue::port::OrderState;

    use super::*;

    #[derive(Default)]
    struct Ear(Mutex<Vec<String>>);

    impl AccountSink for Ear {
        fn listening(&self) {}
        fn order(&self, order: &Order) {
            self.0.lock().unwrap().push(format!("{} {:?} {}", order.id, order.state, order.filled));
        }
        fn fill(&self, fill: &Fill) {
            self.0.lock().unwrap().push(fill.trade_id.clone());
        }
        fn balance(&self, _: &Balance) {}
        fn lost(&self) {}
    }

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USD".parse().unwrap() }
    }

    /// An order of which so much has traded, one at a time.
    fn found(filled: u8, state: OrderState) -> Found {
        let one = Decimal::new(1, 0).unwrap();
        let fill = |number: u8| Fill {
            pair: pair(),
            trade_id: format!("t{number}"),
            order_id: "o".to_owned(),
            side: Side::Buy,
            price: one,
            qty: one,
            fee: Decimal::ZERO,
            fee_asset: pair().quote,
            is_maker: false,
            time: Time(number.into()),
        };
        let order = Order {
            pair: pair(),
            id: "o".to_owned(),
            client_id: String::new(),
            side: Side::Buy,
            price: None,
            qty: Decimal::new(9, 0).unwrap(),
            filled: Decimal::new(filled.into(), 0).unwrap(),
            quote_filled: Decimal::ZERO,
            state,
            updated: Time(0),
        };
        (Some(order), (1..=filled).map(fill).collect(), Vec::new())
    }

    fn event(kind: &str, orders: &[(&str, &str, &str)]) -> String {
        let orders = orders.iter().map(|(id, status, filled)| {
            format!(
                r#"{{"order_id":"{id}","cumulative_quantity":"{filled}","leaves_quantity":"1",
                "avg_price":"1","total_fees":"0","status":"{status}","product_id":"BTC-USD",
                "creation_time":"2024-01-01T00:00:00Z","order_side":"BUY",
                "time_in_force":"GOOD_UNTIL_CANCELLED"}}"#
            )
        });
        let orders = orders.collect::<Vec<_>>().join(",");
        format!(r#"{{"type":"{kind}","orders":[{orders}]}}"#)
    }

    fn hear(json: &str, waiting: &mut Waiting, told: &mut Told) -> Result<(), SocketEnd> {
        hear_orders(&serde_json::from_str(json).unwrap(), waiting, told)
    }

    #[test]
    fn what_traded_before_is_not_told_and_nothing_twice() {
        let (ear, mut waiting) = (Ear::default(), Waiting::default());
        let mut told = Told::new(Vec::new());
        hear(&event("snapshot", &[("o", "OPEN", "3")]), &mut waiting, &mut told).unwrap();
        assert!(told.is_begun && waiting.next().is_none());
        for filled in [4, 4, 6] {
            told.tell(found(filled, OrderState::PartiallyFilled), &ear).unwrap();
        }
        told.tell(found(6, OrderState::Canceled), &ear).unwrap();
        let (part, end) = ("o PartiallyFilled", "o Canceled 6");
        let (four, six) = (format!("{part} 4"), format!("{part} 6"));
        let want = ["t4", &four, &four, "t5", "t6", &six, end];
        assert_eq!(*ear.0.lock().unwrap(), want);
        let backwards = told.tell(found(5, OrderState::Open), &ear);
        assert!(backwards.is_err(), "less than was told");
    }

    #[test]
    fn an_order_in_a_market_that_has_no_name_here_costs_no_session() {
        let (mut waiting, mut told) = (Waiting::default(), Told::new(Vec::new()));
        let strange = |kind| {
            let event = event(kind, &[("o", "OPEN", "1")]);
            event.replace("BTC-USD", "BIT-28JUL23-CDE")
        };
        hear(&strange("snapshot"), &mut waiting, &mut told).unwrap();
        hear(&strange("update"), &mut waiting, &mut told).unwrap();
        assert_eq!(waiting.next().unwrap().pair, None, "the money is asked for, and no more");
    }

    #[test]
    fn an_answer_that_is_behind_the_socket_is_no_answer() {
        let mut waiting = Waiting::default();
        let mut told = Told::new(Vec::new());
        for (status, filled) in [("OPEN", "2"), ("FILLED", "9"), ("OPEN", "4")] {
            hear(&event("update", &[("o", status, filled)]), &mut waiting, &mut told).unwrap();
        }
        let change = waiting.next().unwrap();
        assert!(waiting.next().is_none(), "looked up once");
        for (filled, state, is_in) in [
            (0, OrderState::Open, false),
            (4, OrderState::PartiallyFilled, false),
            (9, OrderState::PartiallyFilled, false),
            (4, OrderState::Canceled, false),
            (9, OrderState::Filled, true),
        ] {
            let (order, ..) = found(filled, state);
            assert_eq!(change.is_in(&order.unwrap()), is_in, "{filled} {state:?}");
        }
    }

    #[test]
    fn what_is_told_anew_in_the_middle_ends_a_session_and_so_does_too_much() {
        let (mut waiting, mut told) = (Waiting::default(), Told::new(Vec::new()));
        let many = |from: usize| (from..from + 50).map(|number| format!("o{number}"));
        let names: Vec<String> = many(0).collect();
        let full: Vec<_> = names.iter().map(|name| (name.as_str(), "OPEN", "0")).collect();
        hear(&event("snapshot", &full), &mut waiting, &mut told).unwrap();
        assert!(!told.is_begun, "another part follows");
        hear(&event("snapshot", &[]), &mut waiting, &mut told).unwrap();
        assert!(told.is_begun);
        assert!(hear(&event("snapshot", &[]), &mut waiting, &mut told).is_err());
        for number in 0..WAITING_MAX - 50 {
            told.note(format!("n{number}"), Decimal::ZERO, false).unwrap();
        }
        assert!(told.note("one more".to_owned(), Decimal::ZERO, false).is_err());
    }
}
