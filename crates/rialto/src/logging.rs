//! Structured logs on standard error. Secrets never reach them: they live in types without text.

use tracing_subscriber::EnvFilter;

use crate::settings::LogFormat;

/// Starts logging for the process. `directives` as `tracing` reads them: `info,sequencer=debug`.
pub fn start(format: LogFormat, directives: &str) {
    // These log what travels, signatures and keys among it, when they are asked to say more.
    let capped = ["tungstenite", "tokio_tungstenite", "hyper", "sqlx"];
    let capped = capped.map(|name| format!("{name}=info")).join(",");
    let filter = EnvFilter::builder().parse_lossy(format!("{directives},{capped}"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
}
