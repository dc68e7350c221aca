//! What is done beside serving, again and again.

use std::time::Duration;

use identity::{Identity, IdentityError};

/// How often the use of keys and sessions is written down.
const USAGE_EVERY: Duration = Duration::from_secs(10);
/// How often failed logins are written down.
const FAILURES_EVERY: Duration = Duration::from_secs(1);
/// How often sessions are ended whose time is over.
const OVERDUE_EVERY: Duration = Duration::from_secs(1);
/// How often what ended long ago is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// How often the key for which pages encrypt is looked at.
const KEY_EVERY: Duration = Duration::from_secs(1_800);

/// Tells whoever started it how to become the owner of an exchange that has none.
///
/// # Errors
/// The database.
pub async fn tell_claim_link(identity: &Identity, base_url: &str) -> Result<(), IdentityError> {
    if let Some(token) = identity.claim_token().await? {
        let link = format!("{base_url}/claim#{}", token.expose());
        tracing::warn!("nobody owns this exchange yet; whoever opens this link does: {link}");
    }
    Ok(())
}

/// Looks after keys and sessions, without end.
pub async fn people(identity: &Identity) {
    let sessions = async { tokio::join!(end_overdue(identity), forget(identity)) };
    let log = keep_failures(identity);
    tokio::join!(keep_usage(identity), keep_password_key(identity), sessions, log);
}

/// Makes the key for which pages encrypt passwords, and replaces it when it is old.
async fn keep_password_key(identity: &Identity) {
    let mut turns = turns(KEY_EVERY);
    loop {
        turns.tick().await;
        if let Err(error) = identity.keep_password_key().await {
            tracing::warn!(%error, "the key for encrypted passwords is not made yet");
        }
    }
}

/// Writes down how often keys were used and what happened in sessions.
async fn keep_usage(identity: &Identity) {
    let mut turns = turns(USAGE_EVERY);
    loop {
        turns.tick().await;
        if let Err(error) = identity.write_usage().await {
            tracing::warn!(%error, "the use of keys is not written down; it is kept for later");
        }
        if let Err(error) = identity.write_sessions().await {
            tracing::warn!(%error, "sessions are not written down; they are kept for later");
        }
    }
}

/// Writes down which logins failed.
async fn keep_failures(identity: &Identity) {
    let mut turns = turns(FAILURES_EVERY);
    loop {
        turns.tick().await;
        identity.write_failures().await;
    }
}

async fn end_overdue(identity: &Identity) {
    let mut turns = turns(OVERDUE_EVERY);
    loop {
        turns.tick().await;
        identity.end_overdue_sessions();
    }
}

async fn forget(identity: &Identity) {
    let mut turns = turns(FORGET_EVERY);
    loop {
        turns.tick().await;
        if let Err(error) = identity.forget_old_sessions().await {
            tracing::warn!(%error, "old sessions are not forgotten yet");
        }
        if let Err(error) = identity.notify_of_ending_keys().await {
            tracing::warn!(%error, "owners of keys that end soon are not told yet");
        }
        if let Err(error) = identity.forget_old_usage().await {
            tracing::warn!(%error, "the old use of keys is not forgotten yet");
        }
    }
}

fn turns(every: Duration) -> tokio::time::Interval {
    let mut turns = tokio::time::interval(every);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    turns
}
