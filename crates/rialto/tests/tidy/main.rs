//! The house rules that a machine can check: floors, sizes, words, purity, licences, pins.
//!
//! Keeps   every rule below holds for every tracked source file; a rule that is broken on purpose
//!         stands in an exception list beside the rule, with its reason.
//! Fails   with one line per breach: `path:line: what`.

mod floors;
mod house;
mod licences;
mod pins;
mod purity;
mod source;
mod text;

/// Ends the test with all breaches at once, so that they can be mended in one go.
fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}
