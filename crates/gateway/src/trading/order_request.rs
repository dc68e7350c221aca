//! An order as it is asked for in JSON: from fields to what the engine takes.
//!
//! Keeps   a field that the type needs is there, one that it has no use for is not; a number off
//!         the grid is refused here, one out of the market's range by the engine. All fields that
//!         are wrong are named at once.

use engine::{
    NewOrder, OrderKind, SelfTradePrevention, Size, TimeInForce, Trailing, Trigger, TriggerKind,
    Triggered,
};
use model::{AccountId, Amount, ClientOrderId, Price, Qty, Side};
use projection::{GridError, Market};
use serde::Deserialize;
use utoipa::ToSchema;
use venue_server::binance::fresh_client_id;

use crate::problem::{FieldError, Problem};

/// Which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SideWord {
    /// Takes base.
    Buy,
    /// Gives base.
    Sell,
}

impl From<SideWord> for Side {
    fn from(word: SideWord) -> Self {
        match word {
            SideWord::Buy => Self::Buy,
            SideWord::Sell => Self::Sell,
        }
    }
}

/// What kind of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TypeWord {
    /// Trades at `price` or better.
    Limit,
    /// Trades at once at the prices of the book.
    Market,
    /// Rests, or is refused.
    LimitMaker,
    /// A market order once the price has gone against its owner to `stopPrice`.
    StopLoss,
    /// The same, a limit order.
    StopLossLimit,
    /// A market order once the price has gone with its owner to `stopPrice`.
    TakeProfit,
    /// The same, a limit order.
    TakeProfitLimit,
    /// A market order once the price has turned by `trailingDelta` from its best.
    TrailingStop,
    /// The same, a limit order.
    TrailingStopLimit,
}

/// What becomes of what does not trade at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TimeInForceWord {
    /// It rests.
    Gtc,
    /// It is cancelled.
    Ioc,
    /// All or nothing.
    Fok,
}

/// What happens when it meets an order of the same account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PreventionWord {
    /// They trade.
    None,
    /// The incoming order ends.
    ExpireTaker,
    /// The resting order ends.
    ExpireMaker,
    /// Both end.
    ExpireBoth,
    /// Both lose the smaller quantity.
    Decrement,
}

impl PreventionWord {
    /// The engine's word for it. Whoever says nothing does not trade with themselves.
    #[must_use]
    pub const fn mode(word: Option<Self>) -> SelfTradePrevention {
        match word {
            Some(Self::None) => SelfTradePrevention::None,
            Some(Self::ExpireTaker) | None => SelfTradePrevention::ExpireTaker,
            Some(Self::ExpireMaker) => SelfTradePrevention::ExpireMaker,
            Some(Self::ExpireBoth) => SelfTradePrevention::ExpireBoth,
            Some(Self::Decrement) => SelfTradePrevention::Decrement,
        }
    }
}

/// An order to be placed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewOrder)]
pub struct OrderAsked {
    /// The market, as `BTC-USDT`.
    #[schema(examples("BTC-USDT"))]
    pub symbol: String,
    /// Buy or sell.
    pub side: SideWord,
    /// What kind.
    pub r#type: TypeWord,
    /// `gtc` where nothing is said.
    pub time_in_force: Option<TimeInForceWord>,
    /// A multiple of the tick.
    #[schema(examples("67380.0"))]
    pub price: Option<String>,
    /// Of base, a multiple of the lot.
    #[schema(examples("0.25"))]
    pub quantity: Option<String>,
    /// For a market order: how much quote it spends or brings at most.
    pub quote_quantity: Option<String>,
    /// Where a conditional order wakes; where a trailing one begins to follow.
    pub stop_price: Option<String>,
    /// Basis points: 100 is 1 %.
    pub trailing_delta: Option<u32>,
    /// How much the book shows at once.
    pub iceberg_quantity: Option<String>,
    /// Unique among the account's open orders of the market: letters, digits, `.:/_-`, 36 at most.
    pub client_order_id: Option<String>,
    /// `expireTaker` where nothing is said.
    pub self_trade_prevention: Option<PreventionWord>,
}

impl OrderAsked {
    /// The order for the engine.
    ///
    /// # Errors
    /// [`Problem::invalid`] with all fields that are wrong.
    pub fn read(&self, market: &Market, account: AccountId) -> Result<NewOrder, Problem> {
        let mut reader = Reader::new(market, "");
        let client_id = reader.client_id("clientOrderId", self.client_order_id.as_deref());
        let kind = if self.r#type == TypeWord::Market {
            let terms = Terms {
                price: self.price.as_deref(),
                stop_price: self.stop_price.as_deref(),
                trailing_delta: self.trailing_delta,
                iceberg_quantity: self.iceberg_quantity.as_deref(),
                time_in_force: self.time_in_force,
            };
            reader.forbid_all(&terms, "a market order");
            reader
                .size(self.quantity.as_deref(), self.quote_quantity.as_deref())
                .map(|size| OrderKind::Market { size })
        } else {
            reader.forbid("quoteQuantity", self.quote_quantity.is_some(), "this type");
            let qty = reader.required_qty("quantity", self.quantity.as_deref());
            reader.kind(self.r#type, &self.terms(), qty)
        };
        let (client_id, kind) = reader.finish(client_id, kind)?;
        Ok(NewOrder {
            account,
            market: market.id,
            client_id,
            side: self.side.into(),
            stp: PreventionWord::mode(self.self_trade_prevention),
            kind,
        })
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            price: self.price.as_deref(),
            stop_price: self.stop_price.as_deref(),
            trailing_delta: self.trailing_delta,
            iceberg_quantity: self.iceberg_quantity.as_deref(),
            time_in_force: self.time_in_force,
        }
    }
}

/// What an order that is no market order may say beside its type and quantity.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms<'a> {
    /// A multiple of the tick.
    pub price: Option<&'a str>,
    /// Where it wakes.
    pub stop_price: Option<&'a str>,
    /// Basis points.
    pub trailing_delta: Option<u32>,
    /// How much the book shows at once.
    pub iceberg_quantity: Option<&'a str>,
    /// What becomes of the rest.
    pub time_in_force: Option<TimeInForceWord>,
}

/// Reads fields of one market and takes note of what is wrong with them.
pub struct Reader<'a> {
    market: &'a Market,
    /// Before the names of the fields.
    prefix: &'static str,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    /// Reads fields whose names begin with `prefix`.
    #[must_use]
    pub const fn new(market: &'a Market, prefix: &'static str) -> Self {
        Self { market, prefix, errors: Vec::new() }
    }

    /// Goes on with fields whose names begin with `prefix`; all errors are told together.
    pub const fn turn_to(&mut self, prefix: &'static str) {
        self.prefix = prefix;
    }

    /// Takes note that a field is wrong.
    pub fn wrong(&mut self, field: &str, message: impl Into<String>) {
        let field = format!("{}{field}", self.prefix);
        self.errors.push(FieldError { field, message: message.into() });
    }

    /// What was read, if nothing was wrong.
    ///
    /// # Errors
    /// [`Problem::invalid`].
    pub fn finish<A, B>(self, a: Option<A>, b: Option<B>) -> Result<(A, B), Problem> {
        match (a, b) {
            (Some(a), Some(b)) if self.errors.is_empty() => Ok((a, b)),
            _ => Err(Problem::invalid(self.errors)),
        }
    }

    fn forbid(&mut self, field: &str, is_there: bool, who: &str) {
        if is_there {
            self.wrong(field, format!("{who} has none"));
        }
    }

    fn forbid_all(&mut self, terms: &Terms<'_>, who: &str) {
        self.forbid("price", terms.price.is_some(), who);
        self.forbid("stopPrice", terms.stop_price.is_some(), who);
        self.forbid("trailingDelta", terms.trailing_delta.is_some(), who);
        self.forbid("icebergQuantity", terms.iceberg_quantity.is_some(), who);
        self.forbid("timeInForce", terms.time_in_force.is_some(), who);
    }

    /// A client's name for an order or a list, or one that nobody has.
    pub fn client_id(&mut self, field: &str, text: Option<&str>) -> Option<ClientOrderId> {
        let Some(text) = text else { return Some(fresh_client_id()) };
        let name = ClientOrderId::new(text).ok();
        if name.is_none() {
            self.wrong(field, "must be 1 to 36 letters, digits or .:/_-");
        }
        name
    }

    /// A price, if there is one.
    pub fn price(&mut self, field: &str, text: Option<&str>) -> Option<Price> {
        let step = self.market.tick().trimmed();
        match self.market.parse_price(text?) {
            Ok(price) => Some(price),
            Err(error) => {
                self.wrong(field, off_grid(error, "tick", &step.to_string()));
                None
            }
        }
    }

    /// A quantity above zero, if there is one.
    pub fn qty(&mut self, field: &str, text: Option<&str>) -> Option<Qty> {
        let step = self.market.lot().trimmed();
        match self.market.parse_qty(text?) {
            Ok(qty) if qty.is_zero() => {
                self.wrong(field, "must be above zero");
                None
            }
            Ok(qty) => Some(qty),
            Err(error) => {
                self.wrong(field, off_grid(error, "lot", &step.to_string()));
                None
            }
        }
    }

    /// A quantity above zero.
    pub fn required_qty(&mut self, field: &str, text: Option<&str>) -> Option<Qty> {
        self.require(field, text.is_some());
        self.qty(field, text)
    }

    fn require(&mut self, field: &str, is_there: bool) {
        if !is_there {
            self.wrong(field, "is needed");
        }
    }

    fn size(&mut self, quantity: Option<&str>, quote: Option<&str>) -> Option<Size> {
        match (quantity, quote) {
            (Some(_), Some(_)) => {
                self.wrong("quoteQuantity", "either this or quantity");
                None
            }
            (None, Some(text)) => self.quote_amount("quoteQuantity", text).map(Size::Quote),
            (quantity, None) => self.required_qty("quantity", quantity).map(Size::Base),
        }
    }

    fn quote_amount(&mut self, field: &str, text: &str) -> Option<Amount> {
        match self.market.parse_quote(text) {
            Ok(amount) if 0 < amount => Some(amount),
            Ok(_) => {
                self.wrong(field, "must be above zero");
                None
            }
            Err(error) => {
                self.wrong(field, off_grid(error, "smallest unit", "of the quote asset"));
                None
            }
        }
    }

    /// What kind of order it is: all types but the market order.
    pub fn kind(
        &mut self,
        word: TypeWord,
        terms: &Terms<'_>,
        qty: Option<Qty>,
    ) -> Option<OrderKind> {
        let (is_limited, trigger) = match word {
            TypeWord::Market => return None,
            TypeWord::Limit | TypeWord::LimitMaker => (true, None),
            TypeWord::StopLoss | TypeWord::TrailingStop => (false, Some(TriggerKind::StopLoss)),
            TypeWord::StopLossLimit | TypeWord::TrailingStopLimit => {
                (true, Some(TriggerKind::StopLoss))
            }
            TypeWord::TakeProfit => (false, Some(TriggerKind::TakeProfit)),
            TypeWord::TakeProfitLimit => (true, Some(TriggerKind::TakeProfit)),
        };
        let price = self.limit(is_limited, terms);
        let display = self.qty("icebergQuantity", terms.iceberg_quantity);
        if word == TypeWord::LimitMaker || !is_limited {
            self.forbid("timeInForce", terms.time_in_force.is_some(), "this type");
        }
        let time_in_force = match terms.time_in_force {
            Some(TimeInForceWord::Gtc) | None => TimeInForce::Gtc,
            Some(TimeInForceWord::Ioc) => TimeInForce::Ioc,
            Some(TimeInForceWord::Fok) => TimeInForce::Fok,
        };
        if display.is_some() && time_in_force != TimeInForce::Gtc {
            self.wrong("icebergQuantity", "only an order that rests has one");
        }
        if display.is_some_and(|display| qty.is_some_and(|qty| qty < display)) {
            self.wrong("icebergQuantity", "more than the quantity");
        }
        let trigger = match trigger {
            Some(kind) => Some(self.trigger(word, kind, terms)?),
            None => {
                self.forbid("stopPrice", terms.stop_price.is_some(), "this type");
                self.forbid("trailingDelta", terms.trailing_delta.is_some(), "this type");
                None
            }
        };
        let qty = qty?;
        Some(match (trigger, is_limited) {
            (None, _) if word == TypeWord::LimitMaker => {
                OrderKind::LimitMaker { price: price?, qty, display }
            }
            (None, _) => OrderKind::Limit { price: price?, qty, time_in_force, display },
            (Some(trigger), true) => {
                let then = Triggered::Limit { price: price?, qty, time_in_force, display };
                OrderKind::Conditional { trigger, then }
            }
            (Some(trigger), false) => {
                OrderKind::Conditional { trigger, then: Triggered::Market { qty } }
            }
        })
    }

    fn limit(&mut self, is_limited: bool, terms: &Terms<'_>) -> Option<Price> {
        if is_limited {
            self.require("price", terms.price.is_some());
            return self.price("price", terms.price);
        }
        self.forbid("price", terms.price.is_some(), "this type");
        self.forbid("icebergQuantity", terms.iceberg_quantity.is_some(), "this type");
        None
    }

    fn trigger(&mut self, word: TypeWord, kind: TriggerKind, terms: &Terms<'_>) -> Option<Trigger> {
        let is_trailing = matches!(word, TypeWord::TrailingStop | TypeWord::TrailingStopLimit);
        let may_trail =
            is_trailing || matches!(word, TypeWord::TakeProfit | TypeWord::TakeProfitLimit);
        if is_trailing {
            self.require("trailingDelta", terms.trailing_delta.is_some());
        } else if terms.trailing_delta.is_none() || !may_trail {
            self.require("stopPrice", terms.stop_price.is_some());
        }
        if !may_trail {
            self.forbid("trailingDelta", terms.trailing_delta.is_some(), "this type");
        }
        let errors = self.errors.len();
        let price = self.price("stopPrice", terms.stop_price);
        let trailing = terms.trailing_delta.map(|delta| Trailing { delta });
        (errors == self.errors.len()).then_some(Trigger { kind, price, trailing })
    }
}

fn off_grid(error: GridError, what: &str, step: &str) -> String {
    match error {
        GridError::Form => "not a plain decimal number like 12.5, in quotes".to_owned(),
        GridError::Range => "out of range".to_owned(),
        GridError::Step => format!("not a multiple of the {what} {step}"),
    }
}
