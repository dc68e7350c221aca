//! The engine behind its journal, against the disk and against memory.
//!
//! ```text
//! durable saturated DIRECTORY SECONDS    as many commands as it takes, then the disk alone with
//!                                        frames of the same sizes, then replay against memory
//! durable paced DIRECTORY SECONDS        a million commands a second, then single syncs
//! ```
//! `DIRECTORY` is on the disk to be measured and does not exist yet. Prints one line.

mod bare;
mod load;
mod metered;

use std::collections::VecDeque;
use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::{Command, Engine, Event, Genesis, Stamped, StateHash};
use engine_flow::{BATCH, MAP_KEY, USERS, setup};
use journal::{Directory, Storage};
use load::{Load, stamp};
use metered::{Metered, Sizes, Synced};
use model::Seq;
use sequencer::{Asked, Batch, Config, Pipeline, Publish, offline};

/// Commands a second where the load is paced.
const PACE: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, directory, seconds] = words.as_slice() else {
        return Err("usage: see the top of this program".into());
    };
    let (path, length) = (Path::new(directory), Duration::from_secs(seconds.parse()?));
    match what.as_str() {
        "saturated" => saturated(path, length),
        "paced" => paced(path, length),
        _ => Err("saturated or paced".into()),
    }
}

/// Takes note of when the middle command of each batch arrived and was durable.
struct Arrivals {
    began: Instant,
    synced: Synced,
    took: Arc<Mutex<Took>>,
}

/// For one command of each batch: nanoseconds from its arrival on.
#[derive(Default)]
struct Took {
    /// Until the sync that made it durable had returned.
    durable: Vec<u64>,
    /// Until the publisher had it, which answers.
    told: Vec<u64>,
}

impl Publish<Instant> for Arrivals {
    fn publish(&mut self, batch: &mut Batch<Instant>) {
        let tags = batch.tags();
        if let Some(arrived) = tags.get(tags.len() / 2).filter(|arrived| self.began < **arrived) {
            // The next sync may have returned meanwhile: then this is more than it took.
            let synced = *self.synced.lock().expect("no panic holds it");
            let nanos = |took: Duration| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
            let mut took = self.took.lock().expect("no panic holds it");
            took.durable.push(nanos(synced.saturating_duration_since(*arrived)));
            took.told.push(nanos(arrived.elapsed()));
        }
    }
}

/// A journal on a real disk with an exchange set up, and what is told of it.
struct Setup {
    storage: Arc<dyn Storage>,
    sizes: Sizes,
    took: Arc<Mutex<Took>>,
    pipeline: Pipeline<Instant>,
    lock: journal::Lock,
    batches: u64,
}

fn begin(path: &Path) -> Result<Setup, Box<dyn Error>> {
    let sizes = Sizes::default();
    let directory = Directory::create(path)?;
    let synced: Synced = Arc::new(Mutex::new(Instant::now()));
    let metered = Metered { directory, sizes: Arc::clone(&sizes), synced: Arc::clone(&synced) };
    let storage: Arc<dyn Storage> = Arc::new(metered);
    let mut randomness = [0; 24];
    randomness[..16].copy_from_slice(&MAP_KEY);
    let config = Config::new(randomness);
    let took = Arc::<Mutex<Took>>::default();
    let arrivals = Arrivals { began: Instant::now(), synced, took: Arc::clone(&took) };
    let (mut pipeline, lock) = Pipeline::open(&config, &storage, stamp(0), arrivals)?;
    let now = Instant::now();
    let mut batches = 0;
    for chunk in opening().chunks(BATCH) {
        let mut commands: VecDeque<_> =
            chunk.iter().map(|command| (command.clone(), now).into()).collect();
        commit(&mut pipeline, &mut commands, &mut batches)?;
    }
    Ok(Setup { storage, sizes, took, pipeline, lock, batches })
}

fn opening() -> Vec<Command> {
    setup(u32::try_from(USERS).expect("few"), 1)
}

/// One batch, whole.
fn commit(
    pipeline: &mut Pipeline<Instant>,
    commands: &mut VecDeque<Asked<Instant>>,
    batches: &mut u64,
) -> Result<(), Box<dyn Error>> {
    pipeline.room(commands.len())?;
    *batches += 1;
    let all = commands.len();
    pipeline.commit(stamp(*batches), commands, all)?;
    if commands.is_empty() { Ok(()) } else { Err("a batch did not fit into a record".into()) }
}

fn saturated(path: &Path, length: Duration) -> Result<(), Box<dyn Error>> {
    let mut load = Load::new();
    let mut setup = begin(path)?;
    setup.sizes.lock().expect("no panic holds it").clear();
    let mut commands = VecDeque::with_capacity(BATCH);
    let (began, first) = (Instant::now(), setup.batches);
    while began.elapsed() < length {
        let now = Instant::now();
        load.fill(&mut commands, || now);
        commit(&mut setup.pipeline, &mut commands, &mut setup.batches)?;
    }
    let engine = setup.pipeline.stop()?;
    let took = began.elapsed().as_secs_f64();
    drop(setup.lock);
    let (batches, hash) = (setup.batches - first, engine.state_hash());
    drop(engine);
    let count = (batches * BATCH as u64) as f64;
    let sizes = setup.sizes.lock().expect("no panic holds it").clone();
    let bytes = sizes.iter().map(|size| f64::from(*size)).sum::<f64>();
    let bare = bare::run(path, &sizes, length)?;
    load.rewind();
    let (memory, in_memory) = memory(&mut load, batches);
    let start = Instant::now();
    let reached = offline::replay(&setup.storage, None)?;
    let replay = start.elapsed();
    assert_eq!(in_memory, hash, "memory and journal agree");
    assert_eq!(reached.state_hash, hash, "replay leads to the same state");
    println!(
        "{{\"perSecond\":{:.0},\"diskPerSecond\":{:.0},\"frames\":{},\"frameBytes\":{:.0},\
         \"bytesPerCommand\":{:.1},\"replayPerSecond\":{:.0},\"memoryPerSecond\":{:.0}}}",
        count / took,
        count / (bytes / bare.bytes_per_second),
        sizes.len(),
        bytes / sizes.len() as f64,
        bytes / count,
        count / replay.as_secs_f64(),
        count / memory.as_secs_f64(),
    );
    Ok(())
}

/// The same commands with the same times on an engine alone.
fn memory(load: &mut Load, batches: u64) -> (Duration, StateHash) {
    let mut engine = Engine::new(&Genesis { map_key: MAP_KEY });
    let (mut seq, mut batch, mut time) = (0, 0, Duration::ZERO);
    let mut events: Vec<Event> = Vec::new();
    let mut apply = |commands: &mut dyn Iterator<Item = Command>| {
        batch += 1;
        let inputs: Vec<Stamped> = commands
            .map(|command| {
                seq += 1;
                Stamped { seq: Seq(seq), time: stamp(batch), command }
            })
            .collect();
        let start = Instant::now();
        engine.apply_all(&inputs, &mut events, |_| {});
        events.clear();
        start.elapsed()
    };
    for chunk in opening().chunks(BATCH) {
        apply(&mut chunk.iter().cloned());
    }
    for _ in 0..batches {
        time += apply(&mut (0..BATCH).map(|_| load.next()));
    }
    (time, engine.state_hash())
}

fn paced(path: &Path, length: Duration) -> Result<(), Box<dyn Error>> {
    let mut load = Load::new();
    let mut setup = begin(path)?;
    setup.sizes.lock().expect("no panic holds it").clear();
    let mut commands = VecDeque::with_capacity(BATCH);
    let (began, mut sent) = (Instant::now(), 0_u64);
    while began.elapsed() < length {
        let due = u64::try_from(began.elapsed().as_micros())? * PACE / 1_000_000;
        let room = (due - sent).min(BATCH as u64);
        if room == 0 {
            std::thread::yield_now();
            continue;
        }
        for number in sent..sent + room {
            let arrived = began + Duration::from_nanos(number * (1_000_000_000 / PACE));
            commands.push_back((load.next(), arrived).into());
        }
        sent += room;
        commit(&mut setup.pipeline, &mut commands, &mut setup.batches)?;
    }
    setup.pipeline.stop()?;
    let took = began.elapsed().as_secs_f64();
    let sizes = setup.sizes.lock().expect("no panic holds it").clone();
    let bare = bare::run(path, &sizes, length)?;
    let Took { mut durable, mut told } =
        std::mem::take(&mut *setup.took.lock().expect("no panic holds it"));
    durable.sort_unstable();
    told.sort_unstable();
    let at = |nanos: &[u64], per_cent| nanos[(nanos.len() - 1) * per_cent / 100] as f64 / 1e3;
    println!(
        "{{\"perSecond\":{:.0},\"p50Us\":{:.1},\"p99Us\":{:.1},\"toldP50Us\":{:.1},\
         \"syncP50Us\":{:.1}}}",
        sent as f64 / took,
        at(&durable, 50),
        at(&durable, 99),
        at(&told, 50),
        bare.p50.as_nanos() as f64 / 1e3,
    );
    Ok(())
}
