//! The own API over a real engine and sequencer, on a simulated disk.

mod authorization;
mod market;
mod notices;
mod orders;
mod people;
mod repeats;
mod site;
mod stage;
mod stream;
