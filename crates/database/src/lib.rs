//! SQLite or PostgreSQL behind one door: pool and migrations.
//!
//! Units   amounts are [`Money`] (16 bytes that sort), counters [`Whole`] and times [`Moment`]
//!         (both BIGINT). No column is floating: a test reads every declared type back.
//! Keeps   one set of queries and migrations serves both; migrations apply wholly or not at all,
//!         also when two processes start at once. Reads cannot write.
//! Fails   [`DatabaseError`]. Neither errors nor logs show the URL's password or a bound value.

mod bulk;
mod column;
mod door;
mod migration;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use bulk::{Bulk, Cell, Cells, Present, Target};
pub use column::{Moment, Money, Whole};
pub use door::{Database, DatabaseError, Place, READERS_MAX, is_duplicate};
