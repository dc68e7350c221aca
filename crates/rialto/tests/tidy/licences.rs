//! Every dependency is licensed in a way that lets us ship it. Works offline, from the lock file.

use serde_json::Value;

use crate::floors::metadata;

/// Licences that ask for no more than a notice, or leave our own files alone (MPL-2.0).
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// Whether an SPDX expression can be satisfied by allowed licences alone.
fn allowed(expression: &str) -> bool {
    let tokens = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = tokens.split_whitespace().collect();
    let mut at = 0;
    let verdict = any_of(&tokens, &mut at);
    verdict && at == tokens.len()
}

fn any_of(tokens: &[&str], at: &mut usize) -> bool {
    let mut verdict = all_of(tokens, at);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        verdict |= all_of(tokens, at);
    }
    verdict
}

fn all_of(tokens: &[&str], at: &mut usize) -> bool {
    let mut verdict = one_of(tokens, at);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        verdict &= one_of(tokens, at);
    }
    verdict
}

fn one_of(tokens: &[&str], at: &mut usize) -> bool {
    if tokens.get(*at) == Some(&"(") {
        *at += 1;
        let verdict = any_of(tokens, at);
        *at += 1;
        return verdict;
    }
    let Some(name) = tokens.get(*at) else { return false };
    *at += 1;
    if tokens.get(*at) == Some(&"WITH") {
        let full = format!("{name} WITH {}", tokens.get(*at + 1).unwrap_or(&""));
        *at += 2;
        // An exception only ever permits more.
        return ALLOWED.contains(&full.as_str()) || ALLOWED.contains(name);
    }
    ALLOWED.contains(name)
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let metadata = metadata(true);
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(100 < packages.len(), "the dependencies are missing from the metadata");
    let refused = |package: &&Value| !package["license"].as_str().is_some_and(allowed);
    let breaches: Vec<String> = packages
        .iter()
        .filter(refused)
        .map(|package| {
            format!("{} {}: {}", package["name"], package["version"], package["license"])
        })
        .collect();
    crate::assert_none(&breaches);
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    for (expression, want) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("MIT/Apache-2.0", true),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("(MIT AND GPL-3.0) OR AGPL-3.0", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
        ("", false),
    ] {
        assert_eq!(allowed(expression), want, "{expression}");
    }
}
