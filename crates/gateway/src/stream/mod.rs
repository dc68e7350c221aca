//! `GET /api/v1/stream`: what changes, over a socket.
//!
//! ```text
//! feed ──► what is dirty ──► every 50 ms: views ─► what differs from what was told ─► outboxes
//! ```
//!
//! Keeps   a message is made once for all who hear a channel; `seq` grows by one for each channel
//!         of a connection. Whoever reads too slowly loses what waits and gets one snapshot of each
//!         channel instead; nobody else waits for that.
//! Fails   towards the truth: what is lost between the feed and the beat is read from the views.

mod channel;
mod hub;
mod outbox;
mod socket;
mod told;

pub use hub::{Hub, feed};
pub use socket::{__path_connect, connect};
