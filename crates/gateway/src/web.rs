//! The web app, as it lies in the binary, and what every answer tells a browser to keep to.
//!
//! Keeps   files whose names hold a hash of their content are kept for ever, the page itself never;
//!         a path that no file has is the page's own business, but for those of programs.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use rust_embed::{Embed, EmbeddedFile};

/// What a page of ours may load: what is ours, and nothing that stands in the page itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'self'";

/// What every answer says to a browser.
const SAFEGUARDS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Files whose names hold a hash of their content.
const HASHED: &str = "assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// What the page loads besides: asked for again each time, and rarely sent again.
const ASK_AGAIN: &str = "no-cache";
/// What is shown where the app was not built.
const NOT_BUILT: &str = "The web app is not in this build: `make build` puts it there.\n";

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[exclude = "*.map"]
struct Dist;

/// Tells a browser what to keep to.
pub async fn safeguard(mut response: Response) -> Response {
    for (name, value) in SAFEGUARDS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The file at `path`, or the page, which knows what its own paths mean.
#[must_use]
pub fn serve(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET is served here.\n");
    }
    let path = path.trim_start_matches('/');
    let is_page = path.is_empty() || path == "index.html" || Dist::get(path).is_none();
    if is_page && path.starts_with(HASHED) {
        // A file of an older build: the page would be no script.
        return plain(StatusCode::NOT_FOUND, "There is no such file.\n");
    }
    let path = if is_page { "index.html" } else { path };
    let Some((file, encoding)) = encoded(path, headers) else {
        return plain(StatusCode::OK, NOT_BUILT);
    };
    let cached = match path {
        "index.html" => "no-store",
        path if path.starts_with(HASHED) => FOR_EVER,
        _ => ASK_AGAIN,
    };
    told(path, file, encoding, cached, headers)
}

/// The file in the smallest form that the client takes.
fn encoded(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let accepts = |coding: &str| {
        let mut parts = accepted.unwrap_or_default().split(',');
        parts.any(|part| {
            let (name, quality) = part.split_once(';').unwrap_or((part, ""));
            name.trim().eq_ignore_ascii_case(coding) && !is_none(quality)
        })
    };
    for (coding, suffix) in [("br", ".br"), ("gzip", ".gz")] {
        if accepts(coding)
            && let Some(file) = Dist::get(&format!("{path}{suffix}"))
        {
            return Some((file, Some(coding)));
        }
    }
    Some((Dist::get(path)?, None))
}

/// Whether a quality says "not at all".
fn is_none(quality: &str) -> bool {
    let value = quality.trim().strip_prefix("q=").unwrap_or("1");
    value.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

fn told(
    path: &str,
    file: EmbeddedFile,
    encoding: Option<&'static str>,
    cached: &'static str,
    asked: &HeaderMap,
) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = cached == ASK_AGAIN && known.is_some_and(|known| known.contains(&tag));
    let body = if is_known { Bytes::new() } else { bytes_of(file.data) };
    let mut response = Response::new(Body::from(body));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// What lies in the binary is not copied for each who asks.
fn bytes_of(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

/// The media type by a file's name.
fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_path_that_no_file_has_is_the_page_and_a_missing_asset_is_missing() {
        for (method, path, status) in [
            (Method::GET, "/", 200),
            (Method::GET, "/trade/BTC-USDT", 200),
            (Method::HEAD, "/sign-in", 200),
            (Method::GET, "/assets/gone-123.js", 404),
            (Method::GET, "/assets/../../Cargo.toml", 404),
            (Method::POST, "/", 405),
        ] {
            let response = serve(&method, path, &HeaderMap::new());
            assert_eq!(response.status().as_u16(), status, "{method} {path}");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        }
    }

    #[test]
    fn every_embedded_file_is_served_as_what_it_is() {
        for path in Dist::iter().filter(|path| !path.ends_with(".br") && !path.ends_with(".gz")) {
            let headers = asked(header::ACCEPT_ENCODING, "gzip;q=0, br");
            let response = serve(&Method::GET, &path, &headers);
            assert_eq!(response.status(), 200, "{path}");
            let headers = response.headers();
            assert_ne!(headers[header::CONTENT_TYPE], "application/octet-stream", "{path}");
            let has_small = Dist::get(&format!("{path}.br")).is_some();
            assert_eq!(headers.contains_key(header::CONTENT_ENCODING), has_small, "{path}");
        }
    }

    #[test]
    fn an_encoding_that_is_refused_is_not_used() {
        for (quality, none) in [("", false), ("q=0", true), ("q=0.0", true), (" q=0.5", false)] {
            assert_eq!(is_none(quality), none, "{quality:?}");
        }
    }

    #[tokio::test]
    async fn every_answer_says_what_a_browser_is_to_keep_to() {
        let response = safeguard(Response::new(Body::empty())).await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
