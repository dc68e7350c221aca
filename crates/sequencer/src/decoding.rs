//! Reads and decodes the journal ahead of the engine, on a thread of its own: the way back is then
//! as fast as the engine, not as both one after the other.

use std::sync::mpsc::{Receiver, SyncSender};

use engine::{Genesis, Stamped, StateHash};
use journal::{End, Frame, Frames, Next};
use model::{Note, Seq};

use crate::codec::{Decoder, Entry};
use crate::replay::ReplayError;

/// Commands of one step at most, but for the frame with which it is full.
const STEP_COMMANDS: usize = 1_024;

/// Commands, and what goes beside some of them: of which, and what.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub inputs: Vec<Stamped>,
    pub notes: Vec<(usize, Box<Note>)>,
}

/// What the engine is to do next.
#[derive(Debug)]
pub(crate) enum Step {
    /// The journal begins.
    Genesis { rules: u32, genesis: Genesis },
    /// Apply these.
    Commands(Told),
    /// Compare.
    Checkpoint { seq: Seq, hash: StateHash },
    /// All is done; `None` before the journal's end.
    End(Option<End>),
}

/// The thread's side.
pub(crate) struct Ahead<'a> {
    /// Commands up to here are passed over.
    pub after: u64,
    /// The last one wanted.
    pub to: u64,
    pub steps: &'a SyncSender<Result<Step, ReplayError>>,
    /// Emptied vectors come back.
    pub spent: &'a Receiver<Told>,
    pub told: Told,
}

/// Nobody listens any more.
struct Gone;

/// What became of a frame.
enum FrameRead {
    /// It was taken in; this is the sequence after it.
    Through(u64),
    /// It is none of ours, and ends the reading.
    Malformed(ReplayError),
}

impl Ahead<'_> {
    /// Sends every step, up to the end or an error.
    pub fn run(mut self, mut frames: Frames<'_>) {
        // Whoever went has the error or the end that made it go.
        let _: Result<(), Gone> = self.read(&mut frames);
    }

    fn read(&mut self, frames: &mut Frames<'_>) -> Result<(), Gone> {
        loop {
            let last = match frames.next() {
                Ok(Next::Frame(frame)) => match self.frame(&frame)? {
                    FrameRead::Through(next) if self.to < next => Ok(Step::End(None)),
                    FrameRead::Through(_) => continue,
                    FrameRead::Malformed(error) => Err(error),
                },
                Ok(Next::End(end)) => Ok(Step::End(Some(end))),
                Err(error) => Err(error.into()),
            };
            self.flush()?;
            return self.send(last);
        }
    }

    /// Takes a frame in.
    fn frame(&mut self, frame: &Frame<'_>) -> Result<FrameRead, Gone> {
        let mut decoder = Decoder::new(frame.payload);
        let mut seq = frame.first;
        let after = frame.first + u64::from(frame.count);
        let malformed = |seq, reason| {
            Ok(FrameRead::Malformed(ReplayError::Malformed { seq: Seq(seq), reason }))
        };
        loop {
            match decoder.entry() {
                Err(error) => return malformed(seq, error.0),
                Ok(None) => break,
                Ok(Some(Entry::Genesis { rules, genesis, time: _ })) => {
                    self.flush()?;
                    self.send(Ok(Step::Genesis { rules, genesis }))?;
                }
                Ok(Some(Entry::Checkpoint { seq, hash })) => {
                    self.flush()?;
                    self.send(Ok(Step::Checkpoint { seq, hash }))?;
                }
                Ok(Some(Entry::Commands { time, count })) => {
                    for _ in 0..count {
                        let (command, note) = match decoder.command() {
                            Ok(noted) if seq < after => noted,
                            Ok(_) => return malformed(seq, "more than the frame says"),
                            Err(error) => return malformed(seq, error.0),
                        };
                        if self.after < seq && seq <= self.to {
                            let at = self.told.inputs.len();
                            self.told.notes.extend(note.map(|note| (at, note)));
                            self.told.inputs.push(Stamped { seq: Seq(seq), time, command });
                        }
                        seq += 1;
                    }
                }
            }
        }
        if seq != after {
            return malformed(seq, "fewer commands than the frame says");
        }
        if STEP_COMMANDS <= self.told.inputs.len() {
            self.flush()?;
        }
        Ok(FrameRead::Through(after))
    }

    fn flush(&mut self) -> Result<(), Gone> {
        if self.told.inputs.is_empty() {
            return Ok(());
        }
        let empty = self.spent.try_recv().unwrap_or_default();
        let full = std::mem::replace(&mut self.told, empty);
        self.send(Ok(Step::Commands(full)))
    }

    fn send(&self, step: Result<Step, ReplayError>) -> Result<(), Gone> {
        self.steps.send(step).map_err(|_| Gone)
    }
}
