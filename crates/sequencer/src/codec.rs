//! The bytes of the journal: what a payload holds, and every command.
//!
//! ```text
//! payload   entry…
//! entry     1 commands   time u64, count u32, command…
//!           2 genesis    rules u32, map key 16 bytes, time u64
//!           3 checkpoint seq u64, state hash 32 bytes
//! command   tag u8, fields in the order of their declaration; before it, where the client said
//!           something beside it, 18 and the note
//! ```
//!
//! Units   little endian, fixed widths: accounts 4 bytes, assets and markets 2, orders and lists 8,
//!         prices and quantities 6 (both are below 2^48), money 16, time 8; a name is its length in
//!         one byte and its bytes.
//! Keeps   one form per command: what decodes, encodes to the same bytes. A form, once written, is
//!         read for ever; another form is another tag.
//! Fails   [`DecodeError`] on anything that no encoder writes; never panics.

mod configuration;
mod note;
mod order;
mod wire;

use engine::{Command, Genesis, OrderRef, StateHash};
use model::{AccountId, ListId, MarketId, Note, OrderId, Seq, Time, UserId};

use wire::{Input, put_qty};

/// Bytes that are no journal of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(pub &'static str);

/// The longest command with its note. The fees of a market are bounded by [`FEES_MAX`] to keep it.
pub(crate) const COMMAND_BYTES_MAX: usize = 512;
/// Fee tiers of one command at most: more than any market has, so that the engine answers.
pub(crate) const FEES_MAX: usize = 16;
/// Bytes of an entry but for its commands.
pub(crate) const ENTRY_BYTES_MAX: usize = 64;

const COMMANDS: u8 = 1;
const GENESIS: u8 = 2;
const CHECKPOINT: u8 = 3;
/// Where the count of an entry of commands stands.
const COUNT_AT: usize = 9;

/// What a payload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// So many commands follow, all of this time.
    Commands { time: Time, count: u32 },
    /// The journal begins.
    Genesis { rules: u32, genesis: Genesis, time: Time },
    /// After command `seq`, the state had this hash.
    Checkpoint { seq: Seq, hash: StateHash },
}

/// Begins an entry of commands; returns what [`end_commands`] needs.
pub(crate) fn begin_commands(out: &mut Vec<u8>, time: Time) -> usize {
    let at = out.len();
    out.push(COMMANDS);
    out.extend_from_slice(&time.0.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    at
}

/// Ends the entry that began at `at`: `count` commands were appended.
pub(crate) fn end_commands(out: &mut [u8], at: usize, count: u32) {
    out[at + COUNT_AT..at + COUNT_AT + 4].copy_from_slice(&count.to_le_bytes());
}

/// Appends the first entry of a journal.
pub(crate) fn put_genesis(out: &mut Vec<u8>, rules: u32, genesis: &Genesis, time: Time) {
    out.push(GENESIS);
    out.extend_from_slice(&rules.to_le_bytes());
    out.extend_from_slice(&genesis.map_key);
    out.extend_from_slice(&time.0.to_le_bytes());
}

/// Appends a checkpoint.
pub(crate) fn put_checkpoint(out: &mut Vec<u8>, seq: Seq, hash: StateHash) {
    out.push(CHECKPOINT);
    out.extend_from_slice(&seq.0.to_le_bytes());
    out.extend_from_slice(&hash.0);
}

/// Whether a command fits into [`COMMAND_BYTES_MAX`].
pub(crate) fn fits(command: &Command) -> bool {
    match command {
        Command::ListMarket(spec) => spec.fees.len() <= FEES_MAX,
        Command::SetFees { fees, .. } => fees.len() <= FEES_MAX,
        Command::OpenAccount { .. }
        | Command::SetTier { .. }
        | Command::ListAsset(_)
        | Command::SetMarketState { .. }
        | Command::SetFilters { .. }
        | Command::Adjust { .. }
        | Command::Place(_)
        | Command::PlaceList(_)
        | Command::Cancel { .. }
        | Command::CancelList { .. }
        | Command::CancelAll { .. }
        | Command::Amend { .. }
        | Command::Replace(_)
        | Command::Clock => true,
    }
}

/// Reads a payload.
#[derive(Clone, Debug)]
pub(crate) struct Decoder<'a> {
    input: Input<'a>,
}

impl<'a> Decoder<'a> {
    pub const fn new(payload: &'a [u8]) -> Self {
        Self { input: Input::new(payload) }
    }

    /// The next entry; after [`Entry::Commands`], as many calls of [`Self::command`] are due
    /// before the next one.
    pub fn entry(&mut self) -> Result<Option<Entry>, DecodeError> {
        if self.input.is_empty() {
            return Ok(None);
        }
        let input = &mut self.input;
        Ok(Some(match input.u8()? {
            COMMANDS => Entry::Commands { time: Time(input.u64()?), count: input.u32()? },
            GENESIS => Entry::Genesis {
                rules: input.u32()?,
                genesis: Genesis { map_key: input.array()? },
                time: Time(input.u64()?),
            },
            CHECKPOINT => {
                Entry::Checkpoint { seq: Seq(input.u64()?), hash: StateHash(input.array()?) }
            }
            _ => return Err(DecodeError("an entry of an unknown kind")),
        }))
    }

    /// The next command, with what goes beside it.
    pub fn command(&mut self) -> Result<(Command, Option<Box<Note>>), DecodeError> {
        let mut note = None;
        if self.input.peek() == Some(NOTED) {
            self.input.u8()?;
            note = Some(Box::new(note::get_note(&mut self.input)?));
        }
        Ok((self.bare_command()?, note))
    }

    fn bare_command(&mut self) -> Result<Command, DecodeError> {
        let input = &mut self.input;
        Ok(match input.u8()? {
            PLACE => Command::Place(order::get_order(input)?),
            CANCEL => get_cancel(input, false)?,
            CANCEL_ONLY => get_cancel(input, true)?,
            AMEND => Command::Amend {
                account: AccountId(input.u32()?),
                market: MarketId(input.u16()?),
                order: get_order_ref(input)?,
                qty: input.qty()?,
                client_id: if input.bool()? { Some(input.client_id()?) } else { None },
            },
            PLACE_LIST => Command::PlaceList(Box::new(order::get_list(input)?)),
            REPLACE => Command::Replace(Box::new(order::get_replace(input)?)),
            CANCEL_LIST => Command::CancelList {
                account: AccountId(input.u32()?),
                market: MarketId(input.u16()?),
                list: ListId(input.u64()?),
            },
            CANCEL_ALL => Command::CancelAll {
                account: AccountId(input.u32()?),
                market: if input.bool()? { Some(MarketId(input.u16()?)) } else { None },
            },
            CLOCK => Command::Clock,
            OPEN_ACCOUNT => Command::OpenAccount { user: UserId(input.array()?) },
            ADJUST => configuration::get_adjust(input)?,
            tag => configuration::get(tag, input)?,
        })
    }
}

const OPEN_ACCOUNT: u8 = 1;
const SET_TIER: u8 = 2;
const LIST_ASSET: u8 = 3;
const LIST_MARKET: u8 = 4;
const SET_MARKET_STATE: u8 = 5;
const SET_FILTERS: u8 = 6;
const SET_FEES: u8 = 7;
const ADJUST: u8 = 8;
const PLACE: u8 = 9;
const PLACE_LIST: u8 = 10;
const CANCEL: u8 = 11;
const CANCEL_LIST: u8 = 12;
const CANCEL_ALL: u8 = 13;
const AMEND: u8 = 14;
const REPLACE: u8 = 15;
const CLOCK: u8 = 16;
/// A cancel that is restricted: the restriction is the last byte.
const CANCEL_ONLY: u8 = 17;
/// A note; its command follows.
const NOTED: u8 = 18;

/// Appends what goes beside the command that comes next; it says something.
pub(crate) fn put_note(out: &mut Vec<u8>, note: &Note) {
    out.push(NOTED);
    note::put_note(out, note);
}

/// Appends a command, which [`fits`].
pub(crate) fn put_command(out: &mut Vec<u8>, command: &Command) {
    match command {
        Command::Place(new) => {
            out.push(PLACE);
            order::put_order(out, new);
        }
        Command::Cancel { account, market, order, only } => {
            let tag = if only.is_some() { CANCEL_ONLY } else { CANCEL };
            put_target(out, tag, *account, *market);
            put_order_ref(out, order);
            out.extend(only.map(order::only_byte));
            order::put_left(out, *only);
        }
        Command::Amend { account, market, order, qty, client_id } => {
            put_target(out, AMEND, *account, *market);
            put_order_ref(out, order);
            put_qty(out, *qty);
            out.push(u8::from(client_id.is_some()));
            if let Some(client_id) = client_id {
                wire::put_client_id(out, client_id);
            }
        }
        Command::PlaceList(list) => {
            out.push(PLACE_LIST);
            order::put_list(out, list);
        }
        Command::Replace(replace) => {
            out.push(REPLACE);
            order::put_replace(out, replace);
        }
        Command::CancelList { account, market, list } => {
            put_target(out, CANCEL_LIST, *account, *market);
            out.extend_from_slice(&list.0.to_le_bytes());
        }
        Command::CancelAll { account, market } => {
            out.push(CANCEL_ALL);
            out.extend_from_slice(&account.0.to_le_bytes());
            out.push(u8::from(market.is_some()));
            if let Some(market) = market {
                out.extend_from_slice(&market.0.to_le_bytes());
            }
        }
        Command::Clock => out.push(CLOCK),
        Command::OpenAccount { user } => {
            out.push(OPEN_ACCOUNT);
            out.extend_from_slice(&user.0);
        }
        Command::SetTier { .. }
        | Command::ListAsset(_)
        | Command::ListMarket(_)
        | Command::SetMarketState { .. }
        | Command::SetFilters { .. }
        | Command::SetFees { .. }
        | Command::Adjust { .. } => configuration::put(out, command),
    }
}

fn put_target(out: &mut Vec<u8>, tag: u8, account: AccountId, market: MarketId) {
    out.push(tag);
    out.extend_from_slice(&account.0.to_le_bytes());
    out.extend_from_slice(&market.0.to_le_bytes());
}

fn get_cancel(input: &mut Input<'_>, restricted: bool) -> Result<Command, DecodeError> {
    let (account, market) = (AccountId(input.u32()?), MarketId(input.u16()?));
    let order = get_order_ref(input)?;
    let only = if restricted { Some(order::get_only(input.u8()?, input)?) } else { None };
    Ok(Command::Cancel { account, market, order, only })
}

fn put_order_ref(out: &mut Vec<u8>, order: &OrderRef) {
    match order {
        OrderRef::Id(id) => {
            out.push(0);
            out.extend_from_slice(&id.0.to_le_bytes());
        }
        // A name is never empty, so its length tells it from a number.
        OrderRef::Client(name) => wire::put_client_id(out, name),
    }
}

fn get_order_ref(input: &mut Input<'_>) -> Result<OrderRef, DecodeError> {
    if input.peek() == Some(0) {
        input.u8()?;
        return Ok(OrderRef::Id(OrderId(input.u64()?)));
    }
    Ok(OrderRef::Client(input.client_id()?))
}

#[cfg(test)]
mod tests;
