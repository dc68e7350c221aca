//! Objects whose keys are names of markets, assets or orders, in the order in which they came.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'a, T>(pub Vec<(Cow<'a, str>, T)>);

impl<T> Default for Named<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'a, T> Named<'a, T> {
    /// One value by its name.
    #[must_use]
    pub fn one(name: impl Into<Cow<'a, str>>, value: T) -> Self {
        Self(vec![(name.into(), value)])
    }

    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl<'a, T> FromIterator<(Cow<'a, str>, T)> for Named<'a, T> {
    fn from_iter<I: IntoIterator<Item = (Cow<'a, str>, T)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for Named<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Named<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamedVisitor<'a, T>(PhantomData<(&'a (), T)>);
        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for NamedVisitor<'a, T> {
            type Value = Named<'a, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("values by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<'a, T>, A::Error> {
                let mut values = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    values.push((Cow::Owned(name), value));
                }
                Ok(Named(values))
            }
        }
        deserializer.deserialize_map(NamedVisitor(PhantomData))
    }
}
