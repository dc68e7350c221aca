//! By which names a server may be spoken to.
//!
//! Keeps   a page from elsewhere whose name was made to point at this machine (DNS rebinding) is
//!         not answered: a browser says in `Host` which name it followed. Nor does a page from
//!         elsewhere open a socket, for which browsers ask nobody's leave: they say in `Origin`
//!         whose page it is. It is ours where it came from where the socket goes, under a name of
//!         ours, or both are on this machine; an address alone may be anybody's. Programs that
//!         send neither are no browsers, and are answered.

use std::net::IpAddr;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

/// The names of a server.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Option<Known>);

#[derive(Clone, Debug)]
struct Known {
    /// In lower case, without a port.
    names: Vec<String>,
    /// Whether any address will do, as nobody can make an address point elsewhere.
    any_address: bool,
}

impl Hosts {
    /// A server that listens at `listen` and is called `names` from outside. Where it listens on
    /// this machine alone, it is called `localhost` or by an address of this machine, too. Where it
    /// listens to others and nobody said how it is called, by any name.
    #[must_use]
    pub fn new(listen: IpAddr, names: &[String]) -> Self {
        let is_local = listen.to_canonical().is_loopback();
        if !is_local && names.is_empty() {
            return Self(None);
        }
        let names = names.iter().map(|name| plain(name)).collect();
        Self(Some(Known { names, any_address: !is_local }))
    }

    /// Whether a request is meant for this server.
    #[must_use]
    pub fn admit(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let said = headers.get_all(header::HOST).iter();
        let mut hosts =
            said.map(|host| host.to_str().ok()).chain(uri.authority().map(|it| Some(it.as_str())));
        let is_ours = |host: Option<&str>| match &self.0 {
            None => true,
            Some(known) => host.and_then(without_port).is_some_and(|name| known.admits(name)),
        };
        let opens_socket = headers.contains_key(header::UPGRADE);
        hosts.all(is_ours) && (!opens_socket || self.admits_pages(headers))
    }

    /// Whether all that a request says of the page that sent it names a page of ours.
    fn admits_pages(&self, headers: &HeaderMap) -> bool {
        let text = |value: &'_ HeaderValue| value.to_str().ok().map(str::to_ascii_lowercase);
        let host = headers.get(header::HOST).and_then(text).unwrap_or_default();
        let host_is_local = without_port(&host).is_some_and(is_local);
        headers.get_all(header::ORIGIN).iter().all(|origin| {
            let origin = text(origin).unwrap_or_default();
            let page = host_of(&origin).unwrap_or_default();
            let is_named = |name: &str| self.0.as_ref().is_some_and(|known| known.names(name));
            let name = without_port(page).filter(|name| !name.is_empty());
            name.is_some_and(|name| {
                page == host || is_named(name) || host_is_local && is_local(name)
            })
        })
    }
}

impl Known {
    fn admits(&self, name: &str) -> bool {
        self.names(name) || is_local(name) || self.any_address && address_in(name).is_some()
    }

    fn names(&self, name: &str) -> bool {
        self.names.contains(&plain(name))
    }
}

/// Whether it is this machine.
fn is_local(name: &str) -> bool {
    plain(name) == "localhost"
        || address_in(name).is_some_and(|address| address.to_canonical().is_loopback())
}

fn address_in(name: &str) -> Option<IpAddr> {
    plain(name).trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The answer to what is meant for somebody else.
#[must_use]
pub fn misdirected() -> Response<Body> {
    let text = "this server has another name; the option allowed-host tells it more of its names\n";
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    response
}

fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The host, with its port, in `origin`; `None` where a page has none to tell.
fn host_of(origin: &str) -> Option<&str> {
    Some(origin.split_once("://")?.1)
}

/// The name or address in `host`, which may end with a port.
fn without_port(host: &str) -> Option<&str> {
    let end = if host.starts_with('[') {
        host.find(']')? + 1
    } else {
        host.find(':').unwrap_or(host.len())
    };
    let port = host[end..].strip_prefix(':');
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    (host.len() == end || port.is_some_and(is_port)).then_some(&host[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(hosts: &Hosts, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        hosts.admit(&Uri::from_static("/metrics"), &headers)
    }

    #[test]
    fn a_server_on_this_machine_answers_to_its_own_names_only() {
        let named = ["Exchange.example".to_owned(), "10.0.0.1".to_owned()];
        let local = "127.0.0.1".parse().unwrap();
        let (bare, named) = (Hosts::new(local, &[]), Hosts::new(local, &named));
        for (host, by_itself, with_names) in [
            ("127.0.0.1:8080", true, true),
            ("localhost:8080", true, true),
            ("localhost", true, true),
            ("LOCALHOST.:8080", true, true),
            ("[::1]:8080", true, true),
            ("[::1]", true, true),
            ("127.1.2.3", true, true),
            ("exchange.example:8080", false, true),
            ("EXCHANGE.example", false, true),
            ("10.0.0.1", false, true),
            ("10.0.0.2", false, false),
            ("evil.example", false, false),
            ("localhost.evil.example", false, false),
            ("127.0.0.1.evil.example:8080", false, false),
            ("localhost:8080@evil.example", false, false),
            ("[::1]evil.example", false, false),
            ("", false, false),
        ] {
            assert_eq!(admitted(&bare, host), by_itself, "{host}");
            assert_eq!(admitted(&named, host), with_names, "{host}, with names");
        }
    }

    #[test]
    fn a_page_from_elsewhere_opens_no_socket() {
        let (local, open) = ("127.0.0.1".parse().unwrap(), "0.0.0.0".parse().unwrap());
        let bare = (Hosts::new(local, &[]), "127.0.0.1:9101");
        let nameless = (Hosts::new(open, &[]), "127.0.0.1:9101");
        let afar = (Hosts::new(open, &[]), "203.0.113.7:8080");
        let named = (Hosts::new(open, &["exchange.example".into()]), "203.0.113.7:8080");
        let admitted = |(hosts, host): &(Hosts, &'static str), asked, page: &'static str| {
            let headers = [(header::HOST, *host), (asked, "websocket"), (header::ORIGIN, page)];
            let headers = headers.map(|(name, value)| (name, value.parse().unwrap()));
            hosts.admit(&Uri::from_static("/ws-api/v3"), &HeaderMap::from_iter(headers))
        };
        for (page, want) in [
            ("http://127.0.0.1:9101", [true, true, false, false]),
            ("http://localhost:5173", [true, true, false, false]),
            ("https://[::1]", [true, true, false, false]),
            ("http://203.0.113.7:8080", [false, false, true, true]),
            ("http://203.0.113.7", [false, false, false, false]),
            ("http://203.0.113.8:8080", [false, false, false, false]),
            ("https://EXCHANGE.example", [false, false, false, true]),
            ("https://evil.example", [false; 4]),
            ("https://localhost.evil.example", [false; 4]),
            ("null", [false; 4]),
            ("http://", [false; 4]),
            ("", [false; 4]),
        ] {
            for (server, want) in [&bare, &nameless, &afar, &named].into_iter().zip(want) {
                assert_eq!(admitted(server, header::UPGRADE, page), want, "{page} {server:?}");
                assert!(
                    admitted(server, header::ACCEPT, page),
                    "answers are the browser's to withhold: {page}"
                );
            }
        }
    }

    #[test]
    fn a_server_for_others_answers_to_any_name_until_it_is_told_its_own() {
        let everywhere = "0.0.0.0".parse().unwrap();
        let (any, named) =
            (Hosts::new(everywhere, &[]), Hosts::new(everywhere, &["exchange.example".into()]));
        for (host, with_names) in [
            ("exchange.example", true),
            ("10.0.0.1:8080", true),
            ("[2001:db8::1]:8080", true),
            ("localhost", true),
            ("evil.example", false),
        ] {
            assert!(admitted(&any, host), "{host}");
            assert_eq!(admitted(&named, host), with_names, "{host}");
        }
    }

    #[test]
    fn every_name_that_a_request_says_must_be_ours() {
        let hosts = Hosts::new("::1".parse().unwrap(), &[]);
        let (mut headers, uri) = (HeaderMap::new(), Uri::from_static("/"));
        assert!(hosts.admit(&uri, &headers), "no browser");
        assert!(!hosts.admit(&Uri::from_static("http://evil.example/"), &headers));
        headers.append(header::HOST, "localhost".parse().unwrap());
        assert!(hosts.admit(&uri, &headers));
        assert!(hosts.admit(&Uri::from_static("http://localhost:80/"), &headers));
        headers.append(header::HOST, "evil.example".parse().unwrap());
        assert!(!hosts.admit(&uri, &headers));
    }
}
