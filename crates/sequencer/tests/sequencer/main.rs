//! The whole sequencer, from the call to the disk and back.

mod answers;
mod faults;
mod offline;
mod power;
mod recovery;
mod rig;
