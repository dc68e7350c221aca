//! The body of a snapshot: the engine and every reader, at one sequence.
//!
//! ```text
//! time u64, state hash 32 bytes, engine len u64, engine,
//! readers u16, then for each: name len u8, name, len u64, bytes
//! ```

use engine::StateHash;
use model::{Seq, Time};

use crate::batch::EngineState;
use crate::reader::Reader;

/// What a snapshot holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub engine: EngineState,
    pub readers: Vec<(String, Vec<u8>)>,
}

/// The body for `engine` and `readers`, which stand at the same sequence.
pub(crate) fn encode(engine: &EngineState, readers: &[Box<dyn Reader>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(engine.bytes.len() + 1_024);
    out.extend_from_slice(&engine.time.0.to_le_bytes());
    out.extend_from_slice(&engine.hash.0);
    put_long(&mut out, |out| out.extend_from_slice(&engine.bytes));
    let count = u16::try_from(readers.len()).expect("readers are few");
    out.extend_from_slice(&count.to_le_bytes());
    for reader in readers {
        let name = reader.name().as_bytes();
        out.push(u8::try_from(name.len()).expect("names of readers are short"));
        out.extend_from_slice(name);
        put_long(&mut out, |out| reader.snapshot(out));
    }
    out
}

/// Appends what `put` appends, with its length before it.
fn put_long(out: &mut Vec<u8>, put: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 8]);
    put(out);
    let len = (out.len() - at - 8) as u64;
    out[at..at + 8].copy_from_slice(&len.to_le_bytes());
}

/// What [`encode`] wrote; `None` if it is anything else.
pub(crate) fn decode(seq: Seq, body: &[u8]) -> Option<State> {
    let mut rest = body;
    let time = Time(u64::from_le_bytes(take(&mut rest)?));
    let hash = StateHash(take(&mut rest)?);
    let bytes = take_long(&mut rest)?.to_vec();
    let count = u16::from_le_bytes(take(&mut rest)?);
    let mut readers = Vec::new();
    for _ in 0..count {
        let [len] = take(&mut rest)?;
        let (name, after) = rest.split_at_checked(usize::from(len))?;
        rest = after;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        readers.push((name, take_long(&mut rest)?.to_vec()));
    }
    let engine = EngineState { seq, time, hash, bytes };
    rest.is_empty().then_some(State { engine, readers })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

fn take_long<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(u64::from_le_bytes(take(rest)?)).ok()?;
    let (taken, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(taken)
}
