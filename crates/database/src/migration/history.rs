//! The history of trading: a projection of the journal, with the sequence it has reached.
//!
//! Prices are in ticks, quantities in lots, amounts (`blob`, see `Money`) in ledger units; what a
//! number in a column named after a kind or a state means is written where `projection` maps it.
//! Sums of lots outgrow 64 bits, so candles and aggregates keep them as amounts are kept.

use sea_orm_migration::MigrationName;
use sea_orm_migration::prelude::{
    DbErr, DeriveIden, Expr, ExprTrait, Iden, Index, IntoIden, MigrationTrait, SchemaManager,
    Table, TableCreateStatement, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, integer, integer_null, string_len,
};

pub struct History;

#[derive(DeriveIden, Clone, Copy)]
enum HistoryState {
    Table,
    Place,
    Seq,
    Origin,
}

#[derive(DeriveIden, Clone, Copy)]
enum Orders {
    Table,
    Id,
    Account,
    Market,
    List,
    ClientId,
    FirstClientId,
    Side,
    Stp,
    Kind,
    AskedQty,
    AskedQuote,
    Price,
    TimeInForce,
    GoodTill,
    Display,
    TriggerKind,
    TriggerPrice,
    TrailingDelta,
    TriggerAt,
    Status,
    EndedBy,
    Qty,
    Filled,
    QuoteFilled,
    Prevented,
    Prevention,
    CreatedAt,
    UpdatedAt,
    WorkingAt,
    TriggeredAt,
    Seq,
}

#[derive(DeriveIden, Clone, Copy)]
enum Fills {
    Table,
    Account,
    Number,
    Market,
    Trade,
    OrderId,
    List,
    Side,
    IsMaker,
    Price,
    Qty,
    Quote,
    Fee,
    FeeAsset,
    At,
    Seq,
}

#[derive(DeriveIden, Clone, Copy)]
enum Trades {
    Table,
    Market,
    Id,
    Price,
    Qty,
    Quote,
    TakerSide,
    At,
    Seq,
}

#[derive(DeriveIden, Clone, Copy)]
enum AggregateTrades {
    Table,
    Market,
    Id,
    Price,
    Lots,
    Quote,
    FirstTrade,
    LastTrade,
    TakerSide,
    At,
}

#[derive(DeriveIden, Clone, Copy)]
enum Candles {
    Table,
    Market,
    Span,
    OpenAt,
    CloseAt,
    Open,
    High,
    Low,
    Close,
    Lots,
    Quote,
    TakerBuyLots,
    TakerBuyQuote,
    FirstTrade,
    LastTrade,
    Trades,
}

#[derive(DeriveIden, Clone, Copy)]
enum OrderLists {
    Table,
    Id,
    Account,
    Market,
    ClientId,
    FirstOrder,
    SecondOrder,
    FirstClientId,
    SecondClientId,
    State,
    CreatedAt,
    UpdatedAt,
    Seq,
}

#[derive(DeriveIden, Clone, Copy)]
enum Preventions {
    Table,
    Market,
    Id,
    Account,
    Taker,
    TakerSide,
    Maker,
    Price,
    TakerQty,
    MakerQty,
    Mode,
    At,
    Seq,
}

#[derive(DeriveIden, Clone, Copy)]
enum Adjustments {
    Table,
    Seq,
    Account,
    Asset,
    Amount,
    Reference,
    At,
}

impl MigrationName for History {
    fn name(&self) -> &'static str {
        "0002_history"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for History {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(state()).await?;
        manager.create_table(orders()).await?;
        index(manager, "orders_by_account", Orders::Table, &[Orders::Account, Orders::Id]).await?;
        let names = [Orders::Account, Orders::Market, Orders::ClientId];
        index(manager, "orders_by_name", Orders::Table, &names).await?;
        manager.create_table(fills()).await?;
        let trades = [Fills::Account, Fills::Market, Fills::Trade];
        index(manager, "fills_by_trade", Fills::Table, &trades).await?;
        index(manager, "fills_by_order", Fills::Table, &[Fills::OrderId]).await?;
        manager.create_table(trades_table()).await?;
        index(manager, "trades_by_time", Trades::Table, &[Trades::Market, Trades::At]).await?;
        manager.create_table(aggregate_trades()).await?;
        let times = [AggregateTrades::Market, AggregateTrades::At];
        index(manager, "aggregates_by_time", AggregateTrades::Table, &times).await?;
        manager.create_table(candles()).await?;
        manager.create_table(order_lists()).await?;
        let lists = [OrderLists::Account, OrderLists::Id];
        index(manager, "order_lists_by_account", OrderLists::Table, &lists).await?;
        manager.create_table(preventions()).await?;
        let owners = [Preventions::Account, Preventions::Market, Preventions::Id];
        index(manager, "preventions_by_account", Preventions::Table, &owners).await?;
        manager.create_table(adjustments()).await?;
        let owners = [Adjustments::Account, Adjustments::Seq];
        index(manager, "adjustments_by_account", Adjustments::Table, &owners).await
    }
}

async fn index<T: Iden + Copy + 'static>(
    manager: &SchemaManager<'_>,
    name: &str,
    table: T,
    columns: &[T],
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(name).table(table.into_iden());
    for column in columns {
        index.col(column.into_iden());
    }
    manager.create_index(index).await
}

/// One row: how far the history has come, and which journal it tells.
fn state() -> TableCreateStatement {
    Table::create()
        .table(HistoryState::Table)
        .col(integer(HistoryState::Place).primary_key().check(Expr::col(HistoryState::Place).eq(1)))
        .col(big_integer(HistoryState::Seq))
        .col(big_integer(HistoryState::Origin))
        .to_owned()
}

fn orders() -> TableCreateStatement {
    Table::create()
        .table(Orders::Table)
        .col(big_integer(Orders::Id).primary_key())
        .col(big_integer(Orders::Account))
        .col(integer(Orders::Market))
        .col(big_integer_null(Orders::List))
        .col(string_len(Orders::ClientId, 36))
        .col(string_len(Orders::FirstClientId, 36))
        .col(integer(Orders::Side))
        .col(integer(Orders::Stp))
        .col(integer(Orders::Kind))
        .col(big_integer_null(Orders::AskedQty))
        .col(blob_null(Orders::AskedQuote))
        .col(big_integer_null(Orders::Price))
        .col(integer_null(Orders::TimeInForce))
        .col(big_integer_null(Orders::GoodTill))
        .col(big_integer_null(Orders::Display))
        .col(integer_null(Orders::TriggerKind))
        .col(big_integer_null(Orders::TriggerPrice))
        .col(big_integer_null(Orders::TrailingDelta))
        .col(big_integer_null(Orders::TriggerAt))
        .col(integer(Orders::Status))
        .col(integer_null(Orders::EndedBy))
        .col(big_integer(Orders::Qty))
        .col(big_integer(Orders::Filled))
        .col(blob(Orders::QuoteFilled))
        .col(big_integer(Orders::Prevented))
        .col(big_integer_null(Orders::Prevention))
        .col(big_integer(Orders::CreatedAt))
        .col(big_integer(Orders::UpdatedAt))
        .col(big_integer_null(Orders::WorkingAt))
        .col(big_integer_null(Orders::TriggeredAt))
        .col(big_integer(Orders::Seq))
        .to_owned()
}

fn fills() -> TableCreateStatement {
    Table::create()
        .table(Fills::Table)
        .col(big_integer(Fills::Account))
        .col(big_integer(Fills::Number))
        .col(integer(Fills::Market))
        .col(big_integer(Fills::Trade))
        .col(big_integer(Fills::OrderId))
        .col(big_integer_null(Fills::List))
        .col(integer(Fills::Side))
        .col(integer(Fills::IsMaker))
        .col(big_integer(Fills::Price))
        .col(big_integer(Fills::Qty))
        .col(blob(Fills::Quote))
        .col(blob(Fills::Fee))
        .col(integer(Fills::FeeAsset))
        .col(big_integer(Fills::At))
        .col(big_integer(Fills::Seq))
        .primary_key(Index::create().col(Fills::Account).col(Fills::Number))
        .to_owned()
}

fn trades_table() -> TableCreateStatement {
    Table::create()
        .table(Trades::Table)
        .col(integer(Trades::Market))
        .col(big_integer(Trades::Id))
        .col(big_integer(Trades::Price))
        .col(big_integer(Trades::Qty))
        .col(blob(Trades::Quote))
        .col(integer(Trades::TakerSide))
        .col(big_integer(Trades::At))
        .col(big_integer(Trades::Seq))
        .primary_key(Index::create().col(Trades::Market).col(Trades::Id))
        .to_owned()
}

fn aggregate_trades() -> TableCreateStatement {
    Table::create()
        .table(AggregateTrades::Table)
        .col(integer(AggregateTrades::Market))
        .col(big_integer(AggregateTrades::Id))
        .col(big_integer(AggregateTrades::Price))
        .col(blob(AggregateTrades::Lots))
        .col(blob(AggregateTrades::Quote))
        .col(big_integer(AggregateTrades::FirstTrade))
        .col(big_integer(AggregateTrades::LastTrade))
        .col(integer(AggregateTrades::TakerSide))
        .col(big_integer(AggregateTrades::At))
        .primary_key(Index::create().col(AggregateTrades::Market).col(AggregateTrades::Id))
        .to_owned()
}

fn candles() -> TableCreateStatement {
    Table::create()
        .table(Candles::Table)
        .col(integer(Candles::Market))
        .col(integer(Candles::Span))
        .col(big_integer(Candles::OpenAt))
        .col(big_integer(Candles::CloseAt))
        .col(big_integer(Candles::Open))
        .col(big_integer(Candles::High))
        .col(big_integer(Candles::Low))
        .col(big_integer(Candles::Close))
        .col(blob(Candles::Lots))
        .col(blob(Candles::Quote))
        .col(blob(Candles::TakerBuyLots))
        .col(blob(Candles::TakerBuyQuote))
        .col(big_integer(Candles::FirstTrade))
        .col(big_integer(Candles::LastTrade))
        .col(big_integer(Candles::Trades))
        .primary_key(Index::create().col(Candles::Market).col(Candles::Span).col(Candles::OpenAt))
        .to_owned()
}

fn order_lists() -> TableCreateStatement {
    Table::create()
        .table(OrderLists::Table)
        .col(big_integer(OrderLists::Id).primary_key())
        .col(big_integer(OrderLists::Account))
        .col(integer(OrderLists::Market))
        .col(string_len(OrderLists::ClientId, 36))
        .col(big_integer(OrderLists::FirstOrder))
        .col(big_integer(OrderLists::SecondOrder))
        .col(string_len(OrderLists::FirstClientId, 36))
        .col(string_len(OrderLists::SecondClientId, 36))
        .col(integer(OrderLists::State))
        .col(big_integer(OrderLists::CreatedAt))
        .col(big_integer(OrderLists::UpdatedAt))
        .col(big_integer(OrderLists::Seq))
        .to_owned()
}

fn preventions() -> TableCreateStatement {
    Table::create()
        .table(Preventions::Table)
        .col(integer(Preventions::Market))
        .col(big_integer(Preventions::Id))
        .col(big_integer(Preventions::Account))
        .col(big_integer(Preventions::Taker))
        .col(integer(Preventions::TakerSide))
        .col(big_integer(Preventions::Maker))
        .col(big_integer(Preventions::Price))
        .col(big_integer(Preventions::TakerQty))
        .col(big_integer(Preventions::MakerQty))
        .col(integer(Preventions::Mode))
        .col(big_integer(Preventions::At))
        .col(big_integer(Preventions::Seq))
        .primary_key(Index::create().col(Preventions::Market).col(Preventions::Id))
        .to_owned()
}

fn adjustments() -> TableCreateStatement {
    Table::create()
        .table(Adjustments::Table)
        .col(big_integer(Adjustments::Seq).primary_key())
        .col(big_integer(Adjustments::Account))
        .col(integer(Adjustments::Asset))
        .col(blob(Adjustments::Amount))
        .col(blob(Adjustments::Reference))
        .col(big_integer(Adjustments::At))
        .to_owned()
}
