use super::*;

const IDLE_MICROS: u64 = 20 * 60 * 1_000_000;

fn session(id: u128, user: u8, at: u64) -> Session {
    Session {
        id: SessionId(id),
        user: UserId([user; 16]),
        device: "test".into(),
        address: "192.0.2.1".parse().unwrap(),
        elsewhere: [None; 2],
        created: Time(at),
        last_activity: Time(at),
    }
}

fn ids(live: &[Arc<Live>]) -> Vec<u128> {
    live.iter().map(|live| live.id.0).collect()
}

fn with_three() -> (LiveSessions, [Arc<Live>; 3]) {
    let all = LiveSessions::default();
    let of = [(1, 1), (2, 1), (3, 2)];
    let made =
        of.map(|(id, user)| all.insert(Live::new(session(id, user, 100), Role::User, IDLE_MICROS)));
    (all, made)
}

#[test]
fn a_session_that_is_ended_is_found_no_more_and_whoever_listens_is_told_once() {
    let (all, [first, second, other]) = with_three();
    let (told, untold) = (first.watch(), second.watch());
    assert_eq!(ids(&all.of(UserId([1; 16]), Time(100))), [1, 2]);
    assert!(all.end(&first, Time(200), EndReason::Logout));
    assert!(!all.end(&first, Time(201), EndReason::Ended), "it has ended");
    assert!(all.find(first.id, Time(200)).is_none());
    assert!(first.has_ended(Time(200)) && *told.borrow() && !*untold.borrow());
    assert_eq!(ids(&all.of(UserId([1; 16]), Time(200))), [2]);
    assert!(all.find(other.id, Time(200)).is_some());
    assert_eq!(all.len(), 2);
    assert_eq!(all.take_changes().len(), 1);
}

#[test]
fn the_time_alone_ends_a_session_and_whoever_listens_is_told_at_the_next_turn() {
    let (all, [first, second, _]) = with_three();
    let told = first.watch();
    second.touch(Time(200));
    let now = Time(100 + IDLE_MICROS);
    assert!(all.find(first.id, now).is_none() && all.find(second.id, now).is_some());
    assert!(!*told.borrow());
    all.end_overdue(now);
    assert!(*told.borrow());
    assert_eq!(all.len(), 1);
    let ended = all.take_changes().into_iter().filter_map(|change| match change {
        Change::Ended { id, reason, .. } => Some((id.0, reason)),
        Change::Active { .. } => None,
    });
    let mut ended: Vec<_> = ended.collect();
    ended.sort_by_key(|(id, _)| *id);
    assert_eq!(ended, [(1, EndReason::Idle), (3, EndReason::Idle)]);
}

#[test]
fn what_could_not_be_written_down_comes_again() {
    let (all, [first, second, _]) = with_three();
    first.touch(Time(150));
    all.end(&second, Time(160), EndReason::Logout);
    let changes = all.take_changes();
    assert_eq!(changes.len(), 2);
    assert!(all.take_changes().is_empty());
    all.give_back(changes);
    first.touch(Time(170));
    let again = all.take_changes();
    assert_eq!(again.len(), 2);
    assert!(again.iter().any(|change| matches!(change, Change::Active { at: Time(170), .. })));
    assert!(all.take_changes().is_empty());
}

#[test]
fn an_activity_never_goes_back_and_a_proof_is_fresh_for_five_minutes() {
    let (_, [live, ..]) = with_three();
    live.touch(Time(500));
    live.touch(Time(400));
    assert_eq!(live.last_activity(), Time(500));
    assert!(!live.is_fresh(Time(500)));
    live.freshen(Time(500));
    assert!(live.is_fresh(Time(499 + FRESH_MICROS)) && !live.is_fresh(Time(500 + FRESH_MICROS)));
}

#[test]
fn where_there_are_too_many_who_has_most_loses_the_one_that_was_idle_longest() {
    let (all, [first, second, other]) = with_three();
    first.touch(Time(300));
    assert_eq!(all.most_dispensable().unwrap().id, second.id, "another's is idle as long");
    all.end(&second, Time(300), EndReason::Crowded);
    assert_eq!(all.most_dispensable().unwrap().id, other.id, "each has one");
    all.end(&other, Time(300), EndReason::Crowded);
    all.end(&first, Time(300), EndReason::Crowded);
    assert!(all.most_dispensable().is_none());
}

#[test]
fn a_session_was_used_elsewhere_where_that_is_not_where_its_owner_looks_from() {
    let (_, [session, ..]) = with_three();
    let [opened, elsewhere, desk, couch, train] =
        ["192.0.2.1", "203.0.113.9", "2001:db8::1", "2001:db8::2", "198.51.100.7"]
            .map(|address| address.parse().unwrap());
    for (used, looks, want) in [
        (opened, opened, opened),
        (desk, desk, opened),
        (couch, couch, opened),
        (desk, desk, opened),
        (elsewhere, opened, elsewhere),
        (desk, desk, elsewhere),
        (couch, couch, elsewhere),
        (elsewhere, couch, elsewhere),
        (train, train, elsewhere),
    ] {
        session.used_from(used);
        assert_eq!(session.face().last_address(looks), want, "{used}, seen from {looks}");
    }
}
