//! `/api/v1/trading`: one's own orders.
//!
//! Keeps   what is answered was durable and readable before; an order of somebody else is not
//!         there; money is read from text and never rounded.

mod cancel_after;
mod fills;
mod filters;
mod lists;
mod order_change;
mod order_request;
mod order_view;
mod orders;
mod repeats;

pub use cancel_after::{CancelAfter, cancel_after};
pub use fills::{FillView, fills};
pub use lists::{order_lists, place_list};
pub use order_change::change;
pub use order_view::OrderView;
pub use orders::{cancel, cancel_all, list, one, place};
pub use repeats::{Begun, IDEMPOTENCY_KEY, REPLAYED, Repeats, Underway};

// What the macro of a route puts beside its handler.
pub use cancel_after::__path_cancel_after;
pub use fills::__path_fills;
pub use lists::{__path_order_lists, __path_place_list};
pub use order_change::__path_change;
pub use orders::{__path_cancel, __path_cancel_all, __path_list, __path_one, __path_place};
