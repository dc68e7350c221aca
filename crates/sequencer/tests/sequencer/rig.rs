//! A small exchange on a disk that does as it is told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use engine::{
    Allocation, Asset, Averages, Command, Engine, Event, FeeAsset, FeeTier, Filters, Genesis,
    MarketSpec, MarketState, NewOrder, OrderKind, OrderRef, SelfTradePrevention, Stamped,
    StateHash, TimeInForce,
};
use journal::simulated::Disk;
use journal::{JournalConfig, Storage};
use model::{
    AccountId, AssetCode, AssetId, ClientOrderId, FeeRate, MarketId, Note, OrderId, Price, Qty,
    Seq, Side, Time, UserId,
};
use sequencer::offline::{self, Record};
use sequencer::{Committed, Config, Handle, Joiner, Reader, ReaderError, StartError};

pub const RANDOMNESS: [u8; 24] = [7; 24];
pub const MARKET: MarketId = MarketId(0);
/// Commands of [`set_up`].
pub const SET_UP: u64 = 10;

pub fn config() -> Config {
    let mut config = Config::new(RANDOMNESS);
    config.journal = JournalConfig {
        segment_bytes: 2 * JournalConfig::SEGMENT_BYTES_MIN,
        spares: 1,
        reserved_bytes: 4_096,
        retry: Duration::from_millis(1),
    };
    config.batch_max = 5;
    config.tick = None;
    config.checkpoint_every = 50;
    config.snapshot_every = 1 << 40;
    config
}

/// A clock that moves by one microsecond whenever somebody looks.
pub fn clock() -> Box<dyn sequencer::Clock> {
    let time = AtomicU64::new(1_700_000_000_000_000);
    Box::new(move || Time(time.fetch_add(1, Ordering::Relaxed)))
}

pub fn storage(disk: &Disk) -> Arc<dyn Storage> {
    Arc::new(disk.clone())
}

pub fn start(disk: &Disk, config: Config) -> Result<(Handle, Joiner), StartError> {
    sequencer::start(config, storage(disk), clock(), Vec::new())
}

pub fn stop(handle: &Handle, joiner: Joiner) {
    handle.stop();
    joiner.join();
}

/// An exchange of one market and three funded accounts.
pub fn set_up() -> Vec<Command> {
    let asset = |code: &str, scale| {
        Command::ListAsset(Asset { code: AssetCode::new(code).unwrap(), scale })
    };
    let mut commands = vec![asset("BTC", 8), asset("USDT", 6)];
    commands.push(Command::ListMarket(Box::new(spec())));
    commands.push(Command::SetMarketState { market: MARKET, state: MarketState::Open });
    for number in 0..3 {
        let account = AccountId(2 + number);
        let user = UserId([u8::try_from(number).unwrap(); 16]);
        commands.push(Command::OpenAccount { user });
        let asset = AssetId(u16::try_from(number % 2).unwrap());
        let (amount, reference) = (1_000_000_000_000, u128::from(number));
        commands.push(Command::Adjust { account, asset, amount, reference });
    }
    assert_eq!(commands.len() as u64, SET_UP);
    commands
}

fn spec() -> MarketSpec {
    MarketSpec {
        base: AssetId(0),
        quote: AssetId(1),
        tick_units: 1,
        tick_scale: 2,
        lot_units: 10_000,
        allocation: Allocation::Fifo,
        fee_asset: FeeAsset::Received,
        filters: Filters { averages: Averages { minutes: 5 }, ..Filters::wide() },
        fees: vec![FeeTier {
            maker: FeeRate::from_millionths(100).unwrap(),
            taker: FeeRate::from_millionths(200).unwrap(),
        }],
    }
}

/// The trading of a busy day: command `number` of it, always the same.
pub fn trade(number: u64) -> Command {
    let account = AccountId(u32::try_from(2 + number % 3).unwrap());
    if number % 5 == 4 {
        return cancel(account, 1 + number / 2);
    }
    let client_id = ClientOrderId::new(&format!("day-{number}")).unwrap();
    let side = if account.0.is_multiple_of(2) { Side::Sell } else { Side::Buy };
    let kind = OrderKind::Limit {
        price: Price::new(10_000 + number * 7 % 13).unwrap(),
        qty: Qty::new(1 + number % 9).unwrap(),
        time_in_force: if number % 7 == 3 { TimeInForce::Ioc } else { TimeInForce::Gtc },
        display: None,
    };
    let stp = SelfTradePrevention::ExpireTaker;
    Command::Place(NewOrder { account, market: MARKET, client_id, side, stp, kind })
}

pub fn cancel(account: AccountId, order: u64) -> Command {
    Command::Cancel { account, market: MARKET, order: OrderRef::Id(OrderId(order)), only: None }
}

/// What the journal on `disk` holds: every command with its time.
pub fn journaled(disk: &Disk) -> Vec<Stamped> {
    let mut commands = Vec::new();
    let mut take = |record: &Record| match record {
        Record::Command { stamped, void: false, .. } => commands.push(stamped.clone()),
        Record::Command { void: true, .. } => panic!("nothing is void here"),
        Record::Genesis { .. } | Record::Checkpoint { .. } => {}
    };
    offline::dump(&storage(disk), None, None, &mut take).unwrap();
    commands
}

/// The state of an engine that never saw a disk, after `commands`.
pub fn hash_after(commands: &[Stamped]) -> StateHash {
    let mut map_key = [0; 16];
    map_key.copy_from_slice(&RANDOMNESS[..16]);
    let mut engine = Engine::new(&Genesis { map_key });
    let mut events = Vec::new();
    commands.iter().for_each(|command| engine.apply(command, &mut events));
    assert!(engine.trial_balance().all(|(_, sum)| sum == 0));
    engine.state_hash()
}

/// What a [`Witness`] saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub last: Seq,
    /// Events of all commands, told again or not.
    pub events: u64,
    pub clocks: u64,
    pub fills: BTreeMap<u64, u64>,
    /// What was said beside commands, by their place; since the last restoring.
    pub notes: BTreeMap<u64, Note>,
    /// Commands told again at the start.
    pub replayed: u64,
    /// The snapshot it began from.
    pub restored: Option<Seq>,
    /// The last batch whose end was told.
    pub ended: Seq,
}

/// A reader that keeps what it saw where the test can look.
#[derive(Clone, Default)]
pub struct Witness {
    pub seen: Arc<(Mutex<Seen>, Condvar)>,
    /// Snapshots at these sequences will not do.
    pub refuses: Vec<u64>,
}

impl Witness {
    pub fn seen(&self) -> Seen {
        self.seen.0.lock().unwrap().clone()
    }

    pub fn wait_until(&self, condition: impl Fn(&Seen) -> bool) {
        let mut seen = self.seen.0.lock().unwrap();
        while !condition(&seen) {
            seen = self.seen.1.wait(seen).unwrap();
        }
    }

    pub fn boxed(&self) -> Vec<Box<dyn Reader>> {
        vec![Box::new(self.clone())]
    }
}

impl Reader for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn fold(&mut self, committed: &Committed<'_>) {
        let mut seen = self.seen.0.lock().unwrap();
        assert_eq!(committed.seq.0, seen.last.0 + 1, "no gap, nothing twice");
        seen.last = committed.seq;
        seen.events += committed.events.len() as u64;
        seen.clocks += u64::from(*committed.command == Command::Clock);
        seen.replayed += u64::from(committed.replayed);
        seen.notes.extend(committed.note.map(|note| (committed.seq.0, *note)));
        for event in committed.events {
            if let Event::Traded { qty, taker, .. } = event {
                *seen.fills.entry(taker.order.0).or_default() += qty.lots();
            }
        }
    }

    fn batch_end(&mut self, through: Seq) {
        let mut seen = self.seen.0.lock().unwrap();
        assert_eq!(seen.last, through);
        seen.ended = through;
        self.seen.1.notify_all();
    }

    fn snapshot(&self, out: &mut Vec<u8>) {
        let seen = self.seen();
        assert_eq!(seen.last, seen.ended, "between batches");
        for number in [seen.last.0, seen.events, seen.clocks] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for (order, lots) in seen.fills {
            out.extend_from_slice(&order.to_le_bytes());
            out.extend_from_slice(&lots.to_le_bytes());
        }
    }

    fn restore(&mut self, seq: Seq, bytes: Option<&[u8]>) -> Result<(), ReaderError> {
        if self.refuses.contains(&seq.0) {
            return Err(ReaderError(format!("{seq} will not do")));
        }
        let mut restored = Seen::default();
        if let Some(bytes) = bytes {
            let (numbers, _) = bytes.as_chunks::<8>();
            let mut numbers = numbers.iter().map(|number| u64::from_le_bytes(*number));
            let mut next = || numbers.next();
            restored.last = Seq(next().unwrap());
            (restored.events, restored.clocks) = (next().unwrap(), next().unwrap());
            while let (Some(order), Some(lots)) = (next(), next()) {
                restored.fills.insert(order, lots);
            }
            assert_eq!(restored.last, seq);
            (restored.ended, restored.restored) = (seq, Some(seq));
        }
        *self.seen.0.lock().unwrap() = restored;
        Ok(())
    }
}
