//! API keys: made, revoked, counted.

use std::sync::Arc;

use database::Database;
use model::{Secret, Time, UserId};
use sea_orm::DbErr;
use vault::{RecordName, Vault, VaultError};
use venue::binance::KeyKind;

use super::Identity;
use crate::api_key::{
    self, ApiKey, ApiKeyId, CreatedApiKey, KEYS_PER_USER_MAX, NewApiKey, read_public_key,
};
use crate::error::IdentityError;
use crate::key::KeyEntry;
use crate::ring::{Counted, Credential, KEYS_MAX, KeyRing, Slot, Usage};
use crate::store::{self, SealedTable, StoredKey};

/// Keys read at once when the ring is filled.
const LOAD_ROWS: u64 = 1_000;
/// Uses written down in one transaction.
const USED_ROWS: usize = 500;

impl Identity {
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
        let credential = credential(&self.vault, &stored)?;
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
}

/// Puts every key that opens into the ring.
pub(super) async fn fill_ring(
    database: &Database,
    vault: &Vault,
    ring: &KeyRing,
) -> Result<(), IdentityError> {
    let (mut after, mut unopened) = (None, None);
    loop {
        let page = store::load_page(database.read(), after, LOAD_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.face.id);
        for key in &page {
            match credential(vault, key) {
                Ok(credential) => ring.insert(key.lookup, slot(key, credential)),
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
        Some(error) if ring.is_empty() => Err(error),
        Some(_) | None => Ok(()),
    }
}

fn credential(vault: &Vault, key: &StoredKey) -> Result<Credential, IdentityError> {
    let (id, user) = (key.face.id, key.face.user);
    match (&key.sealed, &key.public_key) {
        (Some(sealed), _) => {
            let key = vault.open_hmac(&record_name(id, user), sealed)?;
            Ok(Credential::Secret(Box::new(key)))
        }
        (None, Some(pem)) => {
            let pem = std::str::from_utf8(pem).map_err(|_| IdentityError::PublicKey)?;
            Ok(Credential::Public(read_public_key(pem)?))
        }
        (None, None) => Err(IdentityError::PublicKey),
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

const fn record_name(id: ApiKeyId, user: UserId) -> RecordName<'static> {
    SealedTable::ApiKeys.record_name(id.0, user.0)
}
