//! What a run of random commands has seen: a comparison that never meets a rule proves nothing.

use std::collections::BTreeMap;

use engine::{
    CancelReason, Event, ListState, MarketError, Rejection, RequestKind, SelfTradePrevention,
};

/// How often each thing happened, by name.
#[derive(Clone, Debug, Default)]
pub struct Coverage(pub BTreeMap<String, u64>);

impl Coverage {
    pub fn count(&mut self, events: &[Event]) {
        for event in events {
            for name in names(event) {
                *self.0.entry(name).or_insert(0) += 1;
            }
        }
    }

    /// Everything that can happen and did not.
    pub fn missing(&self) -> Vec<String> {
        let all = event_names()
            .into_iter()
            .chain(REJECTIONS.map(|reason| format!("Rejected {reason:?}")))
            .chain(REASONS.map(|reason| format!("Canceled {reason:?}")))
            .chain(REQUESTS.map(|request| format!("Rejected {request:?}")))
            .chain(MARKET_ERRORS.map(|error| format!("MarketRefused {error:?}")))
            .chain(MODES.map(|mode| format!("Prevented {mode:?}")));
        all.filter(|name| !self.0.contains_key(name)).collect()
    }
}

fn event_names() -> Vec<String> {
    [
        "AccountOpened",
        "TierSet",
        "AssetListed",
        "MarketListed",
        "MarketRefused",
        "MarketStateSet",
        "FiltersSet",
        "FeesSet",
        "Adjusted",
        "Rejected",
        "Accepted",
        "Triggered",
        "Traded",
        "Prevented",
        "Canceled",
        "Amended",
        "ListChanged",
        "Balance",
        "Level",
        "Averaged",
    ]
    .map(String::from)
    .to_vec()
}

/// The event's own name, and where it has a reason, that too.
fn names(event: &Event) -> Vec<String> {
    let (name, detail) = match event {
        Event::AccountOpened { .. } => ("AccountOpened", None),
        Event::TierSet { .. } => ("TierSet", None),
        Event::AssetListed { .. } => ("AssetListed", None),
        Event::MarketListed { .. } => ("MarketListed", None),
        Event::MarketRefused { error } => ("MarketRefused", Some(format!("{error:?}"))),
        Event::MarketStateSet { .. } => ("MarketStateSet", None),
        Event::FiltersSet { .. } => ("FiltersSet", None),
        Event::FeesSet { .. } => ("FeesSet", None),
        Event::Adjusted { .. } => ("Adjusted", None),
        Event::Rejected { request, reason, .. } => {
            let both = vec![
                "Rejected".to_string(),
                format!("Rejected {request:?}"),
                format!("Rejected {reason:?}"),
            ];
            return both;
        }
        Event::Accepted { .. } => ("Accepted", None),
        Event::Triggered { .. } => ("Triggered", None),
        Event::Traded { .. } => ("Traded", None),
        Event::Prevented { mode, .. } => ("Prevented", Some(format!("{mode:?}"))),
        Event::Canceled { reason, .. } => ("Canceled", Some(format!("{reason:?}"))),
        Event::Amended { .. } => ("Amended", None),
        Event::ListChanged { state, .. } => match state {
            ListState::Placed | ListState::Done => ("ListChanged", Some(format!("{state:?}"))),
        },
        Event::Balance { .. } => ("Balance", None),
        Event::Level { .. } => ("Level", None),
        Event::Averaged { .. } => ("Averaged", None),
    };
    std::iter::once(name.to_string())
        .chain(detail.map(|detail| format!("{name} {detail}")))
        .collect()
}

const REJECTIONS: [Rejection; 31] = [
    Rejection::UnknownAccount,
    Rejection::UnknownAsset,
    Rejection::UnknownMarket,
    Rejection::UnknownOrder,
    Rejection::UnknownList,
    Rejection::DuplicateClientId,
    Rejection::DuplicateReference,
    Rejection::InsufficientFunds,
    Rejection::MarketClosed,
    Rejection::WouldTake,
    Rejection::WouldTrigger,
    Rejection::PriceRange,
    Rejection::PriceBand,
    Rejection::QtyRange,
    Rejection::MarketQtyRange,
    Rejection::Notional,
    Rejection::TooManyOrders,
    Rejection::TooManyAlgoOrders,
    Rejection::TooManyIcebergs,
    Rejection::IcebergParts,
    Rejection::TooManyLists,
    Rejection::TooManyAmends,
    Rejection::PositionMax,
    Rejection::TrailingDelta,
    Rejection::ListLegs,
    Rejection::AmendQty,
    Rejection::GoodTillPassed,
    Rejection::Overflow,
    Rejection::CancelRestricted,
    Rejection::CancelFailed,
    Rejection::BadConfiguration,
];

const REASONS: [CancelReason; 9] = [
    CancelReason::Requested,
    CancelReason::Replaced,
    CancelReason::NotFilled,
    CancelReason::FillOrKill,
    CancelReason::SelfTrade,
    CancelReason::ListEnded,
    CancelReason::TriggerFailed,
    CancelReason::TimedOut,
    CancelReason::PriceBand,
];

const REQUESTS: [RequestKind; 6] = [
    RequestKind::Configure,
    RequestKind::Adjust,
    RequestKind::Place,
    RequestKind::PlaceList,
    RequestKind::Cancel,
    RequestKind::Amend,
];

const MARKET_ERRORS: [MarketError; 6] = [
    MarketError::Assets,
    MarketError::Duplicate,
    MarketError::Step,
    MarketError::Inexact,
    MarketError::Fees,
    MarketError::Filters,
];

const MODES: [SelfTradePrevention; 4] = [
    SelfTradePrevention::ExpireTaker,
    SelfTradePrevention::ExpireMaker,
    SelfTradePrevention::ExpireBoth,
    SelfTradePrevention::Decrement,
];
