//! Notices: told, listed, read.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

use model::{Time, UserId};
use sea_orm::{DatabaseTransaction, DbErr};

use super::Identity;
use crate::error::IdentityError;
use crate::notice::{NOTICES_MAX, NewNotice, Notice, NoticeBoard, NoticeKind, Subject};
use crate::store;

/// Notices told in one transaction.
const TOLD_ROWS: usize = 500;
/// How often a board is read while others are told something; then these wait for it.
const READS_MAX: usize = 3;
/// So long before its end the owner of a key is told.
const KEY_ENDS_SOON_MICROS: u64 = 7 * 24 * 3_600 * 1_000_000;

/// Boards by user, while somebody listens, and the last number. One changes at a time: whoever
/// begins a transaction in which somebody is told something takes this turn first.
#[derive(Debug)]
pub(super) struct Boards {
    boards: HashMap<UserId, Weak<NoticeBoard>>,
    /// The greatest number.
    last: u64,
    /// How often somebody was told something, or read it.
    changes: u64,
}

impl Boards {
    /// Nobody listens; the greatest number is `last`.
    pub(super) fn new(last: u64) -> Self {
        Self { boards: HashMap::new(), last, changes: 0 }
    }

    /// Has that board be found as long as somebody holds it.
    fn put(&mut self, user: UserId, board: &Arc<NoticeBoard>) {
        // Those that are gone are looked for when there may be as many of them as of others.
        if self.boards.len() == self.boards.capacity() {
            self.boards.retain(|_, board| board.strong_count() != 0);
        }
        self.boards.insert(user, Arc::downgrade(board));
    }

    fn find(&self, user: UserId) -> Option<Arc<NoticeBoard>> {
        self.boards.get(&user).and_then(Weak::upgrade)
    }

    /// Writes what users are told, but for what they were told already. Where there is no such
    /// user, nobody is told. To be posted when it is committed.
    pub(super) async fn write(
        &mut self,
        transaction: &DatabaseTransaction,
        told: Vec<(UserId, NewNotice)>,
        now: Time,
    ) -> Result<Vec<(UserId, Notice)>, DbErr> {
        self.changes += 1;
        let mut known: HashMap<UserId, bool> = HashMap::new();
        let mut written: Vec<(UserId, Notice)> = Vec::with_capacity(told.len());
        for (user, new) in told {
            let is_known = match known.get(&user) {
                Some(is_known) => *is_known,
                None => store::user(transaction, user).await?.is_some(),
            };
            known.insert(user, is_known);
            let mark = new.mark.clone();
            let is_repeated = match &mark {
                Some(mark) => store::was_told(transaction, user, mark).await?,
                None => false,
            };
            if !is_known || is_repeated {
                continue;
            }
            self.last = now.micros().max(self.last + 1);
            let notice = new.told(self.last, now);
            store::insert_notice(transaction, user, &notice, mark).await?;
            written.push((user, notice));
        }
        let users: HashSet<UserId> = written.iter().map(|(user, _)| *user).collect();
        for user in users {
            store::forget_notices(transaction, user).await?;
        }
        Ok(written)
    }

    /// Tells those who listen what is written.
    pub(super) fn post(&self, written: Vec<(UserId, Notice)>) {
        for (user, notice) in written {
            if let Some(board) = self.find(user) {
                board.post(notice);
            }
        }
    }
}

impl Identity {
    /// Tells users something. Where there is no such user, nobody is told.
    ///
    /// # Errors
    /// The database; some may have been told all the same.
    pub async fn notify(&self, told: Vec<(UserId, NewNotice)>) -> Result<(), IdentityError> {
        let mut told = told.into_iter().peekable();
        while told.peek().is_some() {
            let some = told.by_ref().take(TOLD_ROWS).collect();
            let mut boards = self.boards.lock().await;
            let transaction = self.database.begin().await?;
            let written = boards.write(&transaction, some, self.clock.now()).await?;
            transaction.commit().await?;
            boards.post(written);
        }
        Ok(())
    }

    /// A user's notices before `before`, newest first, and how many are not read.
    ///
    /// # Errors
    /// The database.
    pub async fn notices(
        &self,
        user: UserId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<Notice>, u64), IdentityError> {
        let (read, limit) = (self.database.read(), limit.min(NOTICES_MAX) as u64);
        let page = store::notices_before(read, user, before, limit).await?;
        Ok((page, store::unread_notices(read, user).await?))
    }

    /// A user has read their notices up to that number. How many are not read now.
    ///
    /// # Errors
    /// The database.
    pub async fn read_notices(&self, user: UserId, through: u64) -> Result<u64, IdentityError> {
        let mut boards = self.boards.lock().await;
        boards.changes += 1;
        // A number beyond the last would hide all that is read later.
        let through = through.min(boards.last);
        store::read_notices(self.database.write(), user, through, self.clock.now()).await?;
        if let Some(board) = boards.find(user) {
            board.read(through);
        }
        // Every act at the door waits for the boards.
        drop(boards);
        Ok(store::unread_notices(self.database.read(), user).await?)
    }

    /// The board of a user: what is told from now on is on it, as long as it is held.
    ///
    /// # Errors
    /// The database.
    pub async fn notice_board(&self, user: UserId) -> Result<Arc<NoticeBoard>, IdentityError> {
        let read = || store::notices_before(self.database.read(), user, None, NOTICES_MAX as u64);
        for _ in 0..READS_MAX {
            let before = {
                let boards = self.boards.lock().await;
                if let Some(board) = boards.find(user) {
                    return Ok(board);
                }
                boards.changes
            };
            // Others are told meanwhile, and sign in.
            let board = Arc::new(NoticeBoard::new(read().await?));
            let mut boards = self.boards.lock().await;
            if let Some(board) = boards.find(user) {
                return Ok(board);
            }
            if boards.changes == before {
                boards.put(user, &board);
                return Ok(board);
            }
        }
        let mut boards = self.boards.lock().await;
        if let Some(board) = boards.find(user) {
            return Ok(board);
        }
        let board = Arc::new(NoticeBoard::new(read().await?));
        boards.put(user, &board);
        Ok(board)
    }

    /// Tells the owners of keys that end within a week, once each. To be called every few hours.
    ///
    /// # Errors
    /// The database.
    pub async fn notify_of_ending_keys(&self) -> Result<(), IdentityError> {
        let now = self.clock.now();
        let soon = Time(now.micros() + KEY_ENDS_SOON_MICROS);
        let ending = store::keys_ending(self.database.read(), now, soon).await?;
        let told = ending.into_iter().map(|(user, id, name, expires)| {
            let days = (expires.micros() - now.micros()).div_ceil(24 * 3_600 * 1_000_000);
            let days = if days == 1 { "one day".to_owned() } else { format!("{days} days") };
            let detail = format!("\u{201c}{name}\u{201d} stops working within {days}.");
            let new = NewNotice::new(NoticeKind::ApiKeyExpiring, "An API key expires soon", detail);
            let mark = Some(format!("apiKeyExpiring {id:032x} {}", expires.micros()));
            (user, NewNotice { mark, ..new.about(Subject::ApiKey(id)) })
        });
        self.notify(told.collect()).await
    }
}
