//! The house is described: each crate says what it is, and ARCHITECTURE.md has a line for it.

use crate::floors::metadata;
use crate::source::root;

fn crates() -> Vec<String> {
    let metadata = metadata(false);
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().map(|package| package["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn every_crate_has_module_docs_and_a_line_in_the_architecture() {
    let root = root();
    let architecture = std::fs::read_to_string(root.join("ARCHITECTURE.md"))
        .expect("ARCHITECTURE.md is in the root");
    let mut breaches = Vec::new();
    for name in crates() {
        let sources = ["src/lib.rs", "src/main.rs"].map(|file| format!("crates/{name}/{file}"));
        for path in sources.iter().filter(|path| root.join(path).exists()) {
            let text = std::fs::read_to_string(root.join(path)).expect("source is UTF-8");
            if !text.starts_with("//! ") {
                breaches.push(format!("{path}: does not begin with what it is"));
            }
        }
        if !architecture.lines().any(|line| line.contains(&format!("`{name}`"))) {
            breaches.push(format!("ARCHITECTURE.md: has no line for `{name}`"));
        }
    }
    crate::assert_none(&breaches);
}

#[test]
fn the_licence_of_every_crate_is_ours() {
    let metadata = metadata(false);
    let packages = metadata["packages"].as_array().expect("packages");
    let breaches: Vec<String> = packages
        .iter()
        .filter(|package| package["license"] != "Apache-2.0")
        .map(|package| format!("{}: licence {}", package["name"], package["license"]))
        .collect();
    crate::assert_none(&breaches);
    assert!(root().join("LICENSE").exists());
}
