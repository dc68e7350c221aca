//! Orders asked for anew while they stand: amended under their name, or edited into others.
//!
//! Source  docs.kraken.com, `AmendOrder`, `EditOrder`, `amend_order` and `edit_order`.

use engine::OrderRef;
use model::{Decimal, Time, UserId};
use venue::DecimalText;
use venue::kraken::{
    Amend, AmendOrder, Amended, Edited, Handling, OrderAmends, Refusal, Sentence, amend_txid,
    order_txid,
};

use super::Door;
use super::deadline::{check_deadline, deadline};
use super::order::Which;
use super::order_report::{QTY_DIGITS, prices, sentence, sentence_of};
use super::order_request::{client_id, tag_of};
use super::params::Params;
use crate::desk::{
    DeskAmend, DeskError, DeskOrder, DeskOrderView, DeskRevision, DeskSuccessor, DeskTerms,
};

/// What is to become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Which one.
    pub which: Which,
    /// In what it is to be another.
    pub by: DeskRevision,
    /// Only to be looked at.
    pub is_validated_only: bool,
}

/// A number that must be more than nothing, where it is there.
fn positive(number: Option<Decimal>, what: &'static str) -> Result<Option<Decimal>, Refusal> {
    match number {
        Some(number) if number.is_zero() || number.is_negative() => {
            Err(Refusal::InvalidArguments(what))
        }
        number => Ok(number),
    }
}

fn which(txid: Option<&str>, name: Option<&str>) -> Result<Which, Refusal> {
    match (txid, client_id(name)?) {
        (Some(txid), None) => Which::read(txid),
        (None, Some(name)) => Ok(Which::Name(name)),
        (_, _) => Err(Refusal::InvalidArguments("txid")),
    }
}

impl Revision {
    /// Whether anything is to be another.
    fn checked(self) -> Result<Self, Refusal> {
        let DeskRevision { price, qty, at, shown, .. } = self.by;
        let is_any = [price, qty, at, shown].iter().any(Option::is_some);
        if is_any { Ok(self) } else { Err(Refusal::InvalidArguments("")) }
    }

    /// Reads what `AmendOrder` says.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn amending(params: &Params, now: Time) -> Result<Self, Refusal> {
        check_deadline(params, now)?;
        let number = |name| positive(params.decimal(name)?, name);
        let by = DeskRevision {
            price: number("limit_price")?,
            qty: number("order_qty")?,
            at: number("trigger_price")?,
            shown: number("display_qty")?,
            must_rest: params.boolean("post_only")?,
            becomes: None,
        };
        let which = which(params.text("txid"), params.text("cl_ord_id"))?;
        Self { which, by, is_validated_only: false }.checked()
    }

    /// Reads what `EditOrder` says.
    ///
    /// # Errors
    /// [`Refusal`].
    fn editing(params: &Params, terms: &DeskTerms, which: Which) -> Result<Self, Refusal> {
        let number = |name| positive(params.decimal(name)?, name);
        let (first, second) = (number("price")?, number("price2")?);
        let (at, price) = match terms {
            DeskTerms::Stop { .. } => (first, second),
            DeskTerms::Limit { .. } | DeskTerms::PostOnly { .. } | DeskTerms::Market { .. } => {
                (None, first)
            }
        };
        let must_rest = match params.text("oflags") {
            None => false,
            Some("post") => true,
            Some(_) => return Err(Refusal::InvalidArguments("oflags")),
        };
        let tag = params.whole::<i32>("userref")?.map(tag_of);
        let by = DeskRevision {
            price,
            qty: number("volume")?,
            at,
            shown: number("displayvol")?,
            must_rest,
            becomes: Some(DeskSuccessor { client_id: None, tag }),
        };
        Self { which, by, is_validated_only: params.boolean("validate")? }.checked()
    }

    /// Reads what `amend_order` says.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn of_frame(frame: &AmendOrder<'_>, now: Time) -> Result<Self, Refusal> {
        deadline(frame.deadline.as_deref(), now)?;
        for (kind, what) in [
            (&frame.limit_price_type, "limit_price_type"),
            (&frame.trigger_price_type, "trigger_price_type"),
        ] {
            if kind.as_deref().is_some_and(|kind| kind != "static") {
                return Err(Refusal::InvalidArguments(what));
            }
        }
        let trigger = frame.triggers.as_ref().map(|triggers| triggers.price);
        let by = DeskRevision {
            price: positive(frame.limit_price.map(|it| it.0), "limit_price")?,
            qty: positive(frame.order_qty.map(|it| it.0), "order_qty")?,
            at: positive(frame.trigger_price.or(trigger).map(|it| it.0), "trigger_price")?,
            shown: positive(frame.display_qty.map(|it| it.0), "display_qty")?,
            must_rest: frame.post_only.unwrap_or(false),
            becomes: None,
        };
        let which = which(frame.order_id.as_deref(), frame.cl_ord_id.as_deref())?;
        Self { which, by, is_validated_only: frame.validate.unwrap_or(false) }.checked()
    }

    /// As [`Self::of_frame`], of `edit_order`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn of_edit_frame(frame: &AmendOrder<'_>, now: Time) -> Result<Self, Refusal> {
        let revision = Self::of_frame(frame, now)?;
        let number = frame.order_userref.map(i32::try_from).transpose();
        let tag = number.map_err(|_| Refusal::InvalidArguments("order_userref"))?.map(tag_of);
        let becomes = Some(DeskSuccessor { client_id: None, tag });
        Ok(Self { by: DeskRevision { becomes, ..revision.by }, ..revision })
    }
}

/// What was done: the order as it was and as it is. Where it was only to be looked at, as it would
/// be.
pub struct Revised {
    /// As it was.
    pub before: DeskOrderView,
    /// As it is.
    pub after: Result<DeskOrderView, DeskOrder>,
}

impl Door {
    /// The order that is meant, while it stands.
    fn standing(&self, user: &UserId, which: Which) -> Result<DeskOrderView, Refusal> {
        let order = match which {
            Which::Id(id) => self.desk.order(user, OrderRef::Id(id)),
            Which::Name(name) => self.desk.order(user, OrderRef::Client(name)),
            Which::Userref(_) => self.found(user, which).pop(),
        };
        order.filter(|order| !order.state.is_final()).ok_or(Refusal::UnknownOrder)
    }

    /// Revises an order.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn revise(
        &self,
        user: &UserId,
        revision: &Revision,
        now: Time,
    ) -> Result<Revised, Refusal> {
        let before = self.standing(user, revision.which)?;
        let (name, by) = (OrderRef::Id(before.id), &revision.by);
        if revision.is_validated_only {
            let after = Err(self.desk.check_revision(user, name, by)?);
            return Ok(Revised { before, after });
        }
        let handling = if by.becomes.is_some() { Handling::Edit } else { Handling::Amend };
        self.orders.charge((*user, before.pair), handling, before.created, now)?;
        let after = self.desk.revise(user, name, by).await.map_err(|error| match error {
            DeskError::Unsupported => Refusal::InvalidArguments(""),
            error => error.into(),
        })?;
        Ok(Revised { before, after: Ok(after) })
    }
}

/// The name of what was done to an order.
pub fn amend_name(order: &DeskOrderView) -> String {
    amend_txid(order.id.0, order.updated.0)
}

/// `OrderAmends`: the first is what it asked to begin with.
///
/// # Errors
/// As documented.
pub fn amends(
    door: &Door,
    user: &UserId,
    params: &Params,
) -> Result<OrderAmends<'static>, Refusal> {
    let Which::Id(id) = Which::read(params.required("order_id")?)? else {
        return Err(Refusal::UnknownOrder);
    };
    let told = |(place, amend): (usize, &DeskAmend)| {
        let DeskAmend { time, terms, rest } = *amend;
        let qty = |qty: Decimal| DecimalText(qty.with_digits_at_least(QTY_DIGITS));
        let (first, second) = prices(&terms);
        let (trigger, limit) = match terms {
            DeskTerms::Stop { .. } => (first, second),
            DeskTerms::Limit { .. } | DeskTerms::PostOnly { .. } | DeskTerms::Market { .. } => {
                (None, first)
            }
        };
        let (shown, must_rest) = match terms {
            DeskTerms::Limit { shown, .. } => (shown, false),
            DeskTerms::PostOnly { shown, .. } => (shown, true),
            DeskTerms::Stop { .. } | DeskTerms::Market { .. } => (None, false),
        };
        Amend {
            amend_id: amend_txid(id.0, time.0).into(),
            amend_type: if place == 0 { "original" } else { "user" }.into(),
            order_qty: qty(terms.qty()),
            display_qty: shown.map(qty),
            remaining_qty: qty(rest),
            limit_price: limit.map(DecimalText),
            trigger_price: trigger.map(DecimalText),
            post_only: must_rest.then_some(true),
            timestamp: time.0.saturating_mul(1_000),
        }
    };
    let amends: Vec<_> = door.desk.amends(user, id).iter().enumerate().map(told).collect();
    let count = amends.len() as u64;
    if count == 0 { Err(Refusal::UnknownOrder) } else { Ok(OrderAmends { amends, count }) }
}

/// `AmendOrder`
pub async fn amend(
    door: &Door,
    user: &UserId,
    params: &Params,
    now: Time,
) -> Result<Amended<'static>, Refusal> {
    let revision = Revision::amending(params, now)?;
    if let Some(pair) = params.text("pair") {
        door.market(pair)?;
    }
    let revised = door.revise(user, &revision, now).await?;
    let after = revised.after.map_err(|_| Refusal::Internal)?;
    Ok(Amended { amend_id: amend_name(&after).into() })
}

/// `EditOrder`
pub async fn edit(
    door: &Door,
    user: &UserId,
    params: &Params,
    now: Time,
) -> Result<Edited<'static>, Refusal> {
    let facts = door.market(params.required("pair")?)?;
    check_deadline(params, now)?;
    let which = Which::read(params.required("txid")?)?;
    let before = door.standing(user, which)?;
    if before.pair != facts.pair {
        return Err(Refusal::UnknownOrder);
    }
    let revision = Revision::editing(params, &before.terms, which)?;
    let Revised { before, after } = door.revise(user, &revision, now).await?;
    let (terms, volume, descr) = match &after {
        Ok(order) => (order.terms, order.qty, sentence_of(order)),
        Err(order) => (order.terms, order.terms.qty(), sentence(order, facts.price_scale())),
    };
    let (price, price2) = prices(&terms);
    Ok(Edited {
        status: "ok".into(),
        txid: after.as_ref().ok().map(|order| order_txid(order.id.0).into()),
        originaltxid: order_txid(before.id.0).into(),
        volume: DecimalText(volume.with_digits_at_least(QTY_DIGITS)),
        price: price.map_or("0".to_owned(), |price| price.to_string()).into(),
        price2: price2.map(|price| price.to_string().into()),
        orders_cancelled: u64::from(after.is_ok()),
        descr: Sentence { order: descr.into() },
    })
}
