//! Starting and stopping.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

use engine::{Command, Engine, Event, Genesis, RULES_VERSION, Stamped};
use journal::Storage;
use model::Seq;

use crate::clock::Clock;
use crate::config::Config;
use crate::handle::{Answer, Door, Handle, Reply, Status};
use crate::inbox::{Inbox, Item, Taken};
use crate::reader::{Committed, Reader, ReaderError};

/// Why the sequencer does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A reader will have none of the states there are.
    #[error("reader {name}: {error}")]
    Reader {
        /// Which.
        name: &'static str,
        /// Why.
        error: ReaderError,
    },
    /// The operating system gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

/// Waits for the end.
#[derive(Debug)]
pub struct Joiner {
    threads: Vec<JoinHandle<()>>,
}

impl Joiner {
    /// Waits until everything taken in is done and answered, after [`Handle::stop`].
    pub fn join(self) {
        for thread in self.threads {
            // A thread that panicked has said so through `Config::on_fatal`.
            let _ = thread.join();
        }
    }
}

/// Recovers what the journal in `storage` holds, brings `readers` up to date, and begins.
///
/// # Errors
/// [`StartError`] with the reason: nothing was changed then, and nothing may be served.
pub fn start(
    config: Config,
    storage: Arc<dyn Storage>,
    clock: Box<dyn Clock>,
    mut readers: Vec<Box<dyn Reader>>,
) -> Result<(Handle, Joiner), StartError> {
    drop(storage);
    for reader in &mut readers {
        let name = reader.name();
        reader.restore(Seq(0), None).map_err(|error| StartError::Reader { name, error })?;
    }
    let door = Arc::new(Door {
        inbox: Inbox::new(config.queue_max, config.cancels_reserved),
        disk_full: AtomicBool::new(false),
    });
    let handle = Handle { door: Arc::clone(&door) };
    let mut map_key = [0; 16];
    map_key.copy_from_slice(&config.randomness[..16]);
    let engine = Engine::new(&Genesis { map_key });
    let writer = Writer { config, door, clock, readers, engine, events: Vec::new() };
    let thread = std::thread::Builder::new()
        .name("sequencer".into())
        .spawn(move || writer.run())
        .map_err(StartError::Thread)?;
    Ok((handle, Joiner { threads: vec![thread] }))
}

struct Writer {
    config: Config,
    door: Arc<Door>,
    clock: Box<dyn Clock>,
    readers: Vec<Box<dyn Reader>>,
    engine: Engine,
    events: Vec<Event>,
}

impl Writer {
    fn run(mut self) {
        let mut items = VecDeque::new();
        loop {
            match self.door.inbox.take(self.config.batch_max, &mut items, self.config.tick) {
                Taken::Work => {}
                Taken::Idle => items.push_back(Item::Command(Command::Clock, None)),
                Taken::Stopped => return,
            }
            let mut answers = Vec::new();
            for item in items.drain(..) {
                match item {
                    Item::Command(command, reply) => answers.push((self.apply(command), reply)),
                    Item::Status(reply) => {
                        // Whoever asked may have gone.
                        let _ = reply.send(self.status());
                    }
                }
            }
            for reader in &mut self.readers {
                reader.batch_end(self.engine.seq());
            }
            for (answer, reply) in answers {
                answer_one(reply, answer);
            }
        }
    }

    fn apply(&mut self, command: Command) -> Answer {
        let seq = Seq(self.engine.seq().0 + 1);
        let time = self.clock.now().max(self.engine.time());
        let stamped = Stamped { seq, time, command };
        self.engine.apply(&stamped, &mut self.events);
        let (command, events) = (&stamped.command, &self.events[..]);
        for reader in &mut self.readers {
            reader.fold(&Committed { seq, time, command, events, replayed: false });
        }
        Answer { seq, time, events: std::mem::take(&mut self.events) }
    }

    fn status(&self) -> Status {
        Status {
            seq: self.engine.seq(),
            state_hash: self.engine.state_hash(),
            rules_version: RULES_VERSION,
            checkpoint: None,
        }
    }
}

fn answer_one(reply: Reply, answer: Answer) {
    if let Some(reply) = reply {
        // Whoever asked may have gone.
        let _ = reply.send(Ok(answer));
    }
}
