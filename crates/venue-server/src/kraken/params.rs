//! What a request says beside its path: a query, a form or an object of JSON, all read alike.
//!
//! Keeps   at most [`PARAMS_MAX`] parameters; numbers keep their digits, whether quoted or not;
//!         what is unknown is passed over, as the venue does.

use std::collections::BTreeMap;

use model::{Decimal, Time};
use serde_json::value::RawValue;
use venue::kraken::Refusal;

use crate::form;

/// Parameters of one request.
const PARAMS_MAX: usize = 64;
/// Names in one list.
pub const LIST_MAX: usize = 50;

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, Value)>);

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    /// Of JSON: neither text nor number nor boolean.
    Raw(Box<RawValue>),
}

impl Params {
    /// Reads a query and a body.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`] where they are no text, no form or too many.
    pub fn read(query: &str, body: &str) -> Result<Self, Refusal> {
        let refused = Refusal::InvalidArguments("");
        let mut params = Self::default();
        params.read_form(query)?;
        if body.trim_start().starts_with('{') {
            let fields: BTreeMap<String, &RawValue> =
                serde_json::from_str(body).map_err(|_| refused)?;
            for (name, raw) in fields {
                params.0.push((name, value_of(raw).ok_or(refused)?));
            }
        } else {
            params.read_form(body)?;
        }
        if PARAMS_MAX < params.0.len() { Err(refused) } else { Ok(params) }
    }

    fn read_form(&mut self, form: &str) -> Result<(), Refusal> {
        let pairs = form::read(form, PARAMS_MAX).map_err(|_| Refusal::InvalidArguments(""))?;
        self.0.extend(pairs.into_iter().map(|(name, value)| (name, Value::Text(value))));
        Ok(())
    }

    /// The objects of a list.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`] where it is missing or holds anything else.
    pub fn objects(&self, name: &'static str) -> Result<Vec<Self>, Refusal> {
        let refused = Refusal::InvalidArguments(name);
        let Some(Value::Raw(raw)) = self.find(name) else { return Err(refused) };
        let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| refused)?;
        if LIST_MAX < items.len() {
            return Err(refused);
        }
        let object = |raw: &&RawValue| {
            if raw.get().starts_with('{') { Self::read("", raw.get()) } else { Err(refused) }
        };
        items.iter().map(object).collect()
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// A parameter as text; `None` where it is missing or empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.find(name)? {
            Value::Text(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
            Value::Raw(_) => None,
        }
    }

    /// As [`Self::text`], where it must not be missing.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`].
    pub fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.text(name).ok_or(Refusal::InvalidArguments(name))
    }

    /// Names with commas between them, or a list of JSON.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`] where they are too many.
    pub fn list(&self, name: &'static str) -> Result<Vec<String>, Refusal> {
        let refused = Refusal::InvalidArguments(name);
        let names: Vec<String> = match self.find(name) {
            None => Vec::new(),
            Some(Value::Text(text)) => {
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                names.take(LIST_MAX + 1).map(str::to_owned).collect()
            }
            Some(Value::Raw(raw)) => {
                let names: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| refused)?;
                let name = |raw: &&RawValue| match value_of(raw) {
                    Some(Value::Text(text)) => Ok(text),
                    Some(Value::Raw(_)) | None => Err(refused),
                };
                names.iter().map(name).collect::<Result<_, _>>()?
            }
        };
        if LIST_MAX < names.len() { Err(refused) } else { Ok(names) }
    }

    /// Yes or no, in whatever case; no where it is missing.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`].
    pub fn boolean(&self, name: &'static str) -> Result<bool, Refusal> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "0" | "none" | "no") => Ok(false),
            Some("true" | "1" | "yes") => Ok(true),
            Some(_) => Err(Refusal::InvalidArguments(name)),
        }
    }

    /// A decimal number.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`].
    pub fn decimal(&self, name: &'static str) -> Result<Option<Decimal>, Refusal> {
        let number = self.text(name).map(str::parse).transpose();
        number.map_err(|_| Refusal::InvalidArguments(name))
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`].
    pub fn whole<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Refusal> {
        let number = self.text(name).map(str::parse).transpose();
        number.map_err(|_| Refusal::InvalidArguments(name))
    }

    /// A moment in seconds with a fraction.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`].
    pub fn moment(&self, name: &'static str) -> Result<Option<Time>, Refusal> {
        let Some(seconds) = self.decimal(name)? else { return Ok(None) };
        let moment = venue::kraken::reading::moment(venue::kraken::DecimalNumber(seconds));
        moment.map(Some).map_err(|_| Refusal::InvalidArguments(name))
    }
}

fn value_of(raw: &RawValue) -> Option<Value> {
    let text = raw.get();
    Some(match text.as_bytes().first()? {
        b'"' => Value::Text(serde_json::from_str(text).ok()?),
        b'{' | b'[' => Value::Raw(raw.to_owned()),
        b'n' => Value::Text(String::new()),
        _ => Value::Text(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_objects_are_read_alike() {
        let form = "nonce=1&price=25000.10&cl_ord_id=a%2Fb&trades=False&txid=A,B&empty=";
        let json = r#"{"nonce":1,"price":25000.10,"cl_ord_id":"a\/b","trades":false,
            "txid":["A","B"],"empty":null}"#;
        for body in [form, json] {
            let params = Params::read("", body).unwrap();
            assert_eq!(params.decimal("price").unwrap().unwrap().to_string(), "25000.10");
            assert_eq!((params.text("cl_ord_id"), params.text("empty")), (Some("a/b"), None));
            assert_eq!(params.list("txid").unwrap(), ["A", "B"]);
            assert_eq!((params.boolean("trades"), params.boolean("none")), (Ok(false), Ok(false)));
            let refused = Err(Refusal::InvalidArguments("price"));
            assert_eq!(params.boolean("price"), refused);
            assert_eq!(params.required("other"), Err(Refusal::InvalidArguments("other")));
        }
        assert_eq!(Params::read("pair=XBTUSD", "").unwrap().text("pair"), Some("XBTUSD"));
    }

    #[test]
    fn lists_of_objects_are_read_one_by_one() {
        let json = r#"{"orders":[{"volume":"1"},{"volume":2}],"pair":"XBTUSD"}"#;
        let params = Params::read("", json).unwrap();
        let orders = params.objects("orders").unwrap();
        let volumes: Vec<_> = orders.iter().map(|order| order.text("volume").unwrap()).collect();
        assert_eq!(volumes, ["1", "2"]);
        assert!(params.objects("pair").is_err());
        assert!(Params::read("", r#"{"orders":[1]}"#).unwrap().objects("orders").is_err());
    }

    #[test]
    fn what_is_no_text_or_too_much_is_refused() {
        let many = "a=1&".repeat(PARAMS_MAX + 1);
        for body in ["{", "a=%FF", many.as_str()] {
            assert!(Params::read("", body).is_err(), "{body}");
        }
        let names = "A,".repeat(LIST_MAX + 1);
        assert!(Params::read("", &format!("txid={names}")).unwrap().list("txid").is_err());
    }
}
