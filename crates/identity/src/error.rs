//! Why identity says no.

use sea_orm::DbErr;
use vault::{KeyFileError, VaultError};

/// Why identity says no.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Somebody has that address already.
    #[error("a user with this email exists already")]
    EmailTaken,
    /// Nobody has that address or number.
    #[error("there is no such user")]
    UnknownUser,
    /// No scope at all, or `admin` for somebody who is no administrator.
    #[error("a key needs a scope, and only an administrator's key may have the scope admin")]
    Scopes,
    /// The name of a key is too long or not plain.
    #[error("the name of a key has at most 64 plain characters")]
    KeyName,
    /// Too many networks, or one that is none.
    #[error("not a list of at most 32 addresses or networks in CIDR form")]
    AllowIps,
    /// The key would never be good.
    #[error("the key would expire before it is made")]
    Expires,
    /// The key could never make a request.
    #[error("a key that may make no request in a minute is of no use: revoke it")]
    RequestsPerMinute,
    /// There is no such key, or it was revoked.
    #[error("there is no such key")]
    UnknownKey,
    /// Not a public key that can be checked.
    #[error("not an Ed25519 or RSA (2048 to 8192 bits) public key in PEM")]
    PublicKey,
    /// The user, or the exchange, has as many keys as there may be.
    #[error("there are too many keys")]
    TooManyKeys,
    /// Too many passwords are being checked. Ask again.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The master key was given, not read from a file: who gave it rotates it.
    #[error("the master key does not come from a file, so it cannot be rotated here")]
    MasterKeyGiven,
    /// Nobody has that address, or the password is another: which of both is not told.
    #[error("no user has this address and this password")]
    Credentials,
    /// A password is to be chosen, and this one is too short.
    #[error("a password has 12 characters or more, and 256 bytes or less")]
    PasswordShort,
    /// A password is to be chosen, and this one is among the first that are guessed.
    #[error("this password is easily guessed")]
    PasswordCommon,
    /// What was encrypted does not open, or not any more: ask for another key and challenge.
    #[error("the encrypted password is for a key or a challenge that is not good any more")]
    Envelope,
    /// The password was right, and a second factor is on: it is needed too.
    #[error("a second factor is on: its code is needed too")]
    FactorNeeded,
    /// The code is wrong, was used, or its time is over.
    #[error("the code is wrong, was used, or its time is over")]
    Code,
    /// A second factor is on already.
    #[error("a second factor is on already")]
    FactorOn,
    /// No second factor is on.
    #[error("no second factor is on")]
    FactorOff,
    /// Too many tries were wrong. Wait.
    #[error("too many tries: wait for {seconds} seconds")]
    TooManyTries {
        /// For so long.
        seconds: u64,
    },
    /// They have done so much within an hour that is written down for good.
    #[error("enough for this hour: wait for {seconds} seconds")]
    TooManyActs {
        /// For so long.
        seconds: u64,
    },
    /// Too many codes in a row were wrong.
    #[error(
        "too many wrong codes: sign in with a browser that you used before, or with a recovery code"
    )]
    CodesOver,
    /// Nobody may register yet: there is no user at all.
    #[error("nobody owns this exchange yet: its owner opens the link in its log first")]
    Unowned,
    /// The exchange has an administrator, or the link was another.
    #[error("the link to claim this exchange is not good")]
    Claim,
    /// The audit log was altered.
    #[error("the audit log is broken: entry {seq} does not belong where it is")]
    AuditBroken {
        /// The first place that is not sound.
        seq: u64,
    },
    /// What was sent is no access token of ours that is good now.
    #[error("the access token is not good")]
    Token,
    /// The session has ended: log in again.
    #[error("the session has ended")]
    SessionEnded,
    /// The act wants a proof that it is still the same person, not older than 5 minutes.
    #[error("this needs the password or a code once more")]
    StepUp,
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
}
