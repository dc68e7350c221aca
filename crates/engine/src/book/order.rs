//! The records of open orders: a compact one for matching, one for what is rarely asked.

use model::{AccountId, Amount, ClientOrderId, ListId, MarketId, OrderId, Price, Side, Time};

use crate::command::{SelfTradePrevention, Trigger, Triggered};
use crate::market::FeeTier;

/// No slot: the end of a queue, or an order that is in none.
pub(crate) const NONE: u32 = u32::MAX;

/// What to look at beyond the plain order; all zero for most.
pub(crate) mod flag {
    /// Shows a part only.
    pub(crate) const ICEBERG: u8 = 1;
    /// A conditional order that waits outside the book.
    pub(crate) const WAITING: u8 = 2;
    /// One of two linked orders.
    pub(crate) const LISTED: u8 = 4;
    /// Ends by time.
    pub(crate) const TIMED: u8 = 8;
    /// Has, or once had, something that only few orders have.
    pub(crate) const RARE: u8 = 16;
}

/// What matching reads of an open order: one line of the processor's cache.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    /// The limit; for an order that has none, 1.
    pub(crate) price: Price,
    /// Lots that it still wants, hidden ones included.
    pub(crate) remaining: u64,
    /// Lots that the book shows.
    pub(crate) shown: u64,
    pub(crate) account: AccountId,
    pub(crate) level: u32,
    /// Hash of its client's name, by which the name index finds it.
    pub(crate) name_tag: u32,
    /// Fees as when it was accepted.
    pub(crate) fees: FeeTier,
    pub(crate) market: MarketId,
    pub(crate) side: Side,
    pub(crate) flags: u8,
}

const _: () = assert!(size_of::<Order>() == 64, "one cache line");

/// The neighbours of an order in its queue. They lie apart from the orders, so that taking one out
/// does not fetch two others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Links {
    pub(crate) prev: u32,
    pub(crate) next: u32,
}

impl Order {
    pub(crate) const fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The mark of a slot that holds no open order.
const ENDED: u16 = 0;

/// The mark of an open order: never [`ENDED`].
#[inline]
fn mark(low_half: u32) -> u16 {
    u16::try_from(low_half & 0x7fff).expect("masked") | 0x8000
}

/// The low half of an order's number.
#[inline]
pub(crate) fn low_half(id: OrderId) -> u32 {
    u32::try_from(id.0 & u64::from(u32::MAX)).expect("masked")
}

/// What is rarely read of an open order.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Detail {
    /// Lots asked for, as last amended.
    pub(crate) qty: u64,
    /// Lots shown at a time; equal to `qty` or more unless it is an iceberg.
    pub(crate) display: u64,
    /// Where its [`Rare`] record is.
    pub(crate) rare: u32,
    pub(crate) amends: u16,
    pub(crate) client_id: ClientOrderId,
    pub(crate) stp: SelfTradePrevention,
}

const _: () = assert!(size_of::<Detail>() == 64, "one cache line");

/// What only few orders have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    pub(crate) list: Option<ListId>,
    pub(crate) expires: Option<Time>,
    pub(crate) waiting: Option<Waiting>,
}

/// A conditional order that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) trigger: Trigger,
    pub(crate) then: Triggered,
    /// For a trailing order that follows: the best price it has seen.
    pub(crate) best: Option<Price>,
    /// Whether a trailing order follows yet.
    pub(crate) follows: bool,
    /// What it holds by itself; of a list's legs the larger one counts.
    pub(crate) hold: Amount,
}

const CHUNK_BITS: u32 = 10;
const CHUNK: usize = 1 << CHUNK_BITS;

/// The records of so many slots.
#[derive(Debug)]
struct Chunk {
    orders: Box<[Order; CHUNK]>,
    /// Of a free slot the next free one.
    links: Box<[Links; CHUNK]>,
    details: Box<[Detail; CHUNK]>,
    /// Of an open order some bits of its number: small, so that what ended is told from what is
    /// open without a look at the orders themselves.
    marks: Box<[u16; CHUNK]>,
}

impl Chunk {
    /// Slots from `start` on, all free, whatever they are filled with.
    fn new(start: u32, order: Order, detail: Detail) -> Self {
        let order = Order { id: OrderId(0), ..order };
        let mut links = filled(Links { prev: NONE, next: NONE });
        for (links, next) in links[..CHUNK - 1].iter_mut().zip(start + 1..) {
            links.next = next;
        }
        Self { orders: filled(order), links, details: filled(detail), marks: filled(ENDED) }
    }
}

fn filled<T: Copy>(record: T) -> Box<[T; CHUNK]> {
    let records = vec![record; CHUNK].into_boxed_slice();
    records.try_into().ok().expect("made of that length")
}

/// All open orders, of all markets, in slots that are used again.
#[derive(Debug)]
pub(crate) struct Orders {
    chunks: Vec<Chunk>,
    free: u32,
    rares: Vec<Rare>,
    free_rares: Vec<u32>,
    open: usize,
}

impl Orders {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), free: NONE, rares: Vec::new(), free_rares: Vec::new(), open: 0 }
    }

    pub(crate) const fn open(&self) -> usize {
        self.open
    }

    #[inline]
    fn chunk(&self, slot: u32) -> &Chunk {
        &self.chunks[(slot >> CHUNK_BITS) as usize]
    }

    #[inline]
    fn chunk_mut(&mut self, slot: u32) -> &mut Chunk {
        &mut self.chunks[(slot >> CHUNK_BITS) as usize]
    }

    pub(crate) fn get(&self, slot: u32) -> &Order {
        &self.chunk(slot).orders[slot as usize % CHUNK]
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> &mut Order {
        &mut self.chunk_mut(slot).orders[slot as usize % CHUNK]
    }

    pub(crate) fn links(&self, slot: u32) -> Links {
        self.chunk(slot).links[slot as usize % CHUNK]
    }

    pub(crate) fn links_mut(&mut self, slot: u32) -> &mut Links {
        &mut self.chunk_mut(slot).links[slot as usize % CHUNK]
    }

    pub(crate) fn detail(&self, slot: u32) -> &Detail {
        &self.chunk(slot).details[slot as usize % CHUNK]
    }

    pub(crate) fn detail_mut(&mut self, slot: u32) -> &mut Detail {
        &mut self.chunk_mut(slot).details[slot as usize % CHUNK]
    }

    /// Whether the slot holds an open order of this number.
    pub(crate) fn is_open(&self, slot: u32, id: OrderId) -> bool {
        self.get(slot).id == id
    }

    /// Whether the slot may hold an open order of this number: if not, it ended.
    #[inline]
    pub(crate) fn may_be_open(&self, slot: u32, low_half: u32) -> bool {
        self.chunk(slot).marks[slot as usize % CHUNK] == mark(low_half)
    }

    pub(crate) fn rare(&self, slot: u32) -> Option<&Rare> {
        self.rares.get(self.detail(slot).rare as usize)
    }

    pub(crate) fn rare_mut(&mut self, slot: u32) -> Option<&mut Rare> {
        let rare = self.detail(slot).rare;
        self.rares.get_mut(rare as usize)
    }

    /// What a conditional order waits for.
    ///
    /// # Panics
    /// If the order does not wait: a bug of the caller.
    pub(crate) fn waiting(&self, slot: u32) -> &Waiting {
        let waiting = self.rare(slot).and_then(|rare| rare.waiting.as_ref());
        waiting.expect("an order flagged as waiting has a trigger")
    }

    pub(crate) fn waiting_mut(&mut self, slot: u32) -> &mut Waiting {
        let waiting = self.rare_mut(slot).and_then(|rare| rare.waiting.as_mut());
        waiting.expect("an order flagged as waiting has a trigger")
    }

    /// Inlined in any case: see [`crate::machine::Engine::record`].
    #[inline(always)]
    pub(crate) fn insert(&mut self, order: Order, detail: Detail, rare: Option<Rare>) -> u32 {
        let rare_flag = if rare.is_some() { flag::RARE } else { 0 };
        let rare = rare.map_or(NONE, |rare| self.insert_rare(rare));
        if self.free == NONE {
            self.add_chunk(order, detail);
        }
        let slot = self.free;
        self.open += 1;
        // One place where each is written, so that none is made elsewhere and copied.
        let chunk = &mut self.chunks[(slot >> CHUNK_BITS) as usize];
        let at = slot as usize % CHUNK;
        self.free = chunk.links[at].next;
        chunk.orders[at] = Order { flags: order.flags | rare_flag, ..order };
        chunk.details[at] = Detail { rare, ..detail };
        chunk.marks[at] = mark(low_half(order.id));
        slot
    }

    /// Makes free slots, in chunks that never move: growing copies nothing.
    #[cold]
    #[inline(never)]
    fn add_chunk(&mut self, order: Order, detail: Detail) {
        let start = u32::try_from(self.chunks.len() * CHUNK).ok();
        let start = start.filter(|start| *start < NONE - (1 << CHUNK_BITS));
        let start = start.expect("fewer than 2^32 open orders");
        self.chunks.push(Chunk::new(start, order, detail));
        self.free = start;
    }

    #[inline]
    pub(crate) fn remove(&mut self, slot: u32) {
        let chunk = &mut self.chunks[(slot >> CHUNK_BITS) as usize];
        let at = slot as usize % CHUNK;
        chunk.orders[at].id = OrderId(0);
        chunk.marks[at] = ENDED;
        chunk.links[at].next = std::mem::replace(&mut self.free, slot);
        self.open -= 1;
        if chunk.orders[at].flags & flag::RARE != 0 {
            self.remove_rare(slot);
        }
    }

    #[cold]
    #[inline(never)]
    fn remove_rare(&mut self, slot: u32) {
        let rare = std::mem::replace(&mut self.detail_mut(slot).rare, NONE);
        if rare != NONE {
            self.rares[rare as usize] = Rare::default();
            self.free_rares.push(rare);
        }
    }

    fn insert_rare(&mut self, rare: Rare) -> u32 {
        if let Some(slot) = self.free_rares.pop() {
            self.rares[slot as usize] = rare;
            return slot;
        }
        self.rares.push(rare);
        u32::try_from(self.rares.len() - 1).expect("fewer than open orders")
    }

    /// Slots and orders that are open, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Order)> {
        (0..NONE)
            .zip(self.chunks.iter().flat_map(|chunk| chunk.orders.iter()))
            .filter(|(_, order)| order.id != OrderId(0))
    }
}
