//! The tables of second factors and recovery codes.

use database::{Moment, Whole};
use model::{Time, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue, Condition, DbErr, QuerySelect};

/// One row a factor; it is on when it is confirmed. A user has one that is, and at most one that is
/// not.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub sealed: Vec<u8>,
    pub created_at: Moment,
    pub confirmed_at: Option<Moment>,
    pub last_step: Option<Whole>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

mod code {
    use sea_orm::entity::prelude::*;

    /// One row a code.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_codes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub user_id: Uuid,
        pub hash: Vec<u8>,
        pub used_at: Option<database::Moment>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A second factor as it is stored.
pub struct StoredFactor {
    pub id: u128,
    pub sealed: Vec<u8>,
    pub created: Time,
    pub last_step: Option<u64>,
}

fn of(user: UserId) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::UserId.eq(Uuid::from_bytes(user.0)))
}

/// The factor of a user that is on, or the one that waits to be confirmed.
pub async fn factor_of(
    db: &impl ConnectionTrait,
    user: UserId,
    is_confirmed: bool,
) -> Result<Option<StoredFactor>, DbErr> {
    let confirmed = Column::ConfirmedAt;
    let wanted = if is_confirmed { confirmed.is_not_null() } else { confirmed.is_null() };
    let found = of(user).filter(wanted).limit(1).one(db).await?;
    Ok(found.map(|row| StoredFactor {
        id: row.id.as_u128(),
        sealed: row.sealed,
        created: row.created_at.0,
        last_step: row.last_step.map(|step| step.0),
    }))
}

/// Stores a factor that is to be confirmed, instead of another one that was.
pub async fn insert_factor(
    db: &impl ConnectionTrait,
    user: UserId,
    factor: &StoredFactor,
) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::UserId.eq(Uuid::from_bytes(user.0)))
        .filter(Column::ConfirmedAt.is_null())
        .exec(db)
        .await?;
    let row = Model {
        id: Uuid::from_u128(factor.id),
        user_id: Uuid::from_bytes(user.0),
        sealed: factor.sealed.clone(),
        created_at: Moment(factor.created),
        confirmed_at: None,
        last_step: None,
    };
    Entity::insert(ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Switches a factor on.
pub async fn confirm_factor(db: &impl ConnectionTrait, id: u128, now: Time) -> Result<(), DbErr> {
    let change = ActiveModel {
        confirmed_at: ActiveValue::Set(Some(Moment(now))),
        ..ActiveModelTrait::default()
    };
    let by_id = Column::Id.eq(Uuid::from_u128(id));
    Entity::update_many().set(change).filter(by_id).exec(db).await.map(drop)
}

/// Gives a user these recovery codes, instead of all that they had.
pub async fn replace_recovery_codes(
    db: &impl ConnectionTrait,
    user: UserId,
    codes: &[[u8; 32]],
) -> Result<(), DbErr> {
    let user_id = Uuid::from_bytes(user.0);
    code::Entity::delete_many().filter(code::Column::UserId.eq(user_id)).exec(db).await?;
    let row = |hash: &[u8; 32]| {
        let (id, hash) = (Uuid::new_v4(), hash.to_vec());
        code::ActiveModel::from(code::Model { id, user_id, hash, used_at: None })
    };
    let rows = codes.iter().map(row);
    code::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

/// Takes note of a step. Whether it is later than any before: two who show the same code at once
/// are not both told that it is.
pub async fn use_step(db: &impl ConnectionTrait, id: u128, step: u64) -> Result<bool, DbErr> {
    let change =
        ActiveModel { last_step: ActiveValue::Set(Some(Whole(step))), ..Default::default() };
    let is_later =
        Condition::any().add(Column::LastStep.is_null()).add(Column::LastStep.lt(Whole(step)));
    let used = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(Uuid::from_u128(id)))
        .filter(is_later)
        .exec(db)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Uses a recovery code. Whether there was one that was not used.
pub async fn use_recovery_code(
    db: &impl ConnectionTrait,
    user: UserId,
    hash: [u8; 32],
    now: Time,
) -> Result<bool, DbErr> {
    let change =
        code::ActiveModel { used_at: ActiveValue::Set(Some(Moment(now))), ..Default::default() };
    let used = code::Entity::update_many()
        .set(change)
        .filter(code::Column::UserId.eq(Uuid::from_bytes(user.0)))
        .filter(code::Column::Hash.eq(hash.to_vec()))
        .filter(code::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(used.rows_affected == 1)
}

/// How many recovery codes of a user are not used.
pub async fn recovery_codes_left(db: &impl ConnectionTrait, user: UserId) -> Result<u64, DbErr> {
    code::Entity::find()
        .filter(code::Column::UserId.eq(Uuid::from_bytes(user.0)))
        .filter(code::Column::UsedAt.is_null())
        .count(db)
        .await
}

/// Switches the second factor of a user off, and forgets the recovery codes.
pub async fn delete_factors(db: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    let user = Uuid::from_bytes(user.0);
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(db).await?;
    code::Entity::delete_many().filter(code::Column::UserId.eq(user)).exec(db).await.map(drop)
}
