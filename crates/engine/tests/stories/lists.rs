//! One cancels the other.

use super::teller::{check, plain};

const PRICED: &str = "
    x: D buy 1 @ 100 | x accepted
    y: E sell 1 @ 100 | y accepted, y takes 1 of x @ 100
";

fn priced(story: &str) -> String {
    format!("{PRICED}{story}")
}

#[test]
fn a_list_holds_once_and_ends_when_its_limit_leg_trades() {
    check(
        &plain(),
        &priced(
            "
            l: A sell 5 list 110 or 95    | l placed, l1 accepted, l2 accepted at 95
            A has                         | 995+5 base, 100000+0 quote
            book                          | / 5@110
            b: B buy 2 @ 110              | b accepted, b takes 2 of l1 @ 110,
                                          | l2 ends with 5 ListEnded, l done
            A has                         | 995+3 base, 100220+0 quote
            book                          | / 3@110
            ",
        ),
    );
}

#[test]
fn a_stop_leg_that_wakes_ends_the_limit_leg() {
    check(
        &plain(),
        &priced(
            "
            l: A sell 5 list 110 or 95 | l placed, l1 accepted, l2 accepted at 95
            b: B buy 9 @ 95            | b accepted
            c: C sell 1 @ 95           | c accepted, c takes 1 of b @ 95, l2 wakes,
                                       | l1 ends with 5 ListEnded, l done, l2 takes 5 of b @ 95
            book                       | 3@95 /
            A has                      | 995+0 base, 100475+0 quote
            ",
        ),
    );
}

#[test]
fn a_buying_list_holds_the_larger_leg() {
    check(
        &plain(),
        &priced(
            "
            l: A buy 5 list 90 or 110 @ 112 | l placed, l1 accepted at 110, l2 accepted
            A has                           | 1000+0 base, 99440+560 quote
            b: B sell 2 @ 90                | b accepted, b takes 2 of l2 @ 90,
                                            | l1 ends with 5 ListEnded, l done
            A has                           | 1002+0 base, 99550+270 quote
            ",
        ),
    );
}

#[test]
fn cancelling_one_leg_ends_both() {
    check(
        &plain(),
        &priced(
            "
            l: A sell 5 list 110 or 95 | l placed, l1 accepted, l2 accepted at 95
            A cancel l2                | l2 ends with 5 Requested, l1 ends with 5 ListEnded, l done
            m: A sell 5 list 110 or 95 | m placed, m1 accepted, m2 accepted at 95
            A cancel list m            | m1 ends with 5 Requested, m2 ends with 5 ListEnded, m done
            A cancel list m            | Cancel refused: UnknownList
            n: A sell 5 list 110 or 95 | n placed, n1 accepted, n2 accepted at 95
            B cancel list n            | Cancel refused: UnknownList
            A cancel n1                | n1 ends with 5 Requested, n2 ends with 5 ListEnded, n done
            A has                      | 1000+0 base, 100000+0 quote
            book                       | /
            ",
        ),
    );
}

#[test]
fn the_legs_stand_on_their_sides_of_the_price() {
    check(
        &plain(),
        &priced(
            "
            l: A sell 5 list 100 or 95  | PlaceList refused: ListLegs
            m: A sell 5 list 110 or 100 | PlaceList refused: ListLegs
            n: A buy 5 list 100 or 110  | PlaceList refused: ListLegs
            o: A buy 5 list 110 or 90   | PlaceList refused: ListLegs
            ",
        ),
    );
}
