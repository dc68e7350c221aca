//! Random stories of the real engine, told to the views and to their history.

// Shared with the engine's own tests: the exchange as its rules define it, and random commands.
#[allow(dead_code, unused_imports)]
#[path = "../../../engine/tests/drive/mod.rs"]
mod drive;
#[allow(dead_code, missing_docs)]
#[path = "../../../engine/tests/naive/mod.rs"]
mod naive;

mod definition;
mod history;
mod tale;
mod views;
