//! Identities. Everything the engine hands out is dense and starts at zero or one, so that it can
//! index an array; only `UserId` comes from outside.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// Place of a command in the journal. The first command is 1; 0 is "before everything".
    Seq(u64)
);
id!(
    /// An account of the ledger: one per user, in the order of opening. See `engine::ledger`.
    AccountId(u32)
);
id!(
    /// An asset, in the order of listing.
    AssetId(u16)
);
id!(
    /// A market, in the order of listing.
    MarketId(u16)
);
id!(
    /// An order, unique over all markets, from 1.
    OrderId(u64)
);
id!(
    /// A list of linked orders (OCO), from 1.
    ListId(u64)
);
id!(
    /// A match of two orders, unique within its market, from 1.
    TradeId(u64)
);
id!(
    /// A match that self-trade prevention stopped, unique within its market, from 1.
    PreventionId(u64)
);

/// A person, by the UUID under which the database knows them. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub [u8; 16]);
