//! The binary: configuration, command line, wiring. The only crate that reads the environment.

mod cli;
mod market_file;
mod settings;

use clap::Parser;

fn main() {
    let _ = cli::Cli::parse();
}
