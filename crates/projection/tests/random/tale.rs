//! A random story: commands, and what the engine made of them.

use engine::{Command, Engine, Event, Genesis, Stamped};
use model::Time;

use crate::drive::{Bytes, Pair};

pub struct Tale {
    pub pair: Pair,
    pub engine: Engine,
    pub told: Vec<(Stamped, Vec<Event>)>,
}

impl Tale {
    /// Assets, markets, accounts and money.
    pub fn new(world: &[u8]) -> Self {
        let mut tale = Self {
            pair: Pair::set_up(world).expect("the engine and its twin agree"),
            engine: Engine::new(&Genesis { map_key: [42; 16] }),
            told: vec![],
        };
        tale.listen();
        tale
    }

    /// The same on every machine.
    pub fn of(seed: u64, steps: usize) -> Self {
        let mut state = seed << 32;
        let world: Vec<u8> = (0..12).flat_map(|_| scatter(&mut state)).collect();
        let mut tale = Self::new(&world);
        (0..steps).for_each(|_| tale.step(&scatter(&mut state)));
        tale
    }

    pub fn step(&mut self, bytes: &Bytes) {
        self.pair.next(bytes).expect("the engine and its twin agree");
        self.listen();
    }

    /// Goes on with a command of one's own, a microsecond later.
    pub fn tell(&mut self, command: Command) {
        let time = Time(self.engine.time().0 + 1);
        self.pair.apply(time, command).expect("the engine and its twin agree");
        self.listen();
    }

    fn listen(&mut self) {
        for input in &self.pair.history[self.told.len()..] {
            let mut events = vec![];
            self.engine.apply(input, &mut events);
            self.told.push((input.clone(), events));
        }
    }
}

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
