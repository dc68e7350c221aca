//! Master keys are rotated while a server runs, and killed while they are rotated.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use database::{Database, Place};
use identity::{
    Clock, Email, Identity, Kyc, MasterKeySource, NewApiKey, NewUser, Password, Role, SESSION_IDLE,
    Scopes,
};
use model::Secret;
use vault::{KeyFile, Missing};

use crate::GOOD;
use crate::house::{House, Key, was_killed};

const USERS: usize = 5;
const KEYS_EACH: usize = 25;
const KILLS: u64 = 8;

#[test]
fn keys_are_good_through_a_rotation_and_need_the_newest_master_key_alone() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    let before = house.create_key("ann@example.com", "read");
    let server = house.serve();
    let answer = house.done("keys rotate", "");
    assert_eq!((answer["masterKey"].as_u64(), answer["rewrapped"].as_u64()), (Some(2), Some(2)));
    let after = house.create_key("ann@example.com", "read");
    assert_eq!((server.account(&before), server.account(&after)), (GOOD, GOOD));
    server.stop();
    house.done("keys rotate", "");
    let file = house.data().join("master.key");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.lines().last().unwrap()).unwrap();
    let server = house.serve();
    assert_eq!((server.account(&before), server.account(&after)), (GOOD, GOOD));
}

async fn open(house: &House) -> (Database, Identity) {
    let place = Place::new(None, &house.data());
    let database = Database::open(&place).await.unwrap();
    let file = KeyFile::new(house.data().join("master.key"));
    let master = MasterKeySource::File { file, missing: Missing::Create };
    let clock = Clock::new(sequencer::machine_time);
    let identity = Identity::open(database.clone(), master, clock, SESSION_IDLE).await.unwrap();
    (database, identity)
}

/// Enough keys that a rotation takes a while.
async fn fill(house: &House) -> Vec<Key> {
    let (database, identity) = open(house).await;
    let mut keys = Vec::new();
    for user in 0..USERS {
        let new = NewUser {
            email: Email::new(&format!("user-{user}@example.com")).unwrap(),
            password: Password::new(Secret::new("correct horse".to_owned())).unwrap(),
            role: Role::User,
            kyc: Kyc::None,
        };
        let id = identity.create_user(new).await.unwrap().id;
        for _ in 0..KEYS_EACH {
            let scopes = Scopes { read: true, ..Scopes::default() };
            let new = NewApiKey { scopes, ..NewApiKey::default() };
            let made = identity.create_api_key(id, new).await.unwrap();
            let secret = made.secret_key.as_ref().unwrap().expose().clone();
            keys.push(Key { api_key: made.api_key.expose().clone(), secret_key: secret });
        }
    }
    database.close().await.unwrap();
    keys
}

/// How many of the keys are found and take their own signature.
async fn good(house: &House, keys: &[Key]) -> usize {
    let (database, identity) = open(house).await;
    let is_good = |key: &&Key| {
        let entry = identity.ring().find(&key.api_key)?;
        let signed = key.sign("timestamp=1");
        let signature = signed.rsplit_once('=')?.1;
        entry.verifier.verify(&[b"timestamp=1"], signature).then_some(())
    };
    let good = keys.iter().filter(|key| is_good(key).is_some()).count();
    database.close().await.unwrap();
    good
}

fn key_file_bytes(house: &House) -> u64 {
    std::fs::metadata(house.data().join("master.key")).map_or(0, |file| file.len())
}

#[tokio::test]
async fn a_rotation_that_is_killed_anywhere_loses_no_key() {
    let house = House::new();
    std::fs::create_dir(house.data()).unwrap();
    let keys = fill(&house).await;
    let (mut killed, mut resumed) = (0, 0);
    for kill in 0..KILLS {
        let before = key_file_bytes(&house);
        let mut rotation = house.command("keys rotate").spawn().unwrap();
        // From the moment of the new master key on, the kill falls somewhere into the wrapping.
        while key_file_bytes(&house) == before && rotation.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        // Nothing is sent: the moment of the kill is what the wait is for.
        let (_never, moment) = channel::<()>();
        let waited = moment.recv_timeout(Duration::from_millis(3 * kill));
        assert_eq!(waited, Err(RecvTimeoutError::Timeout));
        rotation.kill().unwrap();
        killed += u32::from(was_killed(rotation.wait().unwrap()));
        assert_eq!(good(&house, &keys).await, keys.len(), "after kill {kill}");
        resumed += u32::from(house.done("keys rotate", "")["resumed"] == true);
    }
    eprintln!("{killed} of {KILLS} rotations killed, {resumed} finished by the next");
    assert!(0 < killed && 0 < resumed, "the fault fired");
    let file = house.data().join("master.key");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.lines().last().unwrap()).unwrap();
    assert_eq!(good(&house, &keys).await, keys.len(), "under the newest master key alone");
}
