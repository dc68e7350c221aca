//! What `rialto serve` can be told, from three places: a flag, else an environment variable, else
//! the configuration file, else the default. One list of options serves all three.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::sources::Address;

macro_rules! options {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty, $env:literal, $value:literal;)+) => {
        /// The options of `serve`, each where it was given. `None` where it was not.
        #[derive(Clone, Debug, Default, Args, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct ServeOptions {
            /// A configuration file (TOML) with any of the other options as keys.
            #[arg(long, env = "RIALTO_CONFIG", value_name = "FILE")]
            #[serde(skip)]
            pub config: Option<PathBuf>,
            /// Fill an empty data directory with markets, makers and funded users with API keys.
            #[arg(long, env = "RIALTO_DEMO")]
            #[serde(default)]
            pub demo: bool,
            /// Let `rialto clock advance` move the clock of sessions and keys: for tests, and only
            /// in a demo.
            #[arg(long, env = "RIALTO_TEST_CLOCK", hide = true)]
            #[serde(default)]
            pub test_clock: bool,
            /// Speak TLS by a certificate of its own, kept in the data directory, which clients
            /// have to be told to trust.
            #[arg(long, env = "RIALTO_TLS_SELF_SIGNED")]
            #[serde(default)]
            pub tls_self_signed: bool,
            $(
                $(#[doc = $doc])+
                #[arg(long, env = $env, value_name = $value, hide_env_values = true)]
                pub $name: Option<$type>,
            )+
            /// A recording of market data that drives the demo's prices in the place of what the
            /// seed would draw, and begins anew at its end; can be given several times.
            #[arg(long, env = "RIALTO_TAPE", value_name = "FILE", value_delimiter = ',')]
            #[serde(default)]
            pub tape: Vec<PathBuf>,
            /// Venues whose prices are followed: `binance`, `coinbase`, `kraken`, `kucoin`, at the
            /// venue itself, or `NAME=URL` for one that speaks as it does, as `rialto venues` runs
            /// them; plain HTTP to this machine alone.
            #[arg(long, env = "RIALTO_VENUE", value_name = "NAME[=URL]", value_delimiter = ',')]
            #[serde(default)]
            pub venue: Vec<Address>,
            /// Addresses of proxies whose `X-Forwarded-For` is believed, as CIDR.
            #[arg(long, env = "RIALTO_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',')]
            #[serde(default)]
            pub trusted_proxy: Vec<String>,
            /// From where, beside this machine, `GET /metrics` is answered, as CIDR.
            #[arg(long, env = "RIALTO_METRICS_FROM", value_name = "CIDR", value_delimiter = ',')]
            #[serde(default)]
            pub metrics_from: Vec<String>,
            /// Names by which requests reach this server, beside those of this machine itself;
            /// what says another in `Host` is refused. Without any, a server that listens to
            /// other machines takes all.
            #[arg(long, env = "RIALTO_ALLOWED_HOST", value_name = "NAME", value_delimiter = ',')]
            #[serde(default)]
            pub allowed_host: Vec<String>,
        }

        impl ServeOptions {
            /// What is given here, else what `file` gives.
            fn or(self, file: Self) -> Self {
                Self {
                    config: self.config,
                    demo: self.demo || file.demo,
                    test_clock: self.test_clock || file.test_clock,
                    tls_self_signed: self.tls_self_signed || file.tls_self_signed,
                    $($name: self.$name.or(file.$name),)+
                    tape: first(self.tape, file.tape),
                    venue: first(self.venue, file.venue),
                    trusted_proxy: first(self.trusted_proxy, file.trusted_proxy),
                    metrics_from: first(self.metrics_from, file.metrics_from),
                    allowed_host: first(self.allowed_host, file.allowed_host),
                }
            }
        }
    };
}

options! {
    /// The data directory [default: ./data].
    data: PathBuf, "RIALTO_DATA", "DIR";
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1:8080].
    listen: SocketAddr, "RIALTO_LISTEN", "HOST:PORT";
    /// Speak TLS by these certificates, the server's own first (PEM); with --tls-key.
    tls_cert: PathBuf, "RIALTO_TLS_CERT", "FILE";
    /// The key of the first certificate (PEM). Both files are read again on SIGHUP.
    tls_key: PathBuf, "RIALTO_TLS_KEY", "FILE";
    /// The database, if not SQLite in the data directory: `postgres://…`.
    database_url: String, "RIALTO_DATABASE_URL", "URL";
    /// The master key's file [default: DATA/master.key, made at the first start].
    master_key_file: PathBuf, "RIALTO_MASTER_KEY_FILE", "FILE";
    /// How the log looks: `text` or `json` [default: text].
    log_format: LogFormat, "RIALTO_LOG_FORMAT", "FORMAT";
    /// What is logged, as `tracing` directives [default: info].
    log: String, "RIALTO_LOG", "DIRECTIVES";
    /// Request weight that one address may use in a minute [default: 6000; in a demo on this
    /// machine: 60000].
    request_weight_per_minute: u32, "RIALTO_REQUEST_WEIGHT_PER_MINUTE", "N";
    /// Requests that one address may send in five minutes [default: 61000; in a demo on this
    /// machine: 610000].
    requests_per_five_minutes: u32, "RIALTO_REQUESTS_PER_FIVE_MINUTES", "N";
    /// Unfilled orders that one account may place in ten seconds [default: 100; in a demo on this
    /// machine: 10000].
    orders_per_ten_seconds: u32, "RIALTO_ORDERS_PER_TEN_SECONDS", "N";
    /// Unfilled orders that one account may place in a day [default: 200000; in a demo on this
    /// machine: 20000000].
    orders_per_day: u32, "RIALTO_ORDERS_PER_DAY", "N";
    /// Tries of passwords and codes that one network has in 15 minutes [default: 100; in a demo on
    /// this machine: 10000].
    credential_tries_per_quarter_hour: u32, "RIALTO_CREDENTIAL_TRIES_PER_QUARTER_HOUR", "N";
    /// Minutes after a person's last act at which a session ends, from 1 to 720 [default: 20].
    session_idle_minutes: u64, "RIALTO_SESSION_IDLE_MINUTES", "N";
    /// Whether scripts may send passwords that no page encrypted [default: true].
    plain_passwords: bool, "RIALTO_PLAIN_PASSWORDS", "BOOL";
    /// Whether what changes something under `/api/v1` by an API key must name its method and path
    /// among what is signed [default: false].
    named_requests: bool, "RIALTO_NAMED_REQUESTS", "BOOL";
    /// Commands between two snapshots of the engine [default: 1000000].
    snapshot_every: u64, "RIALTO_SNAPSHOT_EVERY", "N";
    /// Bytes of journal kept behind the oldest snapshot [default: 4294967296].
    journal_retention_bytes: u64, "RIALTO_JOURNAL_RETENTION_BYTES", "N";
    /// Bytes of one segment of the journal, an eighth of them reserved for cancels
    /// [default: 16777216].
    journal_segment_bytes: u64, "RIALTO_JOURNAL_SEGMENT_BYTES", "N";
    /// Seed of the demo's prices [default: 1].
    seed: u64, "RIALTO_SEED", "N";
    /// Which venues run beside the demo: `all`, `none`, or some, as `binance,kraken` [default:
    /// all].
    demo_venues: String, "RIALTO_DEMO_VENUES", "VENUES";
    /// Seconds from one time that venues are asked for what their streams do not tell to the next,
    /// from 1 to 3600 [default: 10].
    venue_refresh_seconds: u64, "RIALTO_VENUE_REFRESH_SECONDS", "N";
}

/// The flags' list, else the file's.
fn first<T>(flags: Vec<T>, file: Vec<T>) -> Vec<T> {
    if flags.is_empty() { file } else { flags }
}

/// How the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Why the options cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The configuration file is not what it should be.
    #[error("the configuration file {} is wrong: {source}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
}

impl ServeOptions {
    /// These options, completed by the configuration file where one is named.
    ///
    /// # Errors
    /// [`SettingsError`] where the file cannot be read or has a key that is no option.
    pub fn with_file(self) -> Result<Self, SettingsError> {
        let Some(path) = self.config.clone() else { return Ok(self) };
        let text = std::fs::read_to_string(&path)
            .map_err(|source| SettingsError::Read { path: path.clone(), source })?;
        let file = toml::from_str(&text)
            .map_err(|source| SettingsError::Parse { path, source: Box::new(source) })?;
        Ok(self.or(file))
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("./data"))
    }

    /// Which venues run beside the demo.
    #[must_use]
    pub fn demo_venues(&self) -> &str {
        self.demo_venues.as_deref().unwrap_or("all")
    }

    /// Where to listen.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<ServeOptions, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_fills_what_no_flag_says() {
        let file = parsed("listen = '127.0.0.1:1'\ndata = '/from/file'\ndemo = true").unwrap();
        let flags = ServeOptions { data: Some("/from/flag".into()), ..ServeOptions::default() };
        let both = flags.or(file);
        assert_eq!(both.data(), Path::new("/from/flag"));
        assert_eq!(both.listen(), SocketAddr::from(([127, 0, 0, 1], 1)));
        assert!(both.demo);
    }

    #[test]
    fn what_help_calls_the_default_is_the_default() {
        let venue = venue_server::binance::Quotas::default();
        let command = ServeOptions::augment_args(clap::Command::new("serve"));
        for (option, default) in [
            ("listen", ServeOptions::default().listen().to_string()),
            ("demo_venues", ServeOptions::default().demo_venues().to_owned()),
            ("request_weight_per_minute", venue.weight.to_string()),
            ("requests_per_five_minutes", venue.raw_requests.to_string()),
            ("orders_per_ten_seconds", venue.orders_short.to_string()),
            ("orders_per_day", venue.orders_long.to_string()),
            ("venue_refresh_seconds", arbitrage::Pace::default().every.as_secs().to_string()),
            ("session_idle_minutes", (identity::SESSION_IDLE.as_secs() / 60).to_string()),
            ("snapshot_every", sequencer::SNAPSHOT_EVERY.to_string()),
            ("journal_retention_bytes", sequencer::JOURNAL_RETENTION_BYTES.to_string()),
            ("journal_segment_bytes", journal::JournalConfig::SEGMENT_BYTES.to_string()),
        ] {
            let argument = command.get_arguments().find(|it| it.get_id() == option);
            let help = argument.and_then(clap::Arg::get_help).unwrap().to_string();
            let told = help.split_once("[default: ").unwrap().1;
            assert!(told.starts_with(&default), "{option}: {help}, not {default}");
            assert!(told[default.len()..].starts_with([']', ';']), "{option}: {help}");
        }
    }

    #[test]
    fn a_key_that_is_no_option_is_refused() {
        assert!(parsed("lisen = '127.0.0.1:1'").is_err());
    }
}
