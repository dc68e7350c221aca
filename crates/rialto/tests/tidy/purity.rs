//! The pure crates decide; time, randomness, threads and sockets are somebody else's.

use crate::source::{Source, code_only, files, line_of, product_part};

/// Forbidden in all pure crates and their tests, with the reason.
const IMPURE: [(&str, &str); 10] = [
    ("Instant::now", "time is given"),
    ("SystemTime", "time is given"),
    ("thread::spawn", "one thread, the caller's"),
    ("thread::sleep", "nothing waits in here"),
    ("HashMap", "its order differs between runs"),
    ("HashSet", "its order differs between runs"),
    ("RandomState", "its order differs between runs"),
    ("async", "no runtime in here"),
    ("f32", "money and rates are exact"),
    ("f64", "money and rates are exact"),
];

/// Forbidden in the product; tests may read fixtures and say what they skip.
const IO: [(&str, &str); 3] = [("std::fs", "no IO"), ("std::net", "no IO"), ("println!", "no IO")];

fn is_pure(path: &str) -> bool {
    let pure = ["crates/model/src/", "crates/engine/src/", "crates/venue/src/"];
    pure.iter().any(|folder| path.starts_with(folder)) && !path.ends_with("venue/src/port.rs")
}

fn is_product(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/")
}

fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_name =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = at.checked_sub(1).and_then(|before| code.as_bytes().get(before));
        !part_of_name(before) && !part_of_name(code.as_bytes().get(at + word.len()))
    })
}

fn breaches_of(source: &Source, rules: &[(&str, &str)]) -> Vec<String> {
    let code = code_only(&source.text);
    let breach = |word: &str, reason: &str, at: usize| {
        format!("{}:{}: {word}: {reason}", source.path, line_of(&code, at))
    };
    let of_rule = |&(word, reason): &(&str, &str)| {
        words(&code, word).map(|at| breach(word, reason, at)).collect::<Vec<_>>()
    };
    rules.iter().flat_map(of_rule).collect()
}

/// Breaches in what the product compiles of the files that `asked` names.
fn product_breaches(asked: impl Fn(&str) -> bool, rules: &[(&str, &str)]) -> Vec<String> {
    let sources = files(&[".rs"]);
    let mut breaches = Vec::new();
    for source in sources.iter().filter(|source| asked(&source.path)) {
        let text = product_part(source, &sources).to_owned();
        breaches.extend(breaches_of(&Source { path: source.path.clone(), text }, rules));
    }
    breaches
}

#[test]
fn pure_crates_take_no_time_thread_float_or_hash_order() {
    let sources = files(&[".rs"]);
    let pure: Vec<&Source> = sources.iter().filter(|source| is_pure(&source.path)).collect();
    assert!(10 < pure.len(), "the pure crates were not found");
    let breaches: Vec<String> =
        pure.iter().flat_map(|source| breaches_of(source, &IMPURE)).collect();
    crate::assert_none(&breaches);
}

#[test]
fn pure_crates_do_no_io() {
    crate::assert_none(&product_breaches(is_pure, &IO));
}

#[test]
fn nothing_but_the_binary_reads_the_environment() {
    let rules = [("env::var", "configuration is given"), ("env::vars", "configuration is given")];
    let asked = |path: &str| is_product(path) && !path.starts_with("crates/rialto/");
    crate::assert_none(&product_breaches(asked, &rules));
}

#[test]
fn nothing_but_the_sequencer_drives_an_engine() {
    let rules = [("Engine::new", "ask the sequencer"), ("Engine::restore", "ask the sequencer")];
    let drives = ["crates/engine/", "crates/sequencer/"];
    let asked =
        |path: &str| is_product(path) && !drives.iter().any(|folder| path.starts_with(folder));
    crate::assert_none(&product_breaches(asked, &rules));
}

#[test]
fn a_planted_impurity_is_found_and_a_comment_about_one_is_not() {
    let check = |text: &str| {
        let source = Source { path: "x.rs".to_owned(), text: text.to_owned() };
        breaches_of(&source, &[("HashMap", "order"), ("f64", "exact")])
    };
    assert_eq!(check("use std::collections::HashMap;"), ["x.rs:1: HashMap: order"]);
    assert_eq!(check("\nlet a = 1_f64; let b: f64;"), ["x.rs:2: f64: exact"]);
    assert!(check("// no HashMap here\nlet MyHashMapLike = \"HashMap\";").is_empty());
}
