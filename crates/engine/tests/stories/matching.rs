//! First in, first out: limit, market, time in force, icebergs.

use engine::PriceBand;

use super::teller::{check, plain};

#[test]
fn the_earlier_order_at_a_price_fills_first() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100 | a accepted
        b: B sell 5 @ 100 | b accepted
        c: C buy 7 @ 100  | c accepted, c takes 5 of a @ 100, c takes 2 of b @ 100
        book              | / 3@100
        ",
    );
}

#[test]
fn the_better_price_fills_first_and_the_taker_gets_it() {
    check(
        &plain(),
        "
        a: A sell 5 @ 102 | a accepted
        b: B sell 5 @ 101 | b accepted
        c: C buy 8 @ 105  | c accepted, c takes 5 of b @ 101, c takes 3 of a @ 102
        C has             | 1008+0 base, 99189+0 quote
        ",
    );
}

#[test]
fn what_does_not_trade_rests_and_holds_its_money() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100 | a accepted
        b: B buy 8 @ 101  | b accepted, b takes 5 of a @ 100
        book              | 3@101 /
        B has             | 1005+0 base, 99197+303 quote
        B cancel b        | b ends with 3 Requested
        B has             | 1005+0 base, 99500+0 quote
        ",
    );
}

#[test]
fn an_immediate_order_does_not_rest() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100    | a accepted
        b: B buy 8 @ 101 ioc | b accepted, b takes 5 of a @ 100, b ends with 3 NotFilled
        book                 | /
        B has                | 1005+0 base, 99500+0 quote
        ",
    );
}

#[test]
fn an_all_or_nothing_order_counts_hidden_lots_and_no_lots_of_its_own() {
    check(
        &plain(),
        "
        a: A sell 9 @ 100 show 3      | a accepted
        b: B buy 10 @ 100 fok         | b accepted, b ends with 10 FillOrKill
        c: B sell 4 @ 100             | c accepted
        d: B buy 10 @ 100 fok stp maker | d accepted, d ends with 10 FillOrKill
        e: B buy 9 @ 100 fok          | e accepted, e takes 3 of a @ 100, e takes 4 of c @ 100,
                                      | e takes 2 of a @ 100
        book                          | / 1@100
        ",
    );
}

#[test]
fn an_iceberg_shows_anew_at_the_back_of_its_level() {
    check(
        &plain(),
        "
        a: A sell 9 @ 100 show 3 | a accepted
        b: B sell 4 @ 100        | b accepted
        book                     | / 7@100
        c: C buy 5 @ 100         | c accepted, c takes 3 of a @ 100, c takes 2 of b @ 100
        book                     | / 5@100
        d: C buy 4 @ 100         | d accepted, d takes 2 of b @ 100, d takes 2 of a @ 100
        book                     | / 1@100
        ",
    );
}

#[test]
fn a_market_order_takes_what_there_is_and_ends() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100 | a accepted
        b: B sell 5 @ 120 | b accepted
        c: C buy 12       | c accepted, c takes 5 of a @ 100, c takes 5 of b @ 120,
                          | c ends with 2 NotFilled
        d: C buy 1        | d accepted, d ends with 1 NotFilled
        ",
    );
}

#[test]
fn a_market_order_by_quote_never_spends_more() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100        | a accepted
        b: B sell 5 @ 120        | b accepted
        c: C buy worth 799 market | c accepted, c takes 5 of a @ 100, c takes 2 of b @ 120
        C has                    | 1007+0 base, 99260+0 quote
        d: D buy 9 @ 70          | d accepted
        e: C sell worth 200 market | e accepted, e takes 2 of d @ 70
        f: C sell worth 69 market | f accepted, f ends with 0 NotFilled
        ",
    );
}

#[test]
fn a_market_buy_trades_as_far_as_the_money_reaches() {
    check(
        &plain(),
        "
        a: A sell 900 @ 100  | a accepted
        b: A sell 100 @ 200  | b accepted
        x: C buy 1 @ 49950   | x accepted, x takes 1 of a @ 100
        c: C buy 998 market  | c accepted, c takes 899 of a @ 100, c takes 50 of b @ 200,
                             | c ends with 49 NotFilled
        d: C buy 1 market    | Place refused: InsufficientFunds
        ",
    );
}

#[test]
fn a_market_order_stops_at_the_band() {
    let mut spec = plain();
    spec.filters.band = PriceBand { bid_up: 11_000, bid_down: 0, ask_up: 100_000, ask_down: 9_000 };
    check(
        &spec,
        "
        a: A sell 5 @ 100 | a accepted
        b: A sell 5 @ 110 | b accepted
        c: A sell 5 @ 111 | c accepted
        d: C buy 1 @ 100  | d accepted, d takes 1 of a @ 100
        e: C buy 20       | e accepted, e takes 4 of a @ 100, e takes 5 of b @ 110,
                          | e ends with 11 PriceBand
        f: C buy 5 @ 122  | Place refused: PriceBand
        ",
    );
}

#[test]
fn a_limit_maker_never_takes() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100       | a accepted
        b: B buy 5 post @ 100  | Place refused: WouldTake
        c: B buy 5 post @ 99   | c accepted
        d: B sell 5 post @ 99  | Place refused: WouldTake
        book                    | 5@99 / 5@100
        ",
    );
}

#[test]
fn an_order_rests_until_its_time() {
    check(
        &plain(),
        "
        at 10                     |
        a: A sell 5 @ 100 till 10 | Place refused: GoodTillPassed
        x: A sell 5 @ 100 till 9223372036855 | Place refused: GoodTillPassed
        y: A sell 5 @ 100 till 9223372036854 | y accepted
        A cancel y                | y ends with 5 Requested
        b: A sell 5 @ 100 till 20 | b accepted
        c: A sell 5 stop 90 till 20 @ 90 | c accepted at 90
        at 19                     |
        book                      | / 5@100
        at 20                     | b ends with 5 TimedOut, c ends with 5 TimedOut
        book                      | /
        A has                     | 1000+0 base, 100000+0 quote
        ",
    );
}
