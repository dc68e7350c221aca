//! What happens to orders without their owners' doing, gathered and told.
//!
//! Keeps   of one account, [`TOLD_MAX`] orders are told one by one at a time; what is beyond is
//!         told as one. A database that is slow holds nobody up: [`ACCOUNTS_MAX`] accounts wait
//!         for it, what came beyond is not told, and no more is what a feed that lagged behind has
//!         lost: the truth is in the orders themselves. Makers of a demo are no users, and are
//!         not told.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use engine::CancelReason;
use identity::{Identity, NewNotice, NoticeKind, Subject};
use model::{AccountId, Side, UserId};
use projection::{
    FEED_COMMANDS_MAX, Feed, FeedError, Market, OrderCause, OrderRecord, OrderStatus, Update,
};
use tokio::time::{MissedTickBehavior, interval};

use crate::api::Api;

/// How often is told what happened.
const BEAT: Duration = Duration::from_millis(250);
/// Orders of one account that are told one by one, at a time.
const TOLD_MAX: usize = 10;
/// Accounts that are told at each beat; the others wait for the next.
const ACCOUNTS_PER_BEAT: usize = 20;
/// Accounts that wait.
const ACCOUNTS_MAX: usize = 1_000;

/// What happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happened {
    Triggered,
    PartiallyFilled,
    Filled,
    Canceled,
    Expired,
}

impl Happened {
    /// What an owner need be told of a change; `None` for what they did, or know.
    fn of(order: &OrderRecord, cause: &OrderCause) -> Option<Self> {
        // The other order of the list says it.
        if order.ended_by == Some(CancelReason::ListEnded) {
            return None;
        }
        match cause {
            OrderCause::Triggered => Some(Self::Triggered),
            OrderCause::Filled(_) if order.status == OrderStatus::Filled => Some(Self::Filled),
            OrderCause::Filled(fill) if fill.qty == order.filled => Some(Self::PartiallyFilled),
            OrderCause::Expired | OrderCause::Prevented(_) => match order.status {
                OrderStatus::Canceled => Some(Self::Canceled),
                OrderStatus::Expired | OrderStatus::ExpiredInMatch => Some(Self::Expired),
                OrderStatus::New | OrderStatus::PartiallyFilled | OrderStatus::Filled => None,
            },
            OrderCause::New
            | OrderCause::Filled(_)
            | OrderCause::Amended { .. }
            | OrderCause::Canceled(_)
            | OrderCause::Replaced(_) => None,
        }
    }

    const fn kind(self) -> NoticeKind {
        match self {
            Self::Triggered => NoticeKind::StopTriggered,
            Self::PartiallyFilled => NoticeKind::OrderPartiallyFilled,
            Self::Filled => NoticeKind::OrderFilled,
            Self::Canceled => NoticeKind::OrderCanceled,
            Self::Expired => NoticeKind::OrderExpired,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Triggered => "Stop triggered",
            Self::PartiallyFilled => "Order partially filled",
            Self::Filled => "Order filled",
            Self::Canceled => "Order cancelled",
            Self::Expired => "Order expired",
        }
    }
}

/// What happened to the orders of one account since the last beat.
#[derive(Debug, Default)]
struct Gathered {
    /// The last of each order, in the order in which it came.
    told: Vec<(Happened, Arc<OrderRecord>)>,
    /// How many more there were.
    more: usize,
}

impl Gathered {
    fn add(&mut self, happened: Happened, order: &Arc<OrderRecord>) {
        // What an order came to takes the place of what led there; that it woke is told beside.
        let is_before = |(before, told): &&mut (Happened, Arc<OrderRecord>)| {
            told.id == order.id
                && (*before == Happened::Triggered) == (happened == Happened::Triggered)
        };
        if let Some(before) = self.told.iter_mut().find(is_before) {
            *before = (happened, Arc::clone(order));
        } else if self.told.len() < TOLD_MAX {
            self.told.push((happened, Arc::clone(order)));
        } else {
            self.more += 1;
        }
    }

    /// In words.
    fn notices(self, market: impl Fn(&OrderRecord) -> Option<Arc<Market>>) -> Vec<NewNotice> {
        let word = |(happened, order): &(Happened, Arc<OrderRecord>)| {
            let listed = market(order)?;
            Some(in_words(*happened, order, &listed))
        };
        let mut notices: Vec<NewNotice> = self.told.iter().filter_map(word).collect();
        if 0 < self.more {
            let detail = format!(
                "{} more changes of your orders came at once; the order history has them all.",
                self.more
            );
            let title = "Many orders changed";
            notices.push(NewNotice::new(NoticeKind::OrdersMany, title, detail));
        }
        notices
    }
}

fn in_words(happened: Happened, order: &OrderRecord, market: &Market) -> NewNotice {
    let (base, quote) = market.symbol.dashed.split_once('-').unwrap_or_default();
    let side = |buy: &'static str, sell| if order.new.side == Side::Buy { buy } else { sell };
    let bare = |text: String| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    };
    let filled = bare(market.qty_text(order.filled));
    let paid = market.quote_amount(order.quote_filled).trimmed();
    let traded = format!("{} {filled} {base} for {paid} {quote}", side("Bought", "Sold"));
    let size = bare(market.qty_text(order.qty));
    let of = if order.qty.is_zero() { String::new() } else { format!(" {size} {base}") };
    let what = format!("{}{of} on {}", side("Buy", "Sell"), market.symbol.dashed);
    let why = order.ended_by.map_or("", why);
    let so_far =
        if order.filled.is_zero() { "Nothing was filled".to_owned() } else { traded.clone() };
    let detail = match happened {
        Happened::Filled => format!("{traded}."),
        Happened::PartiallyFilled => format!("{traded} so far, of {size} {base}."),
        Happened::Triggered => format!("{what} is working now."),
        Happened::Canceled => format!("{what} was cancelled by the exchange{why}. {so_far}."),
        Happened::Expired => format!("{what} ended by its own terms{why}. {so_far}."),
    };
    let subject = Subject::Order { id: order.id.0, symbol: market.symbol.dashed.clone() };
    NewNotice::new(happened.kind(), happened.title(), detail).about(subject)
}

/// The rest of a sentence that says that an order ended.
const fn why(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested | CancelReason::Replaced | CancelReason::ListEnded => "",
        CancelReason::NotFilled => ": no more of it could be filled at once",
        CancelReason::FillOrKill => ": it could not be filled whole at once",
        CancelReason::SelfTrade => ": it would have traded with an order of your own",
        CancelReason::TriggerFailed => ": when its stop was reached, it was refused",
        CancelReason::TimedOut => ": its time was over",
        CancelReason::PriceBand => ": the next price was out of bounds",
    }
}

/// Accounts that wait to be told what happened to their orders.
#[derive(Debug, Default)]
struct Waiting {
    gathered: HashMap<AccountId, Gathered>,
    /// The same, in the order in which they came.
    order: VecDeque<AccountId>,
}

impl Waiting {
    fn note(&mut self, update: &Update) {
        let Update::Order { order, cause } = update else { return };
        let Some(happened) = Happened::of(order, cause) else { return };
        let account = order.new.account;
        if !self.gathered.contains_key(&account) {
            if ACCOUNTS_MAX <= self.order.len() {
                return;
            }
            self.order.push_back(account);
        }
        self.gathered.entry(account).or_default().add(happened, order);
    }

    /// Those who are told next.
    fn take(&mut self) -> Vec<(AccountId, Gathered)> {
        let next = self.order.len().min(ACCOUNTS_PER_BEAT);
        let next = self.order.drain(..next);
        next.filter_map(|account| Some((account, self.gathered.remove(&account)?))).collect()
    }
}

/// Tells people what happens to their orders, until the exchange stops. To be spawned once.
pub async fn feed(api: Arc<Api>) {
    let mut stopping = api.exchange.sockets_stopping();
    let mut feed = api.exchange.views.subscribe_outcomes();
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut waiting = Waiting::default();
    // Beside: the feed goes on while the database takes its time.
    let mut telling = tokio::spawn(async {});
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            _ = beats.tick() => {}
        }
        let goes_on = gather(&mut feed, &mut waiting).is_ok();
        if telling.is_finished() {
            let told = words_of(&api, waiting.take());
            if !told.is_empty() {
                telling = tokio::spawn(tell(Arc::clone(&api.identity), told));
            }
        }
        if !goes_on {
            return;
        }
    }
}

async fn tell(identity: Arc<Identity>, told: Vec<(UserId, NewNotice)>) {
    if let Err(error) = identity.notify(told).await {
        tracing::warn!(%error, "users are not told what happened to their orders");
    }
}

/// Takes in what is there. Fails at the end of the exchange.
fn gather(feed: &mut Feed, waiting: &mut Waiting) -> Result<(), FeedError> {
    for _ in 0..FEED_COMMANDS_MAX {
        match feed.try_next() {
            Ok(Some(changes)) => changes.updates.iter().for_each(|update| waiting.note(update)),
            Ok(None) => return Ok(()),
            Err(FeedError::Lagged(lost)) => {
                tracing::warn!(?lost, "some orders' owners are not told what happened");
            }
            Err(FeedError::Closed) => return Err(FeedError::Closed),
        }
    }
    Ok(())
}

fn words_of(api: &Api, next: Vec<(AccountId, Gathered)>) -> Vec<(UserId, NewNotice)> {
    let views = &api.exchange.views;
    let catalog = views.catalog();
    let market = |order: &OrderRecord| catalog.market(order.new.market).cloned();
    let mut told = Vec::new();
    for (account, gathered) in next {
        let Some(user) = views.user_of(account) else { continue };
        told.extend(gathered.notices(market).into_iter().map(|notice| (user, notice)));
    }
    told
}
