//! The binary: configuration, command line, wiring. The only crate that reads the environment.

mod admin_socket;
mod allowance;
mod audit;
mod cli;
mod command;
mod demo;
mod demo_venues;
mod fleet;
mod history_command;
mod house;
mod journal_command;
mod logging;
mod market_file;
mod operator;
mod outside;
mod ownership;
mod people;
mod scenario_file;
mod serve;
mod settings;
mod sources;
mod test_clock;
mod time_slices;
mod tls;
mod upkeep;
mod venues;
mod world;

use std::mem::ManuallyDrop;
use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};

/// What one thread makes of an order another lets go, all day long: the system's own allocator took
/// a fifth of the time of an order for that.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why a command did not do what it should: said to whoever typed it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Serve(_) | Command::Venues(_)) {
        time_slices::ask_for_short_slices();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    // It is not dropped: what runs on it still would be waited for, also after a panic, and nobody
    // would hear why.
    let runtime = runtime.map(ManuallyDrop::new).map_err(Failure::from);
    match runtime.and_then(|runtime| runtime.block_on(run(cli))) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("rialto: {}", with_causes(&*failure));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Serve(options) => {
            let options = options.with_file()?;
            logging::start(
                options.log_format.unwrap_or_default(),
                options.log.as_deref().unwrap_or("info"),
            );
            serve::serve(options).await?;
        }
        Command::Venues(options) => {
            logging::start(settings::LogFormat::default(), &options.log);
            venues::venues(options).await?;
        }
        Command::User(command) => command::user(command).await?,
        Command::ApiKey(command) => command::api_key(command).await?,
        Command::Market(command) => command::market(command).await?,
        Command::Ledger(command) => command::ledger(command).await?,
        Command::Audit(command) => command::audit(command).await?,
        Command::Clock(command) => command::clock(command).await?,
        Command::Keys(command) => command::keys(command).await?,
        Command::Journal(command) => return journal_command::journal(command),
        Command::Openapi => print!("{}", gateway::document_text()),
        Command::History(command) => history_command::history(command).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The failure and its causes, in one line.
fn with_causes(failure: &dyn std::error::Error) -> String {
    let mut line = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line
}
