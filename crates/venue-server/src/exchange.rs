//! What a server stands on: the sequencer, the read models, the keys and the clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use model::Time;
use projection::{History, Views};
use sequencer::Handle;

use crate::binance::{
    ListenKeys, OrderMeter, Quotas, Readers, Seen, SocketDoor, StreamRules, Streams, UserHub,
    WeightMeter,
};
use crate::keyring::Keyring;
use crate::moment::Moment;
use crate::network::Bounds;
use crate::trouble::Trouble;

/// What the outside may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How much may be asked and placed.
    pub quotas: Quotas,
    /// Who may say on whose behalf it asks.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections to the market streams at once.
    pub stream_sockets: Bounds,
    /// Connections to the WebSocket API and to streams of accounts at once: strangers who listen
    /// to markets take none of these.
    pub customer_sockets: Bounds,
    /// How connections to the market streams are kept.
    pub streams: StreamRules,
    /// How long the sequencer may take before the outcome is told to be unknown.
    pub answer_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quotas: Quotas::default(),
            trusted_proxies: Vec::new(),
            stream_sockets: Bounds::new(5_000, 1_250),
            customer_sockets: Bounds::new(2_500, 500),
            streams: StreamRules::default(),
            answer_timeout: Duration::from_secs(10),
        }
    }
}

/// What is handed in from outside.
pub struct Foundation {
    /// Where commands go.
    pub sequencer: Handle,
    /// What is read.
    pub views: Views,
    /// What is read of long ago.
    pub history: History,
    /// Who may ask.
    pub keys: Arc<dyn Keyring>,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
    /// What the outside may use.
    pub limits: Limits,
}

/// An exchange that can be served. Shared by all connections behind an [`Arc`].
pub struct Exchange {
    /// Where commands go.
    pub sequencer: Handle,
    /// What is read.
    pub views: Views,
    /// What is read of long ago.
    pub history: History,
    /// Who may ask.
    pub keys: Arc<dyn Keyring>,
    /// What the outside may use.
    pub limits: Limits,
    /// Since when this server answers. What was signed before is refused.
    pub started_at: Time,
    /// What it suffers, where a scenario asks for that.
    pub trouble: Trouble,
    clock: Arc<dyn Fn() -> Time + Send + Sync>,
    opened: Instant,
    pub(crate) weights: WeightMeter,
    pub(crate) orders: OrderMeter,
    pub(crate) readers: Readers,
    pub(crate) seen: Seen,
    pub(crate) listen_keys: ListenKeys,
    pub(crate) users: Arc<UserHub>,
    pub(crate) stream_sockets: SocketDoor,
    pub(crate) customer_sockets: SocketDoor,
    pub(crate) streams: Streams,
}

impl Exchange {
    /// An exchange that starts to answer now.
    #[must_use]
    pub fn new(foundation: Foundation) -> Arc<Self> {
        let Foundation { sequencer, views, history, keys, clock, limits } = foundation;
        let (quotas, attempts_max) = (limits.quotas, limits.streams.attempts_max);
        let weights = WeightMeter::new(quotas).sparing(limits.trusted_proxies.clone());
        Arc::new(Self {
            sequencer,
            history,
            keys,
            stream_sockets: SocketDoor::new(limits.stream_sockets, attempts_max),
            customer_sockets: SocketDoor::new(limits.customer_sockets, attempts_max),
            streams: Streams::new(&limits.streams, views.clone()),
            limits,
            started_at: clock(),
            trouble: Trouble::default(),
            clock,
            opened: Instant::now(),
            weights,
            orders: OrderMeter::new(quotas, views.clone()),
            readers: Readers::default(),
            seen: Seen::default(),
            listen_keys: ListenKeys::default(),
            users: Arc::new(UserHub::new(views.clone())),
            views,
        })
    }

    /// Tells every connection to the market streams that the server ends, and ends them.
    pub fn stop_streams(&self) {
        self.streams.stop();
    }

    /// The time now, by the clock that no scenario moves.
    pub(crate) fn steady_now(&self) -> Time {
        (self.clock)()
    }

    /// The time now, as its clock tells it.
    #[must_use]
    pub fn now(&self) -> Time {
        Time((self.clock)().0.saturating_add(self.trouble.clock_ahead_us()))
    }

    /// The moment, by the clocks that no scenario sets.
    pub(crate) fn moment(&self) -> Moment {
        Moment { told: (self.clock)(), lived: self.opened.elapsed() }
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").field("started_at", &self.started_at).finish_non_exhaustive()
    }
}
