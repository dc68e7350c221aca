//! The table of sessions.

use database::Moment;
use ipnet::IpNet;
use model::{Time, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue, DbErr, QueryOrder, QuerySelect};

use super::users;
use crate::live::Change;
use crate::session::{EndReason, Origin, Previous, Rotated, Session, SessionId};
use crate::user::Role;

/// One row a session; it stays for a while when the session has ended. `network` is the place from
/// which it was opened, by which its owner is known.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub device: String,
    pub address: String,
    pub network: String,
    pub created_at: Moment,
    pub last_activity_at: Moment,
    pub refresh_hash: Vec<u8>,
    pub previous_hash: Option<Vec<u8>>,
    pub salt: Option<Vec<u8>>,
    pub rotated_at: Option<Moment>,
    pub ended_at: Option<Moment>,
    pub end_reason: Option<EndReason>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "users::Entity", from = "Column::UserId", to = "users::Column::Id")]
    User,
}

impl Related<users::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

fn wrong(id: Uuid) -> DbErr {
    DbErr::Type(format!("the stored session {id} is not readable"))
}

impl TryFrom<Model> for Session {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let address = row.address.parse().map_err(|_| wrong(row.id))?;
        Ok(Self {
            id: SessionId(row.id.as_u128()),
            user: UserId(*row.user_id.as_bytes()),
            address,
            elsewhere: [None; 2],
            device: row.device,
            created: row.created_at.0,
            last_activity: row.last_activity_at.0,
        })
    }
}

impl TryFrom<Model> for Rotated {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let wrong = || wrong(row.id);
        let read = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| wrong());
        let previous = match (&row.previous_hash, &row.salt, row.rotated_at) {
            (Some(hash), Some(salt), Some(at)) => {
                Some(Previous { hash: read(hash)?, salt: read(salt)?, at: at.0 })
            }
            (None, None, None) => None,
            (Some(_) | None, Some(_) | None, Some(_) | None) => return Err(wrong()),
        };
        Ok(Self { newest: read(&row.refresh_hash)?, previous })
    }
}

pub async fn insert_session(
    db: &impl ConnectionTrait,
    session: &Session,
    origin: &Origin,
    refresh_hash: [u8; 32],
) -> Result<(), DbErr> {
    let row = Model {
        id: Uuid::from_u128(session.id.0),
        user_id: Uuid::from_bytes(session.user.0),
        device: session.device.clone(),
        address: session.address.to_string(),
        network: origin.place().to_string(),
        created_at: Moment(session.created),
        last_activity_at: Moment(session.last_activity),
        refresh_hash: refresh_hash.to_vec(),
        previous_hash: None,
        salt: None,
        rotated_at: None,
        ended_at: None,
        end_reason: None,
    };
    Entity::insert(ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Sessions that have not ended, with their owners' roles, in the order of their numbers, behind
/// `after`.
pub async fn live_page(
    db: &impl ConnectionTrait,
    after: Option<SessionId>,
    limit: u64,
) -> Result<Vec<(Session, Role)>, DbErr> {
    let mut page = Entity::find()
        .find_also_related(users::Entity)
        .filter(Column::EndedAt.is_null())
        .order_by_asc(Column::Id)
        .limit(limit);
    if let Some(after) = after {
        page = page.filter(Column::Id.gt(Uuid::from_u128(after.0)));
    }
    let rows = page.all(db).await?.into_iter();
    rows.map(|(row, owner)| {
        let owner = owner.ok_or_else(|| wrong(row.id))?;
        Ok((Session::try_from(row)?, owner.role))
    })
    .collect()
}

/// What is known of the refresh tokens of a session, which until the transaction ends nobody else
/// can lock.
pub async fn lock_refresh(
    db: &impl ConnectionTrait,
    id: SessionId,
) -> Result<Option<Rotated>, DbErr> {
    let row = Entity::find_by_id(Uuid::from_u128(id.0))
        .filter(Column::EndedAt.is_null())
        .lock_exclusive()
        .one(db)
        .await?;
    row.map(Rotated::try_from).transpose()
}

pub async fn rotate(
    db: &impl ConnectionTrait,
    id: SessionId,
    newest: [u8; 32],
    previous: &Previous,
) -> Result<(), DbErr> {
    let change = ActiveModel {
        refresh_hash: ActiveValue::Set(newest.to_vec()),
        previous_hash: ActiveValue::Set(Some(previous.hash.to_vec())),
        salt: ActiveValue::Set(Some(previous.salt.to_vec())),
        rotated_at: ActiveValue::Set(Some(Moment(previous.at))),
        ..ActiveModelTrait::default()
    };
    let by_id = Column::Id.eq(Uuid::from_u128(id.0));
    Entity::update_many().set(change).filter(by_id).exec(db).await.map(drop)
}

/// Writes down what happened to sessions that have not ended.
pub async fn write_changes(db: &impl ConnectionTrait, changes: &[Change]) -> Result<(), DbErr> {
    for change in changes {
        let (id, last_activity, end) = match change {
            Change::Active { id, at } => (id, *at, None),
            Change::Ended { id, last_activity, at, reason } => {
                (id, *last_activity, Some((*at, *reason)))
            }
        };
        let mut row = ActiveModel {
            last_activity_at: ActiveValue::Set(Moment(last_activity)),
            ..ActiveModelTrait::default()
        };
        if let Some((at, reason)) = end {
            row.ended_at = ActiveValue::Set(Some(Moment(at)));
            row.end_reason = ActiveValue::Set(Some(reason));
        }
        Entity::update_many()
            .set(row)
            .filter(Column::Id.eq(Uuid::from_u128(id.0)))
            .filter(Column::EndedAt.is_null())
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Ends the sessions of a user, but for one perhaps.
pub async fn end_sessions(
    db: &impl ConnectionTrait,
    user: UserId,
    but: Option<SessionId>,
    (at, reason): (Time, EndReason),
) -> Result<(), DbErr> {
    let end = ActiveModel {
        ended_at: ActiveValue::Set(Some(Moment(at))),
        end_reason: ActiveValue::Set(Some(reason)),
        ..ActiveModelTrait::default()
    };
    let mut own = Entity::update_many()
        .set(end)
        .filter(Column::UserId.eq(Uuid::from_bytes(user.0)))
        .filter(Column::EndedAt.is_null());
    if let Some(but) = but {
        own = own.filter(Column::Id.ne(Uuid::from_u128(but.0)));
    }
    own.exec(db).await.map(drop)
}

/// Whether a user has had a session from there that is remembered.
pub async fn knows_place(
    db: &impl ConnectionTrait,
    user: UserId,
    place: &IpNet,
) -> Result<bool, DbErr> {
    let found = Entity::find()
        .filter(Column::UserId.eq(Uuid::from_bytes(user.0)))
        .filter(Column::Network.eq(place.to_string()))
        .limit(1)
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Whether a user has had a session at all that is remembered.
pub async fn has_sessions(db: &impl ConnectionTrait, user: UserId) -> Result<bool, DbErr> {
    let own = Entity::find().filter(Column::UserId.eq(Uuid::from_bytes(user.0)));
    Ok(own.limit(1).one(db).await?.is_some())
}

/// Forgets sessions that ended before `before`.
pub async fn forget_sessions(db: &impl ConnectionTrait, before: Time) -> Result<(), DbErr> {
    let old = Column::EndedAt.lt(Moment(before));
    Entity::delete_many().filter(old).exec(db).await.map(drop)
}
