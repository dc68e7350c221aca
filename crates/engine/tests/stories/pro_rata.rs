//! Levels shared in proportion.

use super::teller::{check, pro_rata};

#[test]
fn a_level_is_shared_in_proportion_and_the_rest_goes_in_time_order() {
    check(
        &pro_rata(),
        "
        a: A sell 5 @ 100 | a accepted
        b: B sell 3 @ 100 | b accepted
        c: C sell 2 @ 100 | c accepted
        d: D buy 6 @ 100  | d accepted, d takes 4 of a @ 100, d takes 1 of b @ 100,
                          | d takes 1 of c @ 100
        book              | / 4@100
        ",
    );
}

#[test]
fn lots_left_over_fill_the_first_before_the_next() {
    check(
        &pro_rata(),
        "
        a: A sell 1 @ 100 | a accepted
        b: B sell 1 @ 100 | b accepted
        c: C sell 1 @ 100 | c accepted
        d: D buy 2 @ 100  | d accepted, d takes 1 of a @ 100, d takes 1 of b @ 100
        ",
    );
}

#[test]
fn the_whole_level_is_taken_whole_and_hidden_lots_are_shared_again() {
    check(
        &pro_rata(),
        "
        a: A sell 9 @ 100 show 3 | a accepted
        b: B sell 4 @ 100        | b accepted
        c: D buy 10 @ 100        | c accepted, c takes 3 of a @ 100, c takes 4 of b @ 100,
                                 | c takes 3 of a @ 100
        book                     | / 3@100
        ",
    );
}

#[test]
fn own_orders_are_dealt_with_before_the_sharing() {
    check(
        &pro_rata(),
        "
        a: A sell 5 @ 100 | a accepted
        b: D sell 2 @ 100 | b accepted
        c: B sell 5 @ 100 | c accepted
        d: D buy 4 @ 100 stp maker | d accepted, d loses 0 and b loses 2 @ 100,
                                   | b ends with 2 SelfTrade, d takes 2 of a @ 100,
                                   | d takes 2 of c @ 100
        e: D sell 2 @ 100 | e accepted
        f: D buy 4 @ 100 stp taker | f accepted, f loses 4 and e loses 0 @ 100,
                                   | f ends with 4 SelfTrade
        ",
    );
}

#[test]
fn no_order_gets_more_than_it_shows() {
    check(
        &pro_rata(),
        "
        a: A sell 3 @ 100 | a accepted
        b: B sell 3 @ 100 | b accepted
        c: C sell 3 @ 100 | c accepted
        d: D sell 3 @ 100 | d accepted
        e: A sell 3 @ 100 | e accepted
        f: E buy 13 @ 100 | f accepted, f takes 3 of a @ 100, f takes 3 of b @ 100,
                          | f takes 3 of c @ 100, f takes 2 of d @ 100, f takes 2 of e @ 100
        ",
    );
}
