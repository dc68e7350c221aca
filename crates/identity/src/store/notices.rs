//! The table of notices.

use database::{Moment, Whole};
use model::{Time, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue, DbErr, QueryOrder, QuerySelect};

use crate::notice::{
    INTRUDER_NOTICES_MAX, Notice, NoticeKind, ORDER_NOTICES_MAX, OTHER_NOTICES_MAX, Subject,
};

/// One row a notice.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Whole,
    pub user_id: Uuid,
    pub at: Moment,
    pub kind: NoticeKind,
    pub title: String,
    pub detail: String,
    pub subject_kind: Option<String>,
    pub subject_id: Option<String>,
    pub symbol: Option<String>,
    pub mark: Option<String>,
    pub read_at: Option<Moment>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Notice {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let wrong = || DbErr::Type(format!("the stored notice {} is not readable", row.id.0));
        let number = |id: &str| id.parse().map_err(|_| wrong());
        let subject = match (row.subject_kind.as_deref(), row.subject_id.as_deref()) {
            (None, None) => None,
            (Some("order"), Some(id)) => {
                let symbol = row.symbol.clone().ok_or_else(wrong)?;
                Some(Subject::Order { id: id.parse().map_err(|_| wrong())?, symbol })
            }
            (Some("apiKey"), Some(id)) => Some(Subject::ApiKey(number(id)?)),
            (Some("session"), Some(id)) => Some(Subject::Session(number(id)?)),
            (Some(_) | None, Some(_) | None) => return Err(wrong()),
        };
        Ok(Self {
            id: row.id.0,
            at: row.at.0,
            kind: row.kind,
            title: row.title,
            detail: row.detail,
            subject,
            is_read: row.read_at.is_some(),
        })
    }
}

fn of(user: UserId) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::UserId.eq(Uuid::from_bytes(user.0)))
}

pub async fn insert_notice(
    db: &impl ConnectionTrait,
    user: UserId,
    notice: &Notice,
    mark: Option<String>,
) -> Result<(), DbErr> {
    let (subject_kind, subject_id, symbol) = match &notice.subject {
        None => (None, None, None),
        Some(Subject::Order { id, symbol }) => {
            (Some("order"), Some(id.to_string()), Some(symbol.clone()))
        }
        Some(Subject::ApiKey(id)) => (Some("apiKey"), Some(id.to_string()), None),
        Some(Subject::Session(id)) => (Some("session"), Some(id.to_string()), None),
    };
    let row = Model {
        id: Whole(notice.id),
        user_id: Uuid::from_bytes(user.0),
        at: Moment(notice.at),
        kind: notice.kind,
        title: notice.title.clone(),
        detail: notice.detail.clone(),
        subject_kind: subject_kind.map(str::to_owned),
        subject_id,
        symbol,
        mark,
        read_at: None,
    };
    Entity::insert(ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Whether a user was told what has this mark.
pub async fn was_told(db: &impl ConnectionTrait, user: UserId, mark: &str) -> Result<bool, DbErr> {
    Ok(of(user).filter(Column::Mark.eq(mark)).limit(1).one(db).await?.is_some())
}

/// The greatest number of all.
pub async fn newest_notice(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let newest = Entity::find().order_by_desc(Column::Id).limit(1).one(db).await?;
    Ok(newest.map_or(0, |row| row.id.0))
}

/// A user's notices before `before`, newest first.
pub async fn notices_before(
    db: &impl ConnectionTrait,
    user: UserId,
    before: Option<u64>,
    limit: u64,
) -> Result<Vec<Notice>, DbErr> {
    let mut page = of(user).order_by_desc(Column::Id).limit(limit);
    if let Some(before) = before {
        page = page.filter(Column::Id.lt(Whole(before)));
    }
    page.all(db).await?.into_iter().map(Notice::try_from).collect()
}

/// How many of a user's notices are not read.
pub async fn unread_notices(db: &impl ConnectionTrait, user: UserId) -> Result<u64, DbErr> {
    of(user).filter(Column::ReadAt.is_null()).count(db).await
}

/// Takes note that a user has read them up to `through`.
pub async fn read_notices(
    db: &impl ConnectionTrait,
    user: UserId,
    through: u64,
    now: Time,
) -> Result<(), DbErr> {
    let change = ActiveModel { read_at: ActiveValue::Set(Some(Moment(now))), ..Default::default() };
    Entity::update_many()
        .set(change)
        .filter(Column::UserId.eq(Uuid::from_bytes(user.0)))
        .filter(Column::Id.lte(Whole(through)))
        .filter(Column::ReadAt.is_null())
        .exec(db)
        .await
        .map(drop)
}

/// Forgets all but the newest of a user, of those that are like each other.
pub async fn forget_notices(db: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    let (orders, intruders) = (NoticeKind::OF_ORDERS, NoticeKind::OF_INTRUDERS);
    let others = Column::Kind.is_not_in(orders.into_iter().chain(intruders));
    for (like, kept) in [
        (Column::Kind.is_in(orders), ORDER_NOTICES_MAX),
        (Column::Kind.is_in(intruders), INTRUDER_NOTICES_MAX),
        (others, OTHER_NOTICES_MAX),
    ] {
        let newest = of(user).filter(like.clone()).order_by_desc(Column::Id);
        let Some(first) = newest.offset(kept as u64).limit(1).one(db).await? else { continue };
        Entity::delete_many()
            .filter(Column::UserId.eq(Uuid::from_bytes(user.0)))
            .filter(Column::Id.lte(first.id))
            .filter(like)
            .exec(db)
            .await?;
    }
    Ok(())
}
