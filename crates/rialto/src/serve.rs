//! `rialto serve`: open the house, open the doors, and close them in order.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use gateway::{Api, ApiSettings, Readiness, Tls};
use identity::{Kyc, SESSION_IDLE};
use journal::JournalConfig;
use model::Time;
use sequencer::{JOURNAL_RETENTION_BYTES, SNAPSHOT_EVERY, machine_time};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use venue_server::{Exchange, Foundation};

use crate::Failure;
use crate::admin_socket::AdminSocket;
use crate::allowance::{self, Allowance};
use crate::demo;
use crate::house::{House, HouseOptions};
use crate::outside::{self, Outside};
use crate::settings::ServeOptions;
use crate::test_clock::TestClock;
use crate::tls::Certificates;
use crate::upkeep;

/// How long the demo remembers orders that never traded.
const DEMO_UNFILLED_ORDERS: Duration = Duration::from_secs(3_600);

/// How long changes may take that have begun when the server stops.
const ERRANDS_WITHIN: Duration = Duration::from_secs(10);

/// Serves until a signal ends it.
///
/// # Errors
/// With the reason why it cannot be served.
pub async fn serve(options: ServeOptions) -> Result<(), Failure> {
    keep_memory_private();
    if options.demo {
        do_without_huge_pages();
    }
    let allowance = Allowance::new(&options)?;
    let (session_idle, test_clock) = (session_idle(&options)?, test_clock(&options)?);
    outside::check(&options)?;
    let certificates = Certificates::of(&options)?;
    let house = House::open(&HouseOptions {
        data: options.data().to_owned(),
        database_url: options.database_url.clone(),
        master_key_file: options.master_key_file.clone(),
        snapshot_every: options.snapshot_every.unwrap_or(SNAPSHOT_EVERY),
        journal_retention_bytes: options.journal_retention_bytes.unwrap_or(JOURNAL_RETENTION_BYTES),
        journal_segment_bytes: options
            .journal_segment_bytes
            .unwrap_or(JournalConfig::SEGMENT_BYTES),
        session_idle,
        test_clock,
        // Market makers place and cancel all day long.
        unfilled_orders: options.demo.then_some(DEMO_UNFILLED_ORDERS),
    })
    .await?;
    let served = open_doors(&options, allowance, certificates, &house).await;
    // Whatever became of it, or what the house runs on would hold the process.
    let closed = house.close().await;
    served.and(closed)
}

/// How long nothing may happen in a session.
fn session_idle(options: &ServeOptions) -> Result<Duration, Failure> {
    // No session lasts longer.
    const MINUTES_MAX: u64 = 12 * 60;
    match options.session_idle_minutes {
        None => Ok(SESSION_IDLE),
        Some(minutes @ 1..=MINUTES_MAX) => Ok(Duration::from_secs(minutes * 60)),
        Some(minutes) => {
            Err(format!("session-idle-minutes is {minutes}, not 1 to {MINUTES_MAX}").into())
        }
    }
}

/// The clock that tests move, where one is asked for. Sessions of real people go by none such.
fn test_clock(options: &ServeOptions) -> Result<Option<TestClock>, Failure> {
    match (options.test_clock, options.demo) {
        (true, false) => Err("--test-clock is for demos alone".into()),
        (is_asked, _) => Ok(is_asked.then(TestClock::default)),
    }
}

/// Serves what is asked of the house until a signal ends it.
async fn open_doors(
    options: &ServeOptions,
    allowance: Allowance,
    certificates: Option<Certificates>,
    house: &House,
) -> Result<(), Failure> {
    let Allowance { limits, server: mut server_limits, metrics: metrics_readers } = allowance;
    server_limits.tls = certificates.as_ref().map(Certificates::open).transpose()?;
    let scheme = if server_limits.tls.is_some() { "https" } else { "http" };
    let readiness = Readiness::default();
    let metrics = gateway::collect_metrics()?;
    let shown = metrics.clone();
    outlast_old_requests(house.views.time()).await?;
    let clock = Arc::clone(&house.clock);
    let exchange = Exchange::new(Foundation {
        sequencer: house.sequencer.clone(),
        views: house.views.clone(),
        history: house.history.clone(),
        keys: Arc::clone(house.identity.ring()) as _,
        clock: Arc::new(move || clock.now()),
        limits,
    });
    tokio::spawn(venue_server::binance::feed_streams(Arc::clone(&exchange)));
    server_limits.bans = Some(Arc::clone(&exchange));
    let settings = api_settings(options, house);
    let api = Api::new(Arc::clone(&exchange), Arc::clone(&house.identity), settings);
    tokio::spawn(api.feed_stream());
    tokio::spawn(api.feed_notices());
    let router =
        gateway::site(&api).merge(gateway::operations(readiness.clone(), metrics, metrics_readers));
    let listener = TcpListener::bind(options.listen()).await?;
    let base_url = format!("{scheme}://{}", listener.local_addr()?);
    let socket = AdminSocket::bind(options.data())?;
    let operator_at_work = socket.at_work();
    let outside = Outside::begin(options, house, &base_url, shown).await?;
    upkeep::tell_claim_link(&house.identity, &base_url).await?;
    let stopped = stopped();
    let renewed = renew_on_signal(certificates.zip(server_limits.tls.clone()));
    println!("listening on {base_url}");
    readiness.ready();
    let stop = async move {
        stopped.await;
        exchange.stop_streams();
    };
    // What runs beside the server may end before it; the server goes on.
    let beside = async {
        let people = upkeep::people(&house.identity);
        tokio::join!(socket.serve(house.operator()), people, renewed);
        pending().await
    };
    tokio::select! {
        () = gateway::serve(listener, router, server_limits, stop) => {}
        () = beside => {}
    }
    readiness.stopping();
    outside.close().await;
    // What a client asked for that has hung up since is done whole, too, and what an operator did.
    let ends = tokio::join!(api.finish(ERRANDS_WITHIN), operator_at_work.finish(ERRANDS_WITHIN));
    if ends != (true, true) {
        tracing::warn!("some changes did not finish in time");
    }
    Ok(())
}

/// Reads certificates again whenever the process is told to, from this call on. Without any, the
/// signal is heard all the same: it would end the process.
fn renew_on_signal(served: Option<(Certificates, Arc<Tls>)>) -> impl Future<Output = ()> {
    let mut signals = signal(SignalKind::hangup()).expect("signals can be listened to");
    async move {
        while signals.recv().await.is_some() {
            let Some((certificates, tls)) = &served else {
                tracing::info!("a hangup is no reason to stop, and there are no certificates");
                continue;
            };
            match certificates.reload(tls) {
                Ok(()) => tracing::info!("new certificates are served from now on"),
                Err(error) => tracing::error!(%error, "the certificates before go on"),
            }
        }
    }
}

/// How people are taken; in a demo they are known at once, and get play funds.
fn api_settings(options: &ServeOptions, house: &House) -> ApiSettings {
    let defaults = ApiSettings::default();
    ApiSettings {
        plain_passwords: options.plain_passwords.unwrap_or(defaults.plain_passwords),
        named_requests: options.named_requests.unwrap_or(defaults.named_requests),
        credential_tries_max: allowance::credential_tries(options, defaults.credential_tries_max),
        newcomers_kyc: if options.demo { Kyc::Approved } else { defaults.newcomers_kyc },
        welcome: options.demo.then(|| demo::welcome(house.operator())),
        paper: options.demo,
    }
}

/// Keys are in memory: no core of this process is written, and only the superuser looks into it.
pub fn keep_memory_private() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, nothing) {
        tracing::warn!(%error, "a core of this process may be written");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        tracing::warn!(%error, "others of this user may look into this process");
    }
}

/// Little is held by many threads here, and a huge page for each would hold much more: a demo with
/// its venues takes two thirds without. An exchange that trades for real keeps them: they are fast.
pub fn do_without_huge_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::info!(%error, "memory is taken in huge pages");
    }
}

/// Waits until no request that was good before the last command can be stamped after our start:
/// what was signed earlier is refused, because nobody remembers whether it was carried out.
async fn outlast_old_requests(last: Time) -> Result<(), Failure> {
    // A request may be stamped so far ahead of the clock that judges it.
    const AHEAD: Duration = Duration::from_secs(1);
    const PATIENCE: Duration = Duration::from_secs(60);
    if last == Time(0) {
        return Ok(());
    }
    let behind = Duration::from_micros(last.micros().saturating_sub(machine_time().micros()));
    if PATIENCE < behind {
        return Err(format!("the clock is {behind:?} behind the journal: set it right").into());
    }
    let since = Duration::from_micros(machine_time().micros().saturating_sub(last.micros()));
    tokio::time::sleep((AHEAD + behind).saturating_sub(since)).await;
    Ok(())
}

/// Resolves when the process is asked to end, from this call on.
pub fn stopped() -> impl Future<Output = ()> {
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened to");
    let mut interrupt = signal(SignalKind::interrupt()).expect("signals can be listened to");
    async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    }
}
