//! The table of the use of API keys, day by day.

use database::Whole;
use model::Time;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{DbErr, QueryOrder};

use crate::api_key::{ApiKeyDay, ApiKeyId};
use crate::ring::Used;

const DAY_MICROS: u64 = 24 * 3_600 * 1_000_000;
/// Days that are remembered.
const DAYS_MAX: u64 = 90;

/// One row a key and day; days are counted from the epoch, in UTC.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key_days")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Whole,
    pub requests: Whole,
    pub errors: Whole,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds uses to the day of the last of them.
pub async fn add(db: &impl ConnectionTrait, used: &Used) -> Result<(), DbErr> {
    let row = Model {
        key_id: Uuid::from_u128(used.id.0),
        day: Whole(used.last.max(used.last_error).micros() / DAY_MICROS),
        requests: Whole(used.count),
        errors: Whole(used.errors),
    };
    let sum = |column: Column, more: u64| Expr::col((Entity, column)).add(Whole(more));
    let add = OnConflict::columns([Column::KeyId, Column::Day])
        .value(Column::Requests, sum(Column::Requests, used.count))
        .value(Column::Errors, sum(Column::Errors, used.errors))
        .to_owned();
    Entity::insert(ActiveModel::from(row))
        .on_conflict(add)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// The days on which a key was used, oldest first.
pub async fn days_of(
    db: &impl ConnectionTrait,
    id: ApiKeyId,
    now: Time,
) -> Result<Vec<ApiKeyDay>, DbErr> {
    let rows = Entity::find()
        .filter(Column::KeyId.eq(Uuid::from_u128(id.0)))
        .filter(Column::Day.gt(oldest(now)))
        .order_by_asc(Column::Day)
        .all(db)
        .await?;
    let day = |row: Model| ApiKeyDay {
        day: Time(row.day.0 * DAY_MICROS),
        requests: row.requests.0,
        errors: row.errors.0,
    };
    Ok(rows.into_iter().map(day).collect())
}

/// Forgets days that are too long ago.
pub async fn forget_days(db: &impl ConnectionTrait, now: Time) -> Result<(), DbErr> {
    let old = Column::Day.lte(oldest(now));
    Entity::delete_many().filter(old).exec(db).await.map(drop)
}

fn oldest(now: Time) -> Whole {
    Whole((now.micros() / DAY_MICROS).saturating_sub(DAYS_MAX))
}
