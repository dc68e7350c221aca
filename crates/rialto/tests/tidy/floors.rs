//! Who may use whom: a crate uses lower floors only, never a neighbour.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::source::root;

/// The floors from the ground up. A new crate is entered here first.
const FLOORS: [&[&str]; 6] = [
    &["model"],
    &["engine", "journal", "venue", "vault", "database"],
    &[
        "sequencer",
        "projection",
        "identity",
        "connector",
        "custody",
        "compliance",
        "portfolio",
        "arbitrage",
    ],
    &["venue-server"],
    &["gateway", "simulator"],
    &["rialto"],
];

/// What a crate must never depend on, wider than floors: the absences of ARCHITECTURE.md.
const ABSENT: [(&str, &[&str]); 4] = [
    ("model", &["serde", "serde_json", "tokio", "uuid", "time"]),
    ("engine", &["serde", "serde_json", "tokio", "uuid", "time", "tracing", "axum"]),
    ("journal", &["model", "engine", "tokio", "serde"]),
    ("venue", &["tokio", "hyper", "axum", "tokio-tungstenite", "engine"]),
];

/// `cargo metadata` of the workspace; everything it needs is in the lock file.
pub fn metadata(with_dependencies: bool) -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["metadata", "--format-version=1", "--locked"]);
    if with_dependencies {
        // Other platforms' crates are in the lock file but not on this machine.
        cargo.args(["--offline", "--filter-platform", &host()]);
    } else {
        cargo.arg("--no-deps");
    }
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

/// The platform this runs on, as cargo names it.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// The crates of the workspace with what they use outside of tests: always, or also by a feature.
pub fn dependencies(also_optional: bool) -> BTreeMap<String, Vec<String>> {
    let metadata = metadata(false);
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    let normal = |package: &Value| {
        let all = package["dependencies"].as_array().expect("dependencies").clone();
        let used = |dependency: &&Value| {
            let optional = dependency["optional"] == true;
            dependency["kind"] != "dev" && (also_optional || !optional)
        };
        all.iter().filter(used).map(name).collect()
    };
    packages.iter().map(|package| (name(package), normal(package))).collect()
}

fn floor_of(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&name))
}

#[test]
fn a_crate_uses_lower_floors_only() {
    let mut breaches = Vec::new();
    for (name, uses) in dependencies(true) {
        let Some(floor) = floor_of(&name) else {
            breaches.push(format!("crates/{name}: stands on no floor"));
            continue;
        };
        for used in uses {
            if floor_of(&used).is_some_and(|below| floor <= below) {
                breaches.push(format!("crates/{name}: uses {used}, which is not below it"));
            }
        }
    }
    crate::assert_none(&breaches);
}

#[test]
fn what_a_crate_must_not_know_it_does_not_depend_on() {
    let dependencies = dependencies(true);
    let mut breaches = Vec::new();
    for (name, absent) in ABSENT {
        let uses = dependencies.get(name).unwrap_or_else(|| panic!("there is no crate {name}"));
        for used in uses.iter().filter(|used| absent.contains(&used.as_str())) {
            breaches.push(format!("crates/{name}: knows {used}"));
        }
    }
    crate::assert_none(&breaches);
}
