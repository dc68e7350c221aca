//! What one account has open in one market: counts for the filters, and which orders.

use model::{AccountId, OrderId};

use crate::book::{Orders, low_half};

const PAGE: usize = 64;
/// A log is cleared of ended orders when it exceeds twice the open ones by this.
const SLACK: usize = 16;

/// Slot and the low half of its order's number; whole numbers are compared where it matters.
#[derive(Clone, Copy, Debug)]
struct Logged {
    slot: u32,
    id: u32,
}

/// Open orders of one account in one market.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenOrders {
    pub(crate) orders: u32,
    pub(crate) algos: u32,
    pub(crate) icebergs: u32,
    pub(crate) lists: u32,
    /// Every order that became open, in that order; ended ones are dropped now and then.
    log: Vec<Logged>,
}

impl OpenOrders {
    #[inline]
    pub(crate) fn push(&mut self, id: OrderId, slot: u32, orders: &Orders) {
        self.orders += 1;
        if 2 * self.orders as usize + SLACK < self.log.len() {
            self.tidy(orders);
        }
        self.log.push(Logged { slot, id: low_half(id) });
    }

    #[cold]
    #[inline(never)]
    fn tidy(&mut self, orders: &Orders) {
        self.log.retain(|logged| orders.may_be_open(logged.slot, logged.id));
    }

    /// Slots of the open orders, by number. One may come twice, once in four billion orders.
    pub(crate) fn slots<'a>(&'a self, orders: &'a Orders) -> impl Iterator<Item = u32> + 'a {
        self.log.iter().filter(|logged| logged.is_open(orders)).map(|logged| logged.slot)
    }
}

impl Logged {
    fn is_open(self, orders: &Orders) -> bool {
        let id = orders.get(self.slot).id;
        id != OrderId(0) && low_half(id) == self.id
    }
}

/// The open orders of a market by account, in pages that exist once one of their accounts has
/// traded.
#[derive(Debug, Default)]
pub(crate) struct ByAccount {
    pages: Vec<Option<Box<[OpenOrders; PAGE]>>>,
}

impl ByAccount {
    #[inline]
    pub(crate) fn get(&self, account: AccountId) -> Option<&OpenOrders> {
        let at = account.0 as usize;
        self.pages.get(at / PAGE)?.as_ref().map(|page| &page[at % PAGE])
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, account: AccountId) -> &mut OpenOrders {
        let at = account.0 as usize;
        if !matches!(self.pages.get(at / PAGE), Some(Some(_))) {
            self.add_page(at / PAGE);
        }
        let page = self.pages[at / PAGE].as_mut().expect("added where it was missing");
        &mut page[at % PAGE]
    }

    #[cold]
    #[inline(never)]
    fn add_page(&mut self, page: usize) {
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        self.pages[page] = Some(Box::new(std::array::from_fn(|_| OpenOrders::default())));
    }
}
