//! The audit log: written, read, verified.

use std::ops::Deref;
use std::sync::PoisonError;

use model::UserId;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use tokio::sync::MutexGuard;

use super::notices::Boards;
use super::{Caller, Identity};
use crate::audit::{Act, Actor, AuditEntry, AuditHead, Note};
use crate::clock::Clock;
use crate::error::IdentityError;
use crate::failures::{Failures, Wrong};
use crate::notice::NewNotice;
use crate::session::Origin;
use crate::store;
use crate::user::User;

/// Entries read at once.
const PAGE_ROWS: u64 = 1_000;
/// Entries in one page.
const PAGE_MAX: u64 = 500;

impl Identity {
    /// An operator did something that identity does not see by itself.
    pub async fn note_operator(&self, user: Option<&User>, detail: &str) {
        let user = user.map(|user| user.id);
        self.note(Note::new(Act::Operated, Actor::Operator, user).detail(detail)).await;
    }

    /// Entries before `before`, newest first, at most 500.
    ///
    /// # Errors
    /// The database.
    pub async fn audit_log(
        &self,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Vec<AuditEntry>, IdentityError> {
        Ok(store::audit_before(self.database.read(), before, limit.min(PAGE_MAX)).await?)
    }

    /// Checks the whole chain.
    ///
    /// # Errors
    /// [`IdentityError::AuditBroken`] with the first entry that does not belong where it is; or
    /// the database.
    pub async fn verify_audit(&self) -> Result<AuditHead, IdentityError> {
        let mut head = AuditHead::START;
        loop {
            let page = store::audit_page(self.database.read(), head.entries, PAGE_ROWS).await?;
            if page.is_empty() {
                return Ok(head);
            }
            for entry in &page {
                let broken = IdentityError::AuditBroken { seq: head.entries + 1 };
                head = head.after(entry).ok_or(broken)?;
            }
        }
    }

    /// The end of the chain, unverified.
    pub(super) async fn audit_head(&self) -> Result<AuditHead, IdentityError> {
        Ok(head(self.database.read()).await?)
    }

    /// Writes down what happened and is no change of the database, for which there is
    /// [`Self::audited`]. What cannot be written down happened all the same: then it is logged.
    pub(crate) async fn note(&self, note: Note) {
        let said = format!("{note:?}");
        if let Err(error) = self.append(note).await {
            tracing::error!(%error, note = said, "the audit log lacks this");
        }
    }

    /// Takes note that somebody showed what was wrong, one of many times perhaps. Waits for
    /// nothing: how long that takes would tell whether anybody has the address.
    pub(super) fn note_failure(&self, user: Option<UserId>, origin: &Origin, wrong: Wrong) {
        let place = (origin.address, origin.network());
        self.failures().failed(user, place, wrong, self.clock.now());
    }

    /// The same, in the caller's session.
    pub(super) fn note_own_failure(&self, caller: &Caller, wrong: Wrong) {
        let origin = Origin::new(caller.address(), "");
        self.note_failure(Some(caller.user()), &origin, wrong);
    }

    /// Writes down who showed what was wrong. To be called every second or so.
    pub async fn write_failures(&self) {
        let told = self.failures().take(self.clock.now());
        self.note_all(told).await;
    }

    /// The same before the end, with what is counted of a minute that is not over.
    pub async fn write_last_failures(&self) {
        let told = self.failures().take_all();
        self.note_all(told).await;
    }

    async fn note_all(&self, notes: Vec<Note>) {
        for note in notes {
            self.note(note).await;
        }
    }

    /// Counts an act of the caller that is written down and ends nothing.
    pub(super) fn count_act(&self, caller: &Caller) -> Result<(), IdentityError> {
        let mut acts = self.acts.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = acts.count(caller.user(), self.clock.now());
        counted.map_err(|seconds| IdentityError::TooManyActs { seconds })
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn append(&self, note: Note) -> Result<(), IdentityError> {
        Ok(self.audited().await?.commit(note).await?)
    }

    /// Begins a change of which the audit log speaks. Whoever takes another turn (of sessions, of
    /// keys) takes that first.
    pub(super) async fn audited(&self) -> Result<Audited<'_>, DbErr> {
        let turn = self.auditing.lock().await;
        let boards = self.boards.lock().await;
        // The turns first: on SQLite there is one connection that writes.
        let transaction = self.database.begin().await?;
        Ok(Audited { transaction, clock: &self.clock, told: Vec::new(), boards, _turn: turn })
    }
}

/// The end of the chain.
async fn head(db: &impl ConnectionTrait) -> Result<AuditHead, DbErr> {
    let last = store::audit_before(db, None, 1).await?.pop();
    let head = last.map(|entry| AuditHead { entries: entry.seq, hash: entry.hash });
    Ok(head.unwrap_or(AuditHead::START))
}

/// A change, what the audit log says of it, and what its user is told: all are there, or none.
/// Dropped, none is.
pub(super) struct Audited<'a> {
    transaction: DatabaseTransaction,
    clock: &'a Clock,
    told: Vec<(UserId, NewNotice)>,
    boards: MutexGuard<'a, Boards>,
    _turn: MutexGuard<'a, ()>,
}

/// A change that was not made, as far as is known.
#[derive(Debug)]
pub(super) enum Unmade {
    /// Nothing was changed.
    Not(DbErr),
    /// The database did not say what became of its end: perhaps all was changed. What takes from
    /// somebody is to be in force then.
    Perhaps(DbErr),
}

impl Unmade {
    /// Whether a change that was `done` so may be in the database.
    pub(super) const fn may_be_made(done: &Result<(), Self>) -> bool {
        matches!(done, Ok(()) | Err(Self::Perhaps(_)))
    }
}

impl From<DbErr> for Unmade {
    fn from(error: DbErr) -> Self {
        Self::Not(error)
    }
}

impl From<Unmade> for IdentityError {
    fn from(unmade: Unmade) -> Self {
        let (Unmade::Not(error) | Unmade::Perhaps(error)) = unmade;
        Self::from(error)
    }
}

impl Audited<'_> {
    /// A user is told of the change, beside what the note of it makes them know.
    pub(super) fn tell(&mut self, user: UserId, notice: NewNotice) {
        self.told.push((user, notice));
    }

    /// Makes the change, and says so, if there is anything to say.
    pub(super) async fn commit(mut self, note: impl Into<Option<Note>>) -> Result<(), Unmade> {
        if let Some(note) = note.into() {
            self.told.extend(NewNotice::of(&note, self.clock.now()));
            let entry = head(&self.transaction).await?.next(note, self.clock.now());
            store::insert_audit(&self.transaction, entry).await?;
        }
        let told = std::mem::take(&mut self.told);
        let written = self.boards.write(&self.transaction, told, self.clock.now()).await?;
        self.transaction.commit().await.map_err(Unmade::Perhaps)?;
        self.boards.post(written);
        Ok(())
    }
}

impl Deref for Audited<'_> {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}
