//! What is applied at once and published at once.

use engine::{Event, Stamped};
use model::{Note, Seq, Time};

use crate::handle::{Status, StatusReply};
use crate::reader::Committed;

/// Commands that were applied together, what happened, and what the caller attached to each.
#[derive(Debug)]
pub struct Batch<T> {
    pub(crate) inputs: Vec<Stamped>,
    /// What goes beside some of the commands: of which, and what.
    pub(crate) notes: Vec<(usize, Box<Note>)>,
    pub(crate) tags: Vec<T>,
    pub(crate) events: Vec<Event>,
    /// Where in `events` the events of each command end.
    pub(crate) ends: Vec<usize>,
    /// The sequence at the end, also where there is no command.
    pub(crate) through: Seq,
    pub(crate) mark: Option<Mark>,
}

/// What is to be done when everything before is published.
#[derive(Debug)]
pub(crate) enum Mark {
    /// Tell where the exchange stands.
    Status(StatusReply, Status),
    /// Keep this state of the engine, and that of the readers with it; the last one of a run is
    /// waited for.
    Snapshot { engine: EngineState, last: bool },
}

/// The engine at a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EngineState {
    pub seq: Seq,
    pub time: Time,
    pub hash: engine::StateHash,
    pub bytes: Vec<u8>,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            notes: Vec::new(),
            tags: Vec::new(),
            events: Vec::new(),
            ends: Vec::new(),
            through: Seq(0),
            mark: None,
        }
    }
}

impl<T> Batch<T> {
    /// How many commands.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The commands with their events, in order, as readers fold them.
    pub fn committed(&self) -> impl Iterator<Item = Committed<'_>> {
        committed((&self.inputs, &self.notes), (&self.events, &self.ends), false)
    }

    /// What the caller attached to each command, in order.
    #[must_use]
    pub fn tags(&self) -> &[T] {
        &self.tags
    }

    pub(crate) const fn last(&self) -> u64 {
        self.through.0
    }

    pub(crate) fn clear(&mut self) {
        self.inputs.clear();
        self.notes.clear();
        self.tags.clear();
        self.events.clear();
        self.ends.clear();
        self.mark = None;
    }
}

/// Commands with their notes and events, in order: of which command a note is, and where in
/// `events` those of each command end.
pub(crate) fn committed<'a>(
    (inputs, notes): (&'a [Stamped], &'a [(usize, Box<Note>)]),
    (events, ends): (&'a [Event], &'a [usize]),
    replayed: bool,
) -> impl Iterator<Item = Committed<'a>> {
    let (mut begin, mut notes) = (0, notes.iter().peekable());
    inputs.iter().enumerate().map(move |(at, input)| {
        let events = &events[begin..ends[at]];
        begin = ends[at];
        Committed {
            seq: input.seq,
            time: input.time,
            command: &input.command,
            note: notes.next_if(|(of, _)| *of == at).map(|(_, note)| &**note),
            events,
            replayed,
        }
    })
}
