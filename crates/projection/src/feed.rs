//! What changed, command by command, for sockets.
//!
//! Keeps   changes come in the order of the journal; whoever reads too slowly loses the oldest and
//!         is told how many; the folding thread never waits for a reader. Where nobody pays
//!         [`Attention`], nothing is told, and changes cost nothing but the change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, AssetId, ClientOrderId, MarketId, Seq, Side, Time};
use tokio::sync::{Notify, broadcast};

use crate::record::{
    AdjustmentRecord, AggregateTrade, AveragePrice, Balance, BookTicker, FillRecord, Level,
    ListRecord, OrderRecord, PreventionRecord, TradeRecord,
};

/// The changes of how many commands a feed keeps for a slow reader.
pub const FEED_COMMANDS_MAX: usize = 16_384;

/// All that one command changed, in this order: as it happened, then balances, then books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Which command.
    pub seq: Seq,
    /// When.
    pub time: Time,
    /// What changed.
    pub updates: Box<[Update]>,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// Two orders met. The fills follow, each with its order.
    Trade(TradeRecord),
    /// All consecutive matches of a taker at a price; after the last of them.
    AggregateTrade(AggregateTrade),
    /// An order changed.
    Order {
        /// The order after the change.
        order: Arc<OrderRecord>,
        /// What changed it.
        cause: OrderCause,
    },
    /// A list changed. Where it is placed, its orders follow.
    List(ListRecord),
    /// Money came or went.
    Adjusted(AdjustmentRecord),
    /// Balances of one account, as they are now.
    Balances {
        /// Whose.
        account: AccountId,
        /// Those that changed.
        changed: Box<[Balance]>,
    },
    /// Levels of one book, as they are now. One update of each book and command at most.
    Depth {
        /// Which book.
        market: MarketId,
        /// One more than the update before of this book.
        update_id: u64,
        /// Those that changed, each once.
        changed: Box<[(Side, Level)]>,
    },
    /// The best of both sides changed, in price or quantity.
    BookTicker {
        /// Which book.
        market: MarketId,
        /// What it is now.
        book: BookTicker,
    },
    /// The average price changed.
    AveragePrice {
        /// Of which market.
        market: MarketId,
        /// What it is now.
        average: AveragePrice,
    },
    /// A market was listed, or its state, filters or fees changed: the catalog has it.
    MarketChanged(MarketId),
    /// An asset was listed.
    AssetListed(AssetId),
}

/// What changed an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderCause {
    /// It was accepted.
    New,
    /// It woke.
    Triggered,
    /// It traded.
    Filled(FillRecord),
    /// Self-trade prevention took something from it, or its all.
    Prevented(PreventionRecord),
    /// It asks for less.
    Amended {
        /// Its name before.
        before: ClientOrderId,
    },
    /// Its owner ended it, in whatever way, and named that so.
    Canceled(Option<ClientOrderId>),
    /// Its owner put another in its place, and named the cancel so.
    Replaced(Option<ClientOrderId>),
    /// It ended by its own terms or by self-trade prevention; the status tells.
    Expired,
}

impl OrderCause {
    /// The fill, if it traded.
    #[must_use]
    pub const fn fill(&self) -> Option<&FillRecord> {
        match self {
            Self::Filled(fill) => Some(fill),
            Self::New
            | Self::Triggered
            | Self::Prevented(_)
            | Self::Amended { .. }
            | Self::Canceled(_)
            | Self::Replaced(_)
            | Self::Expired => None,
        }
    }

    /// What self-trade prevention did, if it did.
    #[must_use]
    pub const fn prevention(&self) -> Option<&PreventionRecord> {
        match self {
            Self::Prevented(prevention) => Some(prevention),
            Self::New
            | Self::Triggered
            | Self::Filled(_)
            | Self::Amended { .. }
            | Self::Canceled(_)
            | Self::Replaced(_)
            | Self::Expired => None,
        }
    }

    /// Whether it asks for less: a command amends no more than one order.
    #[must_use]
    pub const fn is_amendment(&self) -> bool {
        match self {
            Self::Amended { .. } => true,
            Self::New
            | Self::Triggered
            | Self::Filled(_)
            | Self::Prevented(_)
            | Self::Canceled(_)
            | Self::Replaced(_)
            | Self::Expired => false,
        }
    }
}

/// Why a feed gives no changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// The changes of so many commands are lost: read the views again. The feed goes on behind the
    /// gap.
    #[error("the changes of {0} commands are lost")]
    Lagged(u64),
    /// Nothing will come any more.
    #[error("the exchange has stopped")]
    Closed,
}

/// Where changes are told.
#[derive(Debug)]
pub(crate) struct Teller {
    sender: broadcast::Sender<Arc<Changes>>,
    told: Arc<Notify>,
    attentive: Arc<Mutex<Attentive>>,
}

/// How many pay attention, and to what.
#[derive(Debug, Default)]
pub(crate) struct Attentive {
    to_all: usize,
    to_outcomes: usize,
}

impl Attentive {
    /// Whether somebody wants everything.
    pub(crate) const fn is_to_all(&self) -> bool {
        0 < self.to_all
    }

    /// Whether somebody wants at least what becomes of orders.
    pub(crate) const fn is_to_outcomes(&self) -> bool {
        0 < self.to_all + self.to_outcomes
    }

    const fn count_of(&mut self, scope: Scope) -> &mut usize {
        match scope {
            Scope::Everything => &mut self.to_all,
            Scope::Outcomes => &mut self.to_outcomes,
        }
    }
}

/// What is told to whoever pays attention; more, where somebody else wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All updates.
    Everything,
    /// [`Update::Order`], but for placing: what becomes of orders.
    Outcomes,
}

impl Teller {
    pub(crate) fn new() -> Self {
        let sender = broadcast::Sender::new(FEED_COMMANDS_MAX);
        Self { sender, told: Arc::default(), attentive: Arc::default() }
    }

    pub(crate) fn subscribe(&self, attention: Option<Attention>) -> Feed {
        let (receiver, told) = (self.sender.subscribe(), Arc::clone(&self.told));
        Feed { receiver, told, _attention: attention }
    }

    /// Asks for changes to be told. A command that is being folded is waited for: what is not
    /// told of it is in the views then.
    pub(crate) fn attend(&self, scope: Scope) -> Attention {
        *lock(&self.attentive).count_of(scope) += 1;
        Attention { attentive: Arc::clone(&self.attentive), scope }
    }

    /// How many pay attention; nobody begins to while this is held.
    pub(crate) fn attentive(&self) -> MutexGuard<'_, Attentive> {
        lock(&self.attentive)
    }

    /// Tells the changes of many commands, and wakes each reader once.
    pub(crate) fn tell(&self, commands: impl Iterator<Item = Arc<Changes>>) {
        for changes in commands {
            // Fails only when the last reader has left meanwhile.
            let _ = self.sender.send(changes);
        }
        self.told.notify_waiters();
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        // Nothing is sent any more, once this sender is gone: whoever waits is to see that.
        self.sender = broadcast::Sender::new(1);
        self.told.notify_waiters();
    }
}

/// Changes are told as long as it is there.
#[derive(Debug)]
pub struct Attention {
    attentive: Arc<Mutex<Attentive>>,
    scope: Scope,
}

impl Drop for Attention {
    fn drop(&mut self) {
        *lock(&self.attentive).count_of(self.scope) -= 1;
    }
}

/// A count is whole whoever panicked.
fn lock(attentive: &Mutex<Attentive>) -> MutexGuard<'_, Attentive> {
    attentive.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A subscription to everything that changes.
#[derive(Debug)]
pub struct Feed {
    receiver: broadcast::Receiver<Arc<Changes>>,
    told: Arc<Notify>,
    _attention: Option<Attention>,
}

impl Feed {
    /// The changes of the next command. Cancel safe.
    ///
    /// # Errors
    /// [`FeedError::Lagged`] once for each gap, [`FeedError::Closed`] at the end.
    pub async fn next(&mut self) -> Result<Arc<Changes>, FeedError> {
        let wake = Arc::clone(&self.told);
        loop {
            // What is told from here on wakes, even before it is waited for.
            let told = wake.notified();
            if let Some(changes) = self.try_next()? {
                return Ok(changes);
            }
            told.await;
        }
    }

    /// The changes of the next command if there is one already.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn try_next(&mut self) -> Result<Option<Arc<Changes>>, FeedError> {
        match self.receiver.try_recv() {
            Ok(changes) => Ok(Some(changes)),
            Err(broadcast::error::TryRecvError::Empty) => Ok(None),
            Err(broadcast::error::TryRecvError::Lagged(lost)) => Err(FeedError::Lagged(lost)),
            Err(broadcast::error::TryRecvError::Closed) => Err(FeedError::Closed),
        }
    }
}
