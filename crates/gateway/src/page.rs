//! A page of a list: how many rows, from where on, at what price.

use axum::Json;

use crate::problem::Problem;

/// Rows of a page where the request does not say.
const ROWS_DEFAULT: usize = 100;
/// The most rows of a page.
const ROWS_MAX: usize = 1_000;
/// Rows that the weight of a route pays for.
pub const ROWS_INCLUDED: usize = 100;
/// Rows beyond those that cost one weight more.
const ROWS_PER_WEIGHT: usize = 20;

/// What rows cost beyond the weight of their route.
pub fn weight_of_rows(rows: usize) -> u32 {
    let more = rows.saturating_sub(ROWS_INCLUDED).div_ceil(ROWS_PER_WEIGHT);
    u32::try_from(more).unwrap_or(u32::MAX)
}

/// How many rows are asked for, of at most [`ROWS_MAX`].
///
/// # Errors
/// As [`rows_of`].
pub fn rows(limit: Option<usize>) -> Result<usize, Problem> {
    rows_of(limit, ROWS_DEFAULT, ROWS_MAX)
}

/// How many rows are asked for, of at most `max`; `usual` where that is not said.
///
/// # Errors
/// [`Problem::wrong`] for none, or for too many.
pub fn rows_of(limit: Option<usize>, usual: usize, max: usize) -> Result<usize, Problem> {
    let rows = limit.unwrap_or(usual);
    let wrong = || Problem::wrong("limit", format!("must be from 1 to {max}"));
    if (1..=max).contains(&rows) { Ok(rows) } else { Err(wrong()) }
}

/// The number that a cursor holds: everything below it comes next.
///
/// # Errors
/// [`Problem::wrong`] for a text that no page gave.
pub fn cursor(text: Option<&str>) -> Result<Option<u64>, Problem> {
    let parse = |text: &str| text.parse().map_err(|_| Problem::wrong("cursor", "no page gave it"));
    text.map(parse).transpose()
}

/// A page of a list.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What to ask for the next one with; absent on the last.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// A list of one page.
    pub const fn whole(items: Vec<T>) -> Json<Self> {
        Json(Self { items, next_cursor: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_rows_than_are_included_cost_more() {
        let cases = [(1, 0), (100, 0), (101, 1), (120, 1), (121, 2), (500, 20), (1_000, 45)];
        for (rows, weight) in cases.into_iter().chain([(5_000, 245)]) {
            assert_eq!(weight_of_rows(rows), weight, "{rows}");
        }
    }
}
