//! A query or a form: pairs of names and values.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Why it cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoForm {
    /// It has more pairs than may be.
    TooMany,
    /// It is not text.
    NotText,
}

/// Its pairs in their order, `max` at most; a name may come more than once.
///
/// # Errors
/// [`NoForm`].
pub fn read(form: &str, max: usize) -> Result<Vec<(String, String)>, NoForm> {
    let mut pairs = Vec::new();
    for pair in form.split('&').filter(|pair| !pair.is_empty()) {
        if max <= pairs.len() {
            return Err(NoForm::TooMany);
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((text(name)?, text(value)?));
    }
    Ok(pairs)
}

fn text(coded: &str) -> Result<String, NoForm> {
    let coded = coded.replace('+', " ");
    let text = percent_decode_str(&coded).decode_utf8().map(Cow::into_owned);
    text.map_err(|_| NoForm::NotText)
}
