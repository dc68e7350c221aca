//! API keys: made, revoked, counted.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use database::Database;
use model::{Secret, Time, UserId};
use sea_orm::{DatabaseTransaction, DbErr};
use vault::{RecordName, Vault, VaultError};
use venue::binance::KeyKind;

use super::audit::Unmade;
use super::{Caller, Identity};
use crate::api_key::{
    self, ApiKey, ApiKeyChange, ApiKeyId, ApiKeyUsage, CreatedApiKey, KEYS_PER_USER_MAX, NewApiKey,
    read_public_key,
};
use crate::audit::{Act, Actor, Note};
use crate::error::IdentityError;
use crate::key::{KeyEntry, Scopes};
use crate::notice::NewNotice;
use crate::ring::{Counted, Credential, KEYS_MAX, KeyRing, Slot, Usage, Used};
use crate::store::{self, Revoked, SealedTable, StoredKey};
use crate::taken::Taken;
use crate::user::{Kyc, User};

/// Keys read at once when the ring is filled.
const LOAD_ROWS: u64 = 1_000;
/// The use of keys is shown as it was so long ago at most.
const USAGE_SHOWN_MICROS: u64 = 1_000_000;
/// Uses written down in one transaction.
const USED_ROWS: usize = 500;

impl Identity {
    /// Creates a key for the caller, who must have proved who they are just now.
    ///
    /// # Errors
    /// [`IdentityError::StepUp`], [`IdentityError::TooManyActs`], and as [`Self::create_api_key`].
    pub async fn create_own_api_key(
        &self,
        caller: &Caller,
        new: NewApiKey,
    ) -> Result<CreatedApiKey, IdentityError> {
        self.require_step_up(caller)?;
        self.count_act(caller)?;
        self.create_key(caller.user(), new, noted(Act::KeyCreated, caller)).await
    }

    /// Changes a key of the caller, who must have proved who they are just now; it is another at
    /// once.
    ///
    /// # Errors
    /// [`IdentityError::UnknownKey`], [`IdentityError::StepUp`], [`IdentityError::TooManyActs`],
    /// what cannot be granted, or the database.
    pub async fn change_own_api_key(
        &self,
        caller: &Caller,
        id: ApiKeyId,
        change: ApiKeyChange,
    ) -> Result<ApiKey, IdentityError> {
        self.require_step_up(caller)?;
        self.count_act(caller)?;
        let (user, now) = (caller.user(), self.clock.now());
        let _turn = self.keys_change.lock().await;
        let mut transaction = self.audited().await?;
        let owner = store::lock_user(&*transaction, user).await?;
        let stored = store::own_key(&*transaction, user, id).await?;
        let mut stored = stored.ok_or(IdentityError::UnknownKey)?;
        let like = change.of(&stored.face);
        let owner = owner.ok_or(IdentityError::UnknownUser)?;
        api_key::check(&owner, &like, now)?;
        check_given(&owner, like.scopes, stored.face.scopes)?;
        store::change_key(&*transaction, id, &like).await?;
        let NewApiKey { name, scopes, allow_ips, expires, public_key: _, requests_per_minute } =
            like;
        let before = stored.clone();
        stored.face =
            ApiKey { name, scopes, allow_ips, expires, requests_per_minute, ..stored.face };
        let notice =
            NewNotice::of_changed_key(&stored.face, &before.face.allow_ips, caller.address());
        transaction.tell(user, notice);
        let note = noted(Act::KeyChanged, caller).detail(said_of(&stored.face));
        // Before the commit: whatever becomes of this call, the key does not go on with what it
        // lost.
        let lesser = StoredKey { face: stored.face.lesser(&before.face), ..before.clone() };
        self.put([&lesser].into_iter());
        let done = transaction.commit(note).await;
        match &done {
            Ok(()) => self.put([&stored].into_iter()),
            Err(Unmade::Not(_)) => self.put([&before].into_iter()),
            Err(Unmade::Perhaps(_)) => {}
        }
        done?;
        Ok(stored.face)
    }

    /// Revokes a key of the caller, which is good no more at once. Whether there was one.
    ///
    /// # Errors
    /// As [`Self::revoke_api_key`].
    pub async fn revoke_own_api_key(
        &self,
        caller: &Caller,
        id: ApiKeyId,
    ) -> Result<bool, IdentityError> {
        let note = noted(Act::KeyRevoked, caller).detail(id);
        self.revoke_key(caller.user(), id, note).await
    }

    /// How a key of that user was used, up to a second ago.
    ///
    /// # Errors
    /// [`IdentityError::UnknownKey`], or the database.
    pub async fn api_key_usage(
        &self,
        user: UserId,
        id: ApiKeyId,
    ) -> Result<ApiKeyUsage, IdentityError> {
        if self.is_usage_old() {
            self.write_usage().await?;
        }
        let read = self.database.read();
        let stored = store::own_key(read, user, id).await?.ok_or(IdentityError::UnknownKey)?;
        let days = store::days_of(read, id, self.clock.now()).await?;
        let ApiKey { last_used, last_address, .. } = stored.face;
        Ok(ApiKeyUsage { days, last_used, last_address })
    }

    /// Whether what was written down of the use of keys is older than who asks may see. For the
    /// next second it is not: it is everybody's, and whoever asks again and again would write all
    /// the time.
    fn is_usage_old(&self) -> bool {
        let now = self.clock.now().micros();
        let is_old = |last: u64| (last + USAGE_SHOWN_MICROS <= now || last == 0).then_some(now);
        self.usage_asked.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_old).is_ok()
    }

    /// Forgets how keys were used three months ago. To be called every few hours.
    ///
    /// # Errors
    /// The database.
    pub async fn forget_old_usage(&self) -> Result<(), IdentityError> {
        Ok(store::forget_days(self.database.write(), self.clock.now()).await?)
    }

    /// Creates a key, for an operator; it is good at once.
    ///
    /// # Errors
    /// [`IdentityError`] for what cannot be granted; or the vault or the database.
    pub async fn create_api_key(
        &self,
        user: UserId,
        new: NewApiKey,
    ) -> Result<CreatedApiKey, IdentityError> {
        self.create_key(user, new, Note::new(Act::KeyCreated, Actor::Operator, user)).await
    }

    /// Creates a key, of which the audit log says `note`, and what it is.
    async fn create_key(
        &self,
        user: UserId,
        new: NewApiKey,
        note: Note,
    ) -> Result<CreatedApiKey, IdentityError> {
        let now = self.clock.now();
        // A key that is revoked between the commit and the ring would stay in the ring.
        let _turn = self.keys_change.lock().await;
        let mut change = self.audited().await?;
        let owner = store::lock_user(&*change, user).await?;
        let owner = owner.ok_or(IdentityError::UnknownUser)?;
        api_key::check(&owner, &new, now)?;
        if note.actor != Actor::Operator {
            check_given(&owner, new.scopes, Scopes::default())?;
        }
        let has = store::count_active(&*change, user).await?;
        if KEYS_PER_USER_MAX <= has || KEYS_MAX <= self.ring.len() {
            return Err(IdentityError::TooManyKeys);
        }
        let MadeKey { stored, api_key, secret: secret_key } = self.make_key(user, &new, now)?;
        let credential = credential(&self.vault, &stored)?;
        store::insert_key(&*change, &stored, &new).await?;
        change.tell(user, NewNotice::of_key(&stored.face, &note));
        change.commit(note.detail(said_of(&stored.face))).await?;
        self.ring.insert(stored.lookup, slot(&stored, Arc::new(credential), Arc::default()));
        Ok(CreatedApiKey { id: stored.face.id, api_key, secret_key })
    }

    /// The keys of a user that are not revoked, oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn api_keys(&self, user: UserId) -> Result<Vec<ApiKey>, IdentityError> {
        let keys = store::keys_of(self.database.read(), user).await?;
        Ok(keys.into_iter().map(|key| key.face).collect())
    }

    /// Revokes a key of that user, for an operator; it is good no more at once. Whether there was
    /// one.
    ///
    /// # Errors
    /// The database; the key may then be good still.
    pub async fn revoke_api_key(&self, user: UserId, id: ApiKeyId) -> Result<bool, IdentityError> {
        let note = Note::new(Act::KeyRevoked, Actor::Operator, user).detail(id);
        self.revoke_key(user, id, note).await
    }

    /// Revokes a key, of which the audit log says `note`, if there was one.
    async fn revoke_key(
        &self,
        user: UserId,
        id: ApiKeyId,
        note: Note,
    ) -> Result<bool, IdentityError> {
        let _turn = self.keys_change.lock().await;
        let change = self.audited().await?;
        let revoked = store::revoke(&*change, user, id, self.clock.now()).await?;
        let Some(Revoked { lookup, is_new }) = revoked else { return Ok(false) };
        // Before the commit: whatever becomes of this call, no key that is revoked goes on.
        let slot = self.ring.remove(&lookup);
        if let Err(unmade) = change.commit(is_new.then_some(note)).await {
            if let (Unmade::Not(_), Some(slot)) = (&unmade, slot.filter(|_| is_new)) {
                self.ring.insert(lookup, slot);
            }
            return Err(unmade.into());
        }
        if let Some(used) = slot.and_then(|slot| slot.take()) {
            store::add_uses(self.database.write(), &[used]).await?;
        }
        Ok(is_new)
    }

    /// Takes from the keys of a user what wants them to be known further than `kyc`; nothing else
    /// changes keys meanwhile. The keys that had more, as they are now and as they were.
    pub(super) async fn lessen_keys(
        &self,
        transaction: &DatabaseTransaction,
        user: UserId,
        kyc: Kyc,
    ) -> Result<Vec<Lessened>, DbErr> {
        let mut lessened = Vec::new();
        for before in store::keys_of(transaction, user).await? {
            let mut now = before.clone();
            now.face.scopes = before.face.scopes.within(kyc);
            if now.face.scopes != before.face.scopes {
                let like = ApiKeyChange::default().of(&now.face);
                store::change_key(transaction, now.face.id, &like).await?;
                lessened.push(Lessened { now, before });
            }
        }
        Ok(lessened)
    }

    /// Has those keys be in force.
    pub(super) fn put<'a>(&self, keys: impl Iterator<Item = &'a StoredKey>) {
        for key in keys {
            if let Some((credential, usage)) = self.ring.parts(&key.lookup) {
                self.ring.insert(key.lookup, slot(key, credential, usage));
            }
        }
    }

    /// Writes down how often keys were used since the last time, in batches. To be called now and
    /// then, and before the end.
    ///
    /// # Errors
    /// The database; what was not written is counted again.
    pub async fn write_usage(&self) -> Result<(), IdentityError> {
        let mut used = Taken::new(self.ring.take_used(), |used: Used| used.give_back());
        while let Some(page) = used.page(USED_ROWS) {
            let rows = page.len();
            self.write_used(page).await?;
            used.written(rows);
        }
        Ok(())
    }

    async fn write_used(&self, page: &[Used]) -> Result<(), DbErr> {
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
            last_address: None,
            uses: 0,
            requests_per_minute: new.requests_per_minute,
        };
        let lookup = api_key::lookup(api_key.expose());
        let public_key = new.public_key.clone().map(String::into_bytes);
        let stored = StoredKey { face, lookup, sealed, public_key };
        Ok(MadeKey { stored, api_key, secret })
    }
}

/// A key that may do less than before.
pub(super) struct Lessened {
    pub now: StoredKey,
    pub before: StoredKey,
}

/// Whether the exchange knows somebody as far as what they give a key wants that had `before`. It
/// is asked before a key is made, and again here, where nobody decides otherwise meanwhile.
fn check_given(owner: &User, given: Scopes, before: Scopes) -> Result<(), IdentityError> {
    let is_more = before.kyc_needed() != given.kyc_needed();
    let is_known = owner.kyc.suffices(given.kyc_needed());
    if is_more && !is_known { Err(IdentityError::Scopes) } else { Ok(()) }
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
                Ok(credential) => {
                    ring.insert(key.lookup, slot(key, Arc::new(credential), Arc::default()));
                }
                Err(error @ IdentityError::Vault(VaultError::MasterKey(_))) => {
                    return Err(error);
                }
                Err(error) => {
                    let id = key.face.id;
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

fn slot(key: &StoredKey, credential: Arc<Credential>, usage: Arc<Usage>) -> Slot {
    let verifier = Counted {
        credential: Arc::clone(&credential),
        requests_per_minute: key.face.requests_per_minute,
        usage: Arc::clone(&usage),
    };
    let entry = KeyEntry {
        id: key.face.id.0,
        user: key.face.user,
        scopes: key.face.scopes,
        allow_ips: key.face.allow_ips.clone(),
        created: key.face.created,
        verifier: Box::new(verifier),
    };
    Slot { entry: Arc::new(entry), credential, expires: key.face.expires, usage }
}

/// Which key it is, and what it may do from where.
fn said_of(key: &ApiKey) -> String {
    format!("{} {} from {}", key.id, key.scopes.names().join(","), key.places())
}

/// A note of what the caller did.
pub(super) fn noted(act: Act, caller: &Caller) -> Note {
    Note::new(act, Actor::Person, caller.user()).from(caller.address())
}

const fn record_name(id: ApiKeyId, user: UserId) -> RecordName<'static> {
    SealedTable::ApiKeys.record_name(id.0, user.0)
}
