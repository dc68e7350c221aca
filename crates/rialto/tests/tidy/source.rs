//! The source as tests read it: where the repository is, its files, and code without its text.

use std::path::{Path, PathBuf};

/// More files than this is another repository.
const FILES_MAX: usize = 20_000;

/// A file, with its path from the root of the repository.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root exists")
}

/// All text files with one of these endings, outside of what builds leave behind.
pub fn files(endings: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                let built = ["target", "node_modules", ".git", ".venv", "data", "__pycache__"];
                if !built.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = std::fs::read_to_string(&path).expect("source is UTF-8");
                let path = path.strip_prefix(&root).expect("below the root");
                found.push(Source { path: path.to_string_lossy().into_owned(), text });
            }
        }
        assert!(found.len() < FILES_MAX, "too many files: is a build folder among them?");
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    assert!(!found.is_empty(), "no file found: the walk is broken");
    found
}

/// The part of a Rust file that is in the product: what stands before its tests, which stand last.
/// Empty for files that only tests compile.
pub fn product_part<'a>(source: &'a Source, all: &[Source]) -> &'a str {
    let declared_for_tests = all.iter().any(|other| test_modules(other).contains(&source.path));
    if source.path.contains("/tests/") || declared_for_tests {
        return "";
    }
    // A module for tests may be declared above; the tests themselves are a block.
    let block = source.text.match_indices("#[cfg(test)]").find(|(at, _)| {
        let rest = source.text[*at..].lines().nth(1).unwrap_or_default();
        !rest.ends_with(';')
    });
    block.map_or(&source.text, |(at, _)| &source.text[..at])
}

/// The files that `source` declares as modules of tests.
fn test_modules(source: &Source) -> Vec<String> {
    let Some((folder, file)) = source.path.rsplit_once('/') else { return Vec::new() };
    let own = ["lib.rs", "main.rs", "mod.rs"].contains(&file);
    let folder = if own { folder.to_owned() } else { source.path.replace(".rs", "") };
    let lines: Vec<&str> = source.text.lines().collect();
    let declared = lines.windows(2).filter(|pair| pair[0].trim() == "#[cfg(test)]");
    let name = |line: &str| {
        line.split_once("mod ").and_then(|(_, name)| name.strip_suffix(';')).map(str::to_owned)
    };
    declared
        .filter_map(|pair| name(pair[1]))
        .flat_map(|name| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")])
        .collect()
}

/// The number of the line that holds the byte at `at`, from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1
}

/// Rust with the inside of comments, strings and character literals blanked out, byte for byte, so
/// that what remains is code at its old place.
pub fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => line_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => block_comment_end(bytes, at),
            b'"' => string_end(bytes, at),
            b'r' if !follows_word(bytes, at) => raw_string_end(bytes, at),
            b'\'' => char_end(bytes, at),
            _ => at,
        };
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8(out).expect("only ASCII was put in")
}

fn follows_word(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| bytes[before]);
    // `br"…"` is a raw string too.
    before.is_some_and(|byte| byte != b'b' && (byte.is_ascii_alphanumeric() || byte == b'_'))
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |len| at + len)
}

fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0_u32;
    let mut here = at;
    while here + 1 < bytes.len() {
        match &bytes[here..here + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                here += 1;
                continue;
            }
        }
        here += 2;
        if depth == 0 {
            return here;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut here = at + 1;
    while here < bytes.len() {
        match bytes[here] {
            b'\\' => here += 2,
            b'"' => return here + 1,
            _ => here += 1,
        }
    }
    bytes.len()
}

fn raw_string_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[at + 1..].iter().take_while(|&&byte| byte == b'#').count();
    let open = at + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return at;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let rest = &bytes[open + 1..];
    let found = rest.windows(close.len()).position(|window| window == close.as_bytes());
    found.map_or(bytes.len(), |len| open + 1 + len + close.len())
}

/// A lifetime is no character literal: `'a'` and `'\n'` are, `'a` is not.
fn char_end(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at + 1) == Some(&b'\\') {
        let rest = &bytes[(at + 3).min(bytes.len())..];
        return rest.iter().position(|&byte| byte == b'\'').map_or(at, |len| at + 3 + len + 1);
    }
    let rest = std::str::from_utf8(&bytes[at + 1..]).unwrap_or_default();
    let len = rest.chars().next().map_or(0, char::len_utf8);
    if 0 < len && bytes.get(at + 1 + len) == Some(&b'\'') { at + len + 2 } else { at }
}

#[test]
fn comments_strings_and_characters_are_blanked_and_code_stays_in_place() {
    for (text, code) in [
        ("a // {\nb", "a     \nb"),
        ("a /* { /* } */ */ b", "a                 b"),
        (r#"a "\"{" b"#, "a       b"),
        (r##"a r#"" {"# b"##, "a          b"),
        ("f('{', '\\'')", "f(   ,     )"),
        ("f<'a>('é')", "f<'a>(    )"),
        ("for r in x {", "for r in x {"),
    ] {
        assert_eq!(code_only(text), code, "{text}");
    }
}

#[test]
fn what_only_tests_compile_is_not_in_the_product() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let all = [
        source("a/src/lib.rs", "mod b;\n#[cfg(test)]\nmod c;\nfn f() {}\n#[cfg(test)]\nmod t {}"),
        source("a/src/b.rs", "#[cfg(test)]\npub(crate) mod d;\n"),
        source("a/src/c.rs", "c"),
        source("a/src/b/d.rs", "d"),
        source("a/tests/e.rs", "e"),
    ];
    let parts: Vec<&str> = all.iter().map(|source| product_part(source, &all)).collect();
    let product = "mod b;\n#[cfg(test)]\nmod c;\nfn f() {}\n";
    assert_eq!(parts, [product, "#[cfg(test)]\npub(crate) mod d;\n", "", "", ""]);
}
