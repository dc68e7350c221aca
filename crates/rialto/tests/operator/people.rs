//! The first owner, and the log of what happened to people.

use crate::house::House;

#[test]
fn a_start_without_users_logs_the_link_that_makes_an_owner_and_a_later_one_does_not() {
    let house = House::new();
    let log = house.serve().stop();
    let link = log.split("/claim#").nth(1).expect("the link is there");
    let token: String = link.chars().take_while(char::is_ascii_hexdigit).collect();
    assert_eq!(token.len(), 64, "{log}");
    house.create_user("ann@example.com", "");
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
