//! The history is rebuilt where the journal has all of it, and left alone where it has not.

use std::sync::Arc;

use database::{Database, Place};
use engine::{Asset, Command};
use journal::{Directory, JournalConfig, Resting, Retention, Storage};
use model::{AccountId, AssetId, UserId};
use projection::{History, Projection};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sequencer::{Config, SystemClock};
use serde_json::json;
use venue_server::Reading;

use crate::house::House;

const COMMANDS: u64 = 400;
const SNAPSHOT_EVERY: u64 = 100;
const SERVE: &str = "serve --listen 127.0.0.1:0";
const OWNER: AccountId = AccountId(2);

/// Lets an exchange run whose journal forgets, or keeps, what its oldest snapshot does not need.
async fn run(house: &House, keeps: u64) {
    let storage = Arc::new(Directory::create(&house.data().join("journal")).unwrap());
    let database = open(house).await;
    let mut projection = Projection::new();
    let (_, writer) = History::open(&database, &mut projection).await.unwrap();
    let writing = tokio::spawn(writer.run());
    let mut config = Config::new([5; 24]);
    config.snapshot_every = SNAPSHOT_EVERY;
    config.journal =
        JournalConfig { segment_bytes: 8_192, reserved_bytes: 1_024, ..JournalConfig::default() };
    config.retention = Retention { snapshots: 2, bytes: keeps };
    let readers = vec![Box::new(Reading(projection)) as _];
    let (sequencer, joiner) =
        sequencer::start(config, storage, Box::new(SystemClock::new()), readers).unwrap();
    let asset = Asset { code: "AAA".parse().unwrap(), scale: 2 };
    let begin = [Command::ListAsset(asset), Command::OpenAccount { user: UserId([7; 16]) }];
    let adjust = |reference| Command::Adjust {
        account: OWNER,
        asset: AssetId(0),
        amount: 1,
        reference: u128::from(reference),
    };
    for command in begin.into_iter().chain((0..COMMANDS).map(adjust)) {
        sequencer.submit(command).unwrap().await.unwrap();
    }
    sequencer.stop();
    tokio::task::block_in_place(|| joiner.join());
    writing.await.unwrap();
    database.close().await.unwrap();
}

async fn open(house: &House) -> Database {
    Database::open(&Place::new(None, &house.data())).await.unwrap()
}

/// The commands of all adjustments in the database.
async fn told(house: &House) -> Vec<u64> {
    let database = open(house).await;
    let query = "SELECT seq FROM adjustments ORDER BY seq";
    let query = Statement::from_string(DbBackend::Sqlite, query);
    let rows = database.read().query_all_raw(query).await.unwrap();
    let seqs = rows.iter().map(|row| row.try_get_by_index::<i64>(0).unwrap());
    let seqs = seqs.map(|seq| u64::try_from(seq).unwrap()).collect();
    database.close().await.unwrap();
    seqs
}

fn oldest(house: &House) -> u64 {
    let storage: Arc<dyn Storage> =
        Arc::new(Directory::open(&house.data().join("journal")).unwrap());
    Resting::open(storage, engine::RULES_VERSION).unwrap().unwrap().oldest()
}

fn lose_the_database(house: &House) {
    for name in ["rialto.db", "rialto.db-wal", "rialto.db-shm"] {
        let _ = std::fs::remove_file(house.data().join(name));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_from_a_whole_journal_tells_the_same() {
    let house = House::new();
    run(&house, u64::MAX).await;
    let before = told(&house).await;
    assert_eq!((before.len() as u64, oldest(&house)), (COMMANDS, 1));
    house.done("history rebuild", "");
    assert_eq!(told(&house).await, before);
    lose_the_database(&house);
    let rebuilt = house.done("history rebuild", "");
    assert_eq!(rebuilt["from"], 0, "{rebuilt}");
    assert_eq!(told(&house).await, before);
    assert!(house.refused("history accept-gap", "").contains("the journal has everything"));
    house.serve().stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_pruned_journal_cannot_tell_again_is_not_deleted() {
    let house = House::new();
    run(&house, 0).await;
    let before = told(&house).await;
    assert_eq!(before.len() as u64, COMMANDS);
    assert!(1 < oldest(&house), "the journal has forgotten its beginning");
    let said = house.refused("history rebuild", "");
    assert!(said.contains("nothing was changed"), "{said}");
    assert_eq!(told(&house).await, before);
    let said = house.refused("history accept-gap", "");
    assert!(said.contains("nothing is missing"), "{said}");
    assert_eq!(told(&house).await, before);
    house.serve().stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_that_is_accepted_lets_the_exchange_start_without_its_database() {
    let house = House::new();
    run(&house, 0).await;
    let before = told(&house).await;
    lose_the_database(&house);
    let said = house.refused(SERVE, "");
    assert!(said.contains("does not reach up to the snapshot"), "{said}");
    assert!(house.refused("history rebuild", "").contains("nothing was changed"));
    let accepted = house.done("history accept-gap", "");
    let through = accepted["missing"]["through"].as_u64().unwrap();
    assert_eq!(accepted, json!({ "missing": { "after": 0, "through": through } }));
    house.serve().stop();
    let kept: Vec<u64> = before.into_iter().filter(|seq| through < *seq).collect();
    assert!(!kept.is_empty(), "the oldest snapshot is not the end");
    assert_eq!(told(&house).await, kept);
}

#[test]
fn the_history_of_a_running_server_is_left_alone() {
    let house = House::new();
    let server = house.serve();
    for command in ["history rebuild", "history accept-gap"] {
        assert!(house.refused(command, "").contains("another process"), "{command}");
    }
    server.stop();
}
