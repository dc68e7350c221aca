//! Self-trade prevention, mode by mode.

use super::teller::{check, plain, pro_rata};

#[test]
fn without_prevention_an_account_trades_with_itself() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100          | a accepted
        b: A buy 3 @ 100           | b accepted, b takes 3 of a @ 100
        A has                      | 998+2 base, 100000+0 quote
        ",
    );
}

#[test]
fn expire_taker_ends_the_taker() {
    check(
        &plain(),
        "
        x: B sell 1 @ 100          | x accepted
        a: A sell 5 @ 100          | a accepted
        b: A buy 3 @ 100 stp taker | b accepted, b takes 1 of x @ 100,
                                   | b loses 2 and a loses 0 @ 100, b ends with 2 SelfTrade
        book                       | / 5@100
        ",
    );
}

#[test]
fn expire_maker_ends_the_maker_and_goes_on() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100          | a accepted
        x: B sell 5 @ 100          | x accepted
        b: A buy 3 @ 100 stp maker | b accepted, b loses 0 and a loses 5 @ 100,
                                   | a ends with 5 SelfTrade, b takes 3 of x @ 100
        book                       | / 2@100
        A has                      | 1003+0 base, 99700+0 quote
        ",
    );
}

#[test]
fn expire_both_ends_both_the_maker_first() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100         | a accepted
        b: A buy 3 @ 100 stp both | b accepted, b loses 3 and a loses 5 @ 100,
                                  | a ends with 5 SelfTrade, b ends with 3 SelfTrade
        book                      | /
        A has                     | 1000+0 base, 100000+0 quote
        ",
    );
}

#[test]
fn decrement_takes_the_smaller_from_both() {
    check(
        &plain(),
        "
        a: A sell 9 @ 100 show 2       | a accepted
        b: A buy 3 @ 100 stp decrement | b accepted, b loses 3 and a loses 3 @ 100,
                                       | b ends with 0 SelfTrade
        A has                          | 994+6 base, 100000+0 quote
        book                           | / 2@100
        x: B sell 5 @ 100              | x accepted
        c: A buy 7 @ 100 stp decrement | c accepted, c loses 6 and a loses 6 @ 100,
                                       | a ends with 0 SelfTrade, c takes 1 of x @ 100
        d: B buy 4 @ 100 stp decrement | d accepted, d loses 4 and x loses 4 @ 100,
                                       | x ends with 0 SelfTrade, d ends with 0 SelfTrade
        ",
    );
}

#[test]
fn a_market_order_by_quote_loses_the_lots_it_could_buy() {
    check(
        &plain(),
        "
        a: A sell 3 @ 100                        | a accepted
        x: B sell 9 @ 110                        | x accepted
        b: A buy worth 550 market stp decrement  | b accepted, b loses 3 and a loses 3 @ 100,
                                                 | a ends with 0 SelfTrade, b takes 2 of x @ 110
        ",
    );
}

/// What an order pays to its own account comes back, and would let it trade for ever.
#[test]
fn a_market_order_that_meets_its_own_account_has_the_funds_that_it_began_with() {
    check(
        &plain(),
        "
        a: A sell 500 @ 1000             | a accepted
        b: A buy 300 market | b accepted, b takes 100 of a @ 1000,
                                         | b ends with 200 NotFilled
        c: B buy 1 @ 900                 | c accepted
        A cancel a                       | a ends with 400 Requested
        d: A sell 1 @ 1000               | d accepted
        A has                            | 999+1 base, 100000+0 quote
        ",
    );
}

#[test]
fn all_or_nothing_is_nothing_where_an_own_order_is_in_the_way() {
    check(
        &plain(),
        "
        x: B sell 5 @ 100                  | x accepted
        a: A sell 4 @ 100                  | a accepted
        y: B sell 5 @ 101                  | y accepted
        b: A buy 10 @ 101 fok stp taker    | b accepted, b ends with 10 FillOrKill
        c: A buy 6 @ 101 fok stp both      | c accepted, c ends with 6 FillOrKill
        d: A buy 10 @ 101 fok stp decrement | d accepted, d ends with 10 FillOrKill
        book                               | / 9@100 5@101
        e: A buy 3 @ 101 fok stp both      | e accepted, e takes 3 of x @ 100
        f: A buy 2 @ 101 fok stp decrement | f accepted, f takes 2 of x @ 100
        g: A buy 5 @ 101 fok stp maker     | g accepted, g loses 0 and a loses 4 @ 100,
                                           | a ends with 4 SelfTrade, g takes 5 of y @ 101
        book                               | /
        ",
    );
}

#[test]
fn all_or_nothing_meets_what_stands_before_the_hidden_part_of_another() {
    check(
        &plain(),
        "
        x: B sell 6 @ 100 show 2        | x accepted
        a: A sell 1 @ 100               | a accepted
        y: B sell 9 @ 100               | y accepted
        b: A buy 3 @ 100 fok stp taker  | b accepted, b ends with 3 FillOrKill
        c: A buy 2 @ 100 fok stp taker  | c accepted, c takes 2 of x @ 100
        ",
    );
    check(
        &pro_rata(),
        "
        x: B sell 6 @ 100               | x accepted
        a: A sell 1 @ 100               | a accepted
        b: A buy 1 @ 100 fok stp taker  | b accepted, b ends with 1 FillOrKill
        c: A buy 1 @ 100 fok            | c accepted, c takes 1 of x @ 100
        ",
    );
}
