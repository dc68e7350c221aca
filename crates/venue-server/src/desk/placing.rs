//! Orders as they are asked for: onto the market's grid, into the engine, and what became of them.

use engine::{
    Command, Event, NewOrder, OrderKind, OrderRef, RequestKind, SelfTradePrevention, Size,
    TimeInForce, Trigger, TriggerKind, Triggered,
};
use model::{AccountId, ClientOrderId, Decimal, Label, Note, Price, Qty, Side, UserId};
use projection::{GridError, Market};
use venue::port::Pair;

use super::order::DeskOrderView;
use super::revising::LOOKS_MAX;
use super::{Desk, DeskError, DeskFilter, error_of};
use crate::binance::fresh_client_id;
use crate::submit::submit;

/// An order as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskOrder {
    /// Where.
    pub pair: Pair,
    /// The client's name for it; one is made where it gives none.
    pub client_id: Option<ClientOrderId>,
    /// A number of the client's, kept with the order and told back.
    pub tag: Option<u64>,
    /// Buy or sell.
    pub side: Side,
    /// What happens when it meets an order of the same account.
    pub prevention: SelfTradePrevention,
    /// What it asks.
    pub terms: DeskTerms,
}

/// What an order asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskTerms {
    /// At this price or a better one.
    Limit {
        /// Which.
        price: Decimal,
        /// Of base.
        qty: Decimal,
        /// How long it stands.
        lasting: TimeInForce,
        /// Of an iceberg: how much of it the book shows at once.
        shown: Option<Decimal>,
    },
    /// At this price, and only if it rests.
    PostOnly {
        /// Which.
        price: Decimal,
        /// Of base.
        qty: Decimal,
        /// Of an iceberg: how much of it the book shows at once.
        shown: Option<Decimal>,
    },
    /// At whatever price; what finds none at once ends.
    Market {
        /// How much.
        size: DeskSize,
    },
    /// Out of sight until the last price reaches `at`.
    Stop {
        /// From which side it is reached.
        stop: TriggerKind,
        /// Which price wakes it.
        at: Decimal,
        /// Of base.
        qty: Decimal,
        /// Then it is a limit order that stands so long; without, a market order.
        limit: Option<(Decimal, TimeInForce)>,
    },
}

impl DeskTerms {
    /// How much it asks for: of base, or of quote where a market order says so.
    #[must_use]
    pub const fn qty(&self) -> Decimal {
        match *self {
            Self::Limit { qty, .. } | Self::PostOnly { qty, .. } | Self::Stop { qty, .. } => qty,
            Self::Market { size: DeskSize::Base(size) | DeskSize::Quote(size) } => size,
        }
    }

    /// The same for another quantity; of a market order by quote, the same.
    pub(super) const fn of_qty(self, qty: Decimal) -> Self {
        match self {
            Self::Limit { price, lasting, shown, .. } => Self::Limit { price, qty, lasting, shown },
            Self::PostOnly { price, shown, .. } => Self::PostOnly { price, qty, shown },
            Self::Market { size: DeskSize::Base(_) } => Self::Market { size: DeskSize::Base(qty) },
            Self::Market { size: DeskSize::Quote(_) } => self,
            Self::Stop { stop, at, limit, .. } => Self::Stop { stop, at, qty, limit },
        }
    }
}

/// How much a market order asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskSize {
    /// So much base.
    Base(Decimal),
    /// What so much quote buys, or what brings so much.
    Quote(Decimal),
}

/// Placing and cancelling.
impl Desk {
    /// Places an order, and tells how it stands.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was done, unless it says that the outcome is unknown.
    pub async fn place(
        &self,
        user: &UserId,
        order: &DeskOrder,
    ) -> Result<DeskOrderView, DeskError> {
        let account = self.account(user)?;
        let market = self.market(order.pair).ok_or(DeskError::UnknownMarket)?;
        let new = read(&market, account, order)?;
        let label = Label { strategy_id: order.tag, strategy_type: None };
        let answer = submit(self.exchange(), Command::Place(new), Note::labelled(label)).await?;
        for event in &answer.events {
            match event {
                Event::Rejected { request: RequestKind::Place, reason, .. } => {
                    return Err(narrowed(error_of(*reason), &market, order));
                }
                Event::Accepted { order, .. } => {
                    let record = self.views().order_by_id(account, *order);
                    return record.map_or(Err(DeskError::Internal), |it| Ok(self.view(&it)));
                }
                _ => {}
            }
        }
        Err(DeskError::Internal)
    }

    /// Says what would be refused of an order before it is placed: a form or a rule that needs no
    /// look at the account or the book.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn check(&self, user: &UserId, order: &DeskOrder) -> Result<(), DeskError> {
        let account = self.account(user)?;
        let market = self.market(order.pair).ok_or(DeskError::UnknownMarket)?;
        read(&market, account, order).map(drop)
    }

    /// Cancels what of an order has not traded, and tells how it ended.
    ///
    /// # Errors
    /// [`DeskError::UnknownOrder`] where none of that name is open.
    pub async fn cancel(
        &self,
        user: &UserId,
        pair: Pair,
        name: OrderRef,
    ) -> Result<DeskOrderView, DeskError> {
        let order = self.order_ref(self.account(user)?, name);
        self.cancel_as(user, pair, name, order).await
    }

    /// Cancels what the engine was found to know as `order`, and what it knows it as since then
    /// where it was revised meanwhile.
    pub(super) async fn cancel_as(
        &self,
        user: &UserId,
        pair: Pair,
        name: OrderRef,
        mut order: OrderRef,
    ) -> Result<DeskOrderView, DeskError> {
        let account = self.account(user)?;
        let market = self.market(pair).ok_or(DeskError::UnknownMarket)?.id;
        for _ in 0..LOOKS_MAX {
            let command = Command::Cancel { account, market, order, only: None };
            match self.cancel_by(account, command).await {
                Err(DeskError::UnknownOrder) => {}
                canceled => return canceled?.pop().ok_or(DeskError::Internal),
            }
            let now = self.order_ref(account, name);
            if now == order {
                return Err(DeskError::UnknownOrder);
            }
            order = now;
        }
        Err(DeskError::Busy)
    }

    /// Cancels all orders of an account, in one market or in all, and tells how they ended.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn cancel_all(
        &self,
        user: &UserId,
        pair: Option<Pair>,
    ) -> Result<Vec<DeskOrderView>, DeskError> {
        let account = self.account(user)?;
        let market = match pair {
            Some(pair) => Some(self.market(pair).ok_or(DeskError::UnknownMarket)?.id),
            None => None,
        };
        self.cancel_by(account, Command::CancelAll { account, market }).await
    }

    async fn cancel_by(
        &self,
        account: AccountId,
        command: Command,
    ) -> Result<Vec<DeskOrderView>, DeskError> {
        let answer = submit(self.exchange(), command, Note::default()).await?;
        let mut canceled = Vec::new();
        for event in &answer.events {
            match event {
                Event::Rejected { request: RequestKind::Cancel, reason, .. } => {
                    return Err(error_of(*reason));
                }
                Event::Canceled { order, account: whose, .. } if *whose == account => {
                    let record = self.views().order_by_id(account, *order);
                    canceled.extend(record.map(|it| self.view(&it)));
                }
                _ => {}
            }
        }
        Ok(canceled)
    }
}

/// The order on the grid of its market.
pub(super) fn read(
    market: &Market,
    account: AccountId,
    order: &DeskOrder,
) -> Result<NewOrder, DeskError> {
    let kind = match order.terms {
        DeskTerms::Limit { price, qty, lasting, shown } => OrderKind::Limit {
            price: read_price(market, price)?,
            qty: read_qty(market, qty)?,
            time_in_force: lasting,
            display: shown.map(|shown| read_qty(market, shown)).transpose()?,
        },
        DeskTerms::PostOnly { price, qty, shown } => OrderKind::LimitMaker {
            price: read_price(market, price)?,
            qty: read_qty(market, qty)?,
            display: shown.map(|shown| read_qty(market, shown)).transpose()?,
        },
        DeskTerms::Market { size } => OrderKind::Market {
            size: match size {
                DeskSize::Base(qty) => Size::Base(read_qty(market, qty)?),
                DeskSize::Quote(quote) => Size::Quote(read_quote(market, quote)?),
            },
        },
        DeskTerms::Stop { stop, at, qty, limit } => {
            let price = Some(read_price(market, at)?);
            let (trigger, qty) =
                (Trigger { kind: stop, price, trailing: None }, read_qty(market, qty)?);
            let then = match limit {
                None => Triggered::Market { qty },
                Some((price, lasting)) => Triggered::Limit {
                    price: read_price(market, price)?,
                    qty,
                    time_in_force: lasting,
                    display: None,
                },
            };
            OrderKind::Conditional { trigger, then }
        }
    };
    Ok(NewOrder {
        account,
        market: market.id,
        client_id: order.client_id.unwrap_or_else(fresh_client_id),
        side: order.side,
        stp: order.prevention,
        kind,
    })
}

fn read_price(market: &Market, price: Decimal) -> Result<Price, DeskError> {
    use DeskFilter::{PriceMax, PriceMin, PriceStep};
    let too_low = price.is_zero() || price.is_negative();
    if too_low {
        return Err(DeskError::Filter(PriceMin));
    }
    market.price_of(price).map_err(|error| DeskError::Filter(off_grid(error, PriceStep, PriceMax)))
}

fn read_qty(market: &Market, qty: Decimal) -> Result<Qty, DeskError> {
    use DeskFilter::{QtyMax, QtyMin, QtyStep};
    if qty.is_zero() || qty.is_negative() {
        return Err(DeskError::Filter(QtyMin));
    }
    market.qty_of(qty).map_err(|error| DeskError::Filter(off_grid(error, QtyStep, QtyMax)))
}

fn read_quote(market: &Market, quote: Decimal) -> Result<model::Amount, DeskError> {
    use DeskFilter::{NotionalMax, NotionalMin, PriceStep};
    if quote.is_zero() || quote.is_negative() {
        return Err(DeskError::Filter(NotionalMin));
    }
    market
        .quote_of(quote)
        .map_err(|error| DeskError::Filter(off_grid(error, PriceStep, NotionalMax)))
}

const fn off_grid(error: GridError, step: DeskFilter, max: DeskFilter) -> DeskFilter {
    match error {
        GridError::Form | GridError::Step => step,
        GridError::Range => max,
    }
}

/// Which end of a range an order that was refused is beyond.
pub(super) fn narrowed(error: DeskError, market: &Market, order: &DeskOrder) -> DeskError {
    let filters = &market.spec.filters;
    let (price, qty) = match order.terms {
        DeskTerms::Limit { price, qty, .. } | DeskTerms::PostOnly { price, qty, .. } => {
            (Some(price), Some(qty))
        }
        DeskTerms::Market { size: DeskSize::Base(qty) } => (None, Some(qty)),
        DeskTerms::Market { size: DeskSize::Quote(_) } => (None, None),
        DeskTerms::Stop { qty, limit, .. } => (limit.map(|(price, _)| price), Some(qty)),
    };
    let is_above = |number: Option<Decimal>, max: Decimal| number.is_some_and(|it| max < it);
    let is_market = matches!(order.terms, DeskTerms::Market { .. });
    let qty_max = if is_market { filters.market_qty.1 } else { filters.qty.1 };
    let notional = price.zip(qty).and_then(|(price, qty)| price.times(qty));
    match error {
        DeskError::Filter(DeskFilter::PriceMin)
            if is_above(price, market.price(filters.price.1)) =>
        {
            DeskError::Filter(DeskFilter::PriceMax)
        }
        DeskError::Filter(DeskFilter::QtyMin) if is_above(qty, market.qty(qty_max)) => {
            DeskError::Filter(DeskFilter::QtyMax)
        }
        DeskError::Filter(DeskFilter::NotionalMin)
            if is_above(notional, market.quote_amount(filters.notional.1)) =>
        {
            DeskError::Filter(DeskFilter::NotionalMax)
        }
        other => other,
    }
}
