//! Stops, profits, trailing.

use engine::PriceBand;

use super::teller::{check, plain};

#[test]
fn a_stop_wakes_when_a_trade_reaches_it() {
    check(
        &plain(),
        "
        a: A buy 9 @ 95          | a accepted
        b: A buy 9 @ 100         | b accepted
        s: B sell 4 stop 96      | s accepted at 96
        c: C sell 9 @ 100        | c accepted, c takes 9 of b @ 100
        d: C sell 1 @ 95         | d accepted, d takes 1 of a @ 95, s wakes, s takes 4 of a @ 95
        book                     | 4@95 /
        B has                    | 996+0 base, 100380+0 quote
        ",
    );
}

#[test]
fn orders_reached_together_wake_in_the_order_of_their_numbers() {
    check(
        &plain(),
        "
        a: A buy 9 @ 95     | a accepted
        s: B sell 1 stop 97 | s accepted at 97
        t: C sell 1 stop 98 | t accepted at 98
        u: D sell 1 stop 96 @ 96 | u accepted at 96
        x: E sell 1 @ 95    | x accepted, x takes 1 of a @ 95, s wakes, s takes 1 of a @ 95,
                            | t wakes, t takes 1 of a @ 95, u wakes
        book                | 6@95 / 1@96
        ",
    );
}

#[test]
fn what_a_woken_order_reaches_wakes_after_those_already_woken() {
    check(
        &plain(),
        "
        a: A buy 2 @ 95     | a accepted
        b: A buy 9 @ 90     | b accepted
        s: B sell 1 stop 92 | s accepted at 92
        t: C sell 2 stop 95 | t accepted at 95
        u: D sell 1 stop 96 | u accepted at 96
        x: E sell 1 @ 95    | x accepted, x takes 1 of a @ 95, t wakes, t takes 1 of a @ 95,
                            | t takes 1 of b @ 90, u wakes, u takes 1 of b @ 90, s wakes,
                            | s takes 1 of b @ 90
        ",
    );
}

#[test]
fn a_trigger_already_reached_is_refused() {
    check(
        &plain(),
        "
        s: B sell 1 stop 92  | s accepted at 92
        a: A buy 2 @ 95      | a accepted
        b: B sell 1 @ 95     | b accepted, b takes 1 of a @ 95
        c: C sell 1 stop 95  | Place refused: WouldTrigger
        d: C buy 1 stop 95   | Place refused: WouldTrigger
        e: C sell 1 take 95  | Place refused: WouldTrigger
        f: C sell 1 take 96  | f accepted at 96
        g: C buy 1 take 94   | g accepted at 94
        ",
    );
}

#[test]
fn a_trailing_stop_follows_the_best_price_and_wakes_on_the_turn() {
    check(
        &plain(),
        "
        a: A sell 1 @ 1000     | a accepted
        b: B buy 1 @ 1000      | b accepted, b takes 1 of a @ 1000
        s: C sell 1 trail 100  | s accepted at 990
        c: A sell 1 @ 1050     | c accepted
        d: B buy 1 @ 1050      | d accepted, d takes 1 of c @ 1050
        e: A sell 1 @ 1040     | e accepted
        f: B buy 1 @ 1040      | f accepted, f takes 1 of e @ 1040
        g: A buy 5 @ 1039      | g accepted
        h: B sell 1 @ 1039     | h accepted, h takes 1 of g @ 1039, s wakes, s takes 1 of g @ 1039
        ",
    );
}

#[test]
fn a_trailing_stop_with_a_price_begins_to_follow_there() {
    check(
        &plain(),
        "
        a: A sell 1 @ 1000             | a accepted
        b: B buy 1 @ 1000              | b accepted, b takes 1 of a @ 1000
        s: C sell 1 take 1020 trail 100 | s accepted at 1020
        c: A buy 1 @ 900               | c accepted
        d: B sell 1 @ 900              | d accepted, d takes 1 of c @ 900
        e: A sell 1 @ 1020             | e accepted
        f: B buy 1 @ 1020              | f accepted, f takes 1 of e @ 1020
        g: A buy 2 @ 1009              | g accepted
        h: B sell 1 @ 1009             | h accepted, h takes 1 of g @ 1009, s wakes,
                                       | s takes 1 of g @ 1009
        ",
    );
}

#[test]
fn a_conditional_market_buy_holds_at_the_raised_trigger_price() {
    let mut spec = plain();
    spec.filters.band = PriceBand { bid_up: 10_550, bid_down: 0, ask_up: 100_000, ask_down: 0 };
    check(
        &spec,
        "
        s: B buy 10 stop 101   | s accepted at 101
        B has                  | 1000+0 base, 98930+1070 quote
        t: C buy 10 trail 100  | t accepted
        C has                  | 1000+0 base, 100000+0 quote
        ",
    );
}

#[test]
fn a_woken_order_that_cannot_act_ends() {
    let mut spec = plain();
    spec.filters.band = PriceBand { bid_up: 11_000, bid_down: 0, ask_up: 11_000, ask_down: 9_000 };
    check(
        &spec,
        "
        s: B sell 1 stop 95 @ 85 | s accepted at 95
        t: B sell 1 stop 90 @ 90 | t accepted at 90
        a: A buy 9 @ 95          | a accepted
        b: C sell 1 @ 95         | b accepted, b takes 1 of a @ 95, s wakes,
                                 | s ends with 1 TriggerFailed
        B has                    | 999+1 base, 100000+0 quote
        ",
    );
}
