//! Notes as bytes, before the command they go with.
//!
//! ```text
//! note   u8 (bit 0 cancel, 1-4 strategy id and type of the first and the second label),
//!        [name], [u64]…
//! ```

use model::{Label, Note};

use super::DecodeError;
use super::wire::{Input, put_client_id};

const CANCEL: u8 = 1;
const KNOWN: u8 = 0b1_1111;

pub(super) fn put_note(out: &mut Vec<u8>, note: &Note) {
    let [first, second] = note.labels;
    let numbers =
        [first.strategy_id, first.strategy_type, second.strategy_id, second.strategy_type];
    let mut flags = if note.cancel.is_some() { CANCEL } else { 0 };
    for (bit, number) in (1..).zip(&numbers) {
        flags |= u8::from(number.is_some()) << bit;
    }
    out.push(flags);
    if let Some(name) = &note.cancel {
        put_client_id(out, name);
    }
    for number in numbers.into_iter().flatten() {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

pub(super) fn get_note(input: &mut Input<'_>) -> Result<Note, DecodeError> {
    let flags = input.u8()?;
    if flags == 0 || flags & !KNOWN != 0 {
        return Err(DecodeError("a note that says nothing, or what nobody knows"));
    }
    let cancel = if flags & CANCEL == 0 { None } else { Some(input.client_id()?) };
    let mut numbers = [None; 4];
    for (bit, number) in (1..).zip(&mut numbers) {
        if flags >> bit & 1 == 1 {
            *number = Some(input.u64()?);
        }
    }
    let [first_id, first_type, second_id, second_type] = numbers;
    let labels = [
        Label { strategy_id: first_id, strategy_type: first_type },
        Label { strategy_id: second_id, strategy_type: second_type },
    ];
    Ok(Note { cancel, labels })
}
