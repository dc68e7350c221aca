//! The own API over a real engine and sequencer, on a simulated disk.

mod authorization;
mod change;
mod hang_up;
mod market;
mod notices;
mod orders;
mod people;
mod repeats;
mod signed;
mod site;
mod stage;
mod stream;
mod weights;
