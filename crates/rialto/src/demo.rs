//! `--demo`: an exchange to play with, filled once and continued ever after.
//!
//! Shape   `DATA/demo.json` (mode 0600) tells a script where the exchange is and who it can be;
//!         while it is being filled there is `DATA/demo.filling` instead, and a fill that was cut
//!         off goes on at the next start without doing anything twice.
//! Keeps   no password or key is known before it is drawn here.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::{MarketState, Rejection};
use model::{Time, UserId};
use projection::{Market, Views};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use simulator::PriceProcess;

use crate::Failure;
use crate::fleet::VenueView;
use crate::house::House;
use crate::operator::{AskedKey, Operator, Refusal};

/// How long a demo has been trading when it begins: six hours.
const PAST_US: u64 = 6 * 3_600_000_000;

/// What every person of the demo starts with. Those who keep its markets have their own.
const FUNDS: [(&str, &str); 7] = [
    ("USDT", "1000000"),
    ("USDC", "500000"),
    ("BTC", "20"),
    ("ETH", "300"),
    ("SOL", "5000"),
    ("XRP", "500000"),
    ("ADA", "1000000"),
];

/// People of the demo: address, whether they operate it, what their key may do.
const PEOPLE: [(&str, bool, &str); 3] = [
    ("admin@rialto.example", true, "read,trade,transfer,admin"),
    ("alice@rialto.example", false, "read,trade,transfer"),
    ("bob@rialto.example", false, "read,trade,transfer"),
];

/// What a script needs to know.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoFile {
    base_url: String,
    users: Vec<DemoUser>,
    /// As [`VenueView`] tells them.
    venues: Vec<Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct DemoUser {
    email: String,
    password: String,
    role: String,
    api_key: String,
    secret_key: String,
}

/// Fills an empty data directory, or continues one that was filled before; `process` goes on from
/// the prices of then. To be told by [`tell`].
///
/// # Errors
/// Where the directory holds an exchange that is no demo, or something cannot be made.
pub async fn prepare(
    house: &House,
    process: &Arc<PriceProcess>,
    data: &Path,
) -> Result<DemoFile, Failure> {
    let operator = &house.operator();
    let (file, filling) = files(data);
    if let Ok(text) = std::fs::read(&file) {
        let demo = serde_json::from_slice(&text)?;
        simulator::demo::resume(process, &house.views);
        return Ok(demo);
    }
    let is_empty = operator.views.catalog().markets().is_empty();
    if !is_empty && !filling.exists() {
        return Err("the data directory holds an exchange that is no demo".into());
    }
    std::fs::write(&filling, b"")?;
    found(house, process).await?;
    let mut users = Vec::new();
    for person in &PEOPLE {
        users.push(create_person(operator, person).await?);
    }
    Ok(DemoFile { base_url: String::new(), users, venues: Vec::new() })
}

/// Tells where the demo and its venues are: from now on the directory holds a demo that is whole.
///
/// # Errors
/// Where the file cannot be written.
pub fn tell(
    data: &Path,
    mut demo: DemoFile,
    base_url: &str,
    venues: &[VenueView],
) -> Result<(), Failure> {
    let (file, filling) = files(data);
    base_url.clone_into(&mut demo.base_url);
    demo.venues = venues.iter().map(|venue| json!(venue)).collect();
    write_private(&file, &demo)?;
    if filling.exists() {
        std::fs::remove_file(&filling)?;
    }
    Ok(())
}

/// What tells of a demo that is whole, and what of one that is being filled.
fn files(data: &Path) -> (PathBuf, PathBuf) {
    (data.join("demo.json"), data.join("demo.filling"))
}

/// Founds what trades, with a past. A founding that was cut off is completed without one.
async fn found(house: &House, process: &Arc<PriceProcess>) -> Result<(), Failure> {
    let (sequencer, views, clock) = (&house.sequencer, &house.views, &house.clock);
    if views.time() != Time(0) {
        simulator::demo::found(sequencer, views).await?;
        simulator::demo::resume(process, views);
        return Ok(());
    }
    let now = clock.machine_time();
    let begin = Time(now.0.saturating_sub(PAST_US));
    let stage = |time| clock.stage(Some(time));
    stage(begin);
    simulator::demo::found(sequencer, views).await?;
    simulator::demo::rehearse(sequencer, views, process, begin..now, stage).await?;
    clock.stage(None);
    Ok(())
}

async fn create_person(
    operator: &Operator,
    (email, is_admin, scopes): &(&str, bool, &str),
) -> Result<DemoUser, Failure> {
    let password = random_password()?;
    if operator.user_of(email).await.is_ok() {
        operator.reset_password(email, password.clone()).await?;
    } else {
        operator.create_user(email, *is_admin, "approved", password.clone()).await?;
    }
    let user = operator.user_of(email).await?;
    fund(operator, user.id).await?;
    let scopes: Vec<String> = scopes.split(',').map(str::to_owned).collect();
    let asked = AskedKey {
        email: (*email).to_owned(),
        scopes,
        allow_ips: Vec::new(),
        public_key: None,
        name: "demo".to_owned(),
        expires_at: None,
    };
    let key = operator.create_api_key(asked).await?;
    let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
    Ok(DemoUser {
        email: (*email).to_owned(),
        password,
        role: if *is_admin { "admin" } else { "user" }.to_owned(),
        api_key: text("apiKey"),
        secret_key: text("secretKey"),
    })
}

/// Gives `user` the demo's funds: each deposit once, however often it is asked.
async fn fund(operator: &Operator, user: UserId) -> Result<(), Failure> {
    for (line, (asset, amount)) in (1_u128..).zip(FUNDS) {
        // Nobody else has the user's number, and nothing else is drawn so near to it.
        let reference = uuid::Uuid::from_u128(u128::from_be_bytes(user.0).wrapping_add(line));
        let reference = reference.to_string();
        match operator.adjust(user, asset, amount, "demo funds", &reference).await {
            Ok(_) => {}
            Err(Refusal::Rejected(Rejection::DuplicateReference)) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(())
}

/// Gives whoever registers in the demo its funds.
pub fn welcome(operator: Operator) -> gateway::Welcome {
    Arc::new(move |user| {
        let operator = operator.clone();
        Box::pin(async move {
            if let Err(error) = fund(&operator, user).await {
                tracing::warn!(%error, "somebody new has no play funds");
            }
        })
    })
}

/// Waits until every open market can be bought in and sold in, but not for ever: somebody may have
/// halted what the makers need.
pub async fn quoted(views: &Views) {
    const PATIENCE: Duration = Duration::from_secs(15);
    const LOOK_EVERY: Duration = Duration::from_millis(20);
    let quoted = async {
        loop {
            let catalog = views.catalog();
            let mut open = catalog.markets().iter().filter(|it| it.state == MarketState::Open);
            let is_quoted = |market: &Market| {
                views
                    .depth(market.id, 1)
                    .is_some_and(|it| !it.bids.is_empty() && !it.asks.is_empty())
            };
            if open.all(|market| is_quoted(market)) {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    if tokio::time::timeout(PATIENCE, quoted).await.is_err() {
        tracing::warn!("some markets of the demo have no quotes yet");
    }
}

/// Letters: digits are nothing that the rule of passwords counts.
fn random_password() -> Result<String, Failure> {
    let mut bytes = [0; 28];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "the system gives no randomness")?;
    Ok(bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect())
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, demo: &DemoFile) -> Result<(), Failure> {
    let beside = path.with_extension("json.new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        // One that was left there might be for others to read, too.
        Ok(()) | Err(_) => {}
    }
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(format!("{:#}\n", json!(demo)).as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(())
}
