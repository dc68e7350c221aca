//! The engine against its slow twin.

mod drive;
mod naive;

use drive::{Bytes, Coverage, Draw, next_command, set_up};
use engine::Stamped;
use model::{Seq, Time};
use naive::Exchange;

/// Bytes that look random and are the same on every machine.
fn scatter(state: &mut u64) -> Bytes {
    let mut bytes = [0; 48];
    for chunk in bytes.chunks_mut(8) {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = *state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes());
    }
    bytes
}

#[test]
fn random_commands_meet_every_event_and_every_reason() {
    let mut coverage = Coverage::default();
    let mut state = 0;
    for _ in 0..40 {
        let world: Vec<u8> = (0..12).flat_map(|_| scatter(&mut state)).collect();
        let mut twin = Exchange::new();
        let (mut seq, mut now) = (0, Time(1_000_000));
        for command in set_up(&mut Draw::new(&world)) {
            seq += 1;
            coverage.count(&twin.apply(&Stamped { seq: Seq(seq), time: now, command }));
        }
        for _ in 0..500 {
            seq += 1;
            let (time, command) = next_command(&scatter(&mut state), seq, now, &twin);
            now = time;
            coverage.count(&twin.apply(&Stamped { seq: Seq(seq), time, command }));
        }
    }
    eprintln!("{:#?}", coverage.0);
    assert_eq!(coverage.missing(), Vec::<String>::new());
}
