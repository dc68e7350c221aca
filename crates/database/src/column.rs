//! Column types of ours: what a number looks like in a table, on both databases alike.
//!
//! Decimal columns are REAL on SQLite and lose digits, so nothing here uses them.

use model::{Amount, Time};
use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::{ActiveValue, ColIdx, IntoActiveValue, QueryResult, TryGetError, TryGetable, Value};

/// An amount in an asset's ledger unit: 16 bytes, big-endian, sign bit flipped, so that the bytes
/// sort as the numbers do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub Amount);

/// A counter, number of an order, price in ticks, quantity in lots: anything `u64` of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Whole(pub u64);

/// A moment, in microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub Time);

const SIGN_BIT: u128 = 1 << 127;

impl Money {
    pub(crate) fn store(self) -> Vec<u8> {
        (self.0.cast_unsigned() ^ SIGN_BIT).to_be_bytes().to_vec()
    }

    fn load(stored: Vec<u8>) -> Option<Self> {
        let bytes: [u8; 16] = stored.try_into().ok()?;
        Some(Self((u128::from_be_bytes(bytes) ^ SIGN_BIT).cast_signed()))
    }
}

impl Whole {
    pub(crate) fn store(self) -> i64 {
        TryInto::<i64>::try_into(self.0).expect("no counter of ours gets near 2^63")
    }

    fn load(stored: i64) -> Option<Self> {
        TryInto::<u64>::try_into(stored).ok().map(Self)
    }
}

impl Moment {
    pub(crate) fn store(self) -> i64 {
        Whole(self.0.micros()).store()
    }

    fn load(stored: i64) -> Option<Self> {
        Whole::load(stored).map(|Whole(micros)| Self(Time(micros)))
    }
}

macro_rules! column {
    ($name:ident, $inner:ty, $column:expr) => {
        impl From<$name> for Value {
            /// # Panics
            /// On a counter of 2^63 or more: a bug of the caller.
            fn from(value: $name) -> Self {
                value.store().into()
            }
        }

        impl TryGetable for $name {
            fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
                let stored = <$inner as TryGetable>::try_get_by(row, index)?;
                $name::load(stored).ok_or_else(|| {
                    let problem = concat!("a stored value is no ", stringify!($name));
                    TryGetError::DbErr(sea_orm::DbErr::Type(problem.to_owned()))
                })
            }
        }

        impl ValueType for $name {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                let stored = <$inner as ValueType>::try_from(value)?;
                $name::load(stored).ok_or(ValueTypeErr)
            }

            fn type_name() -> String {
                stringify!($name).to_owned()
            }

            fn array_type() -> ArrayType {
                <$inner as ValueType>::array_type()
            }

            fn column_type() -> ColumnType {
                $column
            }
        }

        impl Nullable for $name {
            fn null() -> Value {
                <$inner as Nullable>::null()
            }
        }

        impl IntoActiveValue<$name> for $name {
            fn into_active_value(self) -> ActiveValue<$name> {
                ActiveValue::Set(self)
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl sea_orm::sea_query::postgres_array::NotU8 for $name {}
    };
}

column!(Money, Vec<u8>, ColumnType::Blob);
column!(Whole, i64, ColumnType::BigInteger);
column!(Moment, i64, ColumnType::BigInteger);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_amounts_sort_as_the_numbers_do() {
        let amounts = [i128::MIN, -(1 << 64), -1, 0, 1, 255, 256, 1 << 64, i128::MAX];
        let stored: Vec<_> = amounts.iter().map(|amount| Money(*amount).store()).collect();
        assert!(stored.is_sorted());
        for (amount, bytes) in amounts.iter().zip(stored) {
            assert_eq!(Money::load(bytes), Some(Money(*amount)));
        }
    }

    #[test]
    fn what_is_no_number_of_ours_is_refused() {
        assert_eq!(Money::load(vec![0; 15]), None);
        assert_eq!(Whole::load(-1), None);
        assert_eq!(Moment::load(i64::MIN), None);
    }
}
