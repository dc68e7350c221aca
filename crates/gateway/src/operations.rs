//! What a machine asks a server: is it alive, is it ready, what does it measure.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use ipnet::IpNet;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use venue_server::client_address;

/// Bounds of the buckets for latencies, in seconds.
const LATENCY_BUCKETS: [f64; 14] = [
    0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.5, 1.0,
];
/// Bounds of the buckets for counts of things.
const COUNT_BUCKETS: [f64; 8] = [1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0];

/// Where a server stands between its start and its end. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicU8>);

const STARTING: u8 = 0;
const READY: u8 = 1;
const STOPPING: u8 = 2;

impl Readiness {
    /// From now on it serves.
    pub fn ready(&self) {
        self.0.store(READY, Ordering::Release);
    }

    /// From now on it serves no more: who balances load sends nothing new.
    pub fn stopping(&self) {
        self.0.store(STOPPING, Ordering::Release);
    }
}

/// Begins to collect what the crates measure. Once in a process.
///
/// # Errors
/// If it was begun before.
pub fn collect_metrics() -> Result<PrometheusHandle, BuildError> {
    with_buckets()?.install_recorder()
}

/// Every histogram is named after its unit, by which it gets its buckets.
fn with_buckets() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &LATENCY_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_commands".into()), &COUNT_BUCKETS)
}

/// Who may read the metrics: they tell how much is traded and how well the machine copes.
#[derive(Clone, Debug, Default)]
pub struct MetricsReaders {
    /// From where, beside the machine itself.
    pub from: Vec<IpNet>,
    /// Who may say on whose behalf it asks.
    pub trusted_proxies: Vec<IpNet>,
}

impl MetricsReaders {
    fn admit(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let peer = peer.to_canonical();
        let is_proxy = self.trusted_proxies.iter().any(|net| net.contains(&peer));
        let forwarded = ["x-forwarded-for", "forwarded"];
        if !is_proxy && forwarded.iter().any(|name| headers.contains_key(*name)) {
            // Somebody unknown asks through somebody else: a proxy on this machine, perhaps.
            return false;
        }
        let reader = client_address(peer, headers, &self.trusted_proxies);
        reader.is_loopback() || self.from.iter().any(|net| net.contains(&reader))
    }
}

/// `GET /health/live` and `GET /health/ready` for everybody, `GET /metrics` (Prometheus text) for
/// `readers`.
pub fn operations(
    readiness: Readiness,
    metrics: PrometheusHandle,
    readers: MetricsReaders,
) -> Router {
    let health = Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .with_state(readiness);
    let metrics =
        Router::new().route("/metrics", get(render)).with_state((metrics, Arc::new(readers)));
    health.merge(metrics)
}

async fn ready(State(readiness): State<Readiness>) -> impl IntoResponse {
    match readiness.0.load(Ordering::Acquire) {
        STARTING => (StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
        READY => (StatusCode::OK, "ready\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
    }
}

async fn render(
    State((metrics, readers)): State<(PrometheusHandle, Arc<MetricsReaders>)>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Response {
    let peer = peer.map(|Extension(ConnectInfo(address))| address.ip());
    if !peer.is_some_and(|peer| readers.admit(peer, &headers)) {
        return (StatusCode::FORBIDDEN, "metrics are not for you\n").into_response();
    }
    metrics.run_upkeep();
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, metrics.render()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn status(router: &Router, path: &str) -> StatusCode {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_server_is_ready_between_its_start_and_its_end() {
        let readiness = Readiness::default();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let router = operations(readiness.clone(), metrics, MetricsReaders::default());
        assert_eq!(status(&router, "/health/live").await, StatusCode::OK);
        assert_eq!(status(&router, "/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
        readiness.ready();
        assert_eq!(status(&router, "/health/ready").await, StatusCode::OK);
        readiness.stopping();
        assert_eq!(status(&router, "/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&router, "/health/live").await, StatusCode::OK);
        assert_eq!(status(&router, "/metrics").await, StatusCode::FORBIDDEN, "without a peer");
    }

    #[test]
    fn what_is_counted_and_what_is_timed_is_told_in_buckets() {
        let recorder = with_buckets().unwrap().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            for name in [
                "rialto_journal_frame_commands",
                "rialto_sequencer_batch_commands",
                "rialto_journal_sync_seconds",
            ] {
                metrics::histogram!(name).record(1.0);
            }
        });
        let text = recorder.handle().render();
        for line in [
            "rialto_journal_frame_commands_bucket{le=\"1\"} 1",
            "rialto_sequencer_batch_commands_bucket{le=\"16384\"} 1",
            "rialto_journal_sync_seconds_bucket{le=\"0.5\"} 0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("quantile"), "{text}");
    }

    #[tokio::test]
    async fn metrics_are_for_the_machine_itself_and_whom_the_operator_names() {
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let readers = MetricsReaders {
            from: vec!["10.0.0.0/8".parse().unwrap()],
            trusted_proxies: vec!["127.0.0.2/32".parse().unwrap()],
        };
        let router = operations(Readiness::default(), metrics, readers);
        for (peer, forwarded, admitted) in [
            ("127.0.0.1", None, true),
            ("::1", None, true),
            ("10.1.2.3", None, true),
            ("::ffff:10.1.2.3", None, true),
            ("192.0.2.1", None, false),
            ("127.0.0.1", Some("192.0.2.1"), false),
            ("127.0.0.1", Some("127.0.0.1"), false),
            ("10.1.2.3", Some("10.0.0.1"), false),
            ("127.0.0.2", Some("192.0.2.1"), false),
            ("127.0.0.2", Some("10.0.0.1"), true),
        ] {
            let mut request = Request::get("/metrics");
            if let Some(forwarded) = forwarded {
                request = request.header("X-Forwarded-For", forwarded);
            }
            let mut request = request.body(Body::empty()).unwrap();
            let address = SocketAddr::new(peer.parse().unwrap(), 40_000);
            request.extensions_mut().insert(ConnectInfo(address));
            let status = router.clone().oneshot(request).await.unwrap().status();
            assert_eq!(status == StatusCode::OK, admitted, "{peer} {forwarded:?}");
        }
    }
}
