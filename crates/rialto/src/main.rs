//! The binary: configuration, command line, wiring.
fn main() {}
