//! The cookies in which a browser keeps its refresh token and its badge, and what tells our page
//! from others.
//!
//! Keeps   scripts cannot read them, other sites cannot have them sent, and no sibling of our name
//!         can plant one: the prefix `__Host-` has browsers take them from us alone, for which
//!         they go to every path. They are never sent in the clear, with one exception: a browser
//!         on this machine that talks to this machine without a proxy in between, where there is no
//!         wire; there they go to `/api/v1/auth` alone.
//! Source  draft-ietf-httpbis-rfc6265bis, 4.1.3.2.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use model::Secret;

/// Where the cookie goes on this machine.
const LOOPBACK_PATH: &str = "/api/v1/auth";
/// Its name; the prefix has browsers take it from this very host and secure connections alone, and
/// only for the path `/`.
const SECURE_NAME: &str = "__Host-rialto-refresh";
const LOOPBACK_NAME: &str = "rialto-refresh";
/// As long as a session lasts at most, in seconds.
const MAX_AGE: u64 = 12 * 3_600;
/// The name of the one that tells the owner from strangers who guess.
const SECURE_BADGE: &str = "__Host-rialto-badge";
const LOOPBACK_BADGE: &str = "rialto-badge";
/// Half a year, in seconds.
const BADGE_MAX_AGE: u64 = 182 * 24 * 3_600;

/// How a browser reaches us: over a wire, or on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    is_loopback: bool,
}

impl Reached {
    /// How the browser that sent `head` reaches us.
    #[must_use]
    pub fn of(head: &Parts) -> Self {
        let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
        let is_near = peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
        let is_forwarded =
            ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"]
                .iter()
                .any(|name| head.headers.contains_key(*name));
        let is_local = host_of(&head.headers).is_some_and(is_local_name);
        let is_plain = head.extensions.get::<venue_server::OverTls>().is_none();
        Self { is_loopback: is_plain && is_near && !is_forwarded && is_local }
    }

    const fn name(self) -> &'static str {
        if self.is_loopback { LOOPBACK_NAME } else { SECURE_NAME }
    }

    const fn badge_name(self) -> &'static str {
        if self.is_loopback { LOOPBACK_BADGE } else { SECURE_BADGE }
    }

    /// The header that has a browser keep `token`.
    #[must_use]
    pub fn keep(self, token: &Secret<String>) -> HeaderValue {
        self.cookie(self.name(), token.expose(), MAX_AGE)
    }

    /// The header that has it forgotten.
    #[must_use]
    pub fn forget(self) -> HeaderValue {
        self.cookie(self.name(), "", 0)
    }

    /// The header that has a browser keep what it shows at the next login.
    #[must_use]
    pub fn keep_badge(self, badge: &Secret<String>) -> HeaderValue {
        self.cookie(self.badge_name(), badge.expose(), BADGE_MAX_AGE)
    }

    fn cookie(self, name: &str, value: &str, max_age: u64) -> HeaderValue {
        let (path, secure) = if self.is_loopback { (LOOPBACK_PATH, "") } else { ("/", "; Secure") };
        let text = format!(
            "{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}"
        );
        let mut cookie = HeaderValue::from_str(&text).expect("a token is plain");
        cookie.set_sensitive(true);
        cookie
    }

    /// The refresh token that a browser sent.
    #[must_use]
    pub fn token(self, headers: &HeaderMap) -> Option<Secret<String>> {
        find(headers, self.name())
    }

    /// The badge that a browser sent.
    #[must_use]
    pub fn badge(self, headers: &HeaderMap) -> Option<Secret<String>> {
        find(headers, self.badge_name())
    }
}

/// The value of the cookie of that name.
fn find(headers: &HeaderMap, wanted: &str) -> Option<Secret<String>> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines.filter_map(|line| line.to_str().ok()).flat_map(|it| it.split(';'));
    let value = pairs.find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted).then_some(value)
    })?;
    (!value.is_empty()).then(|| Secret::new(value.to_owned()))
}

/// Whether a request was made by a page of ours, or by no page at all. Browsers say so; a request
/// that says nothing comes from a program.
#[must_use]
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    // What a browser says here no page can change, and no proxy on the way.
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let authority = origin.parse::<Uri>().ok().and_then(|uri| uri.authority().cloned());
    let host = text("host").unwrap_or_default();
    authority.is_some_and(|authority| authority.as_str().eq_ignore_ascii_case(host))
}

fn host_of(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// Whether a host, with or without a port, names this machine to itself.
fn is_local_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn head(peer: &str, headers: &[(&'static str, &str)]) -> Parts {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        let address = SocketAddr::new(peer.parse().unwrap(), 4_000);
        head.extensions.insert(ConnectInfo(address));
        head
    }

    #[test]
    fn a_cookie_is_secure_but_on_this_machine_without_a_proxy() {
        let proxied = ("x-forwarded-for", "192.0.2.1");
        for (peer, headers, is_secure) in [
            ("127.0.0.1", &[("host", "localhost:8080")][..], false),
            ("::1", &[("host", "[::1]:8080")], false),
            ("127.0.0.1", &[("host", "127.0.0.1:8080")], false),
            ("127.0.0.1", &[("host", "localhost"), proxied], true),
            ("127.0.0.1", &[("host", "exchange.example")], true),
            ("127.0.0.1", &[("host", "localhost.example")], true),
            ("127.0.0.1", &[], true),
            ("192.0.2.1", &[("host", "localhost")], true),
        ] {
            let reached = Reached::of(&head(peer, headers));
            let cookie = reached.keep(&Secret::new("token".to_owned()));
            let cookie = cookie.to_str().unwrap();
            assert_eq!(cookie.contains("; Secure"), is_secure, "{peer} {headers:?}");
            assert_eq!(cookie.starts_with("__Host-"), is_secure);
            let path = if is_secure { "Path=/;" } else { "Path=/api/v1/auth;" };
            for word in ["HttpOnly", "SameSite=Strict", path] {
                assert!(cookie.contains(word), "{cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }

    #[test]
    fn over_tls_a_cookie_is_secure_also_on_this_machine() {
        let mut head = head("127.0.0.1", &[("host", "localhost:8443")]);
        head.extensions.insert(venue_server::OverTls);
        let cookie = Reached::of(&head).keep(&Secret::new("token".to_owned()));
        assert!(cookie.to_str().unwrap().contains("; Secure"));
    }

    #[test]
    fn a_token_is_found_among_other_cookies_under_its_name_alone() {
        let near = Reached { is_loopback: true };
        for (line, want) in [
            ("rialto-refresh=abc", Some("abc")),
            ("a=b; rialto-refresh=abc; c=d", Some("abc")),
            ("xrialto-refresh=abc", None),
            ("__Host-rialto-refresh=abc", None),
            ("rialto-refresh=", None),
        ] {
            let headers = head("::1", &[("cookie", line)]).headers;
            assert_eq!(near.token(&headers).map(|it| it.expose().clone()).as_deref(), want);
        }
    }

    #[test]
    fn a_request_of_another_site_is_told_from_ours() {
        for (headers, is_ours) in [
            (&[("host", "a.example")][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://a.example")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("host", "a"), ("origin", "https://a")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("host", "a.example"), ("origin", "https://a.example")], true),
            (&[("host", "a.example"), ("origin", "https://b.example")], false),
            (&[("host", "a.example:81"), ("origin", "http://a.example:82")], false),
            (&[("host", "a.example"), ("origin", "null")], false),
            (&[("origin", "https://a.example")], false),
        ] {
            assert_eq!(is_from_here(&head("::1", headers).headers), is_ours, "{headers:?}");
        }
    }
}
