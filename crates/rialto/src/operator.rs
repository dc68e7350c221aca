//! What an operator can ask of the exchange, whether it runs or lies stopped on the disk.

use std::sync::Arc;

use engine::{Asset, Command, Event, MarketState, Rejection};
use identity::Identity;
use model::{AccountId, AssetId, Decimal, MarketId, UserId};
use projection::Views;
use sequencer::{Handle, SubmitError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::market_file::{FieldError, MarketFile, market_state};
use crate::test_clock::TestClock;

/// One thing asked by an operator. No `Debug`: passwords are among it.
#[derive(Deserialize, Serialize)]
#[serde(tag = "op", rename_all = "camelCase", deny_unknown_fields)]
pub enum Request {
    /// Create a user and open their account.
    CreateUser {
        /// Who.
        email: String,
        /// Whether they administrate.
        admin: bool,
        /// `none`, `pending` or `approved`.
        kyc: String,
        /// Their password.
        password: String,
    },
    /// Give a user another password.
    ResetPassword {
        /// Who.
        email: String,
        /// Their new password.
        password: String,
    },
    /// Switch a user's second factor off.
    ResetTwoFactor {
        /// Whose.
        email: String,
    },
    /// Say how far the exchange knows a user.
    SetKyc {
        /// Whom.
        email: String,
        /// `none`, `pending`, `approved` or `rejected`.
        kyc: String,
    },
    /// Create an API key.
    CreateApiKey(AskedKey),
    /// Tell a user's keys that are not revoked.
    ListApiKeys {
        /// Whose.
        email: String,
    },
    /// Revoke an API key.
    RevokeApiKey {
        /// Whose.
        email: String,
        /// Which: a UUID.
        id: String,
    },
    /// List a market, and the assets it needs.
    CreateMarket {
        /// Which.
        market: Box<MarketFile>,
    },
    /// Open, restrict or halt a market.
    SetMarketState {
        /// `BTC-USDT`.
        symbol: String,
        /// `open`, `post-only`, `cancel-only`, `halted`.
        state: String,
    },
    /// Move money into or out of an account.
    Adjust {
        /// Whose.
        email: String,
        /// Of what.
        asset: String,
        /// How much, as a decimal; negative where it goes.
        amount: String,
        /// Why.
        reason: String,
        /// Drawn by whoever asks, so that asking again moves nothing: a UUID.
        reference: String,
    },
    /// Wrap every stored secret under a new master key.
    RotateKeys,
    /// Check the chain of the audit log.
    VerifyAudit,
    /// Move the clock of sessions and keys, in a test.
    AdvanceClock {
        /// How far.
        seconds: u64,
    },
}

/// An API key that is asked for.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskedKey {
    /// Whose.
    pub email: String,
    /// `read`, `trade`, `transfer`, `admin`.
    pub scopes: Vec<String>,
    /// From where, as CIDR; anywhere if empty.
    pub allow_ips: Vec<String>,
    /// In PEM; `None` for a key with a secret.
    pub public_key: Option<String>,
    /// What its owner calls it.
    pub name: String,
    /// Until when, as RFC 3339; `None` for ever.
    pub expires_at: Option<String>,
}

/// The exchange said no to its operator, and why.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The engine did; nothing changed.
    #[error("refused: {}", gateway::rejection_text(*.0))]
    Rejected(Rejection),
    /// Somebody else did, in words for the operator.
    #[error("{0}")]
    Said(String),
}

/// Whoever carries out what operators ask. Cheap to clone.
#[derive(Clone)]
pub struct Operator {
    /// The way to the engine.
    pub sequencer: Handle,
    /// What there is.
    pub views: Views,
    /// Who may do what.
    pub identity: Arc<Identity>,
    /// Moves the clock by which sessions and keys end, in a test.
    pub test_clock: Option<TestClock>,
}

impl Operator {
    /// Carries out `request`. The answer is what the command prints.
    ///
    /// # Errors
    /// [`Refusal`] with a reason for the operator; nothing changed.
    pub async fn run(&self, request: Request) -> Result<Value, Refusal> {
        let said = crate::audit::said_of(&request);
        let answer = self.carry_out(request).await?;
        if let Some(said) = said {
            self.identity.note_operator(None, &said).await;
        }
        Ok(answer)
    }

    async fn carry_out(&self, request: Request) -> Result<Value, Refusal> {
        match request {
            Request::CreateMarket { market } => self.create_market(&market).await,
            Request::SetMarketState { symbol, state } => {
                self.set_market_state(&symbol, &state).await
            }
            Request::Adjust { email, asset, amount, reason, reference } => {
                let user = self.user_of(&email).await?;
                self.adjust(user.id, &asset, &amount, &reason, &reference).await
            }
            Request::CreateUser { email, admin, kyc, password } => {
                self.create_user(&email, admin, &kyc, password).await
            }
            Request::ResetPassword { email, password } => {
                self.reset_password(&email, password).await
            }
            Request::ResetTwoFactor { email } => self.reset_two_factor(&email).await,
            Request::SetKyc { email, kyc } => self.set_kyc(&email, &kyc).await,
            Request::CreateApiKey(asked) => self.create_api_key(asked).await,
            Request::ListApiKeys { email } => self.list_api_keys(&email).await,
            Request::RevokeApiKey { email, id } => self.revoke_api_key(&email, &id).await,
            Request::RotateKeys => self.rotate_keys().await,
            Request::VerifyAudit => self.verify_audit().await,
            Request::AdvanceClock { seconds } => self.advance_clock(seconds),
        }
    }

    /// Lists a market and what assets it needs, and opens it as the file says.
    pub async fn create_market(&self, file: &MarketFile) -> Result<Value, Refusal> {
        let (base, quote) = file.assets()?;
        let state = market_state(&file.state)?;
        let (base, base_scale) = self.asset(base).await?;
        let (quote, quote_scale) = self.asset(quote).await?;
        let spec = file.spec((base, quote), (base_scale, quote_scale))?;
        let market = self
            .submit(Command::ListMarket(Box::new(spec)), |event| match event {
                Event::MarketListed { market, .. } => Some(Ok(*market)),
                Event::MarketRefused { error } => Some(refuse(error.to_string())),
                _ => None,
            })
            .await??;
        self.set_state(market, state).await?;
        Ok(json!({ "symbol": file.symbol, "market": market.0, "state": file.state }))
    }

    /// The asset's number and ledger scale; listed now if it was not.
    async fn asset(&self, asset: Asset) -> Result<(AssetId, u8), Refusal> {
        if let Some((id, listed)) = self.views.catalog().asset_by_code(asset.code.as_str()) {
            return Ok((id, listed.scale));
        }
        self.submit(Command::ListAsset(asset), |event| match event {
            Event::AssetListed { id, asset } => Some((*id, asset.scale)),
            _ => None,
        })
        .await
    }

    async fn set_market_state(&self, symbol: &str, state: &str) -> Result<Value, Refusal> {
        let to = market_state(state)?;
        let market = self.market(symbol)?;
        self.set_state(market, to).await?;
        Ok(json!({ "symbol": symbol, "state": state }))
    }

    async fn set_state(&self, market: MarketId, state: MarketState) -> Result<(), Refusal> {
        let set = |event: &Event| matches!(event, Event::MarketStateSet { .. }).then_some(());
        self.submit(Command::SetMarketState { market, state }, set).await
    }

    fn market(&self, symbol: &str) -> Result<MarketId, Refusal> {
        match self.views.catalog().market_as_written(symbol) {
            Some(market) => Ok(market.id),
            None => refuse(format!("there is no market {symbol}")),
        }
    }

    /// Opens the account of `user`, or finds it.
    pub async fn open_account(&self, user: UserId) -> Result<AccountId, Refusal> {
        self.submit(Command::OpenAccount { user }, |event| match event {
            Event::AccountOpened { account, .. } => Some(*account),
            _ => None,
        })
        .await
    }

    /// Moves money into or out of the account of `user`.
    pub async fn adjust(
        &self,
        user: UserId,
        asset: &str,
        amount: &str,
        reason: &str,
        reference: &str,
    ) -> Result<Value, Refusal> {
        let Some((id, listed)) = self.views.catalog().asset_by_code(asset) else {
            return refuse(format!("there is no asset {asset}"));
        };
        let units = amount.parse::<Decimal>().ok().and_then(|number| number.units_at(listed.scale));
        let Some(units) = units else {
            return refuse(format!("{amount} is no amount of {asset} to {} digits", listed.scale));
        };
        let number =
            uuid::Uuid::parse_str(reference).map_err(|error| Refusal::Said(error.to_string()))?;
        let account = self.open_account(user).await?;
        let reference = number.as_u128();
        let command = Command::Adjust { account, asset: id, amount: units, reference };
        let adjusted = |event: &Event| matches!(event, Event::Adjusted { .. }).then_some(());
        self.submit(command, adjusted).await?;
        tracing::info!(account = account.0, asset, amount, %number, reason, "adjusted");
        Ok(json!({ "asset": asset, "amount": amount, "reference": number.to_string() }))
    }

    /// Submits `command` and picks its answer out of what happened.
    async fn submit<T>(
        &self,
        command: Command,
        answer: impl Fn(&Event) -> Option<T>,
    ) -> Result<T, Refusal> {
        let refused = |error: SubmitError| Refusal::Said(error.to_string());
        let events =
            self.sequencer.submit(command).map_err(refused)?.await.map_err(refused)?.events;
        for event in &events {
            if let Event::Rejected { reason, .. } = event {
                return Err(Refusal::Rejected(*reason));
            }
            if let Some(answer) = answer(event) {
                return Ok(answer);
            }
        }
        refuse("the engine did not answer: this is a bug")
    }
}

/// Says no.
pub fn refuse<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Said(reason.into()))
}

impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Self::Said(error.to_string())
    }
}
