//! What an operator does with people: users, their passwords and API keys.

use identity::{Email, IdentityError, Kyc, NewApiKey, NewUser, Password, Role, Scopes, User};
use model::{Secret, UserId};
use serde_json::{Value, json};

use crate::operator::{Operator, Refusal, refuse};

/// What a key made on the command line is called.
const KEY_NAME: &str = "command line";

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
            kyc: kyc.parse::<Kyc>().map_err(|_| Refusal(format!("{kyc} is no KYC status")))?,
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

    /// Creates an API key. The answer is the only place where its secret is ever shown.
    pub async fn create_api_key(
        &self,
        email: &str,
        scopes: &[String],
        allow_ips: &[String],
        public_key: Option<String>,
    ) -> Result<Value, Refusal> {
        let user = self.user_of(email).await?;
        let Some(scopes) = Scopes::parse(scopes.iter().map(String::as_str)) else {
            return refuse("the scopes are read, trade, transfer and admin");
        };
        let new = NewApiKey {
            name: KEY_NAME.to_owned(),
            scopes,
            allow_ips: identity::parse_networks(allow_ips.iter().map(String::as_str))?,
            expires: None,
            public_key,
        };
        let made = self.identity.create_api_key(user.id, new).await?;
        let id = uuid::Uuid::from_u128(made.id.0);
        tracing::info!(user = %number(user.id), key = %id, ?scopes, "API key created");
        let mut answer = json!({ "apiKey": made.api_key.expose() });
        if let Some(secret) = &made.secret_key {
            answer["secretKey"] = json!(secret.expose());
        }
        Ok(answer)
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
    Email::new(text).ok_or_else(|| Refusal("that is no email address".into()))
}

fn read_password(text: String) -> Result<Password, Refusal> {
    let password = Password::new(Secret::new(text));
    password.ok_or_else(|| Refusal("a password has 8 characters or more, 256 bytes or less".into()))
}

fn number(user: UserId) -> uuid::Uuid {
    uuid::Uuid::from_bytes(user.0)
}

impl From<IdentityError> for Refusal {
    fn from(error: IdentityError) -> Self {
        Self(crate::with_causes(&error))
    }
}
