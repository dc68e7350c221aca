//! Every route of the document, asked by everybody.

use gateway::{POLICY, Row, Who};
use serde_json::{Value, json};

use crate::stage::{ALICE, Asking, Person, READER, Stage, limit};

/// The routes of the document, as the policy names them.
fn documented() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&gateway::document_text()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let methods = |path: &Value| path.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    paths
        .iter()
        .flat_map(|(path, of)| methods(of).into_iter().map(move |it| (it, path.clone())))
        .map(|(method, path)| (method.to_uppercase(), path))
        .collect()
}

/// What a person owns that a path can name.
struct Owned {
    order: String,
    session: String,
    key: String,
}

impl Owned {
    async fn by(stage: &Stage, person: &Person) -> Self {
        let order = limit("buy", "0.01", "18000");
        let order = person.asks("POST", "/api/v1/trading/orders").saying(order);
        let order = stage.send(order).await.good();
        let sessions = stage.send(person.asks("GET", "/api/v1/auth/sessions")).await.good();
        let key = json!({ "name": "bot", "scopes": ["read"] });
        let key = stage.send(person.asks("POST", "/api/v1/api-keys").saying(key)).await.good();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            order: text(&order["id"]),
            session: text(&sessions["items"][0]["id"]),
            key: text(&key["id"]),
        }
    }

    fn path(&self, row: &Row) -> String {
        let id = match row.path {
            path if path.contains("/orders/") => &self.order,
            path if path.contains("/sessions/") => &self.session,
            path if path.contains("/api-keys/") => &self.key,
            path => {
                assert!(!path.contains("{id}"), "say here what {path} names");
                ""
            }
        };
        // What operators halt and resume is not what the others trade.
        let symbol = if row.who == Who::Admin { "ETH-USDT" } else { "BTC-USDT" };
        row.path.replace("{id}", id).replace("{symbol}", symbol)
    }
}

fn asking(row: &Row, path: &str) -> Asking {
    let asking = Asking::new(row.method, path);
    if row.body { asking.saying("{}") } else { asking }
}

fn by(person: &Person, asking: Asking) -> Asking {
    asking.with("authorization", format!("Bearer {}", person.access))
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let documented = documented();
    for (method, path) in &documented {
        let row = POLICY.iter().find(|row| (row.method, row.path) == (method, path));
        assert!(row.is_some(), "say in policy.rs who may {method} {path}");
    }
    let document: Value = serde_json::from_str(&gateway::document_text()).unwrap();
    for row in POLICY {
        let route = (row.method.to_owned(), row.path.to_owned());
        assert!(documented.contains(&route), "nothing serves {} {}", row.method, row.path);
        assert_eq!(row.owned, row.path.contains("{id}"), "{} {}", row.method, row.path);
        let operation = &document["paths"][row.path][row.method.to_lowercase()];
        let has_body = operation.get("requestBody").is_some();
        assert_eq!(row.body, has_body, "{} {}: with_body() in policy.rs", row.method, row.path);
    }
}

#[tokio::test]
async fn every_route_is_open_to_whom_the_policy_says_and_to_nobody_else() {
    let stage = Stage::new().await;
    stage.identity.keep_password_key().await.unwrap();
    for (number, row) in POLICY.iter().enumerate() {
        let name = format!("{} {}", row.method, row.path);
        let owner = stage.register(&format!("owner{number}@a.example")).await;
        stage.fund(&owner).await;
        let owned = Owned::by(&stage, &owner).await;
        let path = owned.path(row);
        let nobody = stage.send(asking(row, &path)).await.status;
        assert!(nobody < 500, "{name}");
        match row.who {
            Who::Anyone => assert_ne!(nobody, 403, "{name}"),
            Who::User(_) | Who::Person | Who::Admin => assert_eq!(nobody, 401, "{name}"),
        }
        let forged = owner.access.chars().rev().collect::<String>();
        let forged = Person { access: forged, ..owner.clone() };
        if row.who != Who::Anyone {
            let forged = stage.send(by(&forged, asking(row, &path))).await.status;
            assert_eq!(forged, 401, "{name} by a forged token");
        }
        let may = |status: u16| status < 500 && !matches!(status, 401 | 403 | 405);
        if row.who != Who::Anyone && !row.owned {
            let admin = stage.admin(&format!("root{number}@a.example")).await;
            let admin = stage.send(by(&admin, asking(row, &path))).await.status;
            assert!(may(admin), "{name} by an operator: {admin}");
        }
        if row.who == Who::Admin {
            let user = stage.send(by(&owner, asking(row, &path))).await.status;
            assert_eq!(user, 403, "{name} by a user");
            let key = stage.signed(ALICE, asking(row, &path)).await.status;
            assert_eq!(key, 403, "{name} by a user's key");
        } else if row.who != Who::Anyone && !row.owned {
            let user = stage.send(by(&owner, asking(row, &path))).await.status;
            assert!(may(user), "{name} by a user: {user}");
        }
        if row.who == Who::Person {
            let key = stage.signed(ALICE, asking(row, &path)).await.status;
            assert_eq!(key, 403, "{name} by a key");
        }
        if row.who == Who::User(gateway::Scope::Trade) {
            let key = stage.signed(READER, asking(row, &path)).await.status;
            assert_eq!(key, 403, "{name} by a key that only reads");
        }
    }
}

#[tokio::test]
async fn what_is_somebody_s_own_is_there_for_nobody_else() {
    let stage = Stage::new().await;
    let other = stage.register("other@a.example").await;
    let admin = stage.admin("root@a.example").await;
    for (number, row) in POLICY.iter().enumerate().filter(|(_, row)| row.owned) {
        let name = format!("{} {}", row.method, row.path);
        let owner = stage.register(&format!("owner{number}@a.example")).await;
        stage.fund(&owner).await;
        let owned = Owned::by(&stage, &owner).await;
        let path = owned.path(row);
        let asked = || match row.method {
            "PATCH" if path.contains("/orders/") => {
                Asking::new(row.method, &*path).saying(json!({ "quantity": "0.005" }))
            }
            "PATCH" => Asking::new(row.method, &*path).saying(json!({ "name": "another" })),
            _ => asking(row, &path),
        };
        let before = stage.state().1;
        for (who, person) in [("another", &other), ("an operator", &admin)] {
            let reply = stage.send(by(person, asked())).await;
            assert_eq!(reply.problem(), (404, "notFound", vec![]), "{name} by {who}");
        }
        let key = stage.signed(ALICE, asked()).await.status;
        assert!(matches!(key, 403 | 404), "{name} by another's key: {key}");
        assert_eq!(stage.state().1, before, "{name}");
        let own = stage.send(by(&owner, asked())).await;
        assert!((200..300).contains(&own.status), "{name} by its owner: {}", own.json);
    }
}
