//! The name of this installation.

use database::Moment;
use model::Time;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, DbErr};

/// One row, made at the first start.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    pub id: Uuid,
    pub created_at: Moment,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The name of this installation; drawn where there is none.
pub async fn deployment(db: &impl ConnectionTrait, now: Time) -> Result<[u8; 16], DbErr> {
    let row = ActiveModel {
        place: ActiveValue::Set(1),
        id: ActiveValue::Set(Uuid::new_v4()),
        created_at: ActiveValue::Set(Moment(now)),
    };
    let keep = OnConflict::column(Column::Place).do_nothing().to_owned();
    Entity::insert(row).on_conflict(keep).exec_without_returning(db).await?;
    let row = Entity::find().one(db).await?;
    row.map(|row| *row.id.as_bytes())
        .ok_or_else(|| DbErr::RecordNotFound("the deployment has no row".to_owned()))
}
