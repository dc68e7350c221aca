//! Why the venue does not do what it is asked, in its own words.
//!
//! Shape   severity, class, text: `EOrder:Insufficient funds`. Answers carry a list of them, with
//!         HTTP status 200.
//! Source  docs.kraken.com, "Spot REST errors".

use std::borrow::Cow;

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such key.
    InvalidKey,
    /// The signature is not that of the key.
    InvalidSignature,
    /// A nonce no greater than one before.
    InvalidNonce,
    /// The key may not do that.
    PermissionDenied,
    /// The token names no account.
    InvalidSession,
    /// The counter of the key is full.
    TooManyRequests,
    /// The counter of the market is full.
    TooManyOrders,
    /// As many orders stand in the market as may.
    TooManyOpen,
    /// A parameter is missing or makes no sense.
    InvalidArguments(&'static str),
    /// There is no such operation.
    UnknownMethod,
    /// There is no such market.
    UnknownPair,
    /// There is no such asset.
    UnknownAsset,
    /// There is no such order.
    UnknownOrder,
    /// Not enough is free.
    Funds,
    /// Less than the smallest quantity.
    OrderMinimum,
    /// Less than the smallest notional.
    CostMinimum,
    /// A price off the grid.
    TickSize,
    /// A price out of bounds, or too far from where the market is.
    InvalidPrice,
    /// It would have traded.
    PostOnly,
    /// An open order has that name.
    DuplicateName,
    /// The market takes no new orders.
    CancelOnly,
    /// It came after the time until which it was meant.
    DeadlineElapsed,
    /// Nobody has named an address so, to withdraw to.
    UnknownWithdrawKey,
    /// There is no way for that asset to come.
    NoFundingMethod,
    /// There is no such asset, or it does not come and go.
    UnknownFundingAsset,
    /// The venue cannot now; nothing was done.
    Busy,
    /// The venue does not answer to anybody now.
    Unavailable,
    /// Nobody knows what was done.
    Internal,
}

impl Refusal {
    /// As the venue says it.
    #[must_use]
    pub fn text(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::InvalidKey => "EAPI:Invalid key",
            Self::InvalidSignature => "EAPI:Invalid signature",
            Self::InvalidNonce => "EAPI:Invalid nonce",
            Self::PermissionDenied => "EGeneral:Permission denied",
            Self::InvalidSession => "ESession:Invalid session",
            Self::TooManyRequests => "EAPI:Rate limit exceeded",
            Self::TooManyOrders => "EOrder:Rate limit exceeded",
            Self::TooManyOpen => "EOrder:Orders limit exceeded",
            Self::InvalidArguments("") => "EGeneral:Invalid arguments",
            Self::InvalidArguments(what) => {
                return Cow::Owned(format!("EGeneral:Invalid arguments:{what}"));
            }
            Self::UnknownMethod => "EGeneral:Unknown method",
            Self::UnknownPair => "EQuery:Unknown asset pair",
            Self::UnknownAsset => "EQuery:Unknown asset",
            Self::UnknownOrder => "EOrder:Unknown order",
            Self::Funds => "EOrder:Insufficient funds",
            Self::OrderMinimum => "EOrder:Order minimum not met",
            Self::CostMinimum => "EOrder:Cost minimum not met",
            Self::TickSize => "EOrder:Tick size check failed",
            Self::InvalidPrice => "EOrder:Invalid price",
            Self::PostOnly => "EOrder:Post only order",
            Self::DuplicateName => "EOrder:Duplicate cl_ord_id",
            Self::CancelOnly => "EService:Market in cancel_only mode",
            Self::DeadlineElapsed => "EService:Deadline elapsed",
            Self::UnknownWithdrawKey => "EFunding:Unknown withdraw key",
            Self::NoFundingMethod => "EFunding:No funding method",
            Self::UnknownFundingAsset => "EFunding:Unknown asset",
            Self::Busy => "EService:Busy",
            Self::Unavailable => "EService:Unavailable",
            Self::Internal => "EGeneral:Internal error",
        })
    }
}
