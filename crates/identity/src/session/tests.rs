use super::*;

const SESSION: SessionId = SessionId(0x0102_0304);

#[test]
fn a_refresh_token_survives_its_text_and_nothing_else_is_one() {
    let token = RefreshToken::draw(SESSION);
    let text = token.text().expose().clone();
    assert_eq!(text.len(), 64);
    let read = RefreshToken::parse(&text).unwrap();
    assert_eq!((read.session, read.hash()), (SESSION, token.hash()));
    assert_ne!(RefreshToken::draw(SESSION).hash(), token.hash());
    let (short, long) = (&text[..60], format!("{text}AAAA"));
    for other in ["", "A", short, &long, &format!("{text}="), &format!(" {}", &text[1..])] {
        assert!(RefreshToken::parse(other).is_none(), "{other:?}");
    }
    assert_eq!(format!("{token:?}"), "RefreshToken(…)");
}

#[test]
fn the_next_token_comes_out_of_the_last_and_a_salt() {
    let token = RefreshToken::draw(SESSION);
    let next = token.next(&[1; 32]);
    assert_eq!(next.hash(), token.next(&[1; 32]).hash());
    assert_ne!(next.hash(), token.next(&[2; 32]).hash());
    assert_ne!(next.hash(), token.hash());
    assert_ne!(next.hash(), RefreshToken::draw(SESSION).next(&[1; 32]).hash());
}

#[test]
fn a_token_that_was_replaced_is_answered_while_a_page_waits_and_then_is_a_theft() {
    let first = RefreshToken::draw(SESSION);
    let salts = [[1; 32], [2; 32]];
    let second = first.next(&salts[0]);
    let third = second.next(&salts[1]);
    let at = Time(50);
    let fresh = Rotated { newest: first.hash(), previous: None };
    let previous = Previous { hash: second.hash(), salt: salts[1], at };
    let rotated = Rotated { newest: third.hash(), previous: Some(previous) };
    let invented = RefreshToken::draw(SESSION);
    let just = Shown::JustReplaced(salts[1]);
    for (known, token, micros, want) in [
        (&fresh, &first, 0, Shown::Newest),
        (&fresh, &second, 0, Shown::Reused),
        (&rotated, &third, 50, Shown::Newest),
        (&rotated, &third, 50 + 10 * REPEAT_MICROS, Shown::Newest),
        (&rotated, &second, 50, just),
        // A lost answer, the wait that a limit asks for, and the same once more.
        (&rotated, &second, 50 + 2 * (10 + 4 + 10 + 60) * SECOND_MICROS, just),
        (&rotated, &second, 49 + REPEAT_MICROS, just),
        (&rotated, &second, 50 + REPEAT_MICROS, Shown::Reused),
        (&rotated, &first, 50, Shown::Reused),
        (&rotated, &invented, 50, Shown::Reused),
    ] {
        assert_eq!(known.shown(token, Time(micros)), want, "{micros}");
    }
}

#[test]
fn a_session_ends_when_it_was_idle_for_long_enough_and_12_hours_after_the_first_act() {
    let minutes = |minutes: u64| Time(minutes * 60 * SECOND_MICROS);
    for (created, active, idle, now, want) in [
        (0, 0, 20, 0, None),
        (0, 0, 20, 19, None),
        (0, 0, 20, 20, Some(EndReason::Idle)),
        (0, 0, 21, 20, None),
        (0, 0, 5, 5, Some(EndReason::Idle)),
        (0, 700, 20, 719, None),
        (0, 719, 20, 720, Some(EndReason::Age)),
        (0, 0, 720, 720, Some(EndReason::Age)),
        (5, 5, 20, 3, None),
    ] {
        let idle_micros = minutes(idle).micros();
        let got = ended_by_itself(minutes(created), minutes(active), idle_micros, minutes(now));
        assert_eq!(got, want, "{created} {active} {idle} {now}");
    }
}

#[test]
fn an_origin_is_plain_and_known_by_its_network_and_its_place() {
    let origin = |address: &str, device: &str| Origin::new(address.parse().unwrap(), device);
    assert_eq!(origin("::1", " Mozilla/5.0\n(X11)\0 ").device(), "Mozilla/5.0(X11)");
    assert_eq!(origin("::1", &"ä".repeat(500)).device().chars().count(), DEVICE_CHARS_MAX);
    for (address, network, place) in [
        ("192.0.2.77", "192.0.2.0/24", "192.0.2.77/32"),
        ("::ffff:192.0.2.77", "192.0.2.0/24", "192.0.2.77/32"),
        ("2001:db8:1:2ff::5", "2001:db8:1:200::/56", "2001:db8:1:2ff::/64"),
    ] {
        let origin = origin(address, "");
        assert_eq!(origin.network().to_string(), network);
        assert_eq!(origin.place().to_string(), place);
    }
}
