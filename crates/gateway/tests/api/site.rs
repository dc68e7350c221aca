//! The page, the document, and where no route leads.

use crate::stage::{Asking, Stage};

#[tokio::test]
async fn a_path_without_a_route_is_the_page_s_or_a_mistake_of_a_program() {
    let stage = Stage::new().await;
    for (path, status, kind) in [
        ("/", 200, "text/"),
        ("/trade/BTC-USDT", 200, "text/"),
        ("/assets/gone.js", 404, "text/plain"),
        ("/api/v1/nothing", 404, "application/problem+json"),
        ("/api/v1", 404, "application/problem+json"),
        ("/api/v3/nothing", 404, "application/json"),
        ("/docs/openapi.json", 200, "application/json"),
        ("/docs/", 200, "text/html"),
    ] {
        let reply = stage.see(path).await;
        let found = reply.headers["content-type"].to_str().unwrap();
        assert!(reply.status == status && found.starts_with(kind), "{path} {found}");
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self'"), "{path}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
    }
    assert_eq!(stage.send(Asking::new("POST", "/")).await.status, 405);
}

#[test]
fn the_committed_document_is_current() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed = std::fs::read_to_string(committed).unwrap();
    let is_current = committed == gateway::document_text();
    assert!(is_current, "write it anew: rialto openapi > docs/openapi.json");
}

#[test]
fn the_document_names_no_shape_that_is_not_in_it() {
    let text = gateway::document_text();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let references = text.split("\"$ref\": \"#").skip(1);
    for reference in references.map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}
