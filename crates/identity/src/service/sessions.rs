//! Sessions: who calls, and until when.

use std::net::IpAddr;
use std::sync::Arc;

use model::{Secret, Time, UserId};
use sea_orm::DbErr;
use tokio::sync::watch;
use vault::{RecordName, SigningKey};

use super::Identity;
use super::keys::noted;
use crate::audit::{Act, Actor, Note};
use crate::error::IdentityError;
use crate::live::{Change, Live, SESSIONS_MAX};
use crate::notice::NewNotice;
use crate::password::StoredHash;
use crate::session::{
    EndReason, Origin, Previous, RefreshToken, SESSIONS_PER_USER_MAX, Session, SessionId, Shown,
};
use crate::store::{self, Purpose, SealedTable, ServiceKey};
use crate::taken::Taken;
use crate::token::{Bearer, TOKEN_SECONDS, TokenKey};
use crate::user::{Role, User};

/// Sessions read at once at the start.
const LOAD_ROWS: u64 = 1_000;
/// Changes written down in one transaction.
const CHANGED_ROWS: usize = 500;
/// How long sessions that ended are remembered: by them, an owner's networks are known.
const REMEMBERED_MICROS: u64 = 30 * 24 * 3_600 * 1_000_000;

/// With what a session is used.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Whose session it is.
    pub user: UserId,
    /// Goes along with each request, and is good for a few minutes.
    pub access: Secret<String>,
    /// For how many seconds it is good.
    pub expires_in: u64,
    /// Is exchanged for the next ones, once.
    pub refresh: Secret<String>,
    /// When the session ends, whatever is done in it.
    pub session_ends: Time,
    /// For how many seconds nothing may happen in it.
    pub idle_seconds: u64,
    /// In how many seconds it ends if nothing happens in it.
    pub idle_ends_in: u64,
}

/// What is said of a session that is opened.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// In the audit log, if anything.
    pub note: Option<Note>,
    /// Whether its user has been elsewhere so far, and is told.
    pub is_elsewhere: bool,
    /// The number of the second factor that was shown, where one was asked for.
    pub factor: Option<u128>,
}

/// A session has begun.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Whose it is.
    pub user: User,
    /// Its number.
    pub session: SessionId,
    /// With what it is used.
    pub tokens: Tokens,
    /// What their browser keeps and shows when they sign in again: so they are told from strangers
    /// who guess. It proves nothing else.
    pub badge: Secret<String>,
}

/// Who calls: the owner of a session that is alive.
#[derive(Clone)]
pub struct Caller {
    live: Arc<Live>,
    /// From where they call now, which may be elsewhere than they signed in.
    address: IpAddr,
}

/// Tells when a session has ended.
#[derive(Debug)]
pub struct SessionEnd(watch::Receiver<bool>);

impl Caller {
    /// Who.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.live.user
    }

    /// What they are to the exchange.
    #[must_use]
    pub fn role(&self) -> Role {
        self.live.role
    }

    /// In which session.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.live.id
    }

    /// Resolves when the session has ended: for sockets that outlive a request.
    #[must_use]
    pub fn session_end(&self) -> SessionEnd {
        SessionEnd(self.live.watch())
    }

    pub(crate) fn live(&self) -> &Live {
        &self.live
    }

    pub(crate) const fn address(&self) -> IpAddr {
        self.address
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").field("user", &self.live.user).finish_non_exhaustive()
    }
}

impl SessionEnd {
    /// Whether it has.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it has. May be dropped and called again.
    pub async fn wait(&mut self) {
        // Where nobody can tell any more, nobody knows the session either.
        let _ = self.0.wait_for(|has_ended| *has_ended).await;
    }
}

impl Identity {
    /// Who calls with this access token, from that address. Asks no database.
    ///
    /// # Errors
    /// [`IdentityError::Token`] for what is none, or none any more; then refresh. Or
    /// [`IdentityError::SessionEnded`].
    pub fn authenticate(
        &self,
        access_token: &str,
        address: IpAddr,
    ) -> Result<Caller, IdentityError> {
        let now = self.clock.now();
        let bearer = self.tokens.read(access_token, now)?;
        let live = self.live.find(bearer.session, now).ok_or(IdentityError::SessionEnded)?;
        if live.user != bearer.user {
            return Err(IdentityError::Token);
        }
        live.used_from(address);
        Ok(Caller { live, address })
    }

    /// A person did something: their session is not idle. Never to be called for what a page does
    /// by itself.
    pub fn touch(&self, caller: &Caller) {
        caller.live().touch(self.clock.now());
    }

    /// Exchanges a refresh token, shown from that address, for new tokens. Whoever shows the same
    /// one again within three minutes (two tabs, a lost answer) gets the same next one; later, the
    /// session ends. It does not count as something that a person did.
    ///
    /// # Errors
    /// [`IdentityError::Token`], [`IdentityError::SessionEnded`], or the database.
    pub async fn refresh(
        &self,
        token: &Secret<String>,
        from: IpAddr,
    ) -> Result<Tokens, IdentityError> {
        let token = RefreshToken::parse(token.expose()).ok_or(IdentityError::Token)?;
        let now = self.clock.now();
        let live = self.live.find(token.session, now).ok_or(IdentityError::SessionEnded)?;
        let transaction = self.database.begin().await?;
        let rotated = store::lock_refresh(&transaction, token.session).await?;
        // Others may have been waited for, longer than whoever asked waits for the answer.
        let now = self.clock.now();
        let next = match rotated.ok_or(IdentityError::SessionEnded)?.shown(&token, now) {
            Shown::Newest => {
                let previous = Previous { hash: token.hash(), salt: random(), at: now };
                let next = token.next(&previous.salt);
                store::rotate(&transaction, live.id, next.hash(), &previous).await?;
                next
            }
            Shown::JustReplaced(salt) => token.next(&salt),
            Shown::Reused => {
                drop(transaction);
                let (user, address) = (live.user, live.address);
                self.end_all([live], EndReason::Reuse).await?;
                let note = Note::new(Act::TokenReused, Actor::Stranger, user).from(from);
                let said = format!("from {from}; it was opened from {address}");
                self.note(note.detail(said)).await;
                return Err(IdentityError::SessionEnded);
            }
        };
        transaction.commit().await?;
        if live.has_ended(now) {
            return Err(IdentityError::SessionEnded);
        }
        Ok(self.tokens_of(&live, &next, now))
    }

    /// The sessions of a user that are alive, oldest first.
    #[must_use]
    pub fn sessions(&self, user: UserId) -> Vec<Session> {
        self.live.of(user, self.clock.now()).iter().map(|live| live.face()).collect()
    }

    /// Ends a session of the caller at once. Whether there was one.
    ///
    /// # Errors
    /// The database; the session has ended all the same, and is written down later.
    pub async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<bool, IdentityError> {
        let live = self.live.find(id, self.clock.now());
        let live = live.filter(|live| live.user == caller.user());
        let Some(live) = live else { return Ok(false) };
        self.end_all([live], EndReason::Ended).await?;
        self.note(noted(Act::SessionEnded, caller).detail("one")).await;
        Ok(true)
    }

    /// Ends all sessions of the caller but the one that calls.
    ///
    /// # Errors
    /// As [`Self::end_session`].
    pub async fn end_other_sessions(&self, caller: &Caller) -> Result<(), IdentityError> {
        let _turn = self.sessions_change.lock().await;
        if 0 < self.end_others(caller, EndReason::Ended).await? {
            self.note(noted(Act::SessionEnded, caller).detail("all others")).await;
        }
        Ok(())
    }

    /// Ends the session that calls, or all of its owner.
    ///
    /// # Errors
    /// As [`Self::end_session`].
    pub async fn logout(&self, caller: &Caller, everywhere: bool) -> Result<(), IdentityError> {
        if everywhere {
            let _turn = self.sessions_change.lock().await;
            let own = self.live.of(caller.user(), self.clock.now());
            self.end_all(own, EndReason::Logout).await?;
        } else {
            self.end_all([Arc::clone(&caller.live)], EndReason::Logout).await?;
        }
        let which = if everywhere { "all" } else { "own" };
        self.note(noted(Act::SessionEnded, caller).detail(which)).await;
        Ok(())
    }

    /// Ends sessions whose time is over and tells whoever listens by them. To be called every
    /// second.
    pub fn end_overdue_sessions(&self) {
        self.live.end_overdue(self.clock.now());
    }

    /// Writes down what happened in sessions since the last time. To be called every few seconds,
    /// and before the end.
    ///
    /// # Errors
    /// The database; what was not written is kept for the next time.
    pub async fn write_sessions(&self) -> Result<(), IdentityError> {
        let _turn = self.writing.lock().await;
        let give_back = |change| self.live.give_back([change]);
        let mut changes = Taken::new(self.live.take_changes(), give_back);
        while let Some(page) = changes.page(CHANGED_ROWS) {
            let rows = page.len();
            self.write_changes(page).await?;
            changes.written(rows);
        }
        Ok(())
    }

    /// Forgets sessions that ended a month ago. To be called every few hours.
    ///
    /// # Errors
    /// The database.
    pub async fn forget_old_sessions(&self) -> Result<(), IdentityError> {
        let before = Time(self.clock.now().micros().saturating_sub(REMEMBERED_MICROS));
        Ok(store::forget_sessions(self.database.write(), before).await?)
    }

    /// Whether this refresh token names a session, which is alive, of another user than the caller.
    #[must_use]
    pub fn is_of_another(&self, refresh_token: &Secret<String>, caller: &Caller) -> bool {
        let token = RefreshToken::parse(refresh_token.expose());
        let live = token.and_then(|token| self.live.find(token.session, self.clock.now()));
        live.is_some_and(|live| live.user != caller.user())
    }

    /// A mark that only a page that was given it can show: for requests that a browser sends
    /// with a refresh token of its own accord. `None` if that is no refresh token.
    #[must_use]
    pub fn page_mark(&self, refresh_token: &Secret<String>) -> Option<String> {
        let token = RefreshToken::parse(refresh_token.expose())?;
        Some(hex::encode(self.page_key.sign(&[&token.session.0.to_be_bytes()])))
    }

    /// Whether `mark` is the one of the session that the refresh token names.
    #[must_use]
    pub fn is_page_mark(&self, refresh_token: &Secret<String>, mark: &str) -> bool {
        let mut claimed = [0; 32];
        hex::decode_to_slice(mark, &mut claimed).is_ok()
            && RefreshToken::parse(refresh_token.expose()).is_some_and(|token| {
                self.page_key.verify(&[&token.session.0.to_be_bytes()], &claimed)
            })
    }

    /// Opens a session for `user`, whose password was just found to be the one of `hash`.
    pub(super) async fn open_session(
        &self,
        user: User,
        hash: &StoredHash,
        origin: &Origin,
        opening: Opening,
    ) -> Result<SignedIn, IdentityError> {
        if SESSIONS_MAX <= self.live.len() {
            self.end_all(self.live.most_dispensable(), EndReason::Crowded).await?;
        }
        let now = self.clock.now();
        let session = Session {
            id: SessionId(uuid::Uuid::new_v4().as_u128()),
            user: user.id,
            device: origin.device().to_owned(),
            address: origin.address,
            elsewhere: [None; 2],
            created: now,
            last_activity: now,
        };
        let refresh = RefreshToken::draw(session.id);
        // Whoever ends all sessions of a user must not miss one that is being opened.
        let _turn = self.sessions_change.lock().await;
        let mut change = self.audited().await?;
        let stored = store::lock_password_hash(&*change, user.id).await?;
        if stored.as_ref() != Some(hash) {
            return Err(IdentityError::Credentials);
        }
        // One that was switched on since it was asked for ends what was opened without it, and
        // must not miss this one.
        let factor = store::factor_of(&*change, user.id, true).await?;
        if factor.is_some_and(|factor| Some(factor.id) != opening.factor) {
            return Err(IdentityError::FactorNeeded);
        }
        store::insert_session(&*change, &session, origin, refresh.hash()).await?;
        if opening.is_elsewhere {
            change.tell(user.id, NewNotice::of_place(&session));
        }
        change.commit(opening.note).await?;
        let live = self.live.insert(Live::new(session, user.role, self.idle_micros));
        live.freshen(now);
        self.make_room(user.id, now).await?;
        let tokens = self.tokens_of(&live, &refresh, now);
        let badge = self.badge(user.id, origin);
        Ok(SignedIn { user, session: live.id, tokens, badge })
    }

    /// Ends those that were idle longest where a user has too many.
    async fn make_room(&self, user: UserId, now: Time) -> Result<(), IdentityError> {
        let mut own = self.live.of(user, now);
        let extra = own.len().saturating_sub(SESSIONS_PER_USER_MAX);
        if extra == 0 {
            return Ok(());
        }
        own.sort_by_key(|live| live.last_activity());
        own.truncate(extra);
        self.end_all(own, EndReason::Crowded).await
    }

    /// Ends all sessions of the caller but the one that calls. How many those were.
    pub(super) async fn end_others(
        &self,
        caller: &Caller,
        reason: EndReason,
    ) -> Result<usize, IdentityError> {
        let mut others = self.live.of(caller.user(), self.clock.now());
        others.retain(|live| live.id != caller.session());
        let count = others.len();
        if 0 < count {
            self.end_all(others, reason).await?;
        }
        Ok(count)
    }

    /// Ends sessions at once, and writes it down.
    pub(super) async fn end_all(
        &self,
        ending: impl IntoIterator<Item = Arc<Live>>,
        reason: EndReason,
    ) -> Result<(), IdentityError> {
        let now = self.clock.now();
        for live in ending {
            self.live.end(&live, now, reason);
        }
        self.write_sessions().await
    }

    pub(super) async fn load_sessions(&self) -> Result<(), IdentityError> {
        let mut after = None;
        loop {
            let page = store::live_page(self.database.read(), after, LOAD_ROWS).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.id);
            for (session, role) in page {
                self.live.insert(Live::new(session, role, self.idle_micros));
            }
        }
        self.end_overdue_sessions();
        self.write_sessions().await
    }

    async fn write_changes(&self, page: &[Change]) -> Result<(), DbErr> {
        let transaction = self.database.begin().await?;
        store::write_changes(&transaction, page).await?;
        transaction.commit().await
    }

    fn tokens_of(&self, live: &Live, refresh: &RefreshToken, now: Time) -> Tokens {
        let expires = live.ends().micros().min(now.micros() + TOKEN_SECONDS * 1_000_000);
        let bearer = Bearer { user: live.user, session: live.id };
        Tokens {
            user: live.user,
            access: self.tokens.sign(bearer, now, Time(expires)),
            expires_in: expires.saturating_sub(now.micros()) / 1_000_000,
            refresh: refresh.text(),
            session_ends: live.ends(),
            idle_seconds: self.idle_micros / 1_000_000,
            idle_ends_in: live.idle_ends().micros().saturating_sub(now.micros()) / 1_000_000,
        }
    }
}

/// The key that signs access tokens: made at the first start, and where it does not open. Nothing
/// is lost with it but tokens of a few minutes.
pub(super) async fn token_key(
    database: &database::Database,
    vault: &vault::Vault,
    deployment: [u8; 16],
    now: Time,
) -> Result<TokenKey, IdentityError> {
    for key in store::service_keys(database.read(), Purpose::Token).await? {
        match vault.open_signing(&record_name(key.id), &key.sealed) {
            Ok(opened) => return Ok(TokenKey::new(opened, key.id, deployment)),
            Err(error) => {
                tracing::error!(%error, "the key of access tokens does not open: another is made");
                store::delete_service_key(database.write(), key.id).await?;
            }
        }
    }
    let id = uuid::Uuid::new_v4().as_u128();
    let sealed = vault.seal_key(&record_name(id), &SigningKey::draw())?;
    let opened = vault.open_signing(&record_name(id), &sealed)?;
    let key = ServiceKey { id, sealed, created: now };
    store::insert_service_key(database.write(), Purpose::Token, &key).await?;
    Ok(TokenKey::new(opened, id, deployment))
}

const fn record_name(id: u128) -> RecordName<'static> {
    SealedTable::ServiceKeys.record_name(id, [0; 16])
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
    bytes
}
