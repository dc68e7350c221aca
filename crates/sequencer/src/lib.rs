//! The one writer: stamp, journal, apply, publish; replay.
//!
//! Keeps   one order of commands for everybody; nothing is seen before it is on disk; who is
//!         answered can already read what was done; time never steps back.
//! Fails   a failing disk ends the process, which recovers by replay.

mod clock;
mod config;
mod courier;
mod handle;
mod inbox;
mod measured;
mod reader;
mod runtime;

mod batch;
mod codec;
mod pipeline;
mod progress;
mod publisher;

mod beginning;
mod decoding;
pub mod offline;
mod replay;
mod state;

pub use batch::Batch;
pub use clock::{Clock, SystemClock, machine_time};
pub use config::{Config, JOURNAL_RETENTION_BYTES, OnFatal, SNAPSHOT_EVERY};
pub use handle::{Answer, Handle, Pending, PendingStatus, Status, SubmitError};
pub use pipeline::{Asked, Pipeline, Publish};
pub use reader::{Committed, Reader, ReaderError};
pub use replay::ReplayError;
pub use runtime::{Joiner, StartError, start};
