//! What an operator does with people: users, their passwords and API keys.

use identity::{
    ApiKey, ApiKeyId, Email, IdentityError, Kyc, NewApiKey, NewUser, Password, Role, Scopes, User,
};
use model::{Secret, Time, UserId};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::operator::{AskedKey, Operator, Refusal, refuse};

impl Operator {
    /// Creates a user and opens their account.
    pub async fn create_user(
        &self,
        email: &str,
        admin: bool,
        kyc: &str,
        password: String,
    ) -> Result<Value, Refusal> {
        let new = NewUser {
            email: read_email(email)?,
            password: read_password(password)?,
            role: if admin { Role::Admin } else { Role::User },
            kyc: read_kyc(kyc)?,
        };
        let user = self.identity.create_user(new).await?;
        // If this fails, the account is opened with the user's first order or deposit.
        let account = self.open_account(user.id).await?;
        tracing::info!(user = %number(user.id), account = account.0, role = %user.role, "created");
        Ok(json!({
            "id": number(user.id).to_string(),
            "email": user.email,
            "role": user.role.as_str(),
            "kyc": user.kyc.as_str(),
        }))
    }

    /// Gives a user another password.
    pub async fn reset_password(&self, email: &str, password: String) -> Result<Value, Refusal> {
        let user = self.user_of(email).await?;
        self.identity.reset_password(&read_email(email)?, read_password(password)?).await?;
        tracing::info!(user = %number(user.id), "password reset");
        Ok(json!({ "id": number(user.id).to_string(), "email": user.email }))
    }

    /// Says how far the exchange knows a user.
    pub async fn set_kyc(&self, email: &str, kyc: &str) -> Result<Value, Refusal> {
        let user = self.user_of(email).await?;
        let kyc = read_kyc(kyc)?;
        self.identity.set_kyc(&read_email(email)?, kyc).await?;
        tracing::info!(user = %number(user.id), %kyc, "KYC status set");
        Ok(json!({
            "id": number(user.id).to_string(),
            "email": user.email,
            "kyc": kyc.as_str(),
        }))
    }

    /// Switches a user's second factor off.
    pub async fn reset_two_factor(&self, email: &str) -> Result<Value, Refusal> {
        let user = self.user_of(email).await?;
        self.identity.reset_second_factor(&read_email(email)?).await?;
        tracing::info!(user = %number(user.id), "second factor reset");
        Ok(json!({ "id": number(user.id).to_string(), "email": user.email }))
    }

    /// Creates an API key. The answer is the only place where its secret is ever shown.
    pub async fn create_api_key(&self, asked: AskedKey) -> Result<Value, Refusal> {
        let AskedKey { email, scopes, allow_ips, public_key, name, expires_at } = asked;
        let user = self.user_of(&email).await?;
        let Some(scopes) = Scopes::parse(scopes.iter().map(String::as_str)) else {
            return refuse("the scopes are read, trade, transfer and admin");
        };
        let new = NewApiKey {
            name,
            scopes,
            allow_ips: identity::parse_networks(allow_ips)?,
            expires: expires_at.as_deref().map(read_time).transpose()?,
            public_key,
            requests_per_minute: None,
        };
        let made = self.identity.create_api_key(user.id, new).await?;
        let id = made.id;
        tracing::info!(user = %number(user.id), key = %id, ?scopes, "API key created");
        let mut answer = json!({ "id": id.to_string(), "apiKey": made.api_key.expose() });
        if let Some(secret) = &made.secret_key {
            answer["secretKey"] = json!(secret.expose());
        }
        Ok(answer)
    }

    /// A user's keys that are not revoked, oldest first.
    pub async fn list_api_keys(&self, email: &str) -> Result<Value, Refusal> {
        let user = self.user_of(email).await?;
        let keys = self.identity.api_keys(user.id).await?;
        let face = |key: &ApiKey| {
            json!({
                "id": key.id.to_string(),
                "name": key.name,
                "hint": key.hint,
                "kind": format!("{:?}", key.kind).to_lowercase(),
                "scopes": key.scopes.names(),
                "allowIps": key.allow_ips.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "createdAt": time_text(key.created),
                "expiresAt": key.expires.map(time_text),
                "lastUsedAt": key.last_used.map(time_text),
                "uses": key.uses,
            })
        };
        Ok(json!({ "items": keys.iter().map(face).collect::<Vec<_>>() }))
    }

    /// Revokes a key: where a server runs, it is refused from now on.
    pub async fn revoke_api_key(&self, email: &str, id: &str) -> Result<Value, Refusal> {
        let user = self.user_of(email).await?;
        let id = uuid::Uuid::parse_str(id).map_err(|error| Refusal::Said(error.to_string()))?;
        if !self.identity.revoke_api_key(user.id, ApiKeyId(id.as_u128())).await? {
            return refuse(format!("{email} has no key {id} that is not revoked"));
        }
        tracing::info!(user = %number(user.id), key = %id, "API key revoked");
        Ok(json!({ "id": id.to_string(), "revoked": true }))
    }

    /// Wraps every stored secret under a new master key.
    pub async fn rotate_keys(&self) -> Result<Value, Refusal> {
        let rotation = self.identity.rotate_master_key().await?;
        let (master_key, rewrapped) = (rotation.version.0, rotation.rewrapped);
        tracing::info!(master_key, rewrapped, resumed = rotation.resumed, "master key rotated");
        Ok(json!({
            "masterKey": master_key,
            "rewrapped": rewrapped,
            "resumed": rotation.resumed,
        }))
    }

    /// The user with that address.
    pub async fn user_of(&self, email: &str) -> Result<User, Refusal> {
        match self.identity.find_user(&read_email(email)?).await? {
            Some(user) => Ok(user),
            None => refuse(format!("there is no user {email}")),
        }
    }
}

fn read_email(text: &str) -> Result<Email, Refusal> {
    Email::new(text).ok_or_else(|| Refusal::Said("that is no email address".into()))
}

fn read_kyc(text: &str) -> Result<Kyc, Refusal> {
    text.parse().map_err(|_| Refusal::Said(format!("{text} is no KYC status")))
}

fn read_password(text: String) -> Result<Password, Refusal> {
    let password = Password::new(Secret::new(text));
    password.ok_or_else(|| {
        Refusal::Said("a password has 12 characters or more, 256 bytes or less".into())
    })
}

fn read_time(text: &str) -> Result<Time, Refusal> {
    let wrong = || Refusal::Said(format!("{text} is no time like 2027-01-31T12:00:00Z"));
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
    let micros = time.unix_timestamp_nanos() / 1_000;
    u64::try_from(micros).map(Time).map_err(|_| wrong())
}

fn time_text(time: Time) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0) * 1_000);
    moment.ok().and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default()
}

fn number(user: UserId) -> uuid::Uuid {
    uuid::Uuid::from_bytes(user.0)
}

impl From<IdentityError> for Refusal {
    fn from(error: IdentityError) -> Self {
        Self::Said(crate::with_causes(&error))
    }
}
