//! Users and keys in the database. Every query is here, and serves SQLite and PostgreSQL alike.

mod api_keys;
mod deployment;
mod users;

pub use api_keys::{
    SealedRow, StoredKey, add_uses, count_active, count_sealed, insert_key, keys_of, load_page,
    revoke, sealed_page, write_sealed,
};
pub use deployment::deployment;
pub use users::{find_user, insert_user, lock_user, password_hash, set_password, user, users_page};
