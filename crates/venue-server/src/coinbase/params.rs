//! The query of a request, name by name.

use venue::coinbase::Refusal;

use crate::form::{self, NoForm};

/// Parameters in one query.
const PARAMS_MAX: usize = 256;

/// What the query says; a name may come more than once.
#[derive(Debug)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where it is no text or has too many parameters.
    pub fn read(query: &str) -> Result<Self, Refusal> {
        let params = form::read(query, PARAMS_MAX).map_err(|error| match error {
            NoForm::TooMany => Refusal::Invalid("too many parameters"),
            NoForm::NotText => Refusal::Invalid("query is not text"),
        })?;
        Ok(Self(params))
    }

    /// The first value of that name that is not empty.
    pub fn text(&self, name: &'static str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of that name that are not empty. A list may also be one value with commas.
    pub fn all<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(known, _)| known == name);
        values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty())
    }

    /// The number of that name; `usual` without one, `most` at most.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where it is none.
    pub fn count(&self, name: &'static str, usual: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.text(name) else { return Ok(usual) };
        let count: usize = text.parse().map_err(|_| Refusal::Invalid("limit is no number"))?;
        Ok(if count == 0 { usual } else { count.min(most) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_name_by_name() {
        let query = "product_ids=BTC-USD&product_ids=ETH-USD,SOL-USD&limit=5&cursor=&a%20b=c+d";
        let params = Params::read(query).unwrap();
        let all: Vec<_> = params.all("product_ids").collect();
        assert_eq!(all, ["BTC-USD", "ETH-USD", "SOL-USD"]);
        assert_eq!((params.text("cursor"), params.text("a b")), (None, Some("c d")));
        assert_eq!((params.count("limit", 9, 3), params.count("x", 9, 3)), (Ok(3), Ok(9)));
        assert!(params.count("a b", 1, 1).is_err());
        assert!(Params::read("a=%FF").is_err() && Params::read(&"a&".repeat(257)).is_err());
    }
}
