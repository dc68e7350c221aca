//! What the tests install from elsewhere is what somebody once looked at.

use std::collections::BTreeSet;

use crate::floors::dependencies;
use crate::source::{files, root};

/// The packages and versions that a list of requirements names.
fn pins(text: &str) -> Vec<&str> {
    let names = text.lines().filter(|line| line.starts_with(|first: char| first.is_alphanumeric()));
    names.filter_map(|line| line.split([' ', ';', '\\']).next()).collect()
}

#[test]
fn every_python_package_is_pinned_by_its_hashes() {
    let mut breaches = Vec::new();
    let compiled = files(&["requirements.txt"]);
    let wanted = files(&["requirements.in"]);
    assert_eq!((compiled.len(), wanted.len()), (2, 2), "the lists are where they were");
    for wanted in &wanted {
        let path = wanted.path.replace(".in", ".txt");
        let compiled = compiled.iter().find(|it| it.path == path).expect("a list of its own");
        for entry in compiled.text.split("\n").collect::<Vec<_>>().windows(2) {
            let is_pin = entry[0].starts_with(|first: char| first.is_alphanumeric());
            if is_pin && !(entry[0].contains("==") && entry[1].contains("--hash=sha256:")) {
                breaches.push(format!("{}: {} has no hash", compiled.path, entry[0]));
            }
        }
        for pin in pins(&wanted.text) {
            if !pins(&compiled.text).contains(&pin) {
                breaches.push(format!("{}: {pin} is not in {}", wanted.path, compiled.path));
            }
        }
    }
    for script in files(&["prepare-tests"]) {
        if !script.text.contains("--require-hashes") {
            breaches.push(format!("{}: installs without looking at hashes", script.path));
        }
    }
    crate::assert_none(&breaches);
}

/// What a lock file says that this package depends on; nothing where it does not name the package.
fn locked<'a>(lock: &'a str, package: &str) -> Option<BTreeSet<&'a str>> {
    let entry = lock.split("[[package]]").find(|entry| {
        entry.lines().any(|line| line.strip_prefix("name = ") == Some(&format!("\"{package}\"")))
    })?;
    let quoted = entry.lines().filter_map(|line| line.strip_prefix(" \""));
    Some(quoted.filter_map(|name| name.split([' ', '"']).next()).collect())
}

/// The benchmarks have a lock of their own, and only whoever measures would see that it is stale.
#[test]
fn the_lock_of_the_benchmarks_knows_what_the_crates_use() {
    let lock = std::fs::read_to_string(root().join("bench/Cargo.lock")).expect("a lock file");
    let mut breaches = Vec::new();
    let mut seen = 0;
    for (name, uses) in dependencies(false) {
        let Some(locked) = locked(&lock, &name) else { continue };
        seen += 1;
        for used in uses.iter().filter(|used| !locked.contains(used.as_str())) {
            breaches.push(format!("bench/Cargo.lock: {name} uses {used}, which is not locked"));
        }
    }
    assert!(seen > 0, "the benchmarks measure none of the crates");
    crate::assert_none(&breaches);
}
