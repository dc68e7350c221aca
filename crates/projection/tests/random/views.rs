//! The views against naive scans over everything that ever happened.

use engine::Command;
use model::Seq;
use projection::Projection;
use proptest::prelude::*;

use crate::definition::Story;
use crate::drive::Bytes;
use crate::tale::Tale;

/// Random runs of each property, unless `PROPTEST_CASES` asks for more.
const CASES: u32 = 64;

/// What is told, the views of it, and a subscriber.
pub(crate) struct World {
    tale: Tale,
    folded: usize,
    story: Story,
    projection: Projection,
}

impl World {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let projection = Projection::new();
        let story = Story::new(&projection.views());
        let mut world = Self { tale: Tale::new(bytes), folded: 0, story, projection };
        world.fold();
        world
    }

    fn step(&mut self, bytes: &Bytes) {
        self.tale.step(bytes);
        self.fold();
    }

    pub(crate) fn tell(&mut self, command: Command) {
        self.tale.tell(command);
        self.fold();
    }

    /// What was told since.
    fn fold(&mut self) {
        for (input, events) in &self.tale.told[self.folded..] {
            self.projection.fold(input.seq, input.time, &input.command, None, events, false);
            self.projection.batch_end();
            self.story.tell(input.time, input.seq, events.clone());
        }
        self.folded = self.tale.told.len();
    }

    fn seq(&self) -> Seq {
        self.tale.engine.seq()
    }

    pub(crate) fn check(&mut self) {
        let views = self.projection.views();
        self.story.check(&views, &self.tale.pair.twin, self.tale.engine.time());
    }
}

fn commands() -> impl Strategy<Value = Vec<Bytes>> {
    prop::collection::vec(prop::array::uniform(any::<u8>()), 0..120)
}

proptest! {
    #![proptest_config(crate::cases(CASES))]

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
                restored.restore(world.seq(), Some(&snapshot)).unwrap();
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
        prop_assert!(projection.restore(world.seq(), Some(cut)).is_err());
        prop_assert!(projection.restore(Seq(world.seq().0 + 1), Some(&snapshot)).is_err());
        // A flipped bit may hit a number and pass: the snapshot file has a checksum of its own.
        let at = place.index(snapshot.len());
        snapshot[at] ^= flip;
        let _ = projection.restore(world.seq(), Some(&snapshot));
        prop_assert!(projection.restore(Seq(0), None).is_ok());
        prop_assert_eq!(projection.views().seq(), Seq(0));
    }
}
