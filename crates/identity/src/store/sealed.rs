//! Sealed secrets, in whatever table they lie: for what concerns all of them.

use sea_orm::DbErr;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query};
use vault::RecordName;

/// Secrets are never replaced: another row is made.
const SECRET_VERSION: u32 = 1;

/// A table that has sealed secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedTable {
    /// The secrets of API keys.
    ApiKeys,
    /// The keys of the service itself, which belong to nobody.
    ServiceKeys,
    /// The keys of second factors.
    SecondFactors,
}

/// A row and its sealed secret.
pub struct SealedRow {
    pub table: SealedTable,
    pub id: u128,
    pub owner: [u8; 16],
    pub sealed: Vec<u8>,
}

impl SealedTable {
    pub const ALL: [Self; 3] = [Self::ApiKeys, Self::ServiceKeys, Self::SecondFactors];

    const fn name(self) -> &'static str {
        match self {
            Self::ApiKeys => "api_keys",
            Self::ServiceKeys => "service_keys",
            Self::SecondFactors => "second_factors",
        }
    }

    const fn owner(self) -> Option<&'static str> {
        match self {
            Self::ApiKeys | Self::SecondFactors => Some("user_id"),
            Self::ServiceKeys => None,
        }
    }

    /// Under what name the secret of a row is sealed.
    pub const fn record_name(self, id: u128, owner: [u8; 16]) -> RecordName<'static> {
        let record = id.to_be_bytes();
        RecordName { table: self.name(), record, owner, version: SECRET_VERSION }
    }
}

impl SealedRow {
    /// Under what name the secret is sealed.
    pub const fn record_name(&self) -> RecordName<'static> {
        self.table.record_name(self.id, self.owner)
    }
}

/// How many sealed secrets of users there are, good or not: what a lost master key would cost.
pub async fn count_sealed(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let mut count = 0;
    for table in SealedTable::ALL.into_iter().filter(|table| table.owner().is_some()) {
        let query = Query::select()
            .expr_as(Expr::col(Alias::new("sealed")).count(), Alias::new("sealed"))
            .from(Alias::new(table.name()))
            .to_owned();
        let row = db.query_one(&query).await?;
        let found: i64 = row.map_or(Ok(0), |row| row.try_get("", "sealed"))?;
        count += found.unsigned_abs();
    }
    Ok(count)
}

/// Sealed secrets of a table in the order of their numbers, behind `after`, good or not.
pub async fn sealed_page(
    db: &impl ConnectionTrait,
    table: SealedTable,
    after: Option<u128>,
    limit: u64,
) -> Result<Vec<SealedRow>, DbErr> {
    let mut query = Query::select();
    query
        .columns([Alias::new("id"), Alias::new("sealed")])
        .from(Alias::new(table.name()))
        .and_where(Expr::col(Alias::new("sealed")).is_not_null())
        .order_by(Alias::new("id"), Order::Asc)
        .limit(limit);
    if let Some(owner) = table.owner() {
        query.column(Alias::new(owner));
    }
    if let Some(after) = after {
        query.and_where(Expr::col(Alias::new("id")).gt(Uuid::from_u128(after)));
    }
    let rows = db.query_all(&query).await?;
    let read = |row: &sea_orm::QueryResult| {
        let owner: Option<Uuid> = table.owner().map(|owner| row.try_get("", owner)).transpose()?;
        Ok(SealedRow {
            table,
            id: row.try_get::<Uuid>("", "id")?.as_u128(),
            owner: owner.map_or([0; 16], |owner| *owner.as_bytes()),
            sealed: row.try_get("", "sealed")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Replaces a sealed secret, unless somebody else did.
pub async fn write_sealed(
    db: &impl ConnectionTrait,
    row: &SealedRow,
    sealed: Vec<u8>,
) -> Result<bool, DbErr> {
    let change = Query::update()
        .table(Alias::new(row.table.name()))
        .value(Alias::new("sealed"), sealed)
        .and_where(Expr::col(Alias::new("id")).eq(Uuid::from_u128(row.id)))
        .and_where(Expr::col(Alias::new("sealed")).eq(row.sealed.clone()))
        .to_owned();
    Ok(db.execute(&change).await?.rows_affected() == 1)
}
