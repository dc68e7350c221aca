//! What an order asked for from when on.

use std::sync::Arc;

use model::{OrderId, Qty, Time, UserId};
use projection::Page;

use super::market::qty_of;
use super::order::terms_of;
use super::{Desk, DeskTerms};

/// What an order asked for from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskAmend {
    /// Since when.
    pub time: Time,
    /// What.
    pub terms: DeskTerms,
    /// How much of it had not traded then.
    pub rest: model::Decimal,
}

impl Desk {
    /// What an order asked for at first and after each revision that left it the same order, as
    /// far as memory holds it. Nothing of what is not the account's.
    #[must_use]
    pub fn amends(&self, user: &UserId, id: OrderId) -> Vec<DeskAmend> {
        let Some(account) = self.views().account_of(user) else { return Vec::new() };
        let page = Page::latest(Page::LIMIT_MAX);
        let (mut amends, mut before) = (Vec::new(), 0_u64);
        let mut records = self.views().orders(account, None, &page);
        records.retain(|record| record.first() == id);
        for record in records {
            let catalog = self.views().catalog();
            let Some(market) = catalog.market(record.new.market).map(Arc::clone) else { continue };
            let fills = self.views().fills(account, Some(market.id), Some(record.id), &page);
            let lesser = self.views().amendments(account, record.id, &page);
            let first = lesser.first().map_or(record.qty, |it| it.qtys[0]);
            let later = lesser.iter().map(|it| (it.time, it.qtys[1]));
            let steps = std::iter::once((record.created, first)).chain(later);
            for (place, (time, qty)) in steps.enumerate() {
                let then = fills.iter().filter(|fill| place != 0 && fill.time <= time);
                let filled: u64 = then.map(|fill| fill.qty.lots()).sum();
                let whole = before.saturating_add(qty.lots());
                let lots = |lots| qty_of(&market, Qty::new(lots).unwrap_or(qty));
                amends.push(DeskAmend {
                    time,
                    terms: terms_of(&market, &record).of_qty(lots(whole)),
                    rest: lots(qty.lots().saturating_sub(filled)),
                });
            }
            before = before.saturating_add(record.filled.lots());
        }
        amends
    }
}
