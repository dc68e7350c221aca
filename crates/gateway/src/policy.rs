//! Who may call what. The one place where that is said: a route without a row answers nobody.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::Method;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Anyone,
    /// A user, signed in or by a key with this scope.
    User(Scope),
    /// A user who is signed in. No key does that for them.
    Person,
    /// An operator, signed in or by a key with the scope `admin`.
    Admin,
}

/// What a key must be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// See the account.
    Read,
    /// Place and cancel orders.
    Trade,
}

/// One route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// In upper case.
    pub method: &'static str,
    /// As the router has it.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
    /// Whether the path names an object of somebody, which is there for nobody else.
    pub owned: bool,
    /// Whether it tries a password or a code: then one network has few tries, and no other site's
    /// page has any.
    pub credential: bool,
    /// Whether it reads a body: a signed request of any other route has none.
    pub body: bool,
    /// Whether all it does is one command to the engine, which is carried out and told to all
    /// readers whoever waits for it. Anything else that changes something is carried out in a task
    /// of its own, so that a client that hangs up leaves nothing half done.
    pub one_command: bool,
    /// Whether it ends or takes back something of the caller's: then nothing else of theirs that is
    /// under way stands before it.
    pub ends: bool,
    /// What it costs of the weight that an address has in a minute. What is read costs more beyond
    /// [`crate::page::ROWS_INCLUDED`] rows.
    pub weight: u32,
}

const fn row(method: &'static str, path: &'static str, who: Who) -> Row {
    Row {
        method,
        path,
        who,
        owned: false,
        credential: false,
        body: false,
        one_command: false,
        ends: false,
        weight: 1,
    }
}

const fn owned(method: &'static str, path: &'static str, who: Who) -> Row {
    Row { owned: true, ..row(method, path, who) }
}

const fn credential(method: &'static str, path: &'static str, who: Who) -> Row {
    Row { credential: true, ..row(method, path, who) }
}

impl Row {
    const fn with_body(self) -> Self {
        Self { body: true, ..self }
    }

    const fn weighing(self, weight: u32) -> Self {
        Self { weight, ..self }
    }

    const fn one_command(self) -> Self {
        Self { one_command: true, ..self }
    }

    const fn ending(self) -> Self {
        Self { ends: true, ..self }
    }

    /// Whether it may change something in more than one step: then it is carried out to its end,
    /// also where nobody waits for it any more.
    #[must_use]
    pub fn outlives_client(&self) -> bool {
        self.changes() && !self.one_command
    }

    /// Whether an `Idempotency-Key` makes it safe to ask again; any other route ignores one.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        self.changes() && self.trades()
    }

    /// Whether it is about one's orders, and may change them.
    #[must_use]
    pub fn trades(&self) -> bool {
        self.who == TRADE
    }

    fn changes(&self) -> bool {
        self.method != "GET"
    }
}

/// What a change costs that the database writes down: a transaction of its only writer, an entry of
/// the audit log.
const WRITTEN: u32 = 20;

const READ: Who = Who::User(Scope::Read);
const TRADE: Who = Who::User(Scope::Trade);

/// Every route of the own API.
pub const POLICY: &[Row] = &[
    row("GET", "/api/v1/auth/public-key", Who::Anyone),
    credential("POST", "/api/v1/auth/register", Who::Anyone).with_body(),
    credential("POST", "/api/v1/auth/login", Who::Anyone).with_body(),
    credential("POST", "/api/v1/auth/claim", Who::Anyone).with_body(),
    row("POST", "/api/v1/auth/refresh", Who::Anyone).with_body().weighing(5),
    row("GET", "/api/v1/auth/csrf", Who::Anyone),
    row("POST", "/api/v1/auth/logout", Who::Person).with_body().ending().weighing(WRITTEN),
    row("GET", "/api/v1/auth/me", Who::Person),
    row("POST", "/api/v1/auth/activity", Who::Person),
    row("GET", "/api/v1/auth/sessions", Who::Person),
    row("DELETE", "/api/v1/auth/sessions", Who::Person).ending().weighing(WRITTEN),
    owned("DELETE", "/api/v1/auth/sessions/{id}", Who::Person).ending().weighing(WRITTEN),
    credential("POST", "/api/v1/auth/password", Who::Person).with_body().ending().weighing(WRITTEN),
    credential("POST", "/api/v1/auth/step-up", Who::Person).with_body(),
    row("GET", "/api/v1/security/2fa", Who::Person),
    row("POST", "/api/v1/security/2fa/setup", Who::Person).weighing(WRITTEN),
    credential("POST", "/api/v1/security/2fa/verify", Who::Person).with_body().weighing(WRITTEN),
    row("POST", "/api/v1/security/2fa/recovery-codes", Who::Person).weighing(WRITTEN),
    credential("POST", "/api/v1/security/2fa/disable", Who::Person).with_body().weighing(WRITTEN),
    row("GET", "/api/v1/api-keys", Who::Person),
    row("POST", "/api/v1/api-keys", Who::Person).with_body().weighing(WRITTEN),
    owned("PATCH", "/api/v1/api-keys/{id}", Who::Person).with_body().weighing(WRITTEN),
    owned("DELETE", "/api/v1/api-keys/{id}", Who::Person).ending().weighing(WRITTEN),
    owned("GET", "/api/v1/api-keys/{id}/usage", Who::Person).weighing(5),
    row("GET", "/api/v1/notifications", READ),
    row("POST", "/api/v1/notifications/read", Who::Person).with_body().weighing(5),
    // Its own channels ask who somebody is.
    row("GET", "/api/v1/stream", Who::Anyone),
    row("GET", "/api/v1/about", Who::Anyone),
    row("GET", "/api/v1/market/pairs", Who::Anyone),
    row("GET", "/api/v1/market/prices", Who::Anyone),
    row("GET", "/api/v1/market/ticker/{symbol}", Who::Anyone),
    row("GET", "/api/v1/market/stats", Who::Anyone),
    row("GET", "/api/v1/market/candles/{symbol}", Who::Anyone).weighing(2),
    row("GET", "/api/v1/trading/orderbook/{symbol}", Who::Anyone).weighing(5),
    row("GET", "/api/v1/trading/trades/{symbol}", Who::Anyone).weighing(5),
    row("POST", "/api/v1/trading/orders", TRADE).with_body().one_command(),
    row("GET", "/api/v1/trading/orders", READ).weighing(5),
    row("DELETE", "/api/v1/trading/orders", TRADE).one_command(),
    owned("GET", "/api/v1/trading/orders/{id}", READ),
    owned("PATCH", "/api/v1/trading/orders/{id}", TRADE).with_body(),
    owned("DELETE", "/api/v1/trading/orders/{id}", TRADE).one_command(),
    row("POST", "/api/v1/trading/order-lists", TRADE).with_body().one_command(),
    row("GET", "/api/v1/trading/order-lists", READ).weighing(5),
    row("GET", "/api/v1/trading/fills", READ).weighing(5),
    row("POST", "/api/v1/trading/cancel-after", TRADE).with_body(),
    row("GET", "/api/v1/wallet/balances", READ),
    row("GET", "/api/v1/admin/engine", Who::Admin),
    row("GET", "/api/v1/admin/audit-log", Who::Admin),
    row("POST", "/api/v1/admin/markets/{symbol}/halt", Who::Admin),
    row("POST", "/api/v1/admin/markets/{symbol}/resume", Who::Admin),
];

/// The row of a route, which the router names as it matched it.
#[must_use]
pub fn row_of(method: &Method, path: &str) -> Option<&'static Row> {
    static BY_ROUTE: LazyLock<HashMap<(&str, &str), &Row>> =
        LazyLock::new(|| POLICY.iter().map(|row| ((row.method, row.path), row)).collect());
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    BY_ROUTE.get(&(method, path)).copied()
}

/// Whether a path has a row for any method at all.
#[must_use]
pub fn has_path(path: &str) -> bool {
    POLICY.iter().any(|row| row.path == path)
}
