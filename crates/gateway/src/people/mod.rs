//! `/api/v1/auth` and its like: who somebody is, and how they prove it.

mod api_keys;
mod cookie;
mod credential;
mod entry;
mod limit;
mod password;
mod second_factor;
mod sessions;
mod user_view;

pub use api_keys::{change_key, delete_key, key_usage, list_keys, make_key};
pub use cookie::is_from_here;
pub use entry::{activity, claim, csrf, login, logout, me, refresh, register};
pub use limit::{CredentialLimit, Standing};
pub use password::{change_password, public_key, step_up};
pub use second_factor::{
    confirm_factor, factor, remove_factor, replace_recovery_codes, set_up_factor,
};
pub use sessions::{end_others, end_session, list_sessions};

// What the macro of a route puts beside its handler.
pub use api_keys::{
    __path_change_key, __path_delete_key, __path_key_usage, __path_list_keys, __path_make_key,
};
pub use entry::{
    __path_activity, __path_claim, __path_csrf, __path_login, __path_logout, __path_me,
    __path_refresh, __path_register,
};
pub use password::{__path_change_password, __path_public_key, __path_step_up};
pub use second_factor::{
    __path_confirm_factor, __path_factor, __path_remove_factor, __path_replace_recovery_codes,
    __path_set_up_factor,
};
pub use sessions::{__path_end_others, __path_end_session, __path_list_sessions};
