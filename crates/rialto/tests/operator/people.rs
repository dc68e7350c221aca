//! The first owner, and the log of what happened to people.

use serde_json::{Value, json};

use crate::house::{House, Server};

#[test]
fn a_start_without_an_owner_logs_the_link_that_makes_an_owner_and_a_later_one_does_not() {
    let house = House::new();
    let log = house.serve().stop();
    let link = log.split("/claim#").nth(1).expect("the link is there");
    let token: String = link.chars().take_while(char::is_ascii_hexdigit).collect();
    assert_eq!(token.len(), 64, "{log}");
    house.create_user("ann@example.com", "");
    let log = house.serve().stop();
    assert!(log.contains("/claim#"), "somebody is there, and nobody owns it: {log}");
    house.create_user("root@example.com", " --admin");
    let log = house.serve().stop();
    assert!(!log.contains("/claim#"), "{log}");
}

#[test]
fn what_operators_do_is_in_the_audit_log_of_a_running_and_of_a_stopped_exchange() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    let server = house.serve();
    house.create_key("ann@example.com", "read");
    let running = house.done("audit verify", "");
    server.stop();
    let stopped = house.done("audit verify", "");
    assert_eq!(stopped, running, "to verify it changes nothing");
    assert_eq!(stopped["entries"].as_u64(), Some(2), "{stopped}");
    assert_eq!(stopped["head"].as_str().map(str::len), Some(64));
    house.done("keys rotate", "");
    let later = house.done("audit verify", "");
    assert_eq!(later["entries"].as_u64(), Some(3));
    assert_ne!(later["head"], stopped["head"]);
}

/// The session of somebody who signs in with the password of all who are created here.
fn sign_in(server: &Server, email: &str) -> Value {
    let asked = json!({ "email": email, "password": "correct horse", "cookie": false });
    let (status, session) = server.say("/api/v1/auth/login", "", &asked);
    assert_eq!(status, 200, "{session}");
    session
}

#[test]
fn a_session_ends_after_as_many_idle_minutes_as_its_operator_says() {
    let house = House::new();
    let server = house.serve_with(" --demo --test-clock --session-idle-minutes 7");
    house.create_user("ann@example.com", "");
    let session = sign_in(&server, "ann@example.com");
    assert_eq!((&session["idleSeconds"], &session["idleEndsIn"]), (&420.into(), &420.into()));
    let mut refresh_token = session["refreshToken"].clone();
    for (seconds, want) in [(300, 200), (60, 200), (60, 401)] {
        house.done(&format!("clock advance --seconds {seconds}"), "");
        let asked = json!({ "refreshToken": refresh_token });
        let (status, answer) = server.say("/api/v1/auth/refresh", "", &asked);
        assert_eq!(status, want, "after {seconds} s: {answer}");
        refresh_token = answer["refreshToken"].clone();
    }
    let log = server.stop();
    assert!(log.contains("clock of sessions and keys was moved"), "{log}");
}

#[test]
fn a_clock_is_moved_in_no_exchange_but_a_demo_that_was_started_for_it() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    let serve = |options: &str| house.refused(&format!("serve --listen 127.0.0.1:0{options}"), "");
    assert!(serve(" --test-clock").contains("for demos alone"));
    assert!(serve(" --session-idle-minutes 0").contains("not 1 to 720"));
    assert!(serve(" --session-idle-minutes 721").contains("not 1 to 720"));
    let advance = "clock advance --seconds 60";
    assert!(house.refused(advance, "").contains("no clock can be moved here"));
    let server = house.serve();
    assert!(house.refused(advance, "").contains("no clock can be moved here"));
    server.stop();
}

#[test]
fn a_second_factor_that_is_lost_is_taken_away_by_the_operator() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    let reset = |email: &str| format!("user reset-two-factor --email {email}");
    assert!(house.refused(&reset("bob@example.com"), "").contains("no user"));
    assert!(house.refused(&reset("ann@example.com"), "").contains("no second factor"));
    let server = house.serve();
    assert!(house.refused(&reset("ann@example.com"), "").contains("no second factor"));
    server.stop();
}

#[test]
fn how_far_the_exchange_knows_somebody_is_said_by_the_operator() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    let set = |email: &str, kyc: &str| format!("user set-kyc --email {email} --kyc {kyc}");
    assert!(house.refused(&set("bob@example.com", "approved"), "").contains("no user"));
    assert_eq!(house.done(&set("ANN@example.com", "pending"), "")["kyc"], "pending");
    let server = house.serve();
    assert_eq!(house.done(&set("ann@example.com", "approved"), "")["kyc"], "approved");
    server.stop();
}
