//! The engine and its twin side by side, and a second engine that keeps starting again from its
//! own snapshot.

use engine::{Command, Engine, Event, Genesis, Stamped};
use model::{Seq, Time};

use super::{Bytes, Draw, next_command, set_up};
use crate::naive::Exchange;

const GENESIS: Genesis = Genesis { map_key: [42; 16] };

/// All that is told the same commands.
pub struct Pair {
    pub engine: Engine,
    /// Takes every snapshot that it writes for the truth.
    reborn: Engine,
    pub twin: Exchange,
    seq: u64,
    now: Time,
    history: Vec<Stamped>,
}

impl Pair {
    pub fn new() -> Self {
        Self {
            engine: Engine::new(&GENESIS),
            reborn: Engine::new(&GENESIS),
            twin: Exchange::new(),
            seq: 0,
            now: Time(1_000_000),
            history: vec![],
        }
    }

    /// A pair with assets, markets, accounts and money.
    pub fn set_up(world: &[u8]) -> Self {
        let mut pair = Self::new();
        for command in set_up(&mut Draw::new(world)) {
            pair.apply(pair.now, command);
        }
        pair
    }

    /// Makes the next random command, and compares what it does.
    pub fn next(&mut self, bytes: &Bytes) -> Vec<Event> {
        let (time, command) = next_command(bytes, self.seq + 1, self.now, &self.twin);
        let events = self.apply(time, command);
        if bytes[47] < 8 {
            self.restart();
        }
        events
    }

    /// Applies a command to all; the story must be one.
    pub fn apply(&mut self, time: Time, command: Command) -> Vec<Event> {
        self.seq += 1;
        self.now = time;
        let input = Stamped { seq: Seq(self.seq), time, command };
        self.history.push(input.clone());
        let want = self.twin.apply(&input);
        let got = self.told_by(|pair| &mut pair.engine, &input);
        assert!(got == want, "{}", self.difference(&got, &want));
        let again = self.told_by(|pair| &mut pair.reborn, &input);
        assert!(again == want, "after a restart, {}", self.difference(&again, &want));
        for (asset, sum) in self.engine.trial_balance() {
            assert_eq!(sum, 0, "asset {asset} does not sum to zero\n{}", self.story());
        }
        want
    }

    fn told_by(&mut self, who: fn(&mut Self) -> &mut Engine, input: &Stamped) -> Vec<Event> {
        let mut events = vec![];
        who(self).apply(input, &mut events);
        events
    }

    /// The second engine starts again from its snapshot; both must be in one state.
    pub fn restart(&mut self) {
        let (mut bytes, mut again) = (vec![], vec![]);
        self.reborn.snapshot(&mut bytes);
        let hash = self.reborn.state_hash();
        assert_eq!(hash, self.engine.state_hash(), "two engines differ\n{}", self.story());
        self.reborn = Engine::restore(&bytes).expect("its own snapshot");
        assert_eq!(self.reborn.state_hash(), hash, "a restored engine differs\n{}", self.story());
        self.reborn.snapshot(&mut again);
        assert!(bytes == again, "a restored engine writes another snapshot\n{}", self.story());
    }

    fn difference(&self, got: &[Event], want: &[Event]) -> String {
        let first = got.iter().zip(want).take_while(|(got, want)| got == want).count();
        format!(
            "the engine tells another story from event {first} on.\nengine: {:#?}\ntwin: {:#?}\n{}",
            got.get(first),
            want.get(first),
            self.story(),
        ) + &format!("\nwhole engine: {got:?}\nwhole twin: {want:?}")
    }

    fn story(&self) -> String {
        let lines = self
            .history
            .iter()
            .map(|input| format!("{} at {}: {:?}", input.seq, input.time.0, input.command));
        lines.collect::<Vec<_>>().join("\n")
    }
}
