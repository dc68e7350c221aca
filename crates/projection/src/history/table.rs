//! The tables of the history, column by column, as `database` creates them.

pub(crate) mod state {
    use database::{Moment, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "history_state")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i32,
        pub seq: Whole,
        pub origin: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod order {
    use database::{Moment, Money, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "orders")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Whole,
        pub account: Whole,
        pub market: i32,
        pub list: Option<Whole>,
        pub client_id: String,
        pub first_client_id: String,
        pub side: i32,
        pub stp: i32,
        pub kind: i32,
        pub asked_qty: Option<Whole>,
        pub asked_quote: Option<Money>,
        pub price: Option<Whole>,
        pub time_in_force: Option<i32>,
        pub good_till: Option<Moment>,
        pub display: Option<Whole>,
        pub trigger_kind: Option<i32>,
        pub trigger_price: Option<Whole>,
        pub trailing_delta: Option<Whole>,
        pub trigger_at: Option<Whole>,
        pub status: i32,
        pub ended_by: Option<i32>,
        pub qty: Whole,
        pub filled: Whole,
        pub quote_filled: Money,
        pub prevented: Whole,
        pub prevention: Option<Whole>,
        pub created_at: Moment,
        pub updated_at: Moment,
        pub working_at: Option<Moment>,
        pub triggered_at: Option<Moment>,
        pub seq: Whole,
        pub strategy_id: Option<Whole>,
        pub strategy_type: Option<Whole>,
        pub fill_count: Option<Whole>,
        pub fill_fee: Option<Money>,
        pub last_fill_at: Option<Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod fill {
    use database::{Moment, Money, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "fills")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: Whole,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: Whole,
        pub market: i32,
        pub trade: Whole,
        pub order_id: Whole,
        pub list: Option<Whole>,
        pub side: i32,
        pub is_maker: i32,
        pub price: Whole,
        pub qty: Whole,
        pub quote: Money,
        pub fee: Money,
        pub fee_asset: i32,
        pub at: Moment,
        pub seq: Whole,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod trade {
    use database::{Moment, Money, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "trades")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub market: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Whole,
        pub price: Whole,
        pub qty: Whole,
        pub quote: Money,
        pub taker_side: i32,
        pub at: Moment,
        pub seq: Whole,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod aggregate {
    use database::{Moment, Money, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "aggregate_trades")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub market: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Whole,
        pub price: Whole,
        pub lots: Money,
        pub quote: Money,
        pub first_trade: Whole,
        pub last_trade: Whole,
        pub taker_side: i32,
        pub at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod candle {
    use database::{Moment, Money, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "candles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub market: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub span: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub open_at: Moment,
        pub close_at: Moment,
        pub open: Whole,
        pub high: Whole,
        pub low: Whole,
        pub close: Whole,
        pub lots: Money,
        pub quote: Money,
        pub taker_buy_lots: Money,
        pub taker_buy_quote: Money,
        pub first_trade: Whole,
        pub last_trade: Whole,
        pub trades: Whole,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod list {
    use database::{Moment, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_lists")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Whole,
        pub account: Whole,
        pub market: i32,
        pub client_id: String,
        pub first_order: Whole,
        pub second_order: Whole,
        pub first_client_id: String,
        pub second_client_id: String,
        pub state: i32,
        pub created_at: Moment,
        pub updated_at: Moment,
        pub seq: Whole,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod prevention {
    use database::{Moment, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "preventions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub market: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Whole,
        pub account: Whole,
        pub taker: Whole,
        pub taker_side: i32,
        pub maker: Whole,
        pub price: Whole,
        pub taker_qty: Whole,
        pub maker_qty: Whole,
        pub mode: i32,
        pub at: Moment,
        pub seq: Whole,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod amendment {
    use database::{Moment, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "amendments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: Whole,
        pub account: Whole,
        pub market: i32,
        pub order_id: Whole,
        pub client_id_before: String,
        pub client_id: String,
        pub qty_before: Whole,
        pub qty: Whole,
        pub at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod adjustment {
    use database::{Moment, Money, Whole};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "adjustments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: Whole,
        pub account: Whole,
        pub asset: i32,
        pub amount: Money,
        pub reference: Money,
        pub at: Moment,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
