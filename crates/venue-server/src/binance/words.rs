//! The engine's words in the venue's.

use engine::{CancelReason, OrderKind, SelfTradePrevention, TimeInForce, TriggerKind, Triggered};
use projection::OrderStatus;
use venue::binance::{
    ExpiryReason, OrderState, OrderType, SelfTradePreventionMode, TimeInForce as WireTimeInForce,
};

/// What kind of order it is.
#[must_use]
pub const fn type_of(kind: &OrderKind) -> OrderType {
    match kind {
        OrderKind::Market { .. } => OrderType::Market,
        OrderKind::Limit { .. } => OrderType::Limit,
        OrderKind::LimitMaker { .. } => OrderType::LimitMaker,
        OrderKind::Conditional { trigger, then } => match (trigger.kind, then) {
            (TriggerKind::StopLoss, Triggered::Market { .. }) => OrderType::StopLoss,
            (TriggerKind::StopLoss, Triggered::Limit { .. }) => OrderType::StopLossLimit,
            (TriggerKind::TakeProfit, Triggered::Market { .. }) => OrderType::TakeProfit,
            (TriggerKind::TakeProfit, Triggered::Limit { .. }) => OrderType::TakeProfitLimit,
        },
    }
}

/// How long an order stands; one without a time in force is told as GTC, and so is one with a date,
/// for which this dialect has no word.
#[must_use]
pub const fn time_in_force_of(time_in_force: Option<TimeInForce>) -> WireTimeInForce {
    match time_in_force {
        None | Some(TimeInForce::Gtc | TimeInForce::Gtd(_)) => WireTimeInForce::Gtc,
        Some(TimeInForce::Ioc) => WireTimeInForce::Ioc,
        Some(TimeInForce::Fok) => WireTimeInForce::Fok,
    }
}

/// A mode of self-trade prevention.
#[must_use]
pub const fn mode_of(mode: SelfTradePrevention) -> SelfTradePreventionMode {
    match mode {
        SelfTradePrevention::None => SelfTradePreventionMode::None,
        SelfTradePrevention::ExpireTaker => SelfTradePreventionMode::ExpireTaker,
        SelfTradePrevention::ExpireMaker => SelfTradePreventionMode::ExpireMaker,
        SelfTradePrevention::ExpireBoth => SelfTradePreventionMode::ExpireBoth,
        SelfTradePrevention::Decrement => SelfTradePreventionMode::Decrement,
    }
}

/// What the venue's word means.
#[must_use]
pub const fn prevention_of(mode: SelfTradePreventionMode) -> SelfTradePrevention {
    match mode {
        SelfTradePreventionMode::None => SelfTradePrevention::None,
        SelfTradePreventionMode::ExpireTaker => SelfTradePrevention::ExpireTaker,
        SelfTradePreventionMode::ExpireMaker => SelfTradePrevention::ExpireMaker,
        SelfTradePreventionMode::ExpireBoth => SelfTradePrevention::ExpireBoth,
        SelfTradePreventionMode::Decrement => SelfTradePrevention::Decrement,
    }
}

/// Where an order stands.
#[must_use]
pub const fn state_of(status: OrderStatus) -> OrderState {
    match status {
        OrderStatus::New => OrderState::New,
        OrderStatus::PartiallyFilled => OrderState::PartiallyFilled,
        OrderStatus::Filled => OrderState::Filled,
        OrderStatus::Canceled => OrderState::Canceled,
        OrderStatus::Expired => OrderState::Expired,
        OrderStatus::ExpiredInMatch => OrderState::ExpiredInMatch,
    }
}

/// Where an order stands that ended for that reason.
#[must_use]
pub const fn ended_state(reason: CancelReason) -> OrderState {
    match reason {
        CancelReason::Requested | CancelReason::Replaced => OrderState::Canceled,
        CancelReason::SelfTrade => OrderState::ExpiredInMatch,
        CancelReason::NotFilled
        | CancelReason::FillOrKill
        | CancelReason::ListEnded
        | CancelReason::TriggerFailed
        | CancelReason::TimedOut
        | CancelReason::PriceBand => OrderState::Expired,
    }
}

/// Why an order expired, if it did.
#[must_use]
pub const fn expiry_of(reason: CancelReason, kind: &OrderKind) -> Option<ExpiryReason> {
    match reason {
        CancelReason::Requested | CancelReason::Replaced | CancelReason::SelfTrade => None,
        CancelReason::NotFilled => Some(match kind {
            // A conditional order expires as what it woke to be.
            OrderKind::Limit { .. }
            | OrderKind::Conditional { then: Triggered::Limit { .. }, .. } => {
                ExpiryReason::UnfilledIocQuantityExpired
            }
            OrderKind::Market { .. }
            | OrderKind::LimitMaker { .. }
            | OrderKind::Conditional { then: Triggered::Market { .. }, .. } => {
                ExpiryReason::InsufficientLiquidity
            }
        }),
        CancelReason::FillOrKill => Some(ExpiryReason::UnfilledFokOrderExpired),
        CancelReason::ListEnded => Some(ExpiryReason::OcoTrigger),
        CancelReason::TriggerFailed => Some(ExpiryReason::Rejected),
        CancelReason::TimedOut => Some(ExpiryReason::ExchangeCanceled),
        CancelReason::PriceBand => Some(ExpiryReason::ExecutionRulePriceRangeExceeded),
    }
}
