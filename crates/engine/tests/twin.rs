//! The engine against its slow twin: random commands, one story.
//!
//! `PROPTEST_CASES` sets how many random runs there are.

mod drive;
mod naive;
mod stories;

use drive::{Bytes, Coverage, Pair};
use engine::Engine;
use proptest::prelude::*;

/// Commands of one random run, at most.
const COMMANDS_MAX: usize = 250;
/// Words that a world is made from.
const WORLD_WORDS: usize = 48;

/// The words of one command, so that shrinking is quick.
type Words = [u64; 6];

fn bytes(words: &Words) -> Bytes {
    let mut bytes = [0; 48];
    for (chunk, word) in bytes.chunks_mut(8).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// Enough for a short story, unless `PROPTEST_MAX_SHRINK_ITERS` says otherwise.
fn shrink_iters_max() -> u32 {
    let set = std::env::var("PROPTEST_MAX_SHRINK_ITERS").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(20_000)
}

/// Words that look random and are the same on every machine.
fn scatter(state: &mut u64) -> Words {
    std::array::from_fn(|_| {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = *state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    })
}

fn world(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn run(seed: u64, commands: usize, coverage: &mut Coverage) -> Result<Pair, String> {
    let mut state = seed << 32;
    let words: Vec<u64> = (0..WORLD_WORDS / 6).flat_map(|_| scatter(&mut state)).collect();
    let mut pair = Pair::set_up(&world(&words))?;
    for _ in 0..commands {
        coverage.count(&pair.next(&bytes(&scatter(&mut state)))?);
    }
    pair.restart()?;
    Ok(pair)
}

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: shrink_iters_max(),
        // A story that failed becomes a named test, not a file of seeds.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_engine_and_its_slow_twin_tell_the_same_story(
        first in prop::collection::vec(any::<u64>(), WORLD_WORDS),
        commands in prop::collection::vec(any::<Words>(), 0..COMMANDS_MAX),
    ) {
        let mut pair = Pair::set_up(&world(&first)).map_err(TestCaseError::fail)?;
        for words in &commands {
            pair.next(&bytes(words)).map_err(TestCaseError::fail)?;
        }
        pair.restart().map_err(TestCaseError::fail)?;
    }
}

/// The runs are fixed, so that this fails when a change of the rules or of the generator leaves
/// something out, and never by chance.
#[test]
fn the_random_stories_meet_every_event_and_every_reason() {
    let mut coverage = Coverage::default();
    for seed in 0..40 {
        if let Err(difference) = run(seed, 500, &mut coverage) {
            panic!("run {seed}: {difference}");
        }
    }
    println!("{:#?}", coverage.0);
    assert_eq!(coverage.missing(), Vec::<String>::new());
}

#[test]
fn an_engine_restored_after_every_command_goes_on_as_if_nothing_had_happened() {
    for seed in 100..116 {
        let mut state = seed << 32;
        let words: Vec<u64> = (0..WORLD_WORDS / 6).flat_map(|_| scatter(&mut state)).collect();
        let mut pair = Pair::set_up(&world(&words)).unwrap_or_else(|error| panic!("{error}"));
        for _ in 0..300 {
            let told = pair.next(&bytes(&scatter(&mut state))).and_then(|_| pair.restart());
            told.unwrap_or_else(|error| panic!("run {seed}: {error}"));
        }
    }
}

#[test]
fn a_snapshot_cut_short_or_changed_anywhere_is_refused() {
    let pair = run(1, 120, &mut Coverage::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut whole = vec![];
    pair.engine.snapshot(&mut whole);
    for length in 0..whole.len() {
        assert!(Engine::restore(&whole[..length]).is_err(), "restored from {length} bytes");
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        assert!(Engine::restore(&bytes).is_err(), "restored with byte {at} changed");
    }
    whole.push(0);
    assert!(Engine::restore(&whole).is_err(), "restored with a byte too many");
}
