//! Every session that is alive, in memory: who calls is known without asking the database.
//!
//! Keeps   a session that is ended here refuses the very next request, and whoever listens by it is
//!         told at once. What the database does not know yet waits here to be written down.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use model::{Time, UserId};
use tokio::sync::watch;

use crate::session::{
    EndReason, FRESH_MICROS, LIFE_MICROS, Session, SessionId, ended_by_itself, place_of,
};
use crate::user::Role;

/// Sessions of all users together: some 500 bytes each.
pub const SESSIONS_MAX: usize = 100_000;

/// A session that was alive when it was found.
pub struct Live {
    pub id: SessionId,
    pub user: UserId,
    pub role: Role,
    pub device: String,
    pub address: IpAddr,
    /// From where else it was used, of the last two places: whoever looks does so from one.
    elsewhere: Mutex<[Option<IpAddr>; 2]>,
    pub created: Time,
    last_activity: AtomicU64,
    /// How long nothing may happen in it.
    idle_micros: u64,
    /// Whether the last activity is not written down.
    is_touched: AtomicBool,
    fresh_until: AtomicU64,
    ended: watch::Sender<bool>,
}

/// Something that is to be written down.
#[derive(Clone, Debug)]
pub enum Change {
    Active { id: SessionId, at: Time },
    Ended { id: SessionId, last_activity: Time, at: Time, reason: EndReason },
}

#[derive(Default)]
pub struct LiveSessions(RwLock<Index>);

#[derive(Default)]
struct Index {
    by_id: HashMap<SessionId, Arc<Live>>,
    /// Oldest first.
    by_user: HashMap<UserId, Vec<Arc<Live>>>,
    /// At most one for each session that was alive since the last writing.
    unwritten: Vec<Change>,
}

impl Live {
    pub fn new(session: Session, role: Role, idle_micros: u64) -> Self {
        let Session { id, user, device, address, elsewhere, created, last_activity } = session;
        Self {
            id,
            user,
            role,
            device,
            address,
            elsewhere: Mutex::new(elsewhere),
            created,
            last_activity: AtomicU64::new(last_activity.micros()),
            idle_micros,
            is_touched: AtomicBool::new(false),
            fresh_until: AtomicU64::new(0),
            ended: watch::Sender::new(false),
        }
    }

    pub fn last_activity(&self) -> Time {
        Time(self.last_activity.load(Ordering::Relaxed))
    }

    /// Somebody called with it from there.
    pub fn used_from(&self, address: IpAddr) {
        let place = place_of(address);
        if place == place_of(self.address) {
            return;
        }
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        let [last, before] = *elsewhere;
        let is_same = last.is_some_and(|last| place_of(last) == place);
        *elsewhere = [Some(address), if is_same { before } else { last }];
    }

    /// Its owner did something.
    pub fn touch(&self, now: Time) {
        self.last_activity.fetch_max(now.micros(), Ordering::Relaxed);
        self.is_touched.store(true, Ordering::Relaxed);
    }

    /// Its owner proved who they are.
    pub fn freshen(&self, now: Time) {
        self.fresh_until.store(now.micros() + FRESH_MICROS, Ordering::Relaxed);
    }

    pub fn is_fresh(&self, now: Time) -> bool {
        now.micros() < self.fresh_until.load(Ordering::Relaxed)
    }

    /// When it ends, whatever is done in it.
    pub const fn ends(&self) -> Time {
        Time(self.created.micros() + LIFE_MICROS)
    }

    /// When it ends if nothing is done in it any more.
    pub fn idle_ends(&self) -> Time {
        Time(self.last_activity().micros() + self.idle_micros)
    }

    pub fn has_ended(&self, now: Time) -> bool {
        *self.ended.borrow() || self.overdue(now).is_some()
    }

    /// Why its time is over, if it is.
    fn overdue(&self, now: Time) -> Option<EndReason> {
        ended_by_itself(self.created, self.last_activity(), self.idle_micros, now)
    }

    pub fn watch(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }

    pub fn face(&self) -> Session {
        Session {
            id: self.id,
            user: self.user,
            device: self.device.clone(),
            address: self.address,
            elsewhere: *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner),
            created: self.created,
            last_activity: self.last_activity(),
        }
    }
}

impl LiveSessions {
    pub fn insert(&self, live: Live) -> Arc<Live> {
        let live = Arc::new(live);
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        index.by_id.insert(live.id, Arc::clone(&live));
        index.by_user.entry(live.user).or_default().push(Arc::clone(&live));
        live
    }

    /// The session of that number, if it is alive `now`.
    pub fn find(&self, id: SessionId, now: Time) -> Option<Arc<Live>> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        index.by_id.get(&id).filter(|live| !live.has_ended(now)).cloned()
    }

    /// The sessions of a user that are alive `now`, oldest first.
    pub fn of(&self, user: UserId, now: Time) -> Vec<Arc<Live>> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let own = index.by_user.get(&user).into_iter().flatten();
        own.filter(|live| !live.has_ended(now)).cloned().collect()
    }

    /// The session that goes first where there are too many: of the user who has most, the one
    /// that was idle longest.
    pub fn most_dispensable(&self) -> Option<Arc<Live>> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let idle_since = |own: &[Arc<Live>]| own.iter().map(|live| live.last_activity()).min();
        let owns = index.by_user.values();
        let most = owns.max_by_key(|own| (own.len(), Reverse(idle_since(own))))?;
        most.iter().min_by_key(|live| live.last_activity()).cloned()
    }

    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_id.len()
    }

    /// Ends a session and tells whoever listens by it. Whether it was alive.
    pub fn end(&self, live: &Live, now: Time, reason: EndReason) -> bool {
        self.0.write().unwrap_or_else(PoisonError::into_inner).end(live, now, reason)
    }

    /// Ends those whose time is over.
    pub fn end_overdue(&self, now: Time) {
        let overdue: Vec<_> = {
            let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let all = index.by_id.values();
            all.filter_map(|live| Some((Arc::clone(live), live.overdue(now)?))).collect()
        };
        if overdue.is_empty() {
            return;
        }
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (live, reason) in overdue {
            index.end(&live, now, reason);
        }
    }

    /// Takes what is to be written down.
    pub fn take_changes(&self) -> Vec<Change> {
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut changes = std::mem::take(&mut index.unwritten);
        let touched =
            index.by_id.values().filter(|live| live.is_touched.swap(false, Ordering::Relaxed));
        changes
            .extend(touched.map(|live| Change::Active { id: live.id, at: live.last_activity() }));
        changes
    }

    /// Takes changes back: they could not be written down.
    pub fn give_back(&self, changes: impl IntoIterator<Item = Change>) {
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            match change {
                Change::Active { id, .. } => {
                    if let Some(live) = index.by_id.get(&id) {
                        live.is_touched.store(true, Ordering::Relaxed);
                    }
                }
                Change::Ended { .. } => index.unwritten.push(change),
            }
        }
    }
}

impl Index {
    fn end(&mut self, live: &Live, now: Time, reason: EndReason) -> bool {
        if self.by_id.remove(&live.id).is_none() {
            return false;
        }
        if let Some(own) = self.by_user.get_mut(&live.user) {
            own.retain(|other| other.id != live.id);
            if own.is_empty() {
                self.by_user.remove(&live.user);
            }
        }
        live.ended.send_replace(true);
        let (id, last_activity) = (live.id, live.last_activity());
        self.unwritten.push(Change::Ended { id, last_activity, at: now, reason });
        true
    }
}

impl std::fmt::Debug for LiveSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveSessions").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
