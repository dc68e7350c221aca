//! What each asset's balance of an account did.
//!
//! Keeps   all of it follows from the engine: from movements of money by the house, and from fills.
//!         Balances are told from what there is now back to what there was.

use std::collections::HashMap;

use model::{AssetCode, Decimal, Side, Time, UserId};

use super::revising::LOOKS_MAX;
use super::{Desk, DeskFill, DeskTransfer, total_of};

/// Fills that are looked through.
const FILLS_MAX: usize = 5_000;

/// One thing that a balance did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskLedgerEntry {
    /// Why.
    pub cause: DeskLedgerCause,
    /// Which asset's balance.
    pub asset: AssetCode,
    /// What came, or negative what went; without the fee.
    pub amount: Decimal,
    /// What it cost beside that; negative where the venue paid.
    pub fee: Decimal,
    /// What there was of the asset afterwards, free and held.
    pub balance: Decimal,
    /// When.
    pub time: Time,
}

/// Why a balance changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskLedgerCause {
    /// It was traded.
    Trade(DeskFill),
    /// The house moved it.
    Transfer(DeskTransfer),
}

impl DeskLedgerEntry {
    /// What tells it from all others of the account: a number, and which part of what has that
    /// number it is. Base 0, quote 1, of a transfer 2.
    #[must_use]
    pub fn name(&self) -> (u64, u16) {
        match &self.cause {
            DeskLedgerCause::Trade(fill) => (fill.number, u16::from(self.asset == fill.pair.quote)),
            DeskLedgerCause::Transfer(transfer) => (transfer.number, 2),
        }
    }

    /// By how much the balance changed.
    ///
    /// # Panics
    /// Never: both are amounts of the ledger.
    #[must_use]
    pub fn change(&self) -> Decimal {
        self.amount.checked_sub(self.fee).expect("an amount of the ledger")
    }
}

impl Desk {
    /// All that memory holds of an account's balances, the latest first.
    #[must_use]
    pub fn ledger(&self, user: &UserId) -> Vec<DeskLedgerEntry> {
        let mut now = self.totals(user);
        let mut entries = self.entries(user);
        // What came between the two would be missing in one of them.
        for _ in 0..LOOKS_MAX {
            let again = self.totals(user);
            if again == now {
                break;
            }
            (now, entries) = (again, self.entries(user));
        }
        for entry in &mut entries {
            let balance = now.entry(entry.asset).or_default();
            entry.balance = *balance;
            *balance = balance.checked_sub(entry.change()).expect("an amount that the ledger had");
        }
        entries
    }

    /// What there is of each asset, free and held.
    fn totals(&self, user: &UserId) -> HashMap<AssetCode, Decimal> {
        let balances = self.balances(user).into_iter();
        balances.map(|balance| (balance.asset, total_of(&balance))).collect()
    }

    /// The entries, the latest first, their balances left out.
    fn entries(&self, user: &UserId) -> Vec<DeskLedgerEntry> {
        let mut entries: Vec<_> = self.transfers(user).into_iter().map(of_transfer).collect();
        let fills = self.fills(user, None, None, (None, None), FILLS_MAX);
        entries.extend(fills.iter().flat_map(of_fill));
        entries.sort_by_key(|entry| entry.time);
        entries.reverse();
        entries
    }
}

/// An amount with the other sign.
///
/// # Panics
/// Never: no amount of the ledger is the least of all integers.
#[must_use]
pub fn negative(amount: Decimal) -> Decimal {
    Decimal::ZERO.checked_sub(amount).expect("an amount of the ledger")
}

fn of_transfer(transfer: DeskTransfer) -> DeskLedgerEntry {
    let DeskTransfer { asset, amount, time, .. } = transfer;
    DeskLedgerEntry {
        cause: DeskLedgerCause::Transfer(transfer),
        asset,
        amount: if transfer.comes { amount } else { negative(amount) },
        fee: Decimal::ZERO,
        balance: Decimal::ZERO,
        time,
    }
}

fn of_fill(fill: &DeskFill) -> [DeskLedgerEntry; 2] {
    let (base, quote) = match fill.side {
        Side::Buy => (fill.qty, negative(fill.quote)),
        Side::Sell => (negative(fill.qty), fill.quote),
    };
    let entry = |asset, amount| DeskLedgerEntry {
        cause: DeskLedgerCause::Trade(fill.clone()),
        asset,
        amount,
        fee: if asset == fill.fee_asset { fill.fee } else { Decimal::ZERO },
        balance: Decimal::ZERO,
        time: fill.time,
    };
    [entry(fill.pair.base, base), entry(fill.pair.quote, quote)]
}
