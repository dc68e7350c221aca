//! The service: fetch, decide, save.

mod audit;
mod claim;
mod credentials;
mod keys;
mod notices;
mod second_factors;
mod sessions;
mod sign_in;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use audit::Unmade;
pub use claim::Claim;
pub use credentials::GivenPassword;
use database::Database;
use model::{Secret, UserId};
pub use sessions::{Caller, SessionEnd, SignedIn, Tokens};
pub use sign_in::{Login, Profile, Proof, Registration};
use tokio::sync::{Mutex, watch};
use vault::{HmacKey, KeyFile, MasterKeys, Missing, Vault};

use crate::acts::Acts;
use crate::audit::{Act, Actor, AuditHead, Note};
use crate::clock::Clock;
use crate::envelope::Envelopes;
use crate::error::IdentityError;
use crate::failures::Failures;
use crate::live::LiveSessions;
use crate::password;
use crate::password_rule;
use crate::ring::KeyRing;
use crate::session::EndReason;
use crate::slow_work::{Line, SlowWork};
use crate::store;
use crate::throttle::Throttle;
use crate::token::TokenKey;
use crate::user::{Email, Kyc, NewUser, Password, TypedPassword, User};

/// Users in one page.
const USERS_PAGE_MAX: u64 = 500;

/// Where the master keys come from.
#[derive(Clone, Debug)]
pub enum MasterKeySource {
    /// A key file.
    File {
        /// Which.
        file: KeyFile,
        /// What to do where there is none. Once a secret is stored, it is never made anew.
        missing: Missing,
    },
    /// These. They cannot be rotated here.
    Given(MasterKeys),
}

/// Users, sessions and API keys: who may do what.
pub struct Identity {
    database: Database,
    vault: Vault,
    master: MasterKeySource,
    slow_work: SlowWork,
    ring: Arc<KeyRing>,
    tokens: TokenKey,
    page_key: HmacKey,
    live: LiveSessions,
    /// How long nothing may happen in a session.
    idle_micros: u64,
    envelopes: Envelopes,
    /// Whether there is a key for which pages can encrypt.
    key_is_there: watch::Sender<bool>,
    password_tries: Throttle,
    code_tries: Throttle,
    recovery_tries: Throttle,
    claim_token: Secret<String>,
    /// Two do not claim the exchange at once.
    claiming: Mutex<()>,
    /// How often people have something written down.
    acts: std::sync::Mutex<Acts>,
    /// When somebody last asked how a key was used, in microseconds.
    usage_asked: AtomicU64,
    /// Who hears of what they are told.
    boards: Mutex<notices::Boards>,
    /// The end of the audit log is one place.
    auditing: Mutex<()>,
    /// Failed logins that are not in the audit log yet.
    failures: std::sync::Mutex<Failures>,
    clock: Clock,
    pub(crate) rotating: Mutex<()>,
    /// Database and ring change together.
    keys_change: Mutex<()>,
    /// A session is opened, or all of a user's are ended.
    sessions_change: Mutex<()>,
    /// What waits to be written down is written down.
    writing: Mutex<()>,
}

impl Identity {
    /// Opens the vault, fills the ring, and finds the sessions that are alive: they end when
    /// nothing happens in them for as long as `session_idle`.
    ///
    /// # Errors
    /// [`IdentityError`]; so too if not one stored secret opens: the master key is another
    /// deployment's then. A single one that does not open is logged and its key is not good.
    pub async fn open(
        database: Database,
        master: MasterKeySource,
        clock: Clock,
        session_idle: Duration,
    ) -> Result<Self, IdentityError> {
        let deployment = store::deployment(database.write(), clock.now()).await?;
        let keys = match &master {
            MasterKeySource::Given(keys) => keys.clone(),
            MasterKeySource::File { file, missing } => {
                let sealed = store::count_sealed(database.read()).await?;
                let missing = if sealed == 0 { *missing } else { Missing::Refuse };
                let file = file.clone();
                let opened = tokio::task::spawn_blocking(move || file.open(missing)).await;
                opened.expect("reading a file does not panic")?
            }
        };
        let vault = Vault::new(deployment, keys);
        let ring = Arc::new(KeyRing::new(clock.clone()));
        keys::fill_ring(&database, &vault, &ring).await?;
        let tokens = sessions::token_key(&database, &vault, deployment, clock.now()).await?;
        let boards = Mutex::new(notices::Boards::new(store::newest_notice(database.read()).await?));
        let identity = Self {
            database,
            vault,
            master,
            slow_work: SlowWork::new(),
            ring,
            page_key: tokens.page_key(),
            tokens,
            live: LiveSessions::default(),
            idle_micros: u64::try_from(session_idle.as_micros()).unwrap_or(u64::MAX),
            envelopes: Envelopes::new(),
            key_is_there: watch::Sender::new(false),
            password_tries: credentials::password_throttle(),
            code_tries: second_factors::code_throttle(),
            recovery_tries: second_factors::recovery_throttle(),
            claim_token: claim::draw_token(),
            claiming: Mutex::new(()),
            acts: std::sync::Mutex::default(),
            usage_asked: AtomicU64::new(0),
            boards,
            auditing: Mutex::new(()),
            failures: std::sync::Mutex::default(),
            clock,
            rotating: Mutex::new(()),
            keys_change: Mutex::new(()),
            sessions_change: Mutex::new(()),
            writing: Mutex::new(()),
        };
        identity.load_password_keys().await?;
        identity.load_sessions().await?;
        let AuditHead { entries, hash } = identity.audit_head().await?;
        tracing::info!(entries, hash = hex::encode(hash), "the audit log ends here");
        Ok(identity)
    }

    /// The keys that are good, for the request path.
    #[must_use]
    pub const fn ring(&self) -> &Arc<KeyRing> {
        &self.ring
    }

    /// Creates a user, for an operator.
    ///
    /// # Errors
    /// [`IdentityError::EmailTaken`], what is wrong with the password, [`IdentityError::Busy`], or
    /// the database.
    pub async fn create_user(&self, new: NewUser) -> Result<User, IdentityError> {
        password_rule::check(new.password.typed(), &new.email)?;
        if store::find_user(self.database.read(), &new.email).await?.is_some() {
            return Err(IdentityError::EmailTaken);
        }
        let hash = password::hash(&self.slow_work, Line::Known, new.password).await?;
        let standing = (new.role, new.kyc);
        let now = self.clock.now();
        let change = self.audited().await?;
        let user = store::insert_user(&*change, &new.email, hash, standing, now).await?;
        let note = Note::new(Act::UserCreated, Actor::Operator, user.id);
        change.commit(note.detail(user.role)).await?;
        Ok(user)
    }

    /// The user with that address, whatever its case.
    ///
    /// # Errors
    /// The database.
    pub async fn find_user(&self, email: &Email) -> Result<Option<User>, IdentityError> {
        Ok(store::find_user(self.database.read(), email).await?)
    }

    /// The user with that number.
    ///
    /// # Errors
    /// The database.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, IdentityError> {
        Ok(store::user(self.database.read(), id).await?)
    }

    /// Users in the order of their numbers behind `after`, at most 500.
    ///
    /// # Errors
    /// The database.
    pub async fn users(
        &self,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<User>, IdentityError> {
        let limit = limit.min(USERS_PAGE_MAX);
        Ok(store::users_page(self.database.read(), after, limit).await?)
    }

    /// Gives a user another password, for an operator, and ends all of the user's sessions. A
    /// second factor stays on.
    ///
    /// # Errors
    /// [`IdentityError::UnknownUser`], what is wrong with the password, [`IdentityError::Busy`], or
    /// the database.
    pub async fn reset_password(
        &self,
        email: &Email,
        password: Password,
    ) -> Result<(), IdentityError> {
        password_rule::check(password.typed(), email)?;
        let hash = password::hash(&self.slow_work, Line::Known, password).await?;
        let user = store::find_user(self.database.read(), email).await?;
        let user = user.ok_or(IdentityError::UnknownUser)?.id;
        let _turn = self.sessions_change.lock().await;
        let change = self.audited().await?;
        store::replace_password(&*change, user, hash).await?;
        let end = (self.clock.now(), EndReason::Reset);
        store::end_sessions(&*change, user, None, end).await?;
        let done = change.commit(Note::new(Act::PasswordReset, Actor::Operator, user)).await;
        if Unmade::may_be_made(&done) {
            let own = self.live.of(user, self.clock.now());
            self.end_all(own, EndReason::Reset).await?;
        }
        Ok(done?)
    }

    /// Sets how far the exchange knows a user, for an operator. Keys lose at once what only who is
    /// known further may give them; who is approved again gives it anew.
    ///
    /// # Errors
    /// [`IdentityError::UnknownUser`], or the database.
    pub async fn set_kyc(&self, email: &Email, kyc: Kyc) -> Result<(), IdentityError> {
        let _turn = self.keys_change.lock().await;
        let change = self.audited().await?;
        let user = store::find_user(&*change, email).await?;
        let user = user.ok_or(IdentityError::UnknownUser)?;
        if user.kyc == kyc {
            return Ok(());
        }
        store::set_kyc(&*change, user.id, kyc).await?;
        let lessened = self.lessen_keys(&change, user.id, kyc).await?;
        let keys = match lessened.len() {
            0 => String::new(),
            1 => "; one key lost the scope transfer".to_owned(),
            many => format!("; {many} keys lost the scope transfer"),
        };
        let note = Note::new(Act::KycChanged, Actor::Operator, user.id);
        let note = note.detail(format!("{kyc}, before {}{keys}", user.kyc));
        // Before the commit: whatever becomes of this call, no key goes on with what it lost.
        self.put(lessened.iter().map(|key| &key.now));
        let done = change.commit(note).await;
        if !Unmade::may_be_made(&done) {
            self.put(lessened.iter().map(|key| &key.before));
        }
        Ok(done?)
    }

    /// The user, if this is their password. Whether nobody has the address or the password is
    /// another takes the same time.
    ///
    /// # Errors
    /// [`IdentityError::Busy`], or the database.
    pub async fn check_password(
        &self,
        email: &Email,
        password: TypedPassword,
    ) -> Result<Option<User>, IdentityError> {
        let found = store::password_hash(self.database.read(), email).await?;
        let (user, hash) = found.unzip();
        let is_right = password::verify(&self.slow_work, Line::Known, password, hash).await?;
        Ok(user.filter(|_| is_right))
    }

    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) const fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(crate) const fn master(&self) -> &MasterKeySource {
        &self.master
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("ring", &self.ring).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
