//! The binary: configuration, command line, wiring. The only crate that reads the environment.

mod admin_socket;
mod cli;
mod logging;
mod market_file;
mod operator;
mod settings;

use clap::Parser;

fn main() {
    let _ = cli::Cli::parse();
}
