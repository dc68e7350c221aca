//! The one writer: stamp, journal, apply, publish; replay.
//!
//! Keeps   one order of commands for everybody; nothing is seen before it is on disk; who is
//!         answered can already read what was done; time never steps back.
//! Fails   a failing disk ends the process, which recovers by replay.

mod clock;
mod config;
mod handle;
mod inbox;
mod reader;
mod runtime;

pub use clock::{Clock, SystemClock};
pub use config::{Config, OnFatal};
pub use handle::{Answer, Handle, Pending, PendingStatus, Status, SubmitError};
pub use reader::{Committed, Reader, ReaderError};
pub use runtime::{Joiner, StartError, start};
