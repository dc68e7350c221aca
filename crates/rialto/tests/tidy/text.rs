//! Sizes and words: files, functions and lines are short, and nothing is left lying about.

use crate::source::{Source, code_only, files, line_of, product_part};

/// A file is one idea; longer than this it is two.
const FILE_LINES_MAX: usize = 1_000;
/// What a program writes from something that is read elsewhere.
const GENERATED: [&str; 1] = ["web/src/api/openapi.d.ts"];
/// A function fits on a screen.
const FUNCTION_LINES_MAX: usize = 70;
/// A line fits beside another.
const LINE_CHARS_MAX: usize = 100;

/// Functions that are longer, with the reason. This list only ever shrinks.
const LONG_FUNCTIONS: [(&str, &str); 0] = [];

/// Left over, or kept quiet: what a finished change does not contain.
const LEFTOVERS: [&str; 8] = [
    concat!("todo", "!("),
    concat!("dbg", "!("),
    concat!("unimplemented", "!("),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("TO", "DO"),
    concat!("#[ign", "ore"),
    concat!("pytest.mark.", "skip"),
];

/// The drawers that hide a design.
const DRAWERS: [&str; 6] = ["utils", "common", "helpers", "misc", "types", "manager"];

/// Where machines of ours keep things; a clone has none of it.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/fa", "rm/")];

/// What a person wrote here.
const SOURCES: [&str; 7] = [".rs", ".py", ".sh", ".toml", ".md", ".ts", ".tsx"];

#[test]
fn no_file_is_longer_than_a_newcomer_reads() {
    let long = |source: &&Source| {
        FILE_LINES_MAX < source.text.lines().count() && !GENERATED.contains(&source.path.as_str())
    };
    let sources = files(&[".rs", ".py", ".ts", ".tsx"]);
    let breaches: Vec<String> = sources
        .iter()
        .filter(long)
        .map(|source| format!("{}: {} lines", source.path, source.text.lines().count()))
        .collect();
    crate::assert_none(&breaches);
}

#[test]
fn no_line_is_longer_than_a_hundred_characters() {
    let mut breaches = Vec::new();
    for source in files(&[".rs", ".py"]) {
        for (number, line) in (1..).zip(source.text.lines()) {
            // A long literal or address is not broken: it would no longer be found by a search.
            let unbreakable = line.contains("://") || line.contains('"');
            if LINE_CHARS_MAX < line.chars().count() && !unbreakable {
                breaches.push(format!("{}:{number}: {} characters", source.path, line.len()));
            }
        }
    }
    crate::assert_none(&breaches);
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let mut breaches = Vec::new();
    let mut used = Vec::new();
    for source in files(&[".rs"]) {
        for function in functions(&source.text) {
            if function.lines <= FUNCTION_LINES_MAX {
                continue;
            }
            let name = format!("{}::{}", source.path, function.name);
            if LONG_FUNCTIONS.iter().any(|(excepted, _)| *excepted == name) {
                used.push(name);
            } else {
                breaches.push(format!("{name}:{}: {} lines", function.line, function.lines));
            }
        }
    }
    for (excepted, _) in LONG_FUNCTIONS {
        if !used.iter().any(|name| name == excepted) {
            breaches.push(format!("{excepted}: no longer needs its exception"));
        }
    }
    crate::assert_none(&breaches);
}

#[test]
fn nothing_is_left_lying_about() {
    let mut breaches = Vec::new();
    for source in files(&SOURCES) {
        for (number, line) in (1..).zip(source.text.lines()) {
            for word in LEFTOVERS.iter().chain(&MACHINE_PATHS) {
                if stands_alone(line, word) {
                    breaches.push(format!("{}:{number}: {word}", source.path));
                }
            }
        }
    }
    crate::assert_none(&breaches);
}

#[test]
fn no_test_sleeps() {
    let mut breaches = Vec::new();
    let sources = files(&[".rs"]);
    for source in &sources {
        let product = product_part(source, &sources).len();
        let code = code_only(&source.text);
        for (at, _) in code[product..].match_indices("::sleep(") {
            let line = line_of(&code, product + at);
            breaches.push(format!("{}:{line}: wait for the event instead", source.path));
        }
    }
    crate::assert_none(&breaches);
}

#[test]
fn no_file_or_folder_is_a_drawer() {
    let breaches: Vec<String> = files(&SOURCES)
        .iter()
        .filter(|source| {
            let mut parts = source.path.split(['/', '.']);
            parts.any(|part| DRAWERS.contains(&part))
        })
        .map(|source| format!("{}: name the thing, or leave it with its only user", source.path))
        .collect();
    crate::assert_none(&breaches);
}

/// Whether `word` stands in `line` and no letter goes before it.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|char| char.is_alphanumeric() || "_.-".contains(char))
    })
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Functions with a body, by counting braces in code without text.
fn functions(text: &str) -> Vec<Function> {
    let code = code_only(text);
    let starts = code.match_indices("fn ").filter(|(at, _)| {
        at.checked_sub(1).is_none_or(|before| code.as_bytes()[before].is_ascii_whitespace())
    });
    starts.filter_map(|(at, _)| function_at(&code, at)).collect()
}

fn function_at(code: &str, at: usize) -> Option<Function> {
    let rest = &code[at + 3..];
    let name: String = rest.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect();
    if name.is_empty() {
        return None;
    }
    // `;` inside brackets is part of an array's type; outside of them the function has no body.
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    for (offset, byte) in rest.bytes().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b';' if brackets == 0 && braces == 0 => return None,
            b'{' => braces += 1,
            b'}' => {
                braces -= 1;
                if braces == 0 {
                    let (first, last) = (line_of(code, at), line_of(code, at + 3 + offset));
                    return Some(Function { name, line: first, lines: last - first + 1 });
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn functions_are_measured_from_signature_to_closing_brace() {
    let text = "impl A {\n  fn a(x: [u8; 2]) -> u8 {\n    \"}\";\n    match x { _ => 1 }\n  }\n  fn b();\n}\nfn c() {}\n";
    let found: Vec<(String, usize, usize)> = functions(text)
        .into_iter()
        .map(|function| (function.name, function.line, function.lines))
        .collect();
    assert_eq!(found, [("a".to_owned(), 2, 4), ("c".to_owned(), 8, 1)]);
}

#[test]
fn a_leftover_is_found_and_a_longer_word_is_not() {
    let word = concat!("TO", "DO");
    assert!(stands_alone(&format!("// {word}: later"), word));
    assert!(!stands_alone(&format!("MAS{word}N"), word));
}
