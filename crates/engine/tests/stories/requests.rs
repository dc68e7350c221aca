//! Cancel, amend, replace, market states, counts.

use super::teller::{check, plain};

#[test]
fn an_amended_order_keeps_its_place() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100 | a accepted
        b: B sell 5 @ 100 | b accepted
        A amend a 3       | a amended to 3
        A has             | 997+3 base, 100000+0 quote
        book              | / 8@100
        c: C buy 4 @ 100  | c accepted, c takes 3 of a @ 100, c takes 1 of b @ 100
        ",
    );
}

#[test]
fn an_amendment_lowers_to_more_than_is_filled() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100 | a accepted
        b: B buy 2 @ 100  | b accepted, b takes 2 of a @ 100
        A amend a 5       | Amend refused: AmendQty
        A amend a 2       | Amend refused: AmendQty
        B amend a 3       | Amend refused: UnknownOrder
        A amend a 3       | a amended to 3
        book              | / 1@100
        ",
    );
}

#[test]
fn an_amended_iceberg_shows_less_only_if_it_has_less() {
    check(
        &plain(),
        "
        a: A sell 9 @ 100 show 3 | a accepted
        A amend a 4              | a amended to 4
        book                     | / 3@100
        A amend a 2              | a amended to 2
        book                     | / 2@100
        ",
    );
}

#[test]
fn a_replace_cancels_first_and_uses_what_that_frees() {
    check(
        &plain(),
        "
        a: A buy 1000 @ 100                  | a accepted
        b: A replace a with buy 500 @ 200    | a ends with 1000 Replaced, b accepted
        A has                                | 1000+0 base, 0+100000 quote
        c: A replace a with buy 1 @ 1        | Cancel refused: UnknownOrder,
                                             | Place refused: CancelFailed
        d: A replace a with buy 1 @ 1 anyway | Cancel refused: UnknownOrder,
                                             | Place refused: InsufficientFunds
        e: A replace b with buy 501 @ 200    | b ends with 500 Replaced,
                                             | Place refused: InsufficientFunds
        A has                                | 1000+0 base, 100000+0 quote
        ",
    );
}

#[test]
fn a_replace_of_all_or_nothing_leaves_what_it_cannot_place_again() {
    check(
        &plain(),
        "
        a: A buy 1000 @ 100                 | a accepted
        b: A replace a with buy 501 @ 200 whole  | Place refused: InsufficientFunds
        b: A replace a with buy 9 @ 9 show 10 whole | Place refused: IcebergParts
        b: A replace a with sell 9 @ 9 whole     | Cancel refused: CancelRestricted,
                                                 | Place refused: CancelFailed
        A has                               | 1000+0 base, 0+100000 quote
        book                                | 1000@100 /
        d: A replace a with buy 500 @ 200 whole  | a ends with 1000 Replaced, d accepted
        A has                               | 1000+0 base, 0+100000 quote
        s: B sell 1 @ 300                   | s accepted
        b: A replace d with buy 9 post @ 300 whole | Place refused: WouldTake
        A cancel d                          | d ends with 500 Requested
        ",
    );
}

#[test]
fn a_cancel_of_what_is_left_is_exact() {
    check(
        &plain(),
        "
        a: A sell 10 @ 100     | a accepted
        b: B buy 4 @ 100       | b accepted, b takes 4 of a @ 100
        c: B buy 1 @ 100       | c accepted, c takes 1 of a @ 100
        A cancel a if 6        | Cancel refused: CancelRestricted
        d: A replace a with sell 6 @ 90 if 6 whole | Cancel refused: CancelRestricted,
                                                   | Place refused: CancelFailed
        book                   | / 5@100
        A amend a 9            | a amended to 9
        A cancel a if 5        | Cancel refused: CancelRestricted
        A cancel a if 4        | a ends with 4 Requested
        ",
    );
}

#[test]
fn a_restricted_cancel_looks_at_what_is_gone() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100      | a accepted
        A cancel a if part     | Cancel refused: CancelRestricted
        b: B buy 2 @ 100       | b accepted, b takes 2 of a @ 100
        A cancel a if new      | Cancel refused: CancelRestricted
        B cancel a if part     | Cancel refused: UnknownOrder
        c: A replace a with sell 1 @ 101 if new        | Cancel refused: CancelRestricted,
                                                       | Place refused: CancelFailed
        d: A replace a with sell 1 @ 101 if new anyway | Cancel refused: CancelRestricted,
                                                       | d accepted
        A cancel a if part     | a ends with 3 Requested
        e: A replace d with sell 1 @ 102 if new        | d ends with 1 Replaced, e accepted
        f: A sell 5 stop 90    | f accepted at 90
        A cancel f if new      | f ends with 5 Requested
        ",
    );
}

#[test]
fn cancelling_all_goes_by_number() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100    | a accepted
        b: B sell 5 @ 100    | b accepted
        c: A sell 5 stop 90  | c accepted at 90
        d: A buy 5 @ 90      | d accepted
        A cancel all         | a ends with 5 Requested, c ends with 5 Requested,
                             | d ends with 5 Requested
        A cancel all         |
        book                 | / 5@100
        ",
    );
}

#[test]
fn each_market_state_admits_what_it_says() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100      | a accepted
        state PostOnly         |
        b: B buy 5 @ 100       | Place refused: MarketClosed
        c: B buy 5 post @ 100 | Place refused: WouldTake
        d: B buy 5             | Place refused: MarketClosed
        e: B buy 5 @ 99        | e accepted
        f: B buy 5 @ 98 ioc    | Place refused: MarketClosed
        A amend a 4            | a amended to 4
        state CancelOnly       |
        g: B buy 5 @ 99        | Place refused: MarketClosed
        A amend a 3            | Amend refused: MarketClosed
        h: B replace e with buy 1 @ 1 | Place refused: MarketClosed
        B cancel e             | e ends with 5 Requested
        state Halted           |
        A cancel a             | Cancel refused: MarketClosed
        A cancel all           |
        state Open             |
        A cancel a             | a ends with 4 Requested
        ",
    );
}

#[test]
fn counts_are_bounds() {
    let mut spec = plain();
    spec.filters.orders_max = 3;
    spec.filters.algo_orders_max = 1;
    spec.filters.iceberg_orders_max = 1;
    spec.filters.amends_max = 1;
    check(
        &spec,
        "
        a: A sell 9 @ 100 show 3 | a accepted
        b: A sell 9 @ 100 show 3 | Place refused: TooManyIcebergs
        c: A sell 9 stop 90      | c accepted at 90
        d: A sell 9 stop 90      | Place refused: TooManyAlgoOrders
        e: A sell 9 @ 101        | e accepted
        f: A sell 9              | Place refused: TooManyOrders
        A amend e 8              | e amended to 8
        A amend e 7              | Amend refused: TooManyAmends
        ",
    );
}

#[test]
fn a_position_is_bounded_with_all_that_could_be_bought() {
    let mut spec = plain();
    spec.filters.position_max = Some(1_010);
    check(
        &spec,
        "
        a: A buy 8 @ 100 | a accepted
        b: A buy 3 @ 100 | Place refused: PositionMax
        c: A buy 2 @ 100 | c accepted
        d: A sell 3 @ 200 | d accepted
        e: A buy 1 @ 100 | Place refused: PositionMax
        ",
    );
}

#[test]
fn the_reference_is_the_average_of_the_last_minutes() {
    let mut spec = plain();
    spec.filters.averages.minutes = 2;
    check(
        &spec,
        "
        a: A sell 5 @ 100 | a accepted
        b: B buy 1 @ 100  | b accepted, b takes 1 of a @ 100
        c: A sell 3 @ 90  | c accepted
        d: B buy 3 @ 90   | d accepted, d takes 3 of c @ 90
        at 59             |
        at 60             | average 92
        at 119            |
        at 120            | average 90
        at 180            |
        ",
    );
}

#[test]
fn a_name_is_unique_among_open_orders() {
    check(
        &plain(),
        "
        a: A sell 5 @ 100 | a accepted
        a: A sell 5 @ 100 | Place refused: DuplicateClientId
        a: B sell 5 @ 100 | a accepted
        A cancel all      | ? ends with 5 Requested
        a: A sell 1 @ 100 | a accepted
        ",
    );
}
