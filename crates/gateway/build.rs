//! Lets the crate build where the web app has not been built yet: it embeds what is in `web/dist`.

use std::path::Path;

fn main() {
    let dist = Path::new("../../web/dist");
    // A folder that is missing counts as changed for ever, and one that cannot be made is empty.
    let _ = std::fs::create_dir_all(dist);
    println!("cargo::rerun-if-changed={}", dist.display());
}
