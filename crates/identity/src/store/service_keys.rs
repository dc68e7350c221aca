//! The table of the keys that the service itself has.

use database::Moment;
use model::Time;
use sea_orm::entity::prelude::*;
use sea_orm::{DbErr, QueryOrder};

use crate::user::words;

words! {
    /// What a key of the service is for.
    Purpose {
        /// Signs access tokens.
        Token = "token",
        /// Decrypts what pages encrypt.
        Password = "password",
    }
}

/// One row a key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub purpose: Purpose,
    pub sealed: Vec<u8>,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A key of the service.
pub struct ServiceKey {
    pub id: u128,
    pub sealed: Vec<u8>,
    pub created: Time,
}

/// The keys for a purpose, newest first.
pub async fn service_keys(
    db: &impl ConnectionTrait,
    purpose: Purpose,
) -> Result<Vec<ServiceKey>, DbErr> {
    let rows = Entity::find()
        .filter(Column::Purpose.eq(purpose))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .all(db)
        .await?;
    let key = |row: Model| ServiceKey {
        id: row.id.as_u128(),
        sealed: row.sealed,
        created: row.created_at.0,
    };
    Ok(rows.into_iter().map(key).collect())
}

pub async fn insert_service_key(
    db: &impl ConnectionTrait,
    purpose: Purpose,
    key: &ServiceKey,
) -> Result<(), DbErr> {
    let row = Model {
        id: Uuid::from_u128(key.id),
        purpose,
        sealed: key.sealed.clone(),
        created_at: Moment(key.created),
    };
    Entity::insert(ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

pub async fn delete_service_key(db: &impl ConnectionTrait, id: u128) -> Result<(), DbErr> {
    Entity::delete_by_id(Uuid::from_u128(id)).exec(db).await.map(drop)
}
