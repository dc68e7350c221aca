//! The table of users.

use database::{Moment, is_duplicate};
use model::{Time, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue, DbErr, QueryOrder, QuerySelect};

use crate::error::IdentityError;
use crate::password::StoredHash;
use crate::user::{Email, Kyc, Role, User};

/// One row a user. `email_key` is the address as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub email: String,
    pub email_key: String,
    pub password_hash: StoredHash,
    pub role: Role,
    pub kyc: Kyc,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for User {
    fn from(row: Model) -> Self {
        Self {
            id: UserId(*row.id.as_bytes()),
            email: row.email,
            role: row.role,
            kyc: row.kyc,
            created: row.created_at.0,
        }
    }
}

pub async fn insert_user(
    db: &impl ConnectionTrait,
    email: &Email,
    hash: StoredHash,
    (role, kyc): (Role, Kyc),
    now: Time,
) -> Result<User, IdentityError> {
    let row = Model {
        id: Uuid::new_v4(),
        email: email.as_str().to_owned(),
        email_key: email.key(),
        password_hash: hash,
        role,
        kyc,
        created_at: Moment(now),
    };
    let inserted = Entity::insert(ActiveModel::from(row.clone())).exec_without_returning(db).await;
    match inserted {
        Ok(_) => Ok(row.into()),
        Err(error) if is_duplicate(&error) => Err(IdentityError::EmailTaken),
        Err(error) => Err(error.into()),
    }
}

async fn row_of(db: &impl ConnectionTrait, email: &Email) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::EmailKey.eq(email.key())).one(db).await
}

pub async fn find_user(db: &impl ConnectionTrait, email: &Email) -> Result<Option<User>, DbErr> {
    Ok(row_of(db, email).await?.map(User::from))
}

pub async fn password_hash(
    db: &impl ConnectionTrait,
    email: &Email,
) -> Result<Option<(User, StoredHash)>, DbErr> {
    let row = row_of(db, email).await?;
    Ok(row.map(|row| (User::from(row.clone()), row.password_hash)))
}

pub async fn user(db: &impl ConnectionTrait, id: UserId) -> Result<Option<User>, DbErr> {
    Ok(Entity::find_by_id(Uuid::from_bytes(id.0)).one(db).await?.map(User::from))
}

/// The user, who until the transaction ends can be locked by nobody else.
pub async fn lock_user(db: &impl ConnectionTrait, id: UserId) -> Result<Option<User>, DbErr> {
    let found = Entity::find_by_id(Uuid::from_bytes(id.0)).lock_exclusive().one(db).await?;
    Ok(found.map(User::from))
}

/// Users in the order of their numbers, behind `after`.
pub async fn users_page(
    db: &impl ConnectionTrait,
    after: Option<UserId>,
    limit: u64,
) -> Result<Vec<User>, DbErr> {
    let mut page = Entity::find().order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        page = page.filter(Column::Id.gt(Uuid::from_bytes(after.0)));
    }
    Ok(page.all(db).await?.into_iter().map(User::from).collect())
}

/// Whether anybody is an administrator.
pub async fn has_administrator(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let found = Entity::find().filter(Column::Role.eq(Role::Admin)).limit(1).one(db).await?;
    Ok(found.is_some())
}

/// The hash of a user's password.
pub async fn own_password_hash(
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Option<StoredHash>, DbErr> {
    let row = Entity::find_by_id(Uuid::from_bytes(id.0)).one(db).await?;
    Ok(row.map(|row| row.password_hash))
}

/// The same; until the transaction ends, nobody else can lock the user.
pub async fn lock_password_hash(
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Option<StoredHash>, DbErr> {
    let row = Entity::find_by_id(Uuid::from_bytes(id.0)).lock_exclusive().one(db).await?;
    Ok(row.map(|row| row.password_hash))
}

pub async fn set_kyc(db: &impl ConnectionTrait, id: UserId, kyc: Kyc) -> Result<(), DbErr> {
    let change = ActiveModel { kyc: ActiveValue::Set(kyc), ..ActiveModelTrait::default() };
    let by_id = Column::Id.eq(Uuid::from_bytes(id.0));
    Entity::update_many().set(change).filter(by_id).exec(db).await.map(drop)
}

pub async fn replace_password(
    db: &impl ConnectionTrait,
    id: UserId,
    hash: StoredHash,
) -> Result<(), DbErr> {
    let change =
        ActiveModel { password_hash: ActiveValue::Set(hash), ..ActiveModelTrait::default() };
    let by_id = Column::Id.eq(Uuid::from_bytes(id.0));
    Entity::update_many().set(change).filter(by_id).exec(db).await.map(drop)
}
