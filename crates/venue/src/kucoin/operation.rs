//! What can be asked, under which paths, with which right, and what it costs.
//!
//! Source  the venue's specification: permission, pool and weight of each path.

use super::limits::Pool;

/// One thing that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named as the specification names it")]
pub enum Operation {
    ServerTime,
    ServiceStatus,
    Symbols,
    Symbol,
    Currencies,
    Currency,
    Markets,
    Level1,
    Book20,
    Book100,
    FullBook,
    AllTickers,
    Stats,
    Histories,
    Candles,
    MyAddress,
    BulletPublic,
    BulletPrivate,
    Accounts,
    Account,
    UserInfo,
    ApiKeyInfo,
    HfOpened,
    AccountMode,
    BaseFee,
    TradeFees,
    Deposits,
    Withdrawals,
    MarginSymbols,
    IsolatedSymbols,
    Contracts,
    Place,
    PlaceSync,
    PlaceTest,
    PlaceMany,
    PlaceManySync,
    Cancel,
    CancelSync,
    CancelByClient,
    CancelByClientSync,
    CancelSymbol,
    CancelAll,
    Alter,
    CancelPart,
    SetSwitch,
    Switch,
    StopPlace,
    StopCancel,
    StopCancelByClient,
    StopCancelMany,
    StopOrder,
    StopOrderByClient,
    StopOrders,
    Order,
    OrderByClient,
    OpenOrders,
    OpenOrdersPage,
    OpenSymbols,
    DoneOrders,
    Fills,
    ClassicPlace,
    ClassicTest,
    ClassicCancel,
    ClassicCancelByClient,
    ClassicCancelAll,
    ClassicOrder,
    ClassicOrderByClient,
    ClassicOrders,
    ClassicRecentOrders,
    ClassicFills,
    ClassicRecentFills,
    ClassicPlaceMany,
    HfLedgers,
    Ledgers,
}

/// Which right an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// None: public.
    None,
    /// A key.
    General,
    /// A key that may trade.
    Spot,
}

/// Method, path, operation, right, pool and weight of everything that can be asked; what stands in
/// braces is a part of the path.
pub const REST_ROUTES: &[(&str, &str, Operation, Right, Pool, u32)] = &{
    use Operation as Op;
    use Pool::{Management, Public, Spot};
    [
        ("GET", "/api/v1/timestamp", Op::ServerTime, Right::None, Public, 3),
        ("GET", "/api/v1/status", Op::ServiceStatus, Right::None, Public, 3),
        ("GET", "/api/v2/symbols", Op::Symbols, Right::None, Public, 4),
        ("GET", "/api/v2/symbols/{symbol}", Op::Symbol, Right::None, Public, 4),
        ("GET", "/api/v3/currencies", Op::Currencies, Right::None, Public, 3),
        ("GET", "/api/v3/currencies/{currency}", Op::Currency, Right::None, Public, 3),
        ("GET", "/api/v1/markets", Op::Markets, Right::None, Public, 3),
        ("GET", "/api/v1/market/orderbook/level1", Op::Level1, Right::None, Public, 2),
        ("GET", "/api/v1/market/orderbook/level2_20", Op::Book20, Right::None, Public, 2),
        ("GET", "/api/v1/market/orderbook/level2_100", Op::Book100, Right::None, Public, 4),
        ("GET", "/api/v3/market/orderbook/level2", Op::FullBook, Right::General, Spot, 3),
        ("GET", "/api/v1/market/allTickers", Op::AllTickers, Right::None, Public, 15),
        ("GET", "/api/v1/market/stats", Op::Stats, Right::None, Public, 15),
        ("GET", "/api/v1/market/histories", Op::Histories, Right::None, Public, 3),
        ("GET", "/api/v1/market/candles", Op::Candles, Right::None, Public, 3),
        ("GET", "/api/v1/my-ip", Op::MyAddress, Right::None, Public, 0),
        ("POST", "/api/v1/bullet-public", Op::BulletPublic, Right::None, Public, 10),
        ("POST", "/api/v1/bullet-private", Op::BulletPrivate, Right::General, Spot, 10),
        ("GET", "/api/v1/accounts", Op::Accounts, Right::General, Management, 5),
        ("GET", "/api/v1/accounts/{accountId}", Op::Account, Right::General, Management, 5),
        ("GET", "/api/v2/user-info", Op::UserInfo, Right::General, Management, 20),
        ("GET", "/api/v1/user/api-key", Op::ApiKeyInfo, Right::General, Management, 20),
        ("GET", "/api/v1/hf/accounts/opened", Op::HfOpened, Right::General, Spot, 30),
        ("GET", "/api/ua/v1/account/mode", Op::AccountMode, Right::General, Management, 30),
        ("GET", "/api/v1/base-fee", Op::BaseFee, Right::General, Spot, 3),
        ("GET", "/api/v1/trade-fees", Op::TradeFees, Right::General, Spot, 3),
        ("GET", "/api/v1/deposits", Op::Deposits, Right::General, Management, 5),
        ("GET", "/api/v1/withdrawals", Op::Withdrawals, Right::General, Management, 20),
        ("GET", "/api/v3/margin/symbols", Op::MarginSymbols, Right::None, Public, 3),
        ("GET", "/api/v1/isolated/symbols", Op::IsolatedSymbols, Right::None, Public, 3),
        ("GET", "/api/v1/contracts/active", Op::Contracts, Right::None, Public, 3),
        ("POST", "/api/v1/hf/orders", Op::Place, Right::Spot, Spot, 1),
        ("POST", "/api/v1/hf/orders/sync", Op::PlaceSync, Right::Spot, Spot, 1),
        ("POST", "/api/v1/hf/orders/test", Op::PlaceTest, Right::Spot, Spot, 1),
        ("POST", "/api/v1/hf/orders/multi", Op::PlaceMany, Right::Spot, Spot, 1),
        ("POST", "/api/v1/hf/orders/multi/sync", Op::PlaceManySync, Right::Spot, Spot, 1),
        ("DELETE", "/api/v1/hf/orders/{orderId}", Op::Cancel, Right::Spot, Spot, 1),
        ("DELETE", "/api/v1/hf/orders/sync/{orderId}", Op::CancelSync, Right::Spot, Spot, 1),
        (
            "DELETE",
            "/api/v1/hf/orders/client-order/{clientOid}",
            Op::CancelByClient,
            Right::Spot,
            Spot,
            1,
        ),
        (
            "DELETE",
            "/api/v1/hf/orders/sync/client-order/{clientOid}",
            Op::CancelByClientSync,
            Right::Spot,
            Spot,
            1,
        ),
        ("DELETE", "/api/v1/hf/orders", Op::CancelSymbol, Right::Spot, Spot, 2),
        ("DELETE", "/api/v1/hf/orders/cancelAll", Op::CancelAll, Right::Spot, Spot, 30),
        ("POST", "/api/v1/hf/orders/alter", Op::Alter, Right::Spot, Spot, 1),
        ("DELETE", "/api/v1/hf/orders/cancel/{orderId}", Op::CancelPart, Right::Spot, Spot, 2),
        ("POST", "/api/v1/hf/orders/dead-cancel-all", Op::SetSwitch, Right::Spot, Spot, 2),
        ("GET", "/api/v1/hf/orders/dead-cancel-all/query", Op::Switch, Right::Spot, Spot, 2),
        ("POST", "/api/v1/stop-order", Op::StopPlace, Right::Spot, Spot, 1),
        ("DELETE", "/api/v1/stop-order/{orderId}", Op::StopCancel, Right::Spot, Spot, 3),
        (
            "DELETE",
            "/api/v1/stop-order/cancelOrderByClientOid",
            Op::StopCancelByClient,
            Right::Spot,
            Spot,
            5,
        ),
        ("DELETE", "/api/v1/stop-order/cancel", Op::StopCancelMany, Right::Spot, Spot, 3),
        ("GET", "/api/v1/stop-order/{orderId}", Op::StopOrder, Right::General, Spot, 3),
        (
            "GET",
            "/api/v1/stop-order/queryOrderByClientOid",
            Op::StopOrderByClient,
            Right::General,
            Spot,
            3,
        ),
        ("GET", "/api/v1/stop-order", Op::StopOrders, Right::General, Spot, 8),
        ("GET", "/api/v1/hf/orders/{orderId}", Op::Order, Right::General, Spot, 2),
        (
            "GET",
            "/api/v1/hf/orders/client-order/{clientOid}",
            Op::OrderByClient,
            Right::General,
            Spot,
            2,
        ),
        ("GET", "/api/v1/hf/orders/active", Op::OpenOrders, Right::General, Spot, 2),
        ("GET", "/api/v1/hf/orders/active/page", Op::OpenOrdersPage, Right::General, Spot, 2),
        ("GET", "/api/v1/hf/orders/active/symbols", Op::OpenSymbols, Right::Spot, Spot, 2),
        ("GET", "/api/v1/hf/orders/done", Op::DoneOrders, Right::General, Spot, 2),
        ("GET", "/api/v1/hf/fills", Op::Fills, Right::General, Spot, 2),
        ("POST", "/api/v1/orders", Op::ClassicPlace, Right::Spot, Spot, 2),
        ("POST", "/api/v1/orders/test", Op::ClassicTest, Right::Spot, Spot, 2),
        ("DELETE", "/api/v1/orders/{orderId}", Op::ClassicCancel, Right::Spot, Spot, 3),
        (
            "DELETE",
            "/api/v1/order/client-order/{clientOid}",
            Op::ClassicCancelByClient,
            Right::Spot,
            Spot,
            3,
        ),
        ("DELETE", "/api/v1/orders", Op::ClassicCancelAll, Right::Spot, Spot, 20),
        ("GET", "/api/v1/orders/{orderId}", Op::ClassicOrder, Right::General, Spot, 2),
        (
            "GET",
            "/api/v1/order/client-order/{clientOid}",
            Op::ClassicOrderByClient,
            Right::General,
            Spot,
            3,
        ),
        ("GET", "/api/v1/orders", Op::ClassicOrders, Right::General, Spot, 2),
        ("GET", "/api/v1/limit/orders", Op::ClassicRecentOrders, Right::General, Spot, 3),
        ("GET", "/api/v1/fills", Op::ClassicFills, Right::General, Spot, 10),
        ("GET", "/api/v1/limit/fills", Op::ClassicRecentFills, Right::General, Spot, 20),
        ("POST", "/api/v1/orders/multi", Op::ClassicPlaceMany, Right::Spot, Spot, 3),
        ("GET", "/api/v1/hf/accounts/ledgers", Op::HfLedgers, Right::General, Spot, 2),
        ("GET", "/api/v1/accounts/ledgers", Op::Ledgers, Right::General, Management, 2),
    ]
};

/// Beginnings of paths of what the venue has beside spot trading, and of moving money: a key that
/// may do no more than here is told so.
pub const BEYOND_SPOT: &[&str] = &[
    "/api/v1/accounts/transferable",
    "/api/v1/broker/",
    "/api/v1/convert/",
    "/api/v1/deposit-addresses",
    "/api/v1/earn/",
    "/api/v1/isolated/",
    "/api/v1/margin/",
    "/api/v1/otc-loan/",
    "/api/v1/sub",
    "/api/v1/withdrawals",
    "/api/v2/accounts/",
    "/api/v2/deposit-addresses",
    "/api/v2/sub",
    "/api/v3/accounts/",
    "/api/v3/deposit-address",
    "/api/v3/hf/margin/",
    "/api/v3/isolated/",
    "/api/v3/lend/",
    "/api/v3/margin/",
    "/api/v3/oco/",
    "/api/v3/position/",
    "/api/v3/project/",
    "/api/v3/purchase",
    "/api/v3/redeem",
    "/api/v3/sub",
    "/api/v3/withdrawals",
    // Of contracts, which the venue serves under another host.
    "/api/v1/account-overview",
    "/api/v1/funding-history",
    "/api/v1/fillDealList",
    "/api/v1/position",
    "/api/v1/recentFills",
    "/api/v1/st-orders",
    "/api/v1/stopOrders",
    "/api/v1/transaction-history",
    "/api/v1/transfer-in",
    "/api/v2/batchCancelOrders",
    "/api/v2/changeCrossUserLeverage",
    "/api/v2/getCrossUserLeverage",
    "/api/v2/position",
    "/api/v3/transfer-out",
];

impl Operation {
    fn route(self) -> (&'static str, &'static str, Right, Pool, u32) {
        let found = REST_ROUTES.iter().find(|(_, _, operation, ..)| *operation == self);
        let (method, path, _, right, pool, weight) = *found.expect("every operation has a route");
        (method, path, right, pool, weight)
    }

    /// By which method.
    #[must_use]
    pub fn method(self) -> &'static str {
        self.route().0
    }

    /// Under which path; what stands in braces is a part of it.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.route().1
    }

    /// With which right.
    #[must_use]
    pub fn right(self) -> Right {
        self.route().2
    }

    /// What it is counted against, and how much.
    #[must_use]
    pub fn cost(self) -> (Pool, u32) {
        let (_, _, _, pool, weight) = self.route();
        (pool, weight)
    }

    /// Whether something is another after it.
    #[must_use]
    pub fn changes(self) -> bool {
        match self.right() {
            Right::None | Right::General => false,
            Right::Spot => self.method() != "GET",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_one_route_and_no_route_two_operations() {
        for (place, (method, path, operation, ..)) in REST_ROUTES.iter().enumerate() {
            let others = &REST_ROUTES[place + 1..];
            assert!(others.iter().all(|it| (it.0, it.1) != (*method, *path)), "{method} {path}");
            assert!(others.iter().all(|it| it.2 != *operation), "{operation:?}");
        }
        assert_eq!(Operation::Place.cost(), (Pool::Spot, 1));
        for (operation, changes) in [
            (Operation::PlaceSync, true),
            (Operation::CancelByClient, true),
            (Operation::OpenSymbols, false),
            (Operation::BulletPublic, false),
            (Operation::BulletPrivate, false),
            (Operation::Order, false),
        ] {
            assert_eq!(operation.changes(), changes, "{operation:?}");
        }
    }
}
