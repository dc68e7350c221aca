//! What a request says, parsed once, where it enters: query and JSON body.
//!
//! Keeps   a field that nothing reads is refused, so that a typing error never widens what is
//!         asked; what belongs to the signature of a request is no field.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The most characters of what a client sent that it is told back.
const ECHO_CHARS_MAX: usize = 200;

/// The query, read completely.
#[derive(Clone, Copy, Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        read_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let uri: Result<Uri, _> = format!("/?{}", unsigned(query)).parse();
    let uri = uri.map_err(|_| Problem::wrong("query", "not readable"))?;
    match Query::<T>::try_from_uri(&uri) {
        Ok(Query(read)) => Ok(read),
        Err(rejection) => {
            let text = rejection.body_text();
            let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            let (field, message) = text.split_once(": ").unwrap_or(("query", text));
            Err(Problem::wrong(field, message))
        }
    }
}

/// The parameter by which a signed request names itself.
const REQUEST: &str = "request";

/// Whether a query names its request, as method and path with a space between.
///
/// # Errors
/// 401 where it names another one: what was signed was not this.
pub fn names_itself(method: &Method, uri: &Uri) -> Result<bool, Problem> {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
        return Err(Problem::wrong("query", "not readable"));
    };
    let this = format!("{method} {}", uri.path());
    let mut names = pairs.iter().filter(|(name, _)| name == REQUEST).peekable();
    let names_one = names.peek().is_some();
    if names.all(|(_, named)| *named == this) {
        return Ok(names_one);
    }
    Err(Problem::unauthorized("another request was signed: `request` names it"))
}

/// Whether nothing of a signed body goes unread: it is an object where the route reads one, and
/// empty where it reads none. A signature is over query and body as one text, so whoever holds a
/// request back could send the end of its query as a body, where nobody would look for it.
pub fn is_wholly_read(body: &[u8], is_read: bool) -> bool {
    let body = body.trim_ascii();
    body.is_empty() || is_read && body.starts_with(b"{") && body.ends_with(b"}")
}

/// What a query asks, without what belongs to its signature.
pub fn unsigned(query: &str) -> String {
    const OF_SIGNATURES: [&str; 4] = ["timestamp", "recvWindow", "signature", REQUEST];
    let is_asked = |pair: &&str| {
        let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
        !name.is_empty() && !OF_SIGNATURES.contains(&name)
    };
    let asked: Vec<&str> = query.split('&').filter(is_asked).collect();
    asked.join("&")
}

/// A JSON body, read completely.
#[derive(Clone, Debug)]
pub struct Said<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Said<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| Problem::wrong("body", "not readable"))?;
        if !is_json {
            return Err(Problem::wrong("Content-Type", "must be application/json"));
        }
        read_json(&body).map(Self)
    }
}

/// As [`Said`], where nothing need be said.
#[derive(Clone, Debug)]
pub struct MaybeSaid<T>(pub T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeSaid<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| Problem::wrong("body", "not readable"))?;
        match (body.is_empty(), is_json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => read_json(&body).map(Self),
            (false, false) => Err(Problem::wrong("Content-Type", "must be application/json")),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}

/// Reads a body, and names the field where it is wrong.
///
/// # Errors
/// [`Problem::wrong`].
fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        let field = if field == "." { "body".to_owned() } else { field };
        let text = error.inner().to_string();
        // Where in the text it stands says nothing about the field.
        let message = text.split(" at line ").next().unwrap_or_default();
        Problem::wrong(shortened(&field), shortened(message))
    })?;
    json.end().map_err(|_| Problem::wrong("body", "more than one value"))?;
    Ok(read)
}

/// The beginning of what a client sent: it is not told back whole, nor kept.
fn shortened(text: &str) -> String {
    text.chars().take(ECHO_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        symbol: Option<String>,
        limit: Option<usize>,
    }

    fn wrong<T: std::fmt::Debug>(read: Result<T, Problem>) -> String {
        read.unwrap_err().errors.remove(0).field
    }

    #[test]
    fn a_query_is_read_completely_but_for_its_signature() {
        let read = |query| read_query::<Wanted>(query);
        let want = Wanted { symbol: Some("A-B".to_owned()), limit: Some(5) };
        assert_eq!(read("symbol=A-B&timestamp=1&limit=5&signature=ff&recvWindow=9").unwrap(), want);
        assert_eq!(read("").unwrap(), Wanted { symbol: None, limit: None });
        assert_eq!(wrong(read("limit=x")), "limit");
        assert!(read("symbl=A-B").is_err(), "a typing error is no wider question");
    }

    #[test]
    fn a_request_that_names_itself_is_no_other_one() {
        for (query, want) in [
            ("symbol=A-B&timestamp=1", Ok(false)),
            ("", Ok(false)),
            ("request=DELETE+/api/v1/trading/orders/7&timestamp=1", Ok(true)),
            ("timestamp=1&request=DELETE%20%2Fapi%2Fv1%2Ftrading%2Forders%2F7", Ok(true)),
            ("%72equest=DELETE%20/api/v1/trading/orders/7", Ok(true)),
            ("request=GET%20/api/v1/trading/orders/7", Err(401)),
            ("request=DELETE%20/api/v1/trading/orders/8", Err(401)),
            ("request=delete%20/api/v1/trading/orders/7", Err(401)),
            ("request=", Err(401)),
            ("request=DELETE+/api/v1/trading/orders/7&request=x", Err(401)),
        ] {
            let uri = format!("/api/v1/trading/orders/7?{query}").parse().unwrap();
            let named = names_itself(&Method::DELETE, &uri);
            assert_eq!(named.map_err(|problem| problem.status.as_u16()), want, "{query}");
        }
    }

    #[test]
    fn no_end_of_a_query_is_a_body_that_goes_unread() {
        for (body, where_one_is_read, elsewhere) in [
            ("", true, true),
            ("\n", true, true),
            ("{}", true, false),
            (" {\"symbol\":\"A-B\"}\n", true, false),
            ("&request=GET%20/api/v1/trading/orders", false, false),
            ("&symbol=A-B&state=open", false, false),
            ("symbol=A-B", false, false),
            ("&x={}", false, false),
            ("{}&x=1", false, false),
            ("[]", false, false),
        ] {
            let read = [true, false].map(|is_read| is_wholly_read(body.as_bytes(), is_read));
            assert_eq!(read, [where_one_is_read, elsewhere], "{body:?}");
        }
    }

    #[test]
    fn a_body_that_is_wrong_names_the_field() {
        let read = |text: &str| read_json::<Wanted>(text.as_bytes());
        assert_eq!(read("{\"symbol\":\"A-B\"}").unwrap().symbol.as_deref(), Some("A-B"));
        assert_eq!(wrong(read("{\"symbol\":5}")), "symbol");
        assert_eq!(wrong(read("{\"symbol\":\"A\"} {}")), "body");
        assert!(read("{\"symbl\":\"A-B\"}").is_err());
        assert!(read("[").is_err());
    }
}
