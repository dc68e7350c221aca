//! What is done beside serving, again and again.

use std::time::Duration;

use identity::Identity;

/// How often the use of keys and sessions is written down.
const USAGE_EVERY: Duration = Duration::from_secs(10);
/// How often sessions are ended whose time is over.
const OVERDUE_EVERY: Duration = Duration::from_secs(1);
/// How often what ended long ago is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// Looks after keys and sessions, without end.
pub async fn people(identity: &Identity) {
    tokio::join!(keep_usage(identity), end_overdue(identity), forget(identity));
}

/// Writes down how often keys were used, and what happened in sessions.
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
    }
}

fn turns(every: Duration) -> tokio::time::Interval {
    let mut turns = tokio::time::interval(every);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    turns
}
