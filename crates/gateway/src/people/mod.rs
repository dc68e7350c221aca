//! `/api/v1/auth` and its like: who somebody is, and how they prove it.

mod cookie;
mod credential;
mod entry;
mod limit;
mod password;
mod sessions;
mod user_view;

pub use cookie::is_from_here;
pub use entry::{activity, csrf, login, logout, me, refresh, register};
pub use limit::{CredentialLimit, Passed};
pub use password::{change_password, public_key, step_up};
pub use sessions::{end_others, end_session, list_sessions};

// What the macro of a route puts beside its handler.
pub use entry::{
    __path_activity, __path_csrf, __path_login, __path_logout, __path_me, __path_refresh,
    __path_register,
};
pub use password::{__path_change_password, __path_public_key, __path_step_up};
pub use sessions::{__path_end_others, __path_end_session, __path_list_sessions};
