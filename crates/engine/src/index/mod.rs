//! How open orders are found: by their number, and by the name that their client gave them.

mod ids;
mod names;
mod table;

pub(crate) use ids::OrderIndex;
pub(crate) use names::{NameIndex, secrets};
