//! A new master key, and every stored secret wrapped by it.
//!
//! Keeps   each row is replaced in one step, by a compare and swap, so that keys work throughout;
//!         the old master keys stay in the key file and open what a kill left behind. The next
//!         rotation first finishes what an earlier one began, then makes a key all the same: who
//!         asks for one may have lost the newest.

use vault::{KeyFile, MasterKeyVersion, Missing, Vault};

use crate::audit::{Act, Actor, Note};
use crate::error::IdentityError;
use crate::service::{Identity, MasterKeySource};
use crate::store::{self, SealedRow, SealedTable};

/// Rows wrapped anew in one transaction.
const PAGE_ROWS: u64 = 50;

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The master key that wraps everything now.
    pub version: MasterKeyVersion,
    /// Secrets wrapped anew.
    pub rewrapped: u64,
    /// Whether it first finished an earlier one.
    pub resumed: bool,
}

impl Identity {
    /// Makes a new master key and wraps every stored secret by it, after what an earlier call
    /// began. Keys work throughout. May be cut off at any moment and called again.
    ///
    /// # Errors
    /// [`IdentityError::MasterKeyGiven`] if the master key is not ours to change; else what the
    /// key file, the vault or the database say. What was done stays done.
    pub async fn rotate_master_key(&self) -> Result<Rotation, IdentityError> {
        let MasterKeySource::File { file, .. } = self.master() else {
            return Err(IdentityError::MasterKeyGiven);
        };
        let _turn = self.rotating.lock().await;
        // Another process may have added a key.
        self.use_keys_of(file, KeyChange::Read).await?;
        let resumed = self.rewrap_all().await?;
        self.use_keys_of(file, KeyChange::Add).await?;
        let rewrapped = self.rewrap_all().await?;
        let version = self.vault().newest().0;
        let note = Note::new(Act::MasterKeyRotated, Actor::Operator, None);
        self.note(note.detail(format!("to version {version}"))).await;
        Ok(Rotation { version: self.vault().newest(), rewrapped, resumed: resumed != 0 })
    }

    async fn use_keys_of(&self, file: &KeyFile, change: KeyChange) -> Result<(), IdentityError> {
        let file = file.clone();
        let keys = tokio::task::spawn_blocking(move || match change {
            KeyChange::Read => file.open(Missing::Refuse),
            KeyChange::Add => file.add_key(),
        });
        self.vault().replace_keys(keys.await.expect("reading a file does not panic")?);
        Ok(())
    }

    async fn rewrap_all(&self) -> Result<u64, IdentityError> {
        let mut rewrapped = 0;
        for table in SealedTable::ALL {
            rewrapped += self.rewrap_table(table).await?;
        }
        Ok(rewrapped)
    }

    async fn rewrap_table(&self, table: SealedTable) -> Result<u64, IdentityError> {
        let (mut after, mut rewrapped) = (None, 0);
        loop {
            let page = store::sealed_page(self.database().read(), table, after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { return Ok(rewrapped) };
            after = Some(last.id);
            rewrapped += self.rewrap_page(&page).await?;
        }
    }

    async fn rewrap_page(&self, page: &[SealedRow]) -> Result<u64, IdentityError> {
        let mut changes = Vec::new();
        for row in page {
            if let Some(sealed) = rewrap(self.vault(), row) {
                changes.push((row, sealed));
            }
        }
        if changes.is_empty() {
            return Ok(0);
        }
        let mut written = 0;
        let transaction = self.database().begin().await?;
        for (row, sealed) in changes {
            written += u64::from(store::write_sealed(&transaction, row, sealed).await?);
        }
        transaction.commit().await?;
        Ok(written)
    }
}

enum KeyChange {
    Read,
    Add,
}

/// The row wrapped anew; `None` if it is already, or does not open: then it is left as evidence.
fn rewrap(vault: &Vault, row: &SealedRow) -> Option<Vec<u8>> {
    match vault.rewrap(&row.record_name(), &row.sealed) {
        Ok(sealed) => sealed,
        Err(error) => {
            let id = uuid::Uuid::from_u128(row.id);
            tracing::error!(table = ?row.table, %id, %error, "not wrapped anew");
            None
        }
    }
}
