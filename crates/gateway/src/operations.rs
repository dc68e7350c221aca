//! What a machine asks a server: is it alive, is it ready, what does it measure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of the buckets for latencies, in seconds.
const LATENCY_BUCKETS: [f64; 14] = [
    0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.5, 1.0,
];
/// Bounds of the buckets for counts of things.
const SIZE_BUCKETS: [f64; 8] = [1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0];

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
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &LATENCY_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".into()), &SIZE_BUCKETS)?
        .install_recorder()
}

/// `GET /health/live`, `GET /health/ready`, `GET /metrics` (Prometheus text).
pub fn operations(readiness: Readiness, metrics: PrometheusHandle) -> Router {
    let health = Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .with_state(readiness);
    let metrics = Router::new().route("/metrics", get(render)).with_state(metrics);
    health.merge(metrics)
}

async fn ready(State(readiness): State<Readiness>) -> impl IntoResponse {
    match readiness.0.load(Ordering::Acquire) {
        STARTING => (StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
        READY => (StatusCode::OK, "ready\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
    }
}

async fn render(State(metrics): State<PrometheusHandle>) -> impl IntoResponse {
    metrics.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
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
        let router = operations(readiness.clone(), metrics);
        assert_eq!(status(&router, "/health/live").await, StatusCode::OK);
        assert_eq!(status(&router, "/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
        readiness.ready();
        assert_eq!(status(&router, "/health/ready").await, StatusCode::OK);
        readiness.stopping();
        assert_eq!(status(&router, "/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&router, "/health/live").await, StatusCode::OK);
        assert_eq!(status(&router, "/metrics").await, StatusCode::OK);
    }
}
