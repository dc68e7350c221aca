//! Random stories of the real engine, told to the views and to their history.

use proptest::prelude::ProptestConfig;

// Shared with the engine's own tests: the exchange as its rules define it, and random commands.
#[allow(dead_code, unused_imports)]
#[path = "../../../engine/tests/drive/mod.rs"]
mod drive;
#[allow(dead_code, missing_docs)]
#[path = "../../../engine/tests/naive/mod.rs"]
mod naive;

mod definition;
mod history;
mod prevention;
mod tale;
mod views;

/// So many random runs, unless `PROPTEST_CASES` asks for more.
fn cases(least: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if set { asked.cases.max(least) } else { least };
    // A story that failed becomes a named test, not a file of seeds.
    ProptestConfig { cases, failure_persistence: None, ..asked }
}
