//! The command line. Every option of `serve` is also a key of the
//! configuration file and an environment variable `RIALTO_…`; see [`crate::settings`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::ServeOptions;
use crate::venues::VenuesOptions;

/// A self-hosted crypto exchange that the bots you already have can trade on.
#[derive(Debug, Parser)]
#[command(name = "rialto", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the exchange.
    Serve(Box<ServeOptions>),
    /// Run the exchange server: venues to try things on, with prices, accounts and play money.
    Venues(VenuesOptions),
    /// Create users, reset their passwords.
    #[command(subcommand)]
    User(UserCommand),
    /// Create, list and revoke the keys with which programs sign.
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// List markets, open and halt them.
    #[command(subcommand)]
    Market(MarketCommand),
    /// Move money into and out of accounts.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Verify, replay and dump the journal of a stopped or copied data directory.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Check the log of what happened to users and keys.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Move the clock by which sessions and keys end, in tests of a demo.
    #[command(subcommand, hide = true)]
    Clock(ClockCommand),
    /// Create and rotate master keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Rebuild what queries read from the journal.
    #[command(subcommand)]
    History(HistoryCommand),
    /// Print the OpenAPI document of the own API.
    Openapi,
}

/// Where the data lies.
#[derive(Clone, Debug, Args)]
pub struct DataDirectory {
    /// The data directory.
    #[arg(long = "data", env = "RIALTO_DATA", default_value = "./data", value_name = "DIR")]
    pub path: PathBuf,
    /// The database, if not in the data directory: `postgres://…`.
    #[arg(long, env = "RIALTO_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The master key's file, if not in the data directory.
    #[arg(long, env = "RIALTO_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a user and open their account.
    Create {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The user's email address.
        #[arg(long)]
        email: String,
        /// Make them an administrator.
        #[arg(long)]
        admin: bool,
        /// Their KYC status.
        #[arg(long, value_parser = ["none", "pending", "approved"], default_value = "none")]
        kyc: String,
        /// Read the password from standard input, to its first line break.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Give a user a new password.
    ResetPassword {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The user's email address.
        #[arg(long)]
        email: String,
        /// Read the password from standard input, to its first line break.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Say how far the exchange knows a user, who may do more or less at once.
    SetKyc {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The user's email address.
        #[arg(long)]
        email: String,
        /// Their KYC status.
        #[arg(long, value_parser = ["none", "pending", "approved", "rejected"])]
        kyc: String,
    },
    /// Switch a user's second factor off, for who has lost it, and end all their sessions.
    ResetTwoFactor {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The user's email address.
        #[arg(long)]
        email: String,
    },
}

/// What can be done with API keys.
#[derive(Debug, Subcommand)]
pub enum ApiKeyCommand {
    /// Create a key and print it, once, as `{"apiKey":…,"secretKey":…}`.
    Create {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The user's email address.
        #[arg(long)]
        email: String,
        /// What it may do: read, trade, transfer, admin.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// From where it may be used; anywhere if absent.
        #[arg(long, value_name = "CIDR")]
        allow_ip: Vec<String>,
        /// A public key in PEM (Ed25519 or RSA); then no secret is made.
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
        /// What its owner calls it.
        #[arg(long, default_value = "command line")]
        name: String,
        /// Until when it is good, as RFC 3339; for ever if absent.
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// Print a user's keys that are not revoked, without their secrets.
    List {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The user's email address.
        #[arg(long)]
        email: String,
    },
    /// Revoke a key for good: it is refused at once, and what listens by it is ended.
    Revoke {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The user's email address.
        #[arg(long)]
        email: String,
        /// The key's number, as `list` and `create` print it.
        #[arg(long, value_name = "UUID")]
        id: String,
    },
}

/// What can be done with markets.
#[derive(Debug, Subcommand)]
pub enum MarketCommand {
    /// List a market, and the assets it needs, from a file like docs/btc-usdt.toml.
    Create {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The file that describes the market.
        #[arg(long)]
        file: PathBuf,
    },
    /// Open, restrict or halt a market.
    State {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The market, as `BTC-USDT`.
        #[arg(long)]
        symbol: String,
        /// What it admits from now on.
        #[arg(long, value_parser = ["open", "post-only", "cancel-only", "halted"])]
        state: String,
    },
}

/// What can be done with the ledger.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Move money into (positive) or out of (negative) a user's account. Journaled.
    Adjust {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The user's email address.
        #[arg(long)]
        email: String,
        /// The asset, as `USDT`.
        #[arg(long)]
        asset: String,
        /// The amount, as a decimal.
        #[arg(long, allow_hyphen_values = true)]
        amount: String,
        /// The reason. The log keeps it beside the reference under which the journal knows it.
        #[arg(long)]
        reason: String,
        /// The reference of an earlier try whose outcome is unknown: it is then done once at most.
        #[arg(long, value_name = "UUID")]
        reference: Option<String>,
    },
}

/// What can be done with a journal.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Check every record: exit 0 sound, 1 damaged.
    Verify {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
    },
    /// Apply every command to a new engine and print the sequence and state hash reached.
    Replay {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// Stop after this command.
        #[arg(long, value_name = "N")]
        to_seq: Option<u64>,
    },
    /// Print the commands, one JSON object a line.
    Dump {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The first command to print.
        #[arg(long, value_name = "N")]
        from_seq: Option<u64>,
        /// The last command to print.
        #[arg(long, value_name = "N")]
        to_seq: Option<u64>,
    },
    /// Void the command at which replay stops, on the record.
    Void {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
        /// The command's sequence.
        #[arg(long, value_name = "N")]
        seq: u64,
        /// The reason, for the record.
        #[arg(long)]
        reason: String,
    },
}

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no entry was altered, left out or put in, and print how the log ends.
    Verify {
        /// Where.
        #[command(flatten)]
        data: DataDirectory,
    },
}

/// What can be done with the clock of a demo that runs with `--test-clock`.
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Move it ahead.
    Advance {
        /// Where.
        #[command(flatten)]
        data: DataDirectory,
        /// How far.
        #[arg(long, value_name = "N")]
        seconds: u64,
    },
}

/// What can be done with master keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key file for `--master-key-file`; refused where there is a file.
    Create {
        /// The file.
        #[arg(long, env = "RIALTO_MASTER_KEY_FILE", value_name = "FILE")]
        master_key_file: PathBuf,
    },
    /// Wrap every stored secret under a new master key. May be stopped and run again.
    Rotate {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
    },
}

/// What can be done with the history in the database.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Empty it and fill it again from the journal; refused where the journal no longer has all.
    Rebuild {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
    },
    /// Let it go on without what neither it nor the journal has any more.
    AcceptGap {
        /// The data directory and what may lie elsewhere.
        #[command(flatten)]
        data: DataDirectory,
    },
}
