//! The table of the audit log.

use database::{Moment, Whole};
use model::UserId;
use sea_orm::entity::prelude::*;
use sea_orm::{DbErr, QueryOrder, QuerySelect};

use crate::audit::{Act, Actor, AuditEntry};

/// One row an entry, for ever.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: Whole,
    pub at: Moment,
    pub act: Act,
    pub actor: Actor,
    pub user_id: Option<Uuid>,
    pub address: Option<String>,
    pub detail: String,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for AuditEntry {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let wrong = || DbErr::Type(format!("entry {} of the audit log is not readable", row.seq.0));
        let hash = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| wrong());
        let address = row.address.as_deref().map(str::parse).transpose();
        Ok(Self {
            seq: row.seq.0,
            at: row.at.0,
            act: row.act,
            actor: row.actor,
            user: row.user_id.map(|id| UserId(*id.as_bytes())),
            address: address.map_err(|_| wrong())?,
            previous: hash(&row.previous)?,
            hash: hash(&row.hash)?,
            detail: row.detail,
        })
    }
}

pub async fn insert_audit(db: &impl ConnectionTrait, entry: AuditEntry) -> Result<(), DbErr> {
    let row = Model {
        seq: Whole(entry.seq),
        at: Moment(entry.at),
        act: entry.act,
        actor: entry.actor,
        user_id: entry.user.map(|user| Uuid::from_bytes(user.0)),
        address: entry.address.map(|address| address.to_string()),
        detail: entry.detail,
        previous: entry.previous.to_vec(),
        hash: entry.hash.to_vec(),
    };
    Entity::insert(ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Entries behind `after`, oldest first.
pub async fn audit_page(
    db: &impl ConnectionTrait,
    after: u64,
    limit: u64,
) -> Result<Vec<AuditEntry>, DbErr> {
    let page = Entity::find().filter(Column::Seq.gt(Whole(after))).order_by_asc(Column::Seq);
    let rows = page.limit(limit).all(db).await?;
    rows.into_iter().map(AuditEntry::try_from).collect()
}

/// Entries before `before`, newest first.
pub async fn audit_before(
    db: &impl ConnectionTrait,
    before: Option<u64>,
    limit: u64,
) -> Result<Vec<AuditEntry>, DbErr> {
    let mut page = Entity::find().order_by_desc(Column::Seq).limit(limit);
    if let Some(before) = before {
        page = page.filter(Column::Seq.lt(Whole(before)));
    }
    page.all(db).await?.into_iter().map(AuditEntry::try_from).collect()
}
