//! What connections are told.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;

use crate::outbox::{self, Message};

/// The way to one connection.
pub type Outbox = outbox::Outbox<Told>;
/// Its other end.
pub type Inbox = outbox::Inbox<Told>;

/// A message to one connection.
#[derive(Clone, Debug)]
pub enum Told {
    /// To whoever listens to a market.
    Market(Utf8Bytes),
    /// To whoever listens to an account: what is numbered by each connection for itself.
    Own {
        /// By which channel.
        channel: OwnChannel,
        /// Whether it is what was there before.
        is_snapshot: bool,
        /// As JSON.
        data: Arc<str>,
    },
    /// To whoever asked.
    Reply(Utf8Bytes),
}

impl Message for Told {
    fn bytes(&self) -> usize {
        match self {
            Self::Market(text) | Self::Reply(text) => text.len(),
            Self::Own { data, .. } => data.len(),
        }
    }
}

/// A channel of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Each is its own name.
pub enum OwnChannel {
    Executions,
    Balances,
}

impl OwnChannel {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executions => "executions",
            Self::Balances => "balances",
        }
    }
}
