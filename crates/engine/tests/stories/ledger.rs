//! Fees, rebates, tiers, holds.

use engine::FeeAsset;

use super::teller::{check, hash_after, plain, with_fees};

#[test]
fn fees_are_taken_from_what_is_received_and_rounded_up() {
    check(
        &with_fees(FeeAsset::Received, &[(10_000, 20_000)]),
        "
        a: A sell 150 @ 33 | a accepted
        b: B buy 99 @ 33   | b accepted, b takes 99 of a @ 33 for 2 base and 33 quote
        A has              | 850+51 base, 103234+0 quote
        B has              | 1097+0 base, 96733+0 quote
        house has          | 2+0 base, 33+0 quote
        ",
    );
}

#[test]
fn who_buys_in_small_parts_pays_a_fee_for_each() {
    check(
        &with_fees(FeeAsset::Received, &[(100_000, 0)]),
        "
        a: A buy 30 @ 100 show 3 | a accepted
        b: B sell 6 @ 100        | b accepted, b takes 3 of a @ 100 for 0 quote and 1 base,
                                 | b takes 3 of a @ 100 for 0 quote and 1 base
        A has                    | 1004+0 base, 97000+2400 quote
        house has                | 2+0 base, 0+0 quote
        ",
    );
}

#[test]
fn where_fees_are_taken_from_what_is_received_nobody_is_given_a_rebate() {
    check(
        &with_fees(FeeAsset::Received, &[(0, 0)]),
        "
        fees -10/20       | Configure refused: BadConfiguration
        fees 20/-10       | Configure refused: BadConfiguration
        fees 5/20 -1/1000 | Configure refused: BadConfiguration
        fees 5/20 0/0     |
        ",
    );
    check(
        &with_fees(FeeAsset::Received, &[(-200, 500)]),
        "a: A sell 1 @ 100 | Place refused: UnknownMarket",
    );
}

#[test]
fn fees_in_quote_are_paid_on_top_and_held_at_the_larger_rate() {
    check(
        &with_fees(FeeAsset::Quote, &[(10_000, 20_000)]),
        "
        b: B buy 99 @ 33   | b accepted
        B has              | 1000+0 base, 96668+3332 quote
        a: A sell 50 @ 33  | a accepted, a takes 50 of b @ 33 for 33 quote and 16 quote
        B has              | 1050+0 base, 96685+1649 quote
        A has              | 950+0 base, 101617+0 quote
        house has          | 0+0 base, 49+0 quote
        B cancel b         | b ends with 49 Requested
        B has              | 1050+0 base, 98334+0 quote
        ",
    );
}

#[test]
fn a_rebate_comes_from_the_house() {
    check(
        &with_fees(FeeAsset::Quote, &[(-10_000, 20_000)]),
        "
        a: A sell 10 @ 100 | a accepted
        b: B buy 10 @ 100  | b accepted, b takes 10 of a @ 100 for 20 quote and -10 quote
        A has              | 990+0 base, 101010+0 quote
        house has          | 0+0 base, 10+0 quote
        ",
    );
}

#[test]
fn no_tier_gives_more_than_another_takes() {
    check(
        &with_fees(FeeAsset::Quote, &[(0, 0)]),
        "
        fees -10/20 0/9        | Configure refused: BadConfiguration
        fees 0/9 -10/20        | Configure refused: BadConfiguration
        fees -10/20 0/10 5/-10 | Configure refused: BadConfiguration
        fees -10/20 0/10       |
        fees 10/-10 20/30      |
        ",
    );
}

#[test]
fn a_rebate_is_at_most_what_the_other_side_pays() {
    check(
        &with_fees(FeeAsset::Quote, &[(-10_000, 20_000)]),
        "
        a: A sell 30 @ 100 | a accepted
        fees 0/5000        |
        b: B buy 10 @ 100  | b accepted, b takes 10 of a @ 100 for 5 quote and -5 quote
        fees 20000/-20000  |
        c: B buy 10 @ 100  | c accepted, c takes 10 of a @ 100
        fees 0/15000       |
        d: B buy 10 @ 100  | d accepted, d takes 10 of a @ 100 for 15 quote and -10 quote
        house has          | 0+0 base, 5+0 quote
        e: A sell 10 @ 100 | e accepted
        fees 8000/-8000    |
        f: A sell 10 @ 100 | f accepted
        g: B buy 20 @ 100  | g accepted, g takes 10 of e @ 100,
                           | g takes 10 of f @ 100 for -8 quote and 8 quote
        house has          | 0+0 base, 5+0 quote
        ",
    );
}

#[test]
fn the_tier_at_placing_stays() {
    check(
        &with_fees(FeeAsset::Received, &[(20_000, 20_000), (10_000, 10_000)]),
        "
        a: A sell 10 @ 100 | a accepted
        tier A 7           |
        b: B buy 10 @ 100  | b accepted, b takes 10 of a @ 100 for 1 base and 20 quote
        c: A sell 10 @ 100 | c accepted
        d: B buy 10 @ 100  | d accepted, d takes 10 of c @ 100 for 1 base and 10 quote
        ",
    );
}

#[test]
fn nobody_spends_what_is_held() {
    check(
        &with_fees(FeeAsset::Received, &[(0, 0)]),
        "
        a: A buy 600 @ 100    | a accepted
        b: A buy 401 @ 100    | Place refused: InsufficientFunds
        A deposits -40001 quote | Adjust refused: InsufficientFunds
        c: A buy 400 @ 100    | c accepted
        d: A sell 1001 @ 200  | Place refused: InsufficientFunds
        A has                 | 1000+0 base, 0+100000 quote
        A cancel a            | a ends with 600 Requested
        A deposits -60000 quote |
        A has                 | 1000+0 base, 0+40000 quote
        ",
    );
}

#[test]
fn a_market_buy_by_quote_has_room_for_its_fee() {
    check(
        &with_fees(FeeAsset::Quote, &[(0, 100_000)]),
        "
        a: A sell 10 @ 100        | a accepted
        b: B buy worth 549 market | b accepted, b takes 4 of a @ 100 for 40 quote and 0 quote
        B has                     | 1004+0 base, 99560+0 quote
        ",
    );
}

#[test]
fn the_hash_remembers_what_led_here() {
    for (one, other) in [
        ("a: A sell 5 @ 100 \n A cancel a", "a: A sell 6 @ 100 \n A cancel a"),
        ("a: A sell 5000 @ 100", "A cancel a"),
        ("A cancel a", "B cancel a"),
        (
            "a: A sell 5 @ 100 \n A amend a 4 \n A amend a 3 \n A cancel a",
            "a: A sell 5 @ 100 \n at 0 \n A amend a 3 \n A cancel a",
        ),
    ] {
        assert_eq!(hash_after(&plain(), one), hash_after(&plain(), one), "{one}");
        assert_ne!(hash_after(&plain(), one), hash_after(&plain(), other), "{one} / {other}");
    }
}

#[test]
fn the_hash_sees_who_stands_first() {
    let story = |first, second| format!("a: {first} sell 5 @ 100 \n b: {second} sell 5 @ 100");
    assert_ne!(hash_after(&plain(), &story("A", "B")), hash_after(&plain(), &story("B", "A")));
}
