//! What came to an account and went from it, beside what it traded.

use model::{AccountId, AssetCode, Decimal, Time, UserId};
use projection::{AdjustmentRecord, Page, Views};

use super::Desk;

/// Money that came or went: what somebody put there, or took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskTransfer {
    /// Its number, unique over all accounts; later ones have greater numbers.
    pub number: u64,
    /// Of what.
    pub asset: AssetCode,
    /// Whether it came.
    pub comes: bool,
    /// How much; never negative.
    pub amount: Decimal,
    /// When.
    pub time: Time,
}

impl Desk {
    /// All that memory holds of an account, oldest first; nothing of who has none.
    #[must_use]
    pub fn transfers(&self, user: &UserId) -> Vec<DeskTransfer> {
        let account = self.views().account_of(user);
        account.map_or_else(Vec::new, |account| transfers_of(self.views(), account))
    }
}

/// As [`Desk::transfers`], of an account that is known.
pub(crate) fn transfers_of(views: &Views, account: AccountId) -> Vec<DeskTransfer> {
    let catalog = views.catalog();
    let transfer = |record: &AdjustmentRecord| {
        let asset = catalog.asset(record.asset)?;
        Some(DeskTransfer {
            number: record.seq.0,
            asset: asset.code,
            comes: 0 < record.amount,
            amount: Decimal::new(record.amount.checked_abs()?, asset.scale)?,
            time: record.time,
        })
    };
    let page = Page::latest(Page::LIMIT_MAX);
    views.adjustments(account, &page).iter().filter_map(transfer).collect()
}
