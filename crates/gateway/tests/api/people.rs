//! Who somebody is, for how long, and who they are not.

use gateway::ApiSettings;
use serde_json::{Value, json};

use crate::stage::{ALICE, Asking, PASSWORD, Person, Stage, limit};

const AUTH: &str = "/api/v1/auth";

fn auth(name: &str) -> String {
    format!("{AUTH}/{name}")
}

async fn sign_in(stage: &Stage, email: &str, password: &str) -> crate::stage::Reply {
    let body = json!({ "email": email, "password": password, "cookie": false });
    stage.send(Asking::new("POST", auth("login")).saying(body)).await
}

#[tokio::test]
async fn somebody_registers_signs_in_and_is_known() {
    let stage = Stage::new().await;
    let ann = stage.register("Ann@example.com").await;
    let me = stage.send(ann.asks("GET", &auth("me"))).await.good();
    let got = ["email", "role", "kyc"].map(|name| me[name].as_str().unwrap());
    assert_eq!((got, &me["twoFactor"]), (["Ann@example.com", "user", "none"], &false.into()));
    let taken = json!({ "email": "ann@example.com", "password": PASSWORD });
    let taken = stage.send(Asking::new("POST", auth("register")).saying(taken)).await;
    assert_eq!(taken.problem(), (409, "conflict", vec![]));
    let again = sign_in(&stage, "ann@EXAMPLE.com", PASSWORD).await.good();
    assert_eq!(again["user"]["id"], me["id"]);
    assert!(again["expiresIn"].as_u64().unwrap() <= 900);
    let wrong = sign_in(&stage, "ann@example.com", "canary wrong horse").await;
    let unknown = sign_in(&stage, "bob@example.com", PASSWORD).await;
    assert_eq!(wrong.problem(), (401, "invalidCredentials", vec![]));
    assert_eq!((unknown.status, unknown.json), (wrong.status, wrong.json), "not told apart");
    let money = stage.send(ann.asks("GET", "/api/v1/wallet/balances")).await.good();
    assert_eq!(money, json!({ "balances": [] }));
}

#[tokio::test]
async fn an_ended_session_refuses_the_very_next_request() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@example.com").await;
    let other = Person::of(&sign_in(&stage, "ann@example.com", PASSWORD).await.good());
    let sessions = stage.send(ann.asks("GET", &auth("sessions"))).await.good();
    let items = sessions["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["current"]), (2, &true.into()));
    let id = items[1]["id"].as_str().unwrap();
    let path = format!("{AUTH}/sessions/{id}");
    assert_eq!(stage.send(ann.asks("DELETE", &path)).await.status, 204);
    assert_eq!(stage.send(ann.asks("DELETE", &path)).await.status, 404);
    let ended = stage.send(other.asks("GET", "/api/v1/wallet/balances")).await;
    assert_eq!(ended.problem(), (401, "sessionEnded", vec![]));
    let order = other.asks("POST", "/api/v1/trading/orders").saying(limit("buy", "1", "19000"));
    assert_eq!(stage.send(order).await.status, 401);
    let refreshed = json!({ "refreshToken": other.refresh });
    let refreshed = stage.send(Asking::new("POST", auth("refresh")).saying(refreshed)).await;
    assert_eq!(refreshed.problem(), (401, "sessionEnded", vec![]));
    assert_eq!(stage.send(ann.asks("POST", &auth("logout"))).await.status, 204);
    assert_eq!(stage.send(ann.asks("GET", &auth("me"))).await.status, 401);
}

#[tokio::test]
async fn a_session_of_somebody_else_is_not_there() {
    let stage = Stage::new().await;
    let (ann, bob) = (stage.register("ann@a.example").await, stage.register("bob@b.example").await);
    let sessions = stage.send(ann.asks("GET", &auth("sessions"))).await.good();
    let id = sessions["items"][0]["id"].as_str().unwrap();
    let path = format!("{AUTH}/sessions/{id}");
    assert_eq!(stage.send(bob.asks("DELETE", &path)).await.problem().0, 404);
    assert_eq!(stage.send(bob.asks("DELETE", &auth("sessions"))).await.status, 204);
    assert_eq!(stage.send(ann.asks("GET", &auth("me"))).await.status, 200);
}

#[tokio::test]
async fn only_what_a_person_does_keeps_a_session() {
    let stage = Stage::new().await;
    let minutes = |minutes: u64| stage.pass_ms(minutes * 60_000);
    let mut ann = stage.register("ann@example.com").await;
    let refreshed = async |ann: &Person| {
        let body = json!({ "refreshToken": ann.refresh });
        stage.send(Asking::new("POST", auth("refresh")).saying(body)).await
    };
    minutes(19);
    ann = Person::of(&refreshed(&ann).await.good());
    let clicked = ann.asks("GET", &auth("me")).with("x-activity", "person");
    stage.send(clicked).await.good();
    minutes(19);
    ann = Person::of(&refreshed(&ann).await.good());
    stage.send(ann.asks("GET", &auth("me"))).await.good();
    minutes(2);
    let idle = refreshed(&ann).await;
    assert_eq!(idle.problem(), (401, "sessionEnded", vec![]), "polling is no activity");
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@example.com").await;
    let refresh = async |token: &str| {
        let body = json!({ "refreshToken": token });
        stage.send(Asking::new("POST", auth("refresh")).saying(body)).await
    };
    let answer = refresh(&ann.refresh).await.good();
    let next = Person::of(&answer);
    let me = stage.send(next.asks("GET", "/api/v1/auth/me")).await.good();
    assert_eq!(answer["userId"], me["id"], "a page sees whose it is");
    stage.pass_ms(180_000);
    assert_eq!(refresh(&ann.refresh).await.problem().1, "sessionEnded");
    assert_eq!(stage.send(next.asks("GET", &auth("me"))).await.status, 401, "for both");
    for text in ["", "x", &"A".repeat(64)] {
        assert_eq!(refresh(text).await.status, 401, "{text}");
    }
}

#[tokio::test]
async fn a_cookie_alone_does_nothing() {
    let stage = Stage::new().await;
    stage.register("ann@example.com").await;
    let near = |asking: Asking| asking.with("host", "localhost:8080");
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let reply = stage.send(near(Asking::new("POST", auth("login")).saying(body))).await;
    assert_eq!(reply.json.get("refreshToken"), None, "it is in the cookie alone");
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Strict") && cookie.contains("Path=/api/v1/auth"));
    let pair = cookie.split(';').next().unwrap().to_owned();
    let refresh = || near(Asking::new("POST", auth("refresh"))).with("cookie", &pair);
    let forged = |asking: Asking| asking.with("x-csrf-token", "00".repeat(32));
    for (asking, what) in [(refresh(), "no token"), (forged(refresh()), "another token")] {
        assert_eq!(stage.send(asking).await.problem(), (403, "forbidden", vec![]), "{what}");
    }
    let csrf = || near(Asking::new("GET", auth("csrf"))).with("cookie", &pair);
    let elsewhere = csrf().with("sec-fetch-site", "cross-site");
    assert_eq!(stage.send(elsewhere).await.status, 403);
    let mark = stage.send(csrf()).await.good()["csrfToken"].as_str().unwrap().to_owned();
    let marked = || refresh().with("x-csrf-token", &mark);
    let foreign = marked().with("origin", "https://evil.example");
    assert_eq!(stage.send(foreign).await.status, 403);
    let good = stage.send(marked().with("origin", "http://localhost:8080")).await;
    assert!(good.headers["set-cookie"].to_str().unwrap().starts_with("rialto-refresh="));
    let access = good.good()["accessToken"].as_str().unwrap().to_owned();
    let by_cookie = near(Asking::new("GET", "/api/v1/wallet/balances")).with("cookie", &pair);
    assert_eq!(stage.send(by_cookie).await.status, 401, "a cookie is no bearer");
    let out = Asking::new("POST", auth("logout")).with("authorization", format!("Bearer {access}"));
    let out = stage.send(near(out)).await;
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let nobody = stage.send(near(Asking::new("GET", auth("csrf")))).await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn whoever_signs_out_takes_no_cookie_of_who_signed_in_with_their_browser_since() {
    let stage = Stage::new().await;
    let near = |asking: Asking| asking.with("host", "localhost:8080");
    let sign_in = async |address: &str| {
        let body = json!({ "email": address, "password": PASSWORD });
        let reply = stage.send(near(Asking::new("POST", auth("login")).saying(body))).await;
        let cookie = reply.headers["set-cookie"].to_str().unwrap();
        let pair = cookie.split(';').next().unwrap().to_owned();
        (format!("Bearer {}", reply.good()["accessToken"].as_str().unwrap()), pair)
    };
    stage.register("ann@a.example").await;
    stage.register("bob@b.example").await;
    let ((ann, anns), (_, bobs)) = (sign_in("ann@a.example").await, sign_in("bob@b.example").await);
    let (again, _) = sign_in("ann@a.example").await;
    let ((third, _), (_, newest)) =
        (sign_in("ann@a.example").await, sign_in("ann@a.example").await);
    // The session of ann's first cookie has ended when it is shown; that of the newest has not.
    let rows = [(&ann, &bobs, false), (&again, &anns, true), (&third, &newest, true)];
    for (bearer, pair, is_forgotten) in rows {
        let out = Asking::new("POST", auth("logout")).with("authorization", bearer);
        let out = stage.send(near(out).with("cookie", pair)).await;
        assert_eq!(out.status, 204);
        assert_eq!(out.headers.contains_key("set-cookie"), is_forgotten, "{pair}");
    }
}

#[tokio::test]
async fn a_browser_that_was_signed_in_before_is_told_from_who_guesses_beside_it() {
    let stage = Stage::new().await;
    stage.register("ann@example.com").await;
    let login = |password: &str| {
        let body = json!({ "email": "ann@example.com", "password": password });
        Asking::new("POST", auth("login")).saying(body).with("host", "localhost:8080")
    };
    let first = stage.send(login(PASSWORD)).await;
    let cookies = first.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies.map(|it| it.to_str().unwrap()).collect();
    let badge = cookies.iter().find(|cookie| cookie.starts_with("rialto-badge=")).unwrap();
    assert!(badge.contains("HttpOnly; SameSite=Strict") && badge.contains("Path=/api/v1/auth"));
    assert!(cookies.len() == 2 && !first.json.to_string().contains("badge"));
    let badge = badge.split(';').next().unwrap();
    for _ in 0..5 {
        assert_eq!(stage.send(login("canary wrong horse")).await.status, 401);
    }
    assert_eq!(stage.send(login(PASSWORD)).await.status, 429, "at the same address");
    assert_eq!(stage.send(login(PASSWORD).with("cookie", badge)).await.status, 200);
}

#[tokio::test]
async fn tries_of_one_network_are_limited_and_told() {
    let settings = ApiSettings { credential_tries_max: 3, ..ApiSettings::default() };
    let stage = Stage::with(settings).await;
    for left in [2, 1, 0] {
        let reply = sign_in(&stage, "ann@example.com", "canary wrong horse").await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.headers["ratelimit-remaining"], left.to_string());
    }
    let refused = sign_in(&stage, "ann@example.com", PASSWORD).await;
    assert_eq!(refused.problem(), (429, "rateLimited", vec![]));
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() <= 900);
    assert_eq!(refused.headers["ratelimit-remaining"], "0");
    assert_eq!(refused.headers["ratelimit-reset"], refused.headers["retry-after"]);
    stage.pass_ms(900_000);
    assert_eq!(sign_in(&stage, "ann@example.com", "canary wrong horse").await.status, 401);
}

#[tokio::test]
async fn a_password_in_the_clear_is_taken_only_where_the_operator_takes_it() {
    let settings = ApiSettings { plain_passwords: false, ..ApiSettings::default() };
    let stage = Stage::with(settings).await;
    let reply = sign_in(&stage, "ann@example.com", PASSWORD).await;
    assert_eq!(reply.problem(), (400, "invalid", vec!["password"]));
    let both = json!({ "email": "a@b", "password": PASSWORD,
        "passwordEncrypted": { "keyId": "k", "ciphertext": "!" } });
    for (body, field) in [
        (both, "password"),
        (json!({ "email": "a@b" }), "passwordEncrypted"),
        (
            json!({ "email": "a@b", "passwordEncrypted": { "keyId": "k", "ciphertext": "!" } }),
            "passwordEncrypted.ciphertext",
        ),
        (
            json!({ "email": "nobody", "passwordEncrypted": { "keyId": "k", "ciphertext": "" } }),
            "email",
        ),
    ] {
        let reply = stage.send(Asking::new("POST", auth("login")).saying(&body)).await;
        assert_eq!(reply.problem(), (400, "invalid", vec![field]), "{body}");
    }
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@example.com").await;
    let other = Person::of(&sign_in(&stage, "ann@example.com", PASSWORD).await.good());
    let change = |current: &str| {
        let body = json!({ "currentPassword": current, "newPassword": "canary better horse" });
        ann.asks("POST", &auth("password")).saying(body)
    };
    let wrong = stage.send(change("canary wrong horse")).await;
    assert_eq!(wrong.problem().1, "invalidCredentials");
    assert_eq!(stage.send(change(PASSWORD)).await.status, 204);
    assert_eq!(stage.send(other.asks("GET", &auth("me"))).await.status, 401);
    assert_eq!(stage.send(ann.asks("GET", &auth("me"))).await.status, 200);
    assert_eq!(sign_in(&stage, "ann@example.com", PASSWORD).await.status, 401);
    assert_eq!(sign_in(&stage, "ann@example.com", "canary better horse").await.status, 200);
}

#[tokio::test]
async fn a_key_is_nobody_who_is_signed_in() {
    let stage = Stage::new().await;
    for (method, name) in [("GET", "me"), ("GET", "sessions"), ("DELETE", "sessions")] {
        let reply = stage.ask(ALICE, method, &auth(name)).await;
        assert_eq!(reply.problem(), (403, "forbidden", vec![]), "{method} {name}");
    }
    for said in ["Bearer ", "Bearer x.y.z", "Basic YTpi", ""] {
        let reply = stage.send(Asking::new("GET", auth("me")).with("authorization", said)).await;
        assert_eq!(reply.problem(), (401, "unauthorized", vec![]), "{said:?}");
    }
    let _: Value = stage.see("/api/v1/market/pairs").await.good();
}

#[tokio::test]
async fn a_second_factor_is_set_up_asked_for_and_a_key_is_made_and_used() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@example.com").await;
    let factor = stage.send(ann.asks("GET", "/api/v1/security/2fa")).await.good();
    assert_eq!(factor, json!({ "enabled": false, "recoveryCodesLeft": 0 }));
    let setup = stage.send(ann.asks("POST", "/api/v1/security/2fa/setup")).await.good();
    assert!(setup["otpauthUri"].as_str().unwrap().starts_with("otpauth://totp/"));
    let verify = |code: &str| {
        ann.asks("POST", "/api/v1/security/2fa/verify").saying(json!({ "code": code }))
    };
    let wrong = stage.send(verify("000000")).await;
    assert_eq!(wrong.problem(), (401, "invalidCredentials", vec![]));
    let key = json!({ "name": "bot", "scopes": ["read", "trade"], "allowIps": ["127.0.0.1"],
        "expiresAt": null, "publicKey": null });
    let make = || ann.asks("POST", "/api/v1/api-keys").saying(&key);
    let made = stage.send(make()).await;
    assert_eq!(made.status, 201, "{}", made.json);
    assert_eq!(made.json["secretKey"].as_str().unwrap().len(), 64);
    let listed = stage.send(ann.asks("GET", "/api/v1/api-keys")).await.good();
    let item = &listed["items"][0];
    assert_eq!((&item["kind"], &item["scopes"]), (&"hmac".into(), &json!(["read", "trade"])));
    assert!(!listed.to_string().contains(made.json["secretKey"].as_str().unwrap()));
    stage.pass_ms(6 * 60_000);
    let refreshed = json!({ "refreshToken": ann.refresh });
    let refreshed = stage.send(Asking::new("POST", auth("refresh")).saying(refreshed)).await;
    let ann = Person::of(&refreshed.good());
    let stale = stage.send(ann.asks("POST", "/api/v1/api-keys").saying(&key)).await;
    assert_eq!(stale.problem(), (403, "stepUpRequired", vec![]), "after five minutes");
    let proof = ann.asks("POST", &auth("step-up")).saying(json!({ "password": PASSWORD }));
    assert_eq!(stage.send(proof).await.status, 204);
    let again = stage.send(ann.asks("POST", "/api/v1/api-keys").saying(&key)).await;
    assert_eq!(again.status, 201);
    let path = format!("/api/v1/api-keys/{}", again.json["id"].as_str().unwrap());
    assert_eq!(stage.send(ann.asks("DELETE", &path)).await.status, 204);
    assert_eq!(stage.send(ann.asks("DELETE", &path)).await.status, 404);
    for (wrong, field) in [
        (json!({ "name": "bot", "scopes": ["write"] }), "scopes"),
        (json!({ "name": "bot", "scopes": [] }), "scopes"),
        (json!({ "name": "bot", "scopes": ["admin"] }), "scopes"),
        (json!({ "name": "bot", "scopes": ["read"], "allowIps": ["x"] }), "allowIps"),
        (json!({ "name": "bot", "scopes": ["read"], "expiresAt": "soon" }), "expiresAt"),
        (json!({ "name": "bot", "scopes": ["read"], "publicKey": "PEM" }), "publicKey"),
    ] {
        let reply = stage.send(ann.asks("POST", "/api/v1/api-keys").saying(&wrong)).await;
        assert_eq!(reply.problem(), (400, "invalid", vec![field]), "{wrong}");
    }
}

#[tokio::test]
async fn a_key_is_changed_at_once_and_its_use_is_told() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@example.com").await;
    let key = json!({ "name": "bot", "scopes": ["read"], "requestsPerMinute": 60,
        "expiresAt": "2030-01-01T00:00:00Z" });
    let made = stage.send(ann.asks("POST", "/api/v1/api-keys").saying(key)).await.good();
    let path = format!("/api/v1/api-keys/{}", made["id"].as_str().unwrap());
    let change = json!({ "name": "robot", "scopes": ["read", "trade"], "expiresAt": null });
    let changed = stage.send(ann.asks("PATCH", &path).saying(change)).await.good();
    assert_eq!((&changed["name"], &changed["expiresAt"]), (&"robot".into(), &().into()));
    assert_eq!(changed["requestsPerMinute"], 60, "what is not said stays");
    assert_eq!(changed["scopes"], json!(["read", "trade"]));
    let usage = stage.send(ann.asks("GET", &format!("{path}/usage"))).await.good();
    assert_eq!(usage, json!({ "days": [], "lastUsedAt": null, "lastAddress": null }));
    let none = format!("/api/v1/api-keys/{}/usage", uuid::Uuid::nil());
    assert_eq!(stage.send(ann.asks("GET", &none)).await.problem().0, 404);
    let root = stage.admin("root@example.com").await;
    let log = stage.send(root.asks("GET", "/api/v1/admin/audit-log?limit=3")).await.good();
    let acts: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|it| it["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["loggedIn", "userCreated", "keyChanged"]);
    let halt = root.asks("POST", "/api/v1/admin/markets/BTC-USDT/halt");
    assert_eq!(stage.send(halt).await.good()["state"], "halted");
    let log = stage.send(root.asks("GET", "/api/v1/admin/audit-log?limit=1")).await.good();
    let said = log["items"][0]["detail"].as_str().unwrap();
    let beginning = said.strip_prefix("market state BTC-USDT halted by session ").unwrap();
    assert_eq!(beginning.chars().count(), 9, "not the number itself: {beginning}");
    stage.pass_ms(5 * 60_000);
    let refreshed = json!({ "refreshToken": root.refresh });
    let refreshed = stage.send(Asking::new("POST", auth("refresh")).saying(refreshed)).await;
    let root = Person::of(&refreshed.good());
    let resume = root.asks("POST", "/api/v1/admin/markets/BTC-USDT/resume");
    let stale = stage.send(resume.clone()).await;
    assert_eq!(stale.problem(), (403, "stepUpRequired", vec![]), "after five minutes");
    let proof = root.asks("POST", &auth("step-up")).saying(json!({ "password": PASSWORD }));
    assert_eq!(stage.send(proof).await.status, 204);
    assert_eq!(stage.send(resume).await.good()["state"], "open");
}

#[tokio::test]
async fn the_first_owner_claims_the_exchange_once() {
    let stage = Stage::new().await;
    let token = stage.identity.claim_token().await.unwrap().unwrap();
    let claim = |token: &str| {
        let body = json!({ "token": token, "email": "owner@example.com", "password": PASSWORD,
            "cookie": false });
        Asking::new("POST", auth("claim")).saying(body)
    };
    let wrong = stage.send(claim(&"0".repeat(64))).await;
    assert_eq!(wrong.problem(), (403, "forbidden", vec![]));
    let owner = stage.send(claim(token.expose())).await;
    assert_eq!((owner.status, &owner.json["user"]["role"]), (201, &"admin".into()));
    assert_eq!(stage.send(claim(token.expose())).await.status, 403, "once");
}
