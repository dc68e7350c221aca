//! The product's own API under `/api/v1`: what it stands on, its routes, its document.
//!
//! ```text
//! request ─► address's limit ─► who may call this (policy) ─► caller ─► handler ─► answer
//! ```
//!
//! Keeps   a route without a row in [`crate::policy`] answers nobody; no answer is cached.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use identity::{Identity, Kyc};
use model::UserId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;
use venue_server::Exchange;
use venue_server::binance::unserved;

use crate::admin::Shown;
use crate::document::{complete, empty};
use crate::errand::Errands;
use crate::people::CredentialLimit;
use crate::problem::Problem;
use crate::stream::Hub;
use crate::trading::{CancelAfter, Repeats};
use crate::{about, admin, admission, market, notices, people, stream, trading, wallet, web};

/// Does for a newcomer what is done for all of them.
pub type Welcome = Arc<dyn Fn(UserId) -> BoxFuture<'static, ()> + Send + Sync>;

/// How the own API takes people.
#[derive(Clone)]
pub struct ApiSettings {
    /// Whether passwords are taken that no page encrypted.
    pub plain_passwords: bool,
    /// Whether what changes something by a key must name, among what is signed, its method and
    /// path.
    pub named_requests: bool,
    /// Tries of passwords and codes that one network has in 15 minutes.
    pub credential_tries_max: u32,
    /// How far whoever registers is taken to be known.
    pub newcomers_kyc: Kyc,
    /// What is done for whoever registers.
    pub welcome: Option<Welcome>,
    /// Whether all money is play money, which every page says.
    pub paper: bool,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            plain_passwords: true,
            named_requests: false,
            credential_tries_max: 100,
            newcomers_kyc: Kyc::None,
            welcome: None,
            paper: false,
        }
    }
}

/// What the own API stands on. Shared by all its requests.
pub struct Api {
    /// The exchange.
    pub exchange: Arc<Exchange>,
    /// Who may do what.
    pub identity: Arc<Identity>,
    pub(crate) settings: ApiSettings,
    pub(crate) credential_limit: CredentialLimit,
    pub(crate) shown: tokio::sync::Mutex<Shown>,
    pub(crate) repeats: Repeats,
    pub(crate) cancel_after: CancelAfter,
    pub(crate) hub: Arc<Hub>,
    pub(crate) errands: Errands,
}

impl Api {
    /// The own API of this exchange.
    #[must_use]
    pub fn new(
        exchange: Arc<Exchange>,
        identity: Arc<Identity>,
        settings: ApiSettings,
    ) -> Arc<Self> {
        Arc::new(Self {
            exchange,
            identity,
            credential_limit: CredentialLimit::new(settings.credential_tries_max),
            settings,
            shown: tokio::sync::Mutex::default(),
            repeats: Repeats::default(),
            cancel_after: CancelAfter::default(),
            hub: Arc::default(),
            errands: Errands::default(),
        })
    }

    /// Waits until everything that was begun has ended, also what no client waits for any more; for
    /// `within` at most. To be called when no more requests come in. Whether it has.
    pub async fn finish(&self, within: Duration) -> bool {
        self.errands.finish(within).await
    }

    /// Tells everybody who hears the stream what changes, until the server stops. To be spawned
    /// once.
    pub fn feed_stream(&self) -> impl Future<Output = ()> + Send + 'static {
        stream::feed(Arc::clone(&self.exchange), Arc::clone(&self.hub))
    }

    /// Tells people what happens to their orders, until the server stops. To be spawned once.
    pub fn feed_notices(self: &Arc<Self>) -> impl Future<Output = ()> + Send + 'static {
        notices::feed(Arc::clone(self))
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(empty())
        .routes(routes!(people::public_key))
        .routes(routes!(people::register))
        .routes(routes!(people::claim))
        .routes(routes!(people::login))
        .routes(routes!(people::refresh))
        .routes(routes!(people::csrf))
        .routes(routes!(people::logout))
        .routes(routes!(people::me))
        .routes(routes!(people::activity))
        .routes(routes!(people::list_sessions, people::end_others))
        .routes(routes!(people::end_session))
        .routes(routes!(people::change_password))
        .routes(routes!(people::step_up))
        .routes(routes!(people::factor))
        .routes(routes!(people::set_up_factor))
        .routes(routes!(people::confirm_factor))
        .routes(routes!(people::replace_recovery_codes))
        .routes(routes!(people::remove_factor))
        .routes(routes!(people::list_keys, people::make_key))
        .routes(routes!(people::change_key, people::delete_key))
        .routes(routes!(people::key_usage))
        .routes(routes!(about::about))
        .routes(routes!(market::pairs))
        .routes(routes!(market::prices))
        .routes(routes!(market::ticker))
        .routes(routes!(market::stats))
        .routes(routes!(market::candles))
        .routes(routes!(market::order_book))
        .routes(routes!(market::trades))
        .routes(routes!(trading::place, trading::list, trading::cancel_all))
        .routes(routes!(trading::one, trading::change, trading::cancel))
        .routes(routes!(trading::place_list, trading::order_lists))
        .routes(routes!(trading::fills))
        .routes(routes!(trading::cancel_after))
        .routes(routes!(wallet::balances))
        .routes(routes!(notices::list_notices))
        .routes(routes!(notices::read_notices))
        .routes(routes!(stream::connect))
        .routes(routes!(admin::engine))
        .routes(routes!(admin::audit_log))
        .routes(routes!(admin::halt))
        .routes(routes!(admin::resume))
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    complete(routes().split_for_parts().1)
}

/// The document as text, as it is committed.
///
/// # Panics
/// Never: it is JSON.
#[must_use]
pub fn document_text() -> String {
    document().to_pretty_json().expect("a document is JSON") + "\n"
}

/// Everything that the product serves: its own API and the document of it, the Binance-compatible
/// API, and the web app.
pub fn site(api: &Arc<Api>) -> Router {
    let exchange = Arc::clone(&api.exchange);
    let (own, _) = routes().split_for_parts();
    let own = own
        .route_layer(from_fn_with_state(Arc::clone(api), admission::admit))
        .with_state(Arc::clone(api))
        .merge(docs(api))
        .layer(map_response(web::safeguard));
    venue_server::binance::router(Arc::clone(&exchange)).merge(own).fallback(
        move |request: Request| {
            let exchange = Arc::clone(&exchange);
            async move { elsewhere(&exchange, &request.into_parts().0).await }
        },
    )
}

/// The document and the page that shows it. Whoever asks is charged, like everybody.
fn docs(api: &Arc<Api>) -> Router {
    const DOCUMENT: &str = "/docs/openapi.json";
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| document_text().into());
    let page = SwaggerUi::new("/docs").config(utoipa_swagger_ui::Config::from(DOCUMENT));
    Router::from(page)
        .route(DOCUMENT, get(|| async { ([(header::CONTENT_TYPE, JSON)], TEXT.clone()) }))
        .layer(from_fn_with_state(Arc::clone(&api.exchange), charged))
}

/// Lets in who is in no ban and has weight left.
async fn charged(State(exchange): State<Arc<Exchange>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match exchange.charge_request(exchange.address_of(&head), 1) {
        Ok(()) => next.run(Request::from_parts(head, body)).await,
        Err(refusal) => Problem::from(refusal).into_response(),
    }
}

/// What has no route: a mistake of a program, or a page of the web app.
async fn elsewhere(exchange: &Exchange, head: &Parts) -> Response {
    const OF_PROGRAMS: [&str; 6] = ["/api/", "/sapi/", "/fapi/", "/dapi/", "/ws-api/", "/stream"];
    let path = head.uri.path();
    let is_own = path.starts_with("/api/v1/") || path == "/api/v1";
    let response = if !is_own && OF_PROGRAMS.iter().any(|prefix| path.starts_with(prefix)) {
        unserved(StatusCode::NOT_FOUND, exchange, head)
    } else {
        match exchange.charge_request(exchange.address_of(head), 1) {
            Err(refusal) => Problem::from(refusal).into_response(),
            Ok(()) if is_own => Problem::not_found("there is no such path").into_response(),
            Ok(()) => web::serve(&head.method, path, &head.headers),
        }
    };
    web::safeguard(response).await
}
