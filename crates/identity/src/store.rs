//! Users, sessions and keys in the database. Every query is here, and serves SQLite and PostgreSQL
//! alike.

mod api_key_days;
mod api_keys;
mod audit;
mod deployment;
mod notices;
mod sealed;
mod second_factors;
mod service_keys;
mod sessions;
mod users;

pub use api_key_days::{days_of, forget_days};
pub use api_keys::{
    Revoked, StoredKey, add_uses, change_key, count_active, insert_key, keys_ending, keys_of,
    load_page, own_key, revoke,
};
pub use audit::{audit_before, audit_page, insert_audit};
pub use deployment::deployment;
pub use notices::{
    forget_notices, insert_notice, newest_notice, notices_before, read_notices, unread_notices,
    was_told,
};
pub use sealed::{SealedRow, SealedTable, count_sealed, sealed_page, write_sealed};
pub use second_factors::{
    StoredFactor, confirm_factor, delete_factors, factor_of, insert_factor, recovery_codes_left,
    replace_recovery_codes, use_recovery_code, use_step,
};
pub use service_keys::{Purpose, ServiceKey, delete_service_key, insert_service_key, service_keys};
pub use sessions::{
    end_sessions, forget_sessions, has_sessions, insert_session, knows_place, live_page,
    lock_refresh, rotate, write_changes,
};
pub use users::{
    find_user, has_administrator, insert_user, lock_password_hash, lock_user, own_password_hash,
    password_hash, replace_password, set_kyc, user, users_page,
};
