//! What a client says beside a command, for itself: kept with the command and told back.

use crate::ClientOrderId;

/// How a client labels an order, to tell its strategies apart. Means nothing to the exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The number the client gave its strategy; `None` where it gave none.
    pub strategy_id: Option<u64>,
    /// The number of the strategy's kind, likewise.
    pub strategy_type: Option<u64>,
}

/// What goes beside one command. It changes nothing of what the command does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The client's name for a cancel, or for the cancel of a replace.
    pub cancel: Option<ClientOrderId>,
    /// The label of the order that is placed; of a list, of each leg.
    pub labels: [Label; 2],
}

impl Label {
    /// Whether it says nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.strategy_id.is_none() && self.strategy_type.is_none()
    }
}

impl Note {
    /// The note of a cancel.
    #[must_use]
    pub fn canceling(name: ClientOrderId) -> Self {
        Self { cancel: Some(name), ..Self::default() }
    }

    /// The note of an order.
    #[must_use]
    pub fn labelled(label: Label) -> Self {
        Self { labels: [label, Label::default()], ..Self::default() }
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cancel.is_none() && self.labels.iter().all(Label::is_empty)
    }
}
