//! The operator's commands: asked of the server that runs on the data directory, or carried out
//! here where none runs.

use std::io::BufRead;
use std::path::PathBuf;

use serde_json::{Value, json};
use vault::{KeyFile, Missing};

use crate::Failure;
use crate::admin_socket;
use crate::cli::{ApiKeyCommand, AuditCommand, ClockCommand, DataDirectory};
use crate::cli::{KeysCommand, LedgerCommand, MarketCommand, UserCommand};
use crate::house::{House, HouseOptions};
use crate::market_file::MarketFile;
use crate::operator::{AskedKey, Request};

/// `rialto user …`
pub async fn user(command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create { data, email, admin, kyc, password_stdin: _ } => {
            let password = first_line_of_input()?;
            carry_out(data, Request::CreateUser { email, admin, kyc, password }).await
        }
        UserCommand::ResetPassword { data, email, password_stdin: _ } => {
            let password = first_line_of_input()?;
            carry_out(data, Request::ResetPassword { email, password }).await
        }
        UserCommand::SetKyc { data, email, kyc } => {
            carry_out(data, Request::SetKyc { email, kyc }).await
        }
        UserCommand::ResetTwoFactor { data, email } => {
            carry_out(data, Request::ResetTwoFactor { email }).await
        }
    }
}

/// `rialto api-key …`
pub async fn api_key(command: ApiKeyCommand) -> Result<(), Failure> {
    match command {
        ApiKeyCommand::Create { data, email, scopes, allow_ip, public_key, name, expires_at } => {
            let public_key = public_key.map(std::fs::read_to_string).transpose()?;
            let allow_ips = allow_ip;
            let asked = AskedKey { email, scopes, allow_ips, public_key, name, expires_at };
            carry_out(data, Request::CreateApiKey(asked)).await
        }
        ApiKeyCommand::List { data, email } => {
            carry_out(data, Request::ListApiKeys { email }).await
        }
        ApiKeyCommand::Revoke { data, email, id } => {
            carry_out(data, Request::RevokeApiKey { email, id }).await
        }
    }
}

/// `rialto market …`
pub async fn market(command: MarketCommand) -> Result<(), Failure> {
    match command {
        MarketCommand::Create { data, file } => {
            let market: MarketFile = toml::from_str(&std::fs::read_to_string(file)?)?;
            carry_out(data, Request::CreateMarket { market: Box::new(market) }).await
        }
        MarketCommand::State { data, symbol, state } => {
            carry_out(data, Request::SetMarketState { symbol, state }).await
        }
    }
}

/// `rialto ledger …`
pub async fn ledger(command: LedgerCommand) -> Result<(), Failure> {
    let LedgerCommand::Adjust { data, email, asset, amount, reason, reference } = command;
    let reference = reference.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let again = format!("to try again without doing it twice: --reference {reference}");
    let request = Request::Adjust { email, asset, amount, reason, reference };
    carry_out(data, request).await.map_err(|failure| format!("{failure} ({again})").into())
}

/// `rialto audit …`
pub async fn audit(command: AuditCommand) -> Result<(), Failure> {
    let AuditCommand::Verify { data } = command;
    carry_out(data, Request::VerifyAudit).await
}

/// `rialto clock …`
pub async fn clock(command: ClockCommand) -> Result<(), Failure> {
    let ClockCommand::Advance { data, seconds } = command;
    carry_out(data, Request::AdvanceClock { seconds }).await
}

/// `rialto keys …`
pub async fn keys(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Create { master_key_file } => create_key_file(master_key_file),
        KeysCommand::Rotate { data } => carry_out(data, Request::RotateKeys).await,
    }
}

fn create_key_file(path: PathBuf) -> Result<(), Failure> {
    if path.exists() {
        return Err(format!("there is a file {} already", path.display()).into());
    }
    let keys = KeyFile::new(path.clone()).open(Missing::Create)?;
    let answer = json!({ "masterKeyFile": path, "masterKey": keys.newest().0 });
    println!("{answer}");
    Ok(())
}

/// Has the request carried out and prints the answer as one line of JSON.
async fn carry_out(data: DataDirectory, request: Request) -> Result<(), Failure> {
    let answer = match admin_socket::ask(&data.path, &request).await {
        Some(answer) => answer?,
        None => carry_out_here(data, request).await?,
    };
    println!("{answer}");
    Ok(())
}

async fn carry_out_here(data: DataDirectory, request: Request) -> Result<Value, Failure> {
    let house = House::open(&HouseOptions::from(data)).await?;
    let answer = house.operator().run(request).await;
    house.close().await?;
    Ok(answer?)
}

/// Reads a password from standard input: a terminal's echo and the process list never show it.
fn first_line_of_input() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\n', '\r']).to_owned();
    if password.is_empty() { Err("no password on standard input".into()) } else { Ok(password) }
}
