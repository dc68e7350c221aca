//! What can be asked, under which names, with which right and at which weight.
//!
//! Source  rest-api.md, web-socket-api.md (security types and weights of each endpoint).

/// One thing that can be asked over REST, over the socket, or over both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Each is named as the documentation names it.
pub enum Operation {
    Ping,
    Time,
    ExchangeInfo,
    ExecutionRules,
    Depth,
    Trades,
    HistoricalTrades,
    AggTrades,
    Klines,
    UiKlines,
    AvgPrice,
    Ticker24hr,
    TickerTradingDay,
    TickerPrice,
    TickerBook,
    TickerRolling,
    OrderPlace,
    OrderTest,
    OrderStatus,
    OrderCancel,
    OrderCancelReplace,
    OrderAmend,
    OrderAmendments,
    OpenOrders,
    OpenOrdersCancelAll,
    AllOrders,
    ListPlaceOcoLegacy,
    ListPlaceOco,
    ListPlaceOto,
    ListPlaceOpo,
    SorPlace,
    ListCancel,
    ListStatus,
    OpenLists,
    AllLists,
    Account,
    AccountCommission,
    MyTrades,
    MyPreventedMatches,
    MyAllocations,
    MyFilters,
    RateLimitOrder,
    ListenKeyCreate,
    ListenKeyKeep,
    ListenKeyClose,
    CoinInfo,
    MarginPairs,
    TradeFee,
    DepositHistory,
    WithdrawHistory,
    ApiRestrictions,
    AccountStatus,
    SystemStatus,
    FuturesExchangeInfo,
    ReferencePrice,
    HistoricalBlockTrades,
    UserAsset,
    FundingAsset,
    DepositAddress,
    Withdraw,
}

/// Which right an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// None: public.
    None,
    /// A key that may read, and a signature.
    UserData,
    /// A key that may trade, and a signature.
    Trade,
    /// A key that may read; no signature.
    ListenKey,
}

/// Method, path and operation of every REST endpoint.
pub const REST_ROUTES: &[(&str, &str, Operation)] = &[
    ("GET", "/api/v3/ping", Operation::Ping),
    ("GET", "/api/v3/time", Operation::Time),
    ("GET", "/api/v3/exchangeInfo", Operation::ExchangeInfo),
    ("GET", "/api/v3/executionRules", Operation::ExecutionRules),
    ("GET", "/api/v3/depth", Operation::Depth),
    ("GET", "/api/v3/trades", Operation::Trades),
    ("GET", "/api/v3/historicalTrades", Operation::HistoricalTrades),
    ("GET", "/api/v3/aggTrades", Operation::AggTrades),
    ("GET", "/api/v3/klines", Operation::Klines),
    ("GET", "/api/v3/uiKlines", Operation::UiKlines),
    ("GET", "/api/v3/avgPrice", Operation::AvgPrice),
    ("GET", "/api/v3/ticker/24hr", Operation::Ticker24hr),
    ("GET", "/api/v3/ticker/tradingDay", Operation::TickerTradingDay),
    ("GET", "/api/v3/ticker/price", Operation::TickerPrice),
    ("GET", "/api/v3/ticker/bookTicker", Operation::TickerBook),
    ("GET", "/api/v3/ticker", Operation::TickerRolling),
    ("GET", "/api/v3/referencePrice", Operation::ReferencePrice),
    ("GET", "/api/v3/referencePrice/calculation", Operation::ReferencePrice),
    ("GET", "/api/v3/historicalBlockTrades", Operation::HistoricalBlockTrades),
    ("POST", "/api/v3/order", Operation::OrderPlace),
    ("POST", "/api/v3/order/test", Operation::OrderTest),
    ("GET", "/api/v3/order", Operation::OrderStatus),
    ("DELETE", "/api/v3/order", Operation::OrderCancel),
    ("POST", "/api/v3/order/cancelReplace", Operation::OrderCancelReplace),
    ("PUT", "/api/v3/order/amend/keepPriority", Operation::OrderAmend),
    ("GET", "/api/v3/order/amendments", Operation::OrderAmendments),
    ("GET", "/api/v3/openOrders", Operation::OpenOrders),
    ("DELETE", "/api/v3/openOrders", Operation::OpenOrdersCancelAll),
    ("GET", "/api/v3/allOrders", Operation::AllOrders),
    ("POST", "/api/v3/order/oco", Operation::ListPlaceOcoLegacy),
    ("POST", "/api/v3/orderList/oco", Operation::ListPlaceOco),
    ("POST", "/api/v3/orderList/oto", Operation::ListPlaceOto),
    ("POST", "/api/v3/orderList/otoco", Operation::ListPlaceOto),
    ("POST", "/api/v3/orderList/opo", Operation::ListPlaceOpo),
    ("POST", "/api/v3/orderList/opoco", Operation::ListPlaceOpo),
    ("POST", "/api/v3/sor/order", Operation::SorPlace),
    ("POST", "/api/v3/sor/order/test", Operation::SorPlace),
    ("DELETE", "/api/v3/orderList", Operation::ListCancel),
    ("GET", "/api/v3/orderList", Operation::ListStatus),
    ("GET", "/api/v3/openOrderList", Operation::OpenLists),
    ("GET", "/api/v3/allOrderList", Operation::AllLists),
    ("GET", "/api/v3/account", Operation::Account),
    ("GET", "/api/v3/account/commission", Operation::AccountCommission),
    ("GET", "/api/v3/myTrades", Operation::MyTrades),
    ("GET", "/api/v3/myPreventedMatches", Operation::MyPreventedMatches),
    ("GET", "/api/v3/myAllocations", Operation::MyAllocations),
    ("GET", "/api/v3/myFilters", Operation::MyFilters),
    ("GET", "/api/v3/rateLimit/order", Operation::RateLimitOrder),
    ("POST", "/api/v3/userDataStream", Operation::ListenKeyCreate),
    ("PUT", "/api/v3/userDataStream", Operation::ListenKeyKeep),
    ("DELETE", "/api/v3/userDataStream", Operation::ListenKeyClose),
    ("GET", "/sapi/v1/capital/config/getall", Operation::CoinInfo),
    ("GET", "/sapi/v1/margin/allPairs", Operation::MarginPairs),
    ("GET", "/sapi/v1/margin/isolated/allPairs", Operation::MarginPairs),
    ("GET", "/sapi/v1/asset/tradeFee", Operation::TradeFee),
    ("GET", "/sapi/v1/capital/deposit/hisrec", Operation::DepositHistory),
    ("GET", "/sapi/v1/capital/withdraw/history", Operation::WithdrawHistory),
    ("GET", "/sapi/v1/capital/deposit/address", Operation::DepositAddress),
    ("POST", "/sapi/v1/capital/withdraw/apply", Operation::Withdraw),
    ("POST", "/sapi/v3/asset/getUserAsset", Operation::UserAsset),
    ("POST", "/sapi/v1/asset/get-funding-asset", Operation::FundingAsset),
    ("GET", "/sapi/v1/account/apiRestrictions", Operation::ApiRestrictions),
    ("GET", "/sapi/v1/account/status", Operation::AccountStatus),
    ("GET", "/sapi/v1/system/status", Operation::SystemStatus),
    ("GET", "/fapi/v1/exchangeInfo", Operation::FuturesExchangeInfo),
    ("GET", "/dapi/v1/exchangeInfo", Operation::FuturesExchangeInfo),
];

/// Method name and operation of every socket request that needs no state of its connection.
pub const WS_METHODS: &[(&str, Operation)] = &[
    ("ping", Operation::Ping),
    ("time", Operation::Time),
    ("exchangeInfo", Operation::ExchangeInfo),
    ("executionRules", Operation::ExecutionRules),
    ("depth", Operation::Depth),
    ("trades.recent", Operation::Trades),
    ("trades.historical", Operation::HistoricalTrades),
    ("trades.aggregate", Operation::AggTrades),
    ("klines", Operation::Klines),
    ("uiKlines", Operation::UiKlines),
    ("avgPrice", Operation::AvgPrice),
    ("ticker.24hr", Operation::Ticker24hr),
    ("ticker.tradingDay", Operation::TickerTradingDay),
    ("ticker.price", Operation::TickerPrice),
    ("ticker.book", Operation::TickerBook),
    ("ticker", Operation::TickerRolling),
    ("referencePrice", Operation::ReferencePrice),
    ("referencePrice.calculation", Operation::ReferencePrice),
    ("blockTrades.historical", Operation::HistoricalBlockTrades),
    ("order.place", Operation::OrderPlace),
    ("order.test", Operation::OrderTest),
    ("order.status", Operation::OrderStatus),
    ("order.cancel", Operation::OrderCancel),
    ("order.cancelReplace", Operation::OrderCancelReplace),
    ("order.amend.keepPriority", Operation::OrderAmend),
    ("order.amendments", Operation::OrderAmendments),
    ("openOrders.status", Operation::OpenOrders),
    ("openOrders.cancelAll", Operation::OpenOrdersCancelAll),
    ("allOrders", Operation::AllOrders),
    ("orderList.place", Operation::ListPlaceOcoLegacy),
    ("orderList.place.oco", Operation::ListPlaceOco),
    ("orderList.place.oto", Operation::ListPlaceOto),
    ("orderList.place.otoco", Operation::ListPlaceOto),
    ("orderList.place.opo", Operation::ListPlaceOpo),
    ("orderList.place.opoco", Operation::ListPlaceOpo),
    ("sor.order.place", Operation::SorPlace),
    ("sor.order.test", Operation::SorPlace),
    ("orderList.cancel", Operation::ListCancel),
    ("orderList.status", Operation::ListStatus),
    ("openOrderLists.status", Operation::OpenLists),
    ("allOrderLists", Operation::AllLists),
    ("account.status", Operation::Account),
    ("account.commission", Operation::AccountCommission),
    ("myTrades", Operation::MyTrades),
    ("myPreventedMatches", Operation::MyPreventedMatches),
    ("myAllocations", Operation::MyAllocations),
    ("myFilters", Operation::MyFilters),
    ("account.rateLimits.orders", Operation::RateLimitOrder),
];

impl Operation {
    /// The right it needs.
    #[must_use]
    pub const fn security(self) -> Security {
        match self {
            Self::Ping
            | Self::Time
            | Self::ExchangeInfo
            | Self::ExecutionRules
            | Self::Depth
            | Self::Trades
            | Self::HistoricalTrades
            | Self::AggTrades
            | Self::Klines
            | Self::UiKlines
            | Self::AvgPrice
            | Self::Ticker24hr
            | Self::TickerTradingDay
            | Self::TickerPrice
            | Self::TickerBook
            | Self::TickerRolling
            | Self::SystemStatus
            | Self::ReferencePrice
            | Self::HistoricalBlockTrades
            | Self::FuturesExchangeInfo => Security::None,
            Self::OrderPlace
            | Self::OrderTest
            | Self::OrderCancel
            | Self::OrderCancelReplace
            | Self::OrderAmend
            | Self::OpenOrdersCancelAll
            | Self::ListPlaceOcoLegacy
            | Self::ListPlaceOco
            | Self::ListPlaceOto
            | Self::ListPlaceOpo
            | Self::SorPlace
            | Self::ListCancel => Security::Trade,
            Self::OrderStatus
            | Self::OrderAmendments
            | Self::OpenOrders
            | Self::AllOrders
            | Self::ListStatus
            | Self::OpenLists
            | Self::AllLists
            | Self::Account
            | Self::AccountCommission
            | Self::MyTrades
            | Self::MyPreventedMatches
            | Self::MyAllocations
            | Self::MyFilters
            | Self::RateLimitOrder
            | Self::CoinInfo
            | Self::MarginPairs
            | Self::TradeFee
            | Self::DepositHistory
            | Self::WithdrawHistory
            | Self::ApiRestrictions
            | Self::UserAsset
            | Self::FundingAsset
            | Self::DepositAddress
            | Self::Withdraw
            | Self::AccountStatus => Security::UserData,
            Self::ListenKeyCreate | Self::ListenKeyKeep | Self::ListenKeyClose => {
                Security::ListenKey
            }
        }
    }

    /// Whether it changes something, or is signed like what does: the same signed request is then
    /// good only once.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(self.security(), Security::Trade)
    }

    /// Whether it ends orders that rest, and does nothing else.
    #[must_use]
    pub const fn cancels(self) -> bool {
        matches!(self, Self::OrderCancel | Self::OpenOrdersCancelAll | Self::ListCancel)
    }

    /// Its weight, where `parameter` finds the request's parameters by name.
    pub fn weight<'a>(self, parameter: impl Fn(&str) -> Option<&'a str>) -> u32 {
        let has = |name| parameter(name).is_some_and(|value| !value.is_empty());
        let either = |name, with, without| if has(name) { with } else { without };
        let symbols = || parameter("symbols").map(count_of);
        match self {
            Self::ExchangeInfo => 20,
            Self::ExecutionRules => match symbols() {
                _ if has("symbol") => 2,
                Some(count) => count.saturating_mul(2).min(40),
                None => 40,
            },
            Self::Depth => depth_weight(parameter("limit")),
            Self::Trades | Self::HistoricalTrades | Self::HistoricalBlockTrades => 25,
            Self::ReferencePrice => 2,
            Self::AggTrades => 4,
            Self::Klines | Self::UiKlines | Self::AvgPrice => 2,
            Self::Ticker24hr => match symbols() {
                _ if has("symbol") => 2,
                Some(0..=20) => 2,
                Some(21..=100) => 40,
                Some(_) | None => 80,
            },
            Self::TickerTradingDay | Self::TickerRolling => match symbols() {
                _ if has("symbol") => 4,
                Some(count) => count.saturating_mul(4).min(200),
                None => 4,
            },
            Self::TickerPrice | Self::TickerBook => either("symbol", 2, 4),
            Self::OrderTest if parameter("computeCommissionRates") == Some("true") => 20,
            Self::OrderAmend | Self::OrderStatus | Self::OrderAmendments | Self::ListStatus => 4,
            Self::OpenOrders => either("symbol", 6, 80),
            Self::OpenLists => 6,
            Self::AllOrders
            | Self::AllLists
            | Self::Account
            | Self::AccountCommission
            | Self::MyAllocations => 20,
            Self::MyTrades => either("orderId", 5, 20),
            Self::MyPreventedMatches => either("preventedMatchId", 2, 20),
            Self::MyFilters | Self::RateLimitOrder => 40,
            Self::ListenKeyCreate | Self::ListenKeyKeep | Self::ListenKeyClose => 2,
            Self::CoinInfo | Self::DepositAddress => 10,
            Self::UserAsset => 5,
            Self::Ping
            | Self::Time
            | Self::FundingAsset
            | Self::Withdraw
            | Self::ListPlaceOto
            | Self::ListPlaceOpo
            | Self::SorPlace
            | Self::OrderPlace
            | Self::OrderTest
            | Self::OrderCancel
            | Self::OrderCancelReplace
            | Self::OpenOrdersCancelAll
            | Self::ListPlaceOcoLegacy
            | Self::ListPlaceOco
            | Self::ListCancel
            | Self::MarginPairs
            | Self::TradeFee
            | Self::DepositHistory
            | Self::WithdrawHistory
            | Self::ApiRestrictions
            | Self::AccountStatus
            | Self::SystemStatus
            | Self::FuturesExchangeInfo => 1,
        }
    }
}

/// The weight of so many levels.
fn depth_weight(limit: Option<&str>) -> u32 {
    match limit.and_then(|text| text.parse().ok()) {
        None | Some(0_u32..=100) => 5,
        Some(101..=500) => 25,
        Some(501..=1_000) => 50,
        Some(_) => 250,
    }
}

/// How many are in a list.
fn count_of(list: &str) -> u32 {
    let count = list.bytes().filter(|byte| *byte == b',').count() + 1;
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_follow_the_parameters() {
        for (operation, parameters, want) in [
            (Operation::Depth, &[][..], 5),
            (Operation::Depth, &[("limit", "101")], 25),
            (Operation::Depth, &[("limit", "1000")], 50),
            (Operation::Depth, &[("limit", "5000")], 250),
            (Operation::Ticker24hr, &[], 80),
            (Operation::Ticker24hr, &[("symbol", "BTCUSDT")], 2),
            (Operation::TickerRolling, &[("symbols", "[\"A\",\"B\"]")], 8),
            (Operation::OpenOrders, &[], 80),
            (Operation::OpenOrders, &[("symbol", "BTCUSDT")], 6),
            (Operation::OrderTest, &[("computeCommissionRates", "true")], 20),
            (Operation::MyTrades, &[("orderId", "1")], 5),
            (Operation::Klines, &[("interval", "1M"), ("limit", "1000")], 2),
            (Operation::RateLimitOrder, &[], 40),
        ] {
            let find = |name: &str| {
                parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
            };
            assert_eq!(operation.weight(find), want, "{operation:?} {parameters:?}");
        }
    }

    #[test]
    fn no_route_and_no_method_is_named_twice() {
        for (index, (method, path, _)) in REST_ROUTES.iter().enumerate() {
            let again = REST_ROUTES[index + 1..].iter().any(|(m, p, _)| (m, p) == (method, path));
            assert!(!again, "{method} {path}");
        }
        for (index, (name, _)) in WS_METHODS.iter().enumerate() {
            assert!(!WS_METHODS[index + 1..].iter().any(|(other, _)| other == name), "{name}");
        }
    }
}
