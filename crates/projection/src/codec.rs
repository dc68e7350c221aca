//! How the views are written into a snapshot: fixed little-endian integers, counted sequences.
//!
//! Keeps   reading takes any bytes without panic or unbounded allocation: `None` is a format error.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use model::{
    AccountId, AssetCode, AssetId, ClientOrderId, FeeRate, ListId, MarketId, OrderId, PreventionId,
    Price, Qty, Seq, Time, TradeId, UserId,
};

/// What is read, and in which format of the snapshot it was written.
pub(crate) struct Input<'a> {
    bytes: &'a [u8],
    pub(crate) format: u32,
}

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8], format: u32) -> Self {
        Self { bytes, format }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What is written in format `first` and later ones; nothing where it was not.
    pub(crate) fn since<T: Wire + Default>(&mut self, first: u32) -> Option<T> {
        if self.format < first { Some(T::default()) } else { T::take(self) }
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*chunk)
    }

    fn part(&mut self, len: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(part)
    }
}

/// Something that a snapshot holds.
pub(crate) trait Wire: Sized {
    fn put(&self, out: &mut Vec<u8>);
    /// Takes one from the front of `input`.
    fn take(input: &mut Input<'_>) -> Option<Self>;
}

/// Writes and reads the named fields of a struct, in this order; a field with a number is written
/// since that format.
macro_rules! wire_struct {
    (@take $input:ident) => { Wire::take($input)? };
    (@take $input:ident $format:literal) => { $input.since($format)? };
    ($name:ty { $($field:ident $(= $format:literal)?),+ $(,)? }) => {
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)+
            }

            fn take(input: &mut $crate::codec::Input<'_>) -> Option<Self> {
                $(let $field = wire_struct!(@take input $($format)?);)+
                Some(Self { $($field),+ })
            }
        }
    };
}

/// Writes and reads an enum whose variants have no fields.
macro_rules! wire_tags {
    ($name:ty { $($variant:ident = $tag:literal),+ $(,)? }) => {
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self { $(Self::$variant => $tag),+ });
            }

            fn take(input: &mut $crate::codec::Input<'_>) -> Option<Self> {
                match u8::take(input)? {
                    $($tag => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use {wire_struct, wire_tags};

macro_rules! wire_integer {
    ($($name:ty),+) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(input: &mut Input<'_>) -> Option<Self> {
                input.chunk().map(Self::from_le_bytes)
            }
        }
    )+};
}

wire_integer!(u8, u16, u32, u64, u128, i32, i128);

macro_rules! wire_id {
    ($($name:ident),+) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }

            fn take(input: &mut Input<'_>) -> Option<Self> {
                Wire::take(input).map(Self)
            }
        }
    )+};
}

wire_id!(Seq, AccountId, AssetId, MarketId, OrderId, ListId, TradeId, PreventionId, Time, UserId);

impl Wire for [u8; 16] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        input.chunk()
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        match u8::take(input)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Wire for Price {
    fn put(&self, out: &mut Vec<u8>) {
        self.ticks().put(out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        Self::new(u64::take(input)?)
    }
}

impl Wire for Qty {
    fn put(&self, out: &mut Vec<u8>) {
        self.lots().put(out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        Self::new(u64::take(input)?)
    }
}

impl Wire for FeeRate {
    fn put(&self, out: &mut Vec<u8>) {
        self.millionths().put(out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        Self::from_millionths(i32::take(input)?)
    }
}

macro_rules! wire_name {
    ($($name:ident),+) => {$(
        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                let bytes = self.as_bytes();
                out.push(u8::try_from(bytes.len()).expect("a name has at most 255 bytes"));
                out.extend_from_slice(bytes);
            }

            fn take(input: &mut Input<'_>) -> Option<Self> {
                let len = usize::from(u8::take(input)?);
                let bytes = input.part(len)?;
                Self::new(std::str::from_utf8(bytes).ok()?).ok()
            }
        }
    )+};
}

wire_name!(AssetCode, ClientOrderId);

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        if bool::take(input)? { T::take(input).map(Some) } else { Some(None) }
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        Some((A::take(input)?, B::take(input)?))
    }
}

impl<T: Wire> Wire for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        T::take(input).map(Self::new)
    }
}

impl<T: Wire + Clone> Wire for Arc<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        T::take(input).map(Self::new)
    }
}

fn put_all<'a, T: Wire + 'a>(items: impl ExactSizeIterator<Item = &'a T>, out: &mut Vec<u8>) {
    u32::try_from(items.len()).expect("every series is bounded far below 2^32").put(out);
    items.for_each(|item| item.put(out));
}

/// Nothing is reserved for a count that is only claimed: what is missing ends the reading.
fn take_all<T: Wire, C: Extend<T> + Default>(input: &mut Input<'_>) -> Option<C> {
    let mut all = C::default();
    for _ in 0..u32::take(input)? {
        all.extend([T::take(input)?]);
    }
    Some(all)
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_all(self.iter(), out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        take_all(input)
    }
}

impl<T: Wire> Wire for VecDeque<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_all(self.iter(), out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        take_all(input)
    }
}

impl<K: Wire + Ord, V: Wire> Wire for BTreeMap<K, V> {
    fn put(&self, out: &mut Vec<u8>) {
        u32::try_from(self.len()).expect("every series is bounded far below 2^32").put(out);
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        take_all(input)
    }
}

impl<T: Wire + Copy> Wire for [T; 2] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.put(out));
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        Some([T::take(input)?, T::take(input)?])
    }
}
