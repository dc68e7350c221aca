//! Who calls: a user, by which means, from where.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use identity::{Identity, Kyc, Role};
use model::{AccountId, UserId};
use projection::History;
use venue_server::{Exchange, Scopes};

use crate::policy::{Scope, Who};
use crate::problem::Problem;

/// Who calls. Put into a request by [`crate::admission`], and there only where the policy asks for
/// somebody.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// Their account.
    pub account: AccountId,
    /// By which means.
    pub means: Means,
    /// From where.
    pub from: IpAddr,
}

/// By which means somebody calls.
#[derive(Clone, Debug)]
pub enum Means {
    /// They are signed in.
    Session(identity::Caller),
    /// A signed request.
    Key {
        /// The key's number.
        id: u128,
        /// What it may do.
        scopes: Scopes,
    },
}

impl std::fmt::Display for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // The beginning tells it from others. Who has a session's number can end it.
            Self::Session(person) => write!(f, "session {:08x}…", person.session().0 >> 96),
            Self::Key { id, .. } => write!(f, "key {id:032x}"),
        }
    }
}

impl Means {
    /// Whether the policy's `who` is content with it.
    ///
    /// # Errors
    /// 403.
    pub fn check(&self, who: Who) -> Result<(), Problem> {
        let (may, want) = match (self, who) {
            (_, Who::Anyone) | (Self::Session(_), Who::User(_) | Who::Person) => return Ok(()),
            (Self::Session(person), Who::Admin) => {
                (person.role() == Role::Admin, "this is for operators")
            }
            (Self::Key { .. }, Who::Person) => (false, "this needs a person who is signed in"),
            (Self::Key { scopes, .. }, Who::User(Scope::Read)) => {
                (scopes.read, "this needs a key with the scope read")
            }
            (Self::Key { scopes, .. }, Who::User(Scope::Trade)) => {
                (scopes.trade, "this needs a key with the scope trade")
            }
            (Self::Key { scopes, .. }, Who::Admin) => {
                (scopes.admin, "this needs a key with the scope admin")
            }
        };
        if may { Ok(()) } else { Err(Problem::forbidden(want)) }
    }
}

/// Whether the exchange knows a user as far as something wants.
///
/// # Errors
/// 403, or 503.
pub async fn check_kyc(identity: &Identity, user: UserId, needed: Kyc) -> Result<(), Problem> {
    // Not remembered with the session: what an operator decides counts at once.
    let stands = identity.user(user).await?.map_or(Kyc::None, |user| user.kyc);
    if stands.suffices(needed) { Ok(()) } else { Err(Problem::kyc_required(needed, stands)) }
}

impl Caller {
    /// What is read of long ago, on this caller's behalf.
    #[must_use]
    pub fn history(&self, exchange: &Exchange) -> History {
        exchange.history_for(Some(self.account), self.from)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Problem::unauthorized("this needs somebody who is signed in"))
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person(pub identity::Caller);

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Caller::from_request_parts(parts, state).await?.means {
            Means::Session(person) => Ok(Self(person)),
            Means::Key { .. } => Err(Problem::forbidden("this needs a person who is signed in")),
        }
    }
}

/// From where a request comes, trusted proxies considered.
#[derive(Clone, Copy, Debug)]
pub struct From(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(Problem::internal)
    }
}
