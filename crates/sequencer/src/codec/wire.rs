//! Numbers and names as bytes.

use model::{AssetCode, ClientOrderId, Price, Qty};

use super::DecodeError;

const ENDS: DecodeError = DecodeError("the bytes end too early");

/// Bytes that are read from the front.
#[derive(Clone, Debug)]
pub(super) struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.bytes.split_at_checked(len).ok_or(ENDS)?;
        self.bytes = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or(ENDS)?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_le_bytes)
    }

    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn i32(&mut self) -> Result<i32, DecodeError> {
        self.array().map(i32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn u128(&mut self) -> Result<u128, DecodeError> {
        self.array().map(u128::from_le_bytes)
    }

    pub fn i128(&mut self) -> Result<i128, DecodeError> {
        self.array().map(i128::from_le_bytes)
    }

    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError("a truth that is neither 0 nor 1")),
        }
    }

    fn u48(&mut self) -> Result<u64, DecodeError> {
        let [a, b, c, d, e, f] = self.array()?;
        Ok(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    }

    pub fn price(&mut self) -> Result<Price, DecodeError> {
        Price::new(self.u48()?).ok_or(DecodeError("a price out of range"))
    }

    pub fn qty(&mut self) -> Result<Qty, DecodeError> {
        Qty::new(self.u48()?).ok_or(DecodeError("a quantity out of range"))
    }

    fn text(&mut self) -> Result<&'a str, DecodeError> {
        let len = self.u8()?;
        let bytes = self.take(usize::from(len))?;
        std::str::from_utf8(bytes).map_err(|_| DecodeError("a name that is no text"))
    }

    pub fn client_id(&mut self) -> Result<ClientOrderId, DecodeError> {
        ClientOrderId::new(self.text()?).map_err(|_| DecodeError("a name that is none"))
    }

    pub fn asset_code(&mut self) -> Result<AssetCode, DecodeError> {
        AssetCode::new(self.text()?).map_err(|_| DecodeError("a ticker that is none"))
    }
}

fn put_u48(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes()[..6]);
}

pub(super) fn put_price(out: &mut Vec<u8>, price: Price) {
    put_u48(out, price.ticks());
}

pub(super) fn put_qty(out: &mut Vec<u8>, qty: Qty) {
    put_u48(out, qty.lots());
}

pub(super) fn put_client_id(out: &mut Vec<u8>, name: &ClientOrderId) {
    put_text(out, name.as_bytes());
}

pub(super) fn put_asset_code(out: &mut Vec<u8>, code: &AssetCode) {
    put_text(out, code.as_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.push(u8::try_from(text.len()).expect("names have a fixed room"));
    out.extend_from_slice(text);
}

const _: () = assert!(model::TICKS_MAX == 1 << 48 && model::LOTS_MAX == 1 << 48);
