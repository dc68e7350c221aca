//! The examples of `docs/rules.md`, so that the specification never says what is not so.

use super::teller::{check, plain, pro_rata};

const RULES: &str = include_str!("../../../../docs/rules.md");
/// Opens an example; the rest of the line names its market.
const OPENS: &str = "```story";

#[test]
fn every_example_of_the_rules_happens_as_it_is_told() {
    let mut told = 0;
    for example in RULES.split(OPENS).skip(1) {
        let (market, rest) = example.split_once('\n').expect("a line after the mark");
        let (story, _) = rest.split_once("```").expect("an end of the example");
        match market.trim() {
            "" => check(&plain(), story),
            "pro-rata" => check(&pro_rata(), story),
            other => panic!("no such market: {other}"),
        }
        told += 1;
    }
    assert!(7 < told, "only {told} examples: a section has none");
}
