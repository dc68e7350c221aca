//! The sealed form of a secret, byte by byte.
//!
//! ```text
//! format 1 | master key version 4 | wrap salt 32 | wrap nonce 12 | wrapped data key 32 + 16
//!          | commitment 32 | nonce 12 | blob n × 256 | tag 16
//! ```
//!
//! The wrapping key is derived from the master key and the salt, one for each wrapping, so no
//! number of wrappings wears a master key out. The data key encrypts one blob, once. AES-GCM does
//! not bind its key, so a commitment to the data key is compared before the blob is touched. The
//! name is bound into all three; the master key's version into the wrapping alone, so that
//! wrapping anew leaves the blob as it is.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac, rand};
use zeroize::Zeroizing;

use crate::master::{MasterKey, MasterKeyVersion};
use crate::record::append;

/// The format written here, and the only one read.
pub const FORMAT: u8 = 1;
/// The longest secret.
pub const SECRET_BYTES_MAX: usize = 16 * 1024;
/// Blobs are padded to a multiple of this, so that their length tells nothing.
const BLOCK_BYTES: usize = 256;
const LENGTH_BYTES: usize = 4;
const TAG_BYTES: usize = 16;
const WRAPPED_BYTES: usize = 32 + TAG_BYTES;
const HEAD_BYTES: usize = 1 + 4 + 32 + 12 + WRAPPED_BYTES;
const BLOB_AT: usize = HEAD_BYTES + 32 + 12;
const BYTES_MIN: usize = BLOB_AT + BLOCK_BYTES + TAG_BYTES;
const BYTES_MAX: usize = BLOB_AT + SECRET_BYTES_MAX + BLOCK_BYTES + TAG_BYTES;

/// The bytes are no record: altered, of another name, or under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

type DataKey = Zeroizing<[u8; 32]>;

/// The random part of a wrapping.
pub struct WrapDraw {
    pub salt: [u8; 32],
    pub nonce: [u8; 12],
}

/// The random part of a record.
pub struct Draw {
    pub data_key: DataKey,
    pub nonce: [u8; 12],
    pub wrap: WrapDraw,
}

impl WrapDraw {
    pub fn random() -> Self {
        let mut draw = Self { salt: [0; 32], nonce: [0; 12] };
        rand::fill(&mut draw.salt).expect("the system has randomness");
        rand::fill(&mut draw.nonce).expect("the system has randomness");
        draw
    }
}

impl Draw {
    pub fn random() -> Self {
        let mut draw =
            Self { data_key: Zeroizing::new([0; 32]), nonce: [0; 12], wrap: WrapDraw::random() };
        rand::fill(&mut *draw.data_key).expect("the system has randomness");
        rand::fill(&mut draw.nonce).expect("the system has randomness");
        draw
    }
}

/// The format of a record and the version of the master key that wraps it, unproven.
pub fn header(sealed: &[u8]) -> Result<(u8, MasterKeyVersion), Refused> {
    if sealed.len() < BYTES_MIN || BYTES_MAX < sealed.len() {
        return Err(Refused);
    }
    let version = u32::from_be_bytes(sealed[1..5].try_into().expect("four bytes"));
    Ok((sealed[0], MasterKeyVersion(version)))
}

/// Seals `secret`, which is at most [`SECRET_BYTES_MAX`] long, under `name`.
pub fn seal(
    secret: &[u8],
    name: &[u8],
    version: MasterKeyVersion,
    master: &MasterKey,
    draw: &Draw,
) -> Vec<u8> {
    let mut blob = padded(secret);
    let tag = key(&draw.data_key)
        .seal_in_place_separate_tag(nonce(draw.nonce), Aad::from(name), &mut blob)
        .expect("a blob is short");
    let mut sealed = wrap(&draw.data_key, name, version, master, &draw.wrap);
    sealed.extend_from_slice(hmac::sign(&commitment(&draw.data_key), name).as_ref());
    sealed.extend_from_slice(&draw.nonce);
    sealed.extend_from_slice(&blob);
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

/// Gives the secret to `f`, and wipes it.
pub fn open<T>(
    sealed: &[u8],
    name: &[u8],
    master: &MasterKey,
    f: impl FnOnce(&[u8]) -> T,
) -> Result<T, Refused> {
    let data_key = data_key(sealed, name, master)?;
    let nonce = nonce(sealed[BLOB_AT - 12..BLOB_AT].try_into().expect("twelve bytes"));
    let mut blob = Zeroizing::new(sealed[BLOB_AT..].to_vec());
    let plain =
        key(&data_key).open_in_place(nonce, Aad::from(name), &mut blob).map_err(|_| Refused)?;
    unpadded(plain).map(f)
}

/// The same record with its data key wrapped anew.
pub fn rewrap(
    sealed: &[u8],
    name: &[u8],
    old: &MasterKey,
    version: MasterKeyVersion,
    new: &MasterKey,
    draw: &WrapDraw,
) -> Result<Vec<u8>, Refused> {
    let data_key = data_key(sealed, name, old)?;
    let mut rewrapped = wrap(&data_key, name, version, new, draw);
    rewrapped.extend_from_slice(&sealed[HEAD_BYTES..]);
    Ok(rewrapped)
}

fn wrap(
    data_key: &DataKey,
    name: &[u8],
    version: MasterKeyVersion,
    master: &MasterKey,
    draw: &WrapDraw,
) -> Vec<u8> {
    let mut wrapped = Zeroizing::new(**data_key);
    let tag = wrapping_key(master, &draw.salt)
        .seal_in_place_separate_tag(
            nonce(draw.nonce),
            Aad::from(wrap_name(name, version)),
            &mut *wrapped,
        )
        .expect("a key is short");
    let mut head = Vec::with_capacity(BYTES_MIN);
    head.push(FORMAT);
    head.extend_from_slice(&version.0.to_be_bytes());
    head.extend_from_slice(&draw.salt);
    head.extend_from_slice(&draw.nonce);
    head.extend_from_slice(&*wrapped);
    head.extend_from_slice(tag.as_ref());
    head
}

/// Unwraps the data key and compares its commitment.
fn data_key(sealed: &[u8], name: &[u8], master: &MasterKey) -> Result<DataKey, Refused> {
    let (format, version) = header(sealed)?;
    if format != FORMAT {
        return Err(Refused);
    }
    let salt = &sealed[5..37];
    let wrap_nonce = nonce(sealed[37..49].try_into().expect("twelve bytes"));
    let mut wrapped = Zeroizing::new(sealed[49..HEAD_BYTES].to_vec());
    let plain = wrapping_key(master, salt)
        .open_in_place(wrap_nonce, Aad::from(wrap_name(name, version)), &mut wrapped)
        .map_err(|_| Refused)?;
    let data_key = Zeroizing::new(<[u8; 32]>::try_from(&*plain).map_err(|_| Refused)?);
    hmac::verify(&commitment(&data_key), name, &sealed[HEAD_BYTES..HEAD_BYTES + 32])
        .map_err(|_| Refused)?;
    Ok(data_key)
}

fn wrapping_key(master: &MasterKey, salt: &[u8]) -> LessSafeKey {
    let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(master.expose());
    let okm = derived.expand(&[b"rialto vault wrap 1"], hkdf::HKDF_SHA256);
    let mut bytes = Zeroizing::new([0; 32]);
    okm.and_then(|okm| okm.fill(&mut *bytes)).expect("32 bytes are few for HKDF");
    key(&bytes)
}

/// A key for commitments only: its tag of the name is the commitment.
fn commitment(data_key: &DataKey) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, &**data_key);
    let derived = hmac::sign(&root, b"rialto vault commitment 1");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

fn wrap_name(name: &[u8], version: MasterKeyVersion) -> Vec<u8> {
    let mut bound = name.to_vec();
    append(&mut bound, &version.0.to_be_bytes());
    bound
}

fn key(bytes: &DataKey) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &**bytes).expect("the key has 32 bytes"))
}

fn nonce(bytes: [u8; 12]) -> Nonce {
    Nonce::assume_unique_for_key(bytes)
}

/// The length, the secret, and zeros up to a whole block.
fn padded(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = u32::try_from(secret.len()).expect("secrets are short");
    let room = (LENGTH_BYTES + secret.len()).next_multiple_of(BLOCK_BYTES);
    let mut blob = Zeroizing::new(Vec::with_capacity(room));
    blob.extend_from_slice(&length.to_be_bytes());
    blob.extend_from_slice(secret);
    blob.resize(room, 0);
    blob
}

fn unpadded(blob: &[u8]) -> Result<&[u8], Refused> {
    let (length, rest) = blob.split_first_chunk::<LENGTH_BYTES>().ok_or(Refused)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Refused)?;
    rest.get(..length).ok_or(Refused)
}
