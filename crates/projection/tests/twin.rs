//! The views against naive scans over everything that ever happened.

// Shared with the engine's own tests: the exchange as its rules define it, and random commands.
#[allow(dead_code, unused_imports)]
#[path = "../../engine/tests/drive/mod.rs"]
mod drive;
#[allow(dead_code, missing_docs)]
#[path = "../../engine/tests/naive/mod.rs"]
mod naive;

mod definition;

use definition::Story;
use drive::{Bytes, Draw, next_command, set_up};
use engine::Stamped;
use model::{Seq, Time};
use naive::Exchange;
use projection::Projection;
use proptest::prelude::*;

/// The exchange, what it said, the views of it, and a subscriber.
struct World {
    exchange: Exchange,
    story: Story,
    projection: Projection,
    seq: u64,
    now: Time,
}

impl World {
    fn new(bytes: &[u8]) -> Self {
        let projection = Projection::new();
        let mut world = Self {
            exchange: Exchange::new(),
            story: Story::new(&projection.views()),
            projection,
            seq: 0,
            now: Time(1_709_251_190_000_000), // Shortly before a month ends.
        };
        for command in set_up(&mut Draw::new(bytes)) {
            world.apply(world.now, command);
        }
        world
    }

    fn step(&mut self, bytes: &Bytes) {
        let (time, command) = next_command(bytes, self.seq + 1, self.now, &self.exchange);
        self.apply(time, command);
    }

    fn apply(&mut self, time: Time, command: engine::Command) {
        (self.seq, self.now) = (self.seq + 1, time);
        let input = Stamped { seq: Seq(self.seq), time, command };
        let events = self.exchange.apply(&input);
        self.projection.fold(input.seq, time, &input.command, &events, false);
        self.story.tell(time, input.seq, events);
    }

    fn check(&mut self) {
        let views = self.projection.views();
        self.story.check(&views, &self.exchange, self.now);
    }
}

fn commands() -> impl Strategy<Value = Vec<Bytes>> {
    prop::collection::vec(prop::array::uniform(any::<u8>()), 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_views_say_what_a_scan_over_all_events_says(
        world in prop::collection::vec(any::<u8>(), 600),
        commands in commands(),
    ) {
        let mut world = World::new(&world);
        for bytes in &commands {
            world.step(bytes);
            world.check();
        }
    }

    #[test]
    fn a_restored_projection_goes_on_as_if_nothing_had_happened(
        world in prop::collection::vec(any::<u8>(), 600),
        commands in commands(),
        stop in 0_usize..120,
    ) {
        let mut world = World::new(&world);
        for (at, bytes) in commands.iter().enumerate() {
            if at == stop {
                let mut snapshot = Vec::new();
                world.projection.snapshot(&mut snapshot);
                let mut restored = Projection::new();
                restored.restore(Seq(world.seq), Some(&snapshot)).unwrap();
                let mut again = Vec::new();
                restored.snapshot(&mut again);
                prop_assert_eq!(&snapshot, &again);
                world.story.subscribe(&restored.views());
                world.projection = restored;
            }
            world.step(bytes);
        }
        world.check();
    }

    #[test]
    fn a_damaged_snapshot_is_refused_without_a_panic(
        world in prop::collection::vec(any::<u8>(), 600),
        commands in commands(),
        place in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let mut world = World::new(&world);
        commands.iter().for_each(|bytes| world.step(bytes));
        let mut snapshot = Vec::new();
        world.projection.snapshot(&mut snapshot);
        let mut projection = Projection::new();
        let cut = &snapshot[..place.index(snapshot.len())];
        prop_assert!(projection.restore(Seq(world.seq), Some(cut)).is_err());
        prop_assert!(projection.restore(Seq(world.seq + 1), Some(&snapshot)).is_err());
        // A flipped bit may hit a number and pass: the snapshot file has a checksum of its own.
        let at = place.index(snapshot.len());
        snapshot[at] ^= flip;
        let _ = projection.restore(Seq(world.seq), Some(&snapshot));
        prop_assert!(projection.restore(Seq(0), None).is_ok());
        prop_assert_eq!(projection.views().seq(), Seq(0));
    }
}
