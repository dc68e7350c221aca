//! Why the exchange said no, in the documented words.

use engine::{Rejection, RequestKind};
use venue::binance::{Filter, OrderProblem, Refusal};

/// The documented refusal for `reason`, given to `request`.
#[must_use]
pub const fn refusal_of(request: RequestKind, reason: Rejection) -> Refusal {
    let problem = match reason {
        Rejection::UnknownMarket => return Refusal::BadSymbol,
        Rejection::UnknownAccount => OrderProblem::AccountDisabled,
        Rejection::UnknownOrder | Rejection::UnknownList => OrderProblem::Unknown,
        Rejection::CancelRestricted => OrderProblem::CancelRestricted,
        Rejection::DuplicateClientId | Rejection::DuplicateReference => OrderProblem::Duplicate,
        Rejection::InsufficientFunds => OrderProblem::InsufficientBalance,
        Rejection::MarketClosed => OrderProblem::MarketClosed,
        Rejection::WouldTake => OrderProblem::WouldTake,
        Rejection::WouldTrigger => OrderProblem::WouldTrigger,
        Rejection::PriceRange => return Refusal::Filter(Filter::Price),
        Rejection::PriceBand => return Refusal::Filter(Filter::PercentPriceBySide),
        Rejection::QtyRange => return Refusal::Filter(Filter::LotSize),
        Rejection::MarketQtyRange => return Refusal::Filter(Filter::MarketLotSize),
        Rejection::Notional => return Refusal::Filter(Filter::Notional),
        Rejection::TooManyOrders => return Refusal::Filter(Filter::MaxNumOrders),
        Rejection::TooManyAlgoOrders => return Refusal::Filter(Filter::MaxNumAlgoOrders),
        Rejection::TooManyIcebergs => return Refusal::Filter(Filter::MaxNumIcebergOrders),
        Rejection::IcebergParts => return Refusal::Filter(Filter::IcebergParts),
        Rejection::TooManyLists => return Refusal::Filter(Filter::MaxNumOrderLists),
        Rejection::TooManyAmends => return Refusal::Filter(Filter::MaxNumOrderAmends),
        Rejection::PositionMax => return Refusal::Filter(Filter::MaxPosition),
        Rejection::TrailingDelta => return Refusal::Filter(Filter::TrailingDelta),
        Rejection::ListLegs => OrderProblem::ListPrices,
        Rejection::AmendQty => OrderProblem::AmendIncrease,
        Rejection::GoodTillPassed => return Refusal::BadTimeInForce,
        Rejection::Overflow => OrderProblem::NotionalZero,
        Rejection::CancelFailed => OrderProblem::CancelInvalid,
        Rejection::UnknownAsset | Rejection::BadConfiguration => return Refusal::Unknown,
    };
    match request {
        RequestKind::Cancel => Refusal::CancelRejected(problem),
        RequestKind::Amend => Refusal::AmendRejected(problem),
        RequestKind::Place
        | RequestKind::PlaceList
        | RequestKind::Configure
        | RequestKind::Adjust => Refusal::OrderRejected(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_have_their_documented_code_and_text() {
        let place = RequestKind::Place;
        for (request, reason, code, text) in [
            (
                place,
                Rejection::InsufficientFunds,
                -2010,
                "Account has insufficient balance for requested action.",
            ),
            (place, Rejection::DuplicateClientId, -2010, "Duplicate order sent."),
            (place, Rejection::MarketClosed, -2010, "Market is closed."),
            (place, Rejection::WouldTake, -2010, "Order would immediately match and take."),
            (place, Rejection::WouldTrigger, -2010, "Order would trigger immediately."),
            (place, Rejection::PriceRange, -1013, "Filter failure: PRICE_FILTER"),
            (place, Rejection::PriceBand, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
            (place, Rejection::QtyRange, -1013, "Filter failure: LOT_SIZE"),
            (place, Rejection::MarketQtyRange, -1013, "Filter failure: MARKET_LOT_SIZE"),
            (place, Rejection::Notional, -1013, "Filter failure: NOTIONAL"),
            (place, Rejection::TooManyOrders, -1013, "Filter failure: MAX_NUM_ORDERS"),
            (place, Rejection::TooManyAlgoOrders, -1013, "Filter failure: MAX_NUM_ALGO_ORDERS"),
            (place, Rejection::TooManyIcebergs, -1013, "Filter failure: MAX_NUM_ICEBERG_ORDERS"),
            (place, Rejection::IcebergParts, -1013, "Filter failure: ICEBERG_PARTS"),
            (place, Rejection::TooManyLists, -1013, "Filter failure: MAX_NUM_ORDER_LISTS"),
            (place, Rejection::PositionMax, -1013, "Filter failure: MAX_POSITION"),
            (place, Rejection::TrailingDelta, -1013, "Filter failure: TRAILING_DELTA"),
            (place, Rejection::UnknownMarket, -1121, "Invalid symbol."),
            (
                RequestKind::PlaceList,
                Rejection::ListLegs,
                -2010,
                "The relationship of the prices for the orders is not correct.",
            ),
            (RequestKind::Cancel, Rejection::UnknownOrder, -2011, "Unknown order sent."),
            (
                RequestKind::Cancel,
                Rejection::CancelRestricted,
                -2011,
                "Order was not canceled due to cancel restrictions.",
            ),
            (RequestKind::Amend, Rejection::UnknownOrder, -2038, "Unknown order sent."),
            (
                RequestKind::Amend,
                Rejection::AmendQty,
                -2038,
                "Order amend (quantity increase) is not supported.",
            ),
            (
                RequestKind::Amend,
                Rejection::TooManyAmends,
                -1013,
                "Filter failure: MAX_NUM_ORDER_AMENDS",
            ),
        ] {
            let refusal = refusal_of(request, reason);
            assert_eq!((refusal.code(), refusal.text().as_ref()), (code, text), "{reason:?}");
        }
    }
}
