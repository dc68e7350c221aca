//! The engine and its twin side by side, and a second engine that keeps starting again from its
//! own snapshot.

use engine::{Command, Engine, Event, Genesis, Stamped};
use model::{Seq, Time};

use super::world::{Scale, set_up};
use super::{Bytes, Draw, next_command};
use crate::naive::Exchange;

const GENESIS: Genesis = Genesis { map_key: [42; 16] };
/// 2024-02-29 23:50:01 UTC: minutes before a day and a month end.
const START: Time = Time(1_709_250_601_000_000);

/// All that is told the same commands.
pub struct Pair {
    scale: Scale,
    pub engine: Engine,
    /// Takes every snapshot that it writes for the truth.
    reborn: Engine,
    pub twin: Exchange,
    seq: u64,
    now: Time,
    pub history: Vec<Stamped>,
}

impl Pair {
    fn new(scale: Scale) -> Self {
        Self {
            scale,
            engine: Engine::new(&GENESIS),
            reborn: Engine::new(&GENESIS),
            twin: Exchange::new(),
            seq: 0,
            now: START,
            history: vec![],
        }
    }

    /// A pair with assets, markets, accounts and money.
    pub fn set_up(world: &[u8]) -> Result<Self, String> {
        let mut draw = Draw::new(world);
        let mut pair = Self::new(Scale::draw(&mut draw));
        for command in set_up(pair.scale, &mut draw) {
            pair.apply(pair.now, command)?;
        }
        Ok(pair)
    }

    /// Makes the next random command, and compares what it does. An `Err` is the whole story of
    /// how they came to differ.
    pub fn next(&mut self, bytes: &Bytes) -> Result<Vec<Event>, String> {
        let (time, command) = next_command(bytes, self.scale, self.seq + 1, self.now, &self.twin);
        let events = self.apply(time, command)?;
        if bytes[47] < 8 {
            self.restart()?;
        }
        Ok(events)
    }

    /// Applies a command to all; the story must be one.
    pub fn apply(&mut self, time: Time, command: Command) -> Result<Vec<Event>, String> {
        self.seq += 1;
        self.now = time;
        let input = Stamped { seq: Seq(self.seq), time, command };
        self.history.push(input.clone());
        let want = self.twin.apply(&input);
        let got = self.told_by(|pair| &mut pair.engine, &input);
        if got != want {
            return Err(self.difference("the engine", &got, &want));
        }
        let again = self.told_by(|pair| &mut pair.reborn, &input);
        if again != want {
            return Err(self.difference("the engine after a restart", &again, &want));
        }
        if let Some(event) = want.iter().find(|event| costs_the_house(event)) {
            return Err(self.story(&format!("the house pays for {event:?}")));
        }
        for engine in [&self.engine, &self.reborn] {
            engine.check_invariants().map_err(|broken| self.story(&broken))?;
        }
        Ok(want)
    }

    fn told_by(&mut self, who: fn(&mut Self) -> &mut Engine, input: &Stamped) -> Vec<Event> {
        let mut events = vec![];
        who(self).apply(input, &mut events);
        events
    }

    /// The second engine starts again from its snapshot; both must be in one state.
    pub fn restart(&mut self) -> Result<(), String> {
        let (mut bytes, mut again) = (vec![], vec![]);
        self.reborn.snapshot(&mut bytes);
        let hash = self.reborn.state_hash();
        let reborn = Engine::restore(&bytes).map_err(|error| self.story(&error.to_string()))?;
        reborn.snapshot(&mut again);
        for (holds, otherwise) in [
            (hash == self.engine.state_hash(), "two engines with one story differ in their hash"),
            (reborn.state_hash() == hash, "a restored engine has another hash"),
            (bytes == again, "a restored engine writes another snapshot"),
        ] {
            if !holds {
                return Err(self.story(otherwise));
            }
        }
        self.reborn = reborn;
        Ok(())
    }

    fn difference(&self, who: &str, got: &[Event], want: &[Event]) -> String {
        let same = got.iter().zip(want).take_while(|(got, want)| got == want).count();
        self.story(&format!(
            "{who} tells another story from event {same} on.\nengine: {:#?}\ntwin: {:#?}\n\
             whole engine: {got:?}\nwhole twin: {want:?}",
            got.get(same),
            want.get(same),
        ))
    }

    fn story(&self, what: &str) -> String {
        let line =
            |input: &Stamped| format!("{} at {}: {:?}", input.seq, input.time.0, input.command);
        let lines: Vec<_> = self.history.iter().map(line).collect();
        format!("{what}\nafter\n{}", lines.join("\n"))
    }
}

/// Whether a match whose fees are of one asset gives away more than it takes.
fn costs_the_house(event: &Event) -> bool {
    let Event::Traded { taker, maker, .. } = event else { return false };
    match taker.fee_asset == maker.fee_asset {
        true => taker.fee + maker.fee < 0,
        false => taker.fee < 0 || maker.fee < 0,
    }
}
