//! What the tests install from elsewhere is what somebody once looked at.

use crate::source::files;

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
    assert_eq!((compiled.len(), wanted.len()), (1, 1), "the lists are where they were");
    let (compiled, wanted) = (&compiled[0], &wanted[0]);
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
    for script in files(&["prepare-tests"]) {
        if !script.text.contains("--require-hashes") {
            breaches.push(format!("{}: installs without looking at hashes", script.path));
        }
    }
    crate::assert_none(&breaches);
}
