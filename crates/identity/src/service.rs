//! The service: fetch, decide, save.

use std::sync::Arc;

use database::Database;
use model::{Secret, Time, UserId};
use sea_orm::DbErr;
use tokio::sync::Mutex;
use vault::{KeyFile, KeyFileError, MasterKeys, Missing, Vault, VaultError};
use venue::binance::KeyKind;

use crate::api_key::{
    self, ApiKey, ApiKeyId, CreatedApiKey, KEYS_PER_USER_MAX, NewApiKey, read_public_key,
};
use crate::clock::Clock;
use crate::key::KeyEntry;
use crate::password::Hasher;
use crate::ring::{Counted, Credential, KEYS_MAX, KeyRing, Slot, Usage};
use crate::rotation::record_name;
use crate::store::{self, StoredKey};
use crate::user::{Email, NewUser, Password, User};

/// Keys read at once when the ring is filled.
const LOAD_ROWS: u64 = 1_000;
/// Uses written down in one transaction.
const USED_ROWS: usize = 500;
/// Users in one page.
const USERS_PAGE_MAX: u64 = 500;

/// Why identity says no.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Somebody has that address already.
    #[error("a user with this email exists already")]
    EmailTaken,
    /// Nobody has that address or number.
    #[error("there is no such user")]
    UnknownUser,
    /// No scope at all, or `admin` for somebody who is no administrator.
    #[error("a key needs a scope, and only an administrator's key may have the scope admin")]
    Scopes,
    /// The name of a key is too long or not plain.
    #[error("the name of a key has at most 64 plain characters")]
    KeyName,
    /// Too many networks, or one that is none.
    #[error("not a list of at most 32 addresses or networks in CIDR form")]
    AllowIps,
    /// The key would never be good.
    #[error("the key would expire before it is made")]
    Expires,
    /// Not a public key that can be checked.
    #[error("not an Ed25519 or RSA (2048 to 8192 bits) public key in PEM")]
    PublicKey,
    /// The user, or the exchange, has as many keys as there may be.
    #[error("there are too many keys")]
    TooManyKeys,
    /// Too many passwords are being checked. Ask again.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The master key was given, not read from a file: who gave it rotates it.
    #[error("the master key does not come from a file, so it cannot be rotated here")]
    MasterKeyGiven,
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
}

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

/// Users and API keys: who may do what.
pub struct Identity {
    database: Database,
    vault: Vault,
    master: MasterKeySource,
    hasher: Hasher,
    ring: Arc<KeyRing>,
    clock: Clock,
    pub(crate) rotating: Mutex<()>,
    /// Database and ring change together.
    keys_change: Mutex<()>,
}

impl Identity {
    /// Opens the vault and fills the ring.
    ///
    /// # Errors
    /// [`IdentityError`]; so too if not one stored secret opens: the master key is another
    /// deployment's then. A single one that does not open is logged and its key is not good.
    pub async fn open(
        database: Database,
        master: MasterKeySource,
        clock: Clock,
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
        let identity = Self {
            database,
            vault: Vault::new(deployment, keys),
            master,
            hasher: Hasher::new(),
            ring: Arc::new(KeyRing::new(clock.clone())),
            clock,
            rotating: Mutex::new(()),
            keys_change: Mutex::new(()),
        };
        identity.fill_ring().await?;
        Ok(identity)
    }

    /// The keys that are good, for the request path.
    #[must_use]
    pub const fn ring(&self) -> &Arc<KeyRing> {
        &self.ring
    }

    /// Creates a user.
    ///
    /// # Errors
    /// [`IdentityError::EmailTaken`], [`IdentityError::Busy`], or the database.
    pub async fn create_user(&self, new: NewUser) -> Result<User, IdentityError> {
        if store::find_user(self.database.read(), &new.email).await?.is_some() {
            return Err(IdentityError::EmailTaken);
        }
        let hash = self.hasher.hash(new.password).await?;
        let standing = (new.role, new.kyc);
        let now = self.clock.now();
        store::insert_user(self.database.write(), &new.email, hash, standing, now).await
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

    /// Gives a user another password.
    ///
    /// # Errors
    /// [`IdentityError::UnknownUser`], [`IdentityError::Busy`], or the database.
    pub async fn reset_password(
        &self,
        email: &Email,
        password: Password,
    ) -> Result<(), IdentityError> {
        let hash = self.hasher.hash(password).await?;
        let is_known = store::set_password(self.database.write(), email, hash).await?;
        if is_known { Ok(()) } else { Err(IdentityError::UnknownUser) }
    }

    /// The user, if this is their password. Whether nobody has the address or the password is
    /// another takes the same time.
    ///
    /// # Errors
    /// [`IdentityError::Busy`], or the database.
    pub async fn check_password(
        &self,
        email: &Email,
        password: Password,
    ) -> Result<Option<User>, IdentityError> {
        let found = store::password_hash(self.database.read(), email).await?;
        let (user, hash) = found.unzip();
        let is_right = self.hasher.verify(password, hash).await?;
        Ok(user.filter(|_| is_right))
    }

    /// Creates a key, which is good at once.
    ///
    /// # Errors
    /// [`IdentityError`] for what cannot be granted; or the vault or the database.
    pub async fn create_api_key(
        &self,
        user: UserId,
        new: NewApiKey,
    ) -> Result<CreatedApiKey, IdentityError> {
        let now = self.clock.now();
        // A key that is revoked between the commit and the ring would stay in the ring.
        let _turn = self.keys_change.lock().await;
        let transaction = self.database.begin().await?;
        let owner = store::lock_user(&transaction, user).await?;
        api_key::check(&owner.ok_or(IdentityError::UnknownUser)?, &new, now)?;
        let has = store::count_active(&transaction, user).await?;
        if KEYS_PER_USER_MAX <= has || KEYS_MAX <= self.ring.len() {
            return Err(IdentityError::TooManyKeys);
        }
        let MadeKey { stored, api_key, secret: secret_key } = self.make_key(user, &new, now)?;
        let credential = self.credential(&stored)?;
        store::insert_key(&transaction, &stored, &new).await?;
        transaction.commit().await?;
        self.ring.insert(stored.lookup, slot(&stored, credential));
        Ok(CreatedApiKey { id: stored.face.id, api_key, secret_key })
    }

    /// The keys of a user that are not revoked, oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn api_keys(&self, user: UserId) -> Result<Vec<ApiKey>, IdentityError> {
        Ok(store::keys_of(self.database.read(), user).await?)
    }

    /// Revokes a key of that user, which is good no more at once. Whether there was one.
    ///
    /// # Errors
    /// The database; the key may then be good still.
    pub async fn revoke_api_key(&self, user: UserId, id: ApiKeyId) -> Result<bool, IdentityError> {
        let _turn = self.keys_change.lock().await;
        let transaction = self.database.begin().await?;
        let revoked = store::revoke(&transaction, user, id, self.clock.now()).await?;
        transaction.commit().await?;
        let Some(lookup) = revoked else { return Ok(false) };
        if let Some(used) = self.ring.remove(&lookup) {
            store::add_uses(self.database.write(), &[used]).await?;
        }
        Ok(true)
    }

    /// Writes down how often keys were used since the last time, in batches. To be called now and
    /// then, and before the end.
    ///
    /// # Errors
    /// The database; what was not written is counted again.
    pub async fn write_usage(&self) -> Result<(), IdentityError> {
        let used = self.ring.take_used();
        let mut pages = used.chunks(USED_ROWS);
        while let Some(page) = pages.next() {
            if let Err(error) = self.write_used(page).await {
                page.iter().chain(pages.flatten()).for_each(|used| used.give_back());
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn write_used(&self, page: &[crate::ring::Used]) -> Result<(), DbErr> {
        let transaction = self.database.begin().await?;
        store::add_uses(&transaction, page).await?;
        transaction.commit().await
    }

    fn make_key(&self, user: UserId, new: &NewApiKey, now: Time) -> Result<MadeKey, IdentityError> {
        let id = ApiKeyId(uuid::Uuid::new_v4().as_u128());
        let api_key = api_key::draw();
        let (kind, secret, sealed) = match &new.public_key {
            Some(pem) => (read_public_key(pem)?.kind(), None, None),
            None => {
                let secret = api_key::draw();
                let sealed = self.vault.seal(&record_name(id, user), &secret)?;
                (KeyKind::Hmac, Some(secret), Some(sealed))
            }
        };
        let face = ApiKey {
            id,
            user,
            name: new.name.clone(),
            hint: api_key::hint(api_key.expose()),
            kind,
            scopes: new.scopes,
            allow_ips: new.allow_ips.clone(),
            created: now,
            expires: new.expires,
            last_used: None,
            uses: 0,
            revoked: None,
        };
        let lookup = api_key::lookup(api_key.expose());
        let public_key = new.public_key.clone().map(String::into_bytes);
        let stored = StoredKey { face, lookup, sealed, public_key };
        Ok(MadeKey { stored, api_key, secret })
    }

    async fn fill_ring(&self) -> Result<(), IdentityError> {
        let (mut after, mut unopened) = (None, None);
        loop {
            let page = store::load_page(self.database.read(), after, LOAD_ROWS).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.face.id);
            for key in &page {
                match self.credential(key) {
                    Ok(credential) => self.ring.insert(key.lookup, slot(key, credential)),
                    Err(error @ IdentityError::Vault(VaultError::MasterKey(_))) => {
                        return Err(error);
                    }
                    Err(error) => {
                        let id = uuid::Uuid::from_u128(key.face.id.0);
                        tracing::error!(key = %id, %error, "an API key is not good: it is damaged");
                        unopened = Some(error);
                    }
                }
            }
        }
        match unopened {
            Some(error) if self.ring.is_empty() => Err(error),
            Some(_) | None => Ok(()),
        }
    }

    fn credential(&self, key: &StoredKey) -> Result<Credential, IdentityError> {
        let (id, user) = (key.face.id, key.face.user);
        match (&key.sealed, &key.public_key) {
            (Some(sealed), _) => {
                let key = self.vault.open_hmac(&record_name(id, user), sealed)?;
                Ok(Credential::Secret(Box::new(key)))
            }
            (None, Some(pem)) => {
                let pem = std::str::from_utf8(pem).map_err(|_| IdentityError::PublicKey)?;
                Ok(Credential::Public(read_public_key(pem)?))
            }
            (None, None) => Err(IdentityError::PublicKey),
        }
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

/// A key as it was drawn, with what is shown of it once.
struct MadeKey {
    stored: StoredKey,
    api_key: Secret<String>,
    secret: Option<Secret<String>>,
}

fn slot(key: &StoredKey, credential: Credential) -> Slot {
    let usage = Arc::new(Usage::default());
    let entry = KeyEntry {
        id: key.face.id.0,
        user: key.face.user,
        scopes: key.face.scopes,
        allow_ips: key.face.allow_ips.clone(),
        created: key.face.created,
        verifier: Box::new(Counted { credential, usage: Arc::clone(&usage) }),
    };
    Slot { entry: Arc::new(entry), expires: key.face.expires, usage }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("ring", &self.ring).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
