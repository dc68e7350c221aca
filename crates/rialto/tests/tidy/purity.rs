//! The pure crates decide; time, randomness, threads and sockets are somebody else's.

use crate::source::{Source, code_only, files, line_of};

/// Forbidden in all pure crates, with the reason.
const IMPURE: [(&str, &str); 12] = [
    ("Instant::now", "time is given"),
    ("SystemTime", "time is given"),
    ("thread::spawn", "one thread, the caller's"),
    ("thread::sleep", "nothing waits in here"),
    ("HashMap", "its order differs between runs"),
    ("HashSet", "its order differs between runs"),
    ("RandomState", "its order differs between runs"),
    ("std::fs", "no IO"),
    ("std::net", "no IO"),
    ("println!", "no IO"),
    ("f32", "money and rates are exact"),
    ("f64", "money and rates are exact"),
];

/// `async` would bring a runtime and its scheduling.
const ASYNC: (&str, &str) = ("async", "no runtime in here");

fn is_pure(path: &str) -> bool {
    let pure = ["crates/model/src/", "crates/engine/src/", "crates/venue/src/"];
    pure.iter().any(|folder| path.starts_with(folder)) && !path.ends_with("venue/src/port.rs")
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

#[test]
fn pure_crates_take_no_time_thread_float_or_hash_order() {
    let sources = files(&[".rs"]);
    let pure: Vec<&Source> = sources.iter().filter(|source| is_pure(&source.path)).collect();
    assert!(10 < pure.len(), "the pure crates were not found");
    let mut rules = IMPURE.to_vec();
    rules.push(ASYNC);
    let breaches: Vec<String> =
        pure.iter().flat_map(|source| breaches_of(source, &rules)).collect();
    crate::assert_none(&breaches);
}

#[test]
fn nothing_but_the_binary_reads_the_environment() {
    let rules = [("env::var", "configuration is given"), ("env::vars", "configuration is given")];
    let asked = |source: &&Source| {
        source.path.starts_with("crates/")
            && source.path.contains("/src/")
            && !source.path.starts_with("crates/rialto/")
            && !source.path.ends_with("/tests.rs")
            && !source.path.contains("/tests/")
    };
    let sources = files(&[".rs"]);
    let breaches: Vec<String> = sources
        .iter()
        .filter(asked)
        .flat_map(|source| {
            // A test may look for its database; the product may not.
            let code = source.text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = Source { path: source.path.clone(), text: code.to_owned() };
            breaches_of(&code, &rules)
        })
        .collect();
    crate::assert_none(&breaches);
}

#[test]
fn nothing_but_the_sequencer_drives_an_engine() {
    let rules = [("Engine::new", "ask the sequencer"), ("Engine::restore", "ask the sequencer")];
    let asked = |source: &&Source| {
        source.path.starts_with("crates/")
            && source.path.contains("/src/")
            && !source.path.starts_with("crates/engine/")
            && !source.path.starts_with("crates/sequencer/")
    };
    let sources = files(&[".rs"]);
    let breaches: Vec<String> = sources
        .iter()
        .filter(asked)
        .flat_map(|source| {
            let code = source.text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = Source { path: source.path.clone(), text: code.to_owned() };
            breaches_of(&code, &rules)
        })
        .collect();
    crate::assert_none(&breaches);
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
