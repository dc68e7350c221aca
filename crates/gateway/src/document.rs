//! The OpenAPI document: what the routes say of themselves, and what is true of all of them.

use std::fmt::Write;

use axum::http::Method;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

use crate::policy::{Row, Who, row_of};
use crate::problem::{FieldError, PROBLEM_JSON, ProblemShape};

/// Names the way in for whoever is signed in.
const BEARER: &str = "bearer";
/// Names the way in for programs.
const SIGNED: &str = "signed";
const PROBLEM: &str = "#/components/schemas/Problem";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rialto",
        description = "The exchange's own API. Amounts, prices and quantities are decimal strings; \
            times are RFC 3339 in UTC; errors are RFC 9457 problems with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemShape, FieldError))
)]
struct Document;

/// A document without routes.
#[must_use]
pub fn empty() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Says of every route who may call it, and how it says no.
#[must_use]
pub fn complete(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            if let Some(row) = row_of(&method, path) {
                tell_who(operation, row);
            }
            tell_problems(operation);
        }
    }
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    let bearer = bearer.description(Some("The access token of a session.")).build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    let signed = ApiKeyValue::with_description(
        "X-MBX-APIKEY",
        "An API key. The query carries `timestamp` (milliseconds) and, last, `signature`: over \
         the query before it and the body behind it, as in the Binance-compatible API. Neither \
         covers method and path: with `request` in the query, both with a space between \
         (`request=DELETE%20/api/v1/trading/orders/1042`), what was signed is good for that \
         request alone.",
    );
    components.add_security_scheme(SIGNED, SecurityScheme::ApiKey(ApiKey::Header(signed)));
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem { get, post, patch, delete, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::POST, post),
        (Method::PATCH, patch),
        (Method::DELETE, delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn tell_who(operation: &mut Operation, row: &Row) {
    let way = |name: &str| SecurityRequirement::new(name, [""; 0]);
    let (ways, who) = match row.who {
        Who::Anyone => (vec![], "Anyone may call this."),
        Who::User(_) => (vec![way(BEARER), way(SIGNED)], "For a user."),
        Who::Person => (vec![way(BEARER)], "For a user who is signed in: no key does that."),
        Who::Admin => (vec![way(BEARER), way(SIGNED)], "For an operator."),
    };
    operation.security = Some(ways);
    let description = operation.description.get_or_insert_default();
    let gap = if description.is_empty() { "" } else { "\n\n" };
    let _ = write!(description, "{gap}{who}");
    if row.credential {
        description.push_str(" One network has few tries.");
    }
}

/// Problems have a media type of their own, and any route may answer with one.
fn tell_problems(operation: &mut Operation) {
    let problem = || Content::new(Some(Ref::new(PROBLEM)));
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(Response { content, .. }) = response else { continue };
        let is_problem = content.values().any(|content| {
            let RefOr::T(content) = content else { return false };
            matches!(&content.schema, Some(RefOr::Ref(it)) if it.ref_location == PROBLEM)
        });
        if is_problem {
            content.clear();
            content.insert(PROBLEM_JSON.to_owned(), RefOr::T(problem()));
        }
    }
    let any = ResponseBuilder::new().description("Any other problem.");
    let any = any.content(PROBLEM_JSON, problem()).build();
    operation.responses.responses.insert("default".to_owned(), any.into());
}
