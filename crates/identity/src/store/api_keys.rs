//! The table of API keys.

use database::{Moment, Whole};
use model::{Time, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue, DbErr, QueryOrder, QuerySelect};
use venue::binance::KeyKind;

use crate::api_key::{ApiKey, ApiKeyId, NewApiKey, parse_networks};
use crate::key::Scopes;
use crate::ring::{Lookup, Used};

/// One row a key, for ever: what was revoked stays, for the record.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub lookup: Vec<u8>,
    pub hint: String,
    pub name: String,
    pub kind: String,
    pub sealed: Option<Vec<u8>>,
    pub public_key: Option<Vec<u8>>,
    pub scopes: String,
    pub allow_ips: String,
    pub created_at: Moment,
    pub expires_at: Option<Moment>,
    pub last_used_at: Option<Moment>,
    pub uses: Whole,
    pub revoked_at: Option<Moment>,
    pub last_address: Option<String>,
    pub requests_per_minute: Option<Whole>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A key as it is stored: its face, under what it is found, and with what it is checked.
#[derive(Clone)]
pub struct StoredKey {
    pub face: ApiKey,
    pub lookup: Lookup,
    pub sealed: Option<Vec<u8>>,
    pub public_key: Option<Vec<u8>>,
}

const fn kind_word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Hmac => "hmac",
        KeyKind::Ed25519 => "ed25519",
        KeyKind::Rsa => "rsa",
    }
}

fn kind_of(word: &str) -> Option<KeyKind> {
    [KeyKind::Hmac, KeyKind::Ed25519, KeyKind::Rsa]
        .into_iter()
        .find(|kind| kind_word(*kind) == word)
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|word| !word.is_empty())
}

impl TryFrom<Model> for StoredKey {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let wrong = || DbErr::Type(format!("the stored API key {} is not readable", row.id));
        let face = ApiKey {
            id: ApiKeyId(row.id.as_u128()),
            user: UserId(*row.user_id.as_bytes()),
            kind: kind_of(&row.kind).ok_or_else(wrong)?,
            scopes: Scopes::parse(list(&row.scopes)).ok_or_else(wrong)?,
            allow_ips: parse_networks(list(&row.allow_ips)).map_err(|_| wrong())?,
            created: row.created_at.0,
            expires: row.expires_at.map(|moment| moment.0),
            last_used: row.last_used_at.map(|moment| moment.0),
            uses: row.uses.0,
            last_address: row.last_address.as_deref().and_then(|text| text.parse().ok()),
            requests_per_minute: row
                .requests_per_minute
                .map(|limit| u32::try_from(limit.0).map_err(|_| wrong()))
                .transpose()?,
            name: row.name.clone(),
            hint: row.hint.clone(),
        };
        let lookup = Lookup::try_from(&*row.lookup).map_err(|_| wrong())?;
        Ok(Self { face, lookup, sealed: row.sealed, public_key: row.public_key })
    }
}

fn networks_column(new: &NewApiKey) -> String {
    let networks: Vec<_> = new.allow_ips.iter().map(ToString::to_string).collect();
    networks.join(",")
}

fn limit_column(new: &NewApiKey) -> Option<Whole> {
    new.requests_per_minute.map(|limit| Whole(u64::from(limit)))
}

pub async fn insert_key(
    db: &impl ConnectionTrait,
    key: &StoredKey,
    new: &NewApiKey,
) -> Result<(), DbErr> {
    let row = Model {
        id: Uuid::from_u128(key.face.id.0),
        user_id: Uuid::from_bytes(key.face.user.0),
        lookup: key.lookup.to_vec(),
        hint: key.face.hint.clone(),
        name: new.name.clone(),
        kind: kind_word(key.face.kind).to_owned(),
        sealed: key.sealed.clone(),
        public_key: key.public_key.clone(),
        scopes: new.scopes.names().join(","),
        allow_ips: networks_column(new),
        created_at: Moment(key.face.created),
        expires_at: new.expires.map(Moment),
        last_used_at: None,
        uses: Whole(0),
        revoked_at: None,
        last_address: None,
        requests_per_minute: limit_column(new),
    };
    Entity::insert(ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

fn active() -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::RevokedAt.is_null())
}

/// How many keys of a user are not revoked.
pub async fn count_active(db: &impl ConnectionTrait, user: UserId) -> Result<u64, DbErr> {
    active().filter(Column::UserId.eq(Uuid::from_bytes(user.0))).count(db).await
}

/// The keys of a user that are not revoked, oldest first.
pub async fn keys_of(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<StoredKey>, DbErr> {
    let rows = active()
        .filter(Column::UserId.eq(Uuid::from_bytes(user.0)))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(StoredKey::try_from).collect()
}

/// Keys that are not revoked, in the order of their numbers, behind `after`.
pub async fn load_page(
    db: &impl ConnectionTrait,
    after: Option<ApiKeyId>,
    limit: u64,
) -> Result<Vec<StoredKey>, DbErr> {
    let mut page = active().order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        page = page.filter(Column::Id.gt(Uuid::from_u128(after.0)));
    }
    page.all(db).await?.into_iter().map(StoredKey::try_from).collect()
}

/// A key that is revoked.
pub struct Revoked {
    /// Under what it is found.
    pub lookup: Lookup,
    /// Whether it was not before.
    pub is_new: bool,
}

/// Revokes a key of that user; `None` if there is no such key.
pub async fn revoke(
    db: &impl ConnectionTrait,
    user: UserId,
    id: ApiKeyId,
    now: Time,
) -> Result<Option<Revoked>, DbErr> {
    let own = Entity::find()
        .filter(Column::Id.eq(Uuid::from_u128(id.0)))
        .filter(Column::UserId.eq(Uuid::from_bytes(user.0)));
    let Some(row) = own.one(db).await? else { return Ok(None) };
    let is_new = row.revoked_at.is_none();
    if is_new {
        let change = ActiveModel {
            revoked_at: ActiveValue::Set(Some(Moment(now))),
            ..ActiveModelTrait::default()
        };
        let by_id = Column::Id.eq(row.id);
        Entity::update_many().set(change).filter(by_id).exec(db).await?;
    }
    StoredKey::try_from(row).map(|key| Some(Revoked { lookup: key.lookup, is_new }))
}

/// The key of that user, if it is not revoked.
pub async fn own_key(
    db: &impl ConnectionTrait,
    user: UserId,
    id: ApiKeyId,
) -> Result<Option<StoredKey>, DbErr> {
    let own = active()
        .filter(Column::Id.eq(Uuid::from_u128(id.0)))
        .filter(Column::UserId.eq(Uuid::from_bytes(user.0)));
    own.one(db).await?.map(StoredKey::try_from).transpose()
}

/// Changes what may be changed of a key, to what `like` says.
pub async fn change_key(
    db: &impl ConnectionTrait,
    id: ApiKeyId,
    like: &NewApiKey,
) -> Result<(), DbErr> {
    let change = ActiveModel {
        name: ActiveValue::Set(like.name.clone()),
        scopes: ActiveValue::Set(like.scopes.names().join(",")),
        allow_ips: ActiveValue::Set(networks_column(like)),
        expires_at: ActiveValue::Set(like.expires.map(Moment)),
        requests_per_minute: ActiveValue::Set(limit_column(like)),
        ..ActiveModelTrait::default()
    };
    let by_id = Column::Id.eq(Uuid::from_u128(id.0));
    Entity::update_many().set(change).filter(by_id).exec(db).await.map(drop)
}

/// Adds uses to what is written down already.
pub async fn add_uses(db: &impl ConnectionTrait, used: &[Used]) -> Result<(), DbErr> {
    for used in used {
        super::api_key_days::add(db, used).await?;
        if used.count == 0 {
            continue;
        }
        let count = Expr::col(Column::Uses).add(Whole(used.count));
        let mut change = Entity::update_many()
            .col_expr(Column::Uses, count)
            .col_expr(Column::LastUsedAt, Expr::val(Moment(used.last)));
        if let Some(from) = used.from {
            change = change.col_expr(Column::LastAddress, Expr::val(from.to_string()));
        }
        change.filter(Column::Id.eq(Uuid::from_u128(used.id.0))).exec(db).await?;
    }
    Ok(())
}

/// A key that ends: whose, its number, its name, when.
pub type Ending = (UserId, u128, String, Time);

/// Keys that are looked at, soonest first.
const ENDING_ROWS: u64 = 10_000;

/// Keys that are good and end between `now` and `then`.
pub async fn keys_ending(
    db: &impl ConnectionTrait,
    now: Time,
    then: Time,
) -> Result<Vec<Ending>, DbErr> {
    let rows = Entity::find()
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(Moment(now)))
        .filter(Column::ExpiresAt.lte(Moment(then)))
        .order_by_asc(Column::ExpiresAt)
        .limit(ENDING_ROWS)
        .all(db)
        .await?;
    let ending = rows.into_iter().filter_map(|row| {
        let (user, id) = (UserId(*row.user_id.as_bytes()), row.id.as_u128());
        Some((user, id, row.name, row.expires_at?.0))
    });
    Ok(ending.collect())
}
