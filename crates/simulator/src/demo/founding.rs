//! Lists the demo's markets, opens the accounts of its participants, funds them.
//!
//! Keeps   done twice it changes nothing: what is listed stays as it is, an account is the same
//!         one, and each endowment has a reference that is good once.

use engine::{Command, Event, MarketState};
use model::{AccountId, AssetId, UserId};
use projection::{Market, Views};
use sequencer::{Handle, SubmitError};

use super::listing::{KEEPER_TIER, Listing, Participant, listing};

/// The upper half of the reference of each endowment: "rialto d" in ASCII.
const REFERENCE: u128 = 0x7269_616c_746f_2064 << 64;

/// Why the demo cannot be founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoundingError {
    /// The sequencer took a command not in.
    #[error("the exchange does not take commands")]
    Submit(#[from] SubmitError),
    /// The exchange has something else in the place of what the demo needs.
    #[error("the exchange has other assets or markets in the demo's place")]
    Contradiction,
}

/// Founds the demo.
///
/// # Errors
/// [`FoundingError`]; to try again is harmless.
pub async fn found(handle: &Handle, views: &Views) -> Result<(), FoundingError> {
    found_listing(handle, views, &listing()).await
}

/// Founds what `listing` says, on an exchange that has nothing else.
///
/// # Errors
/// [`FoundingError`]; to try again is harmless.
pub async fn found_listing(
    handle: &Handle,
    views: &Views,
    listing: &Listing,
) -> Result<(), FoundingError> {
    let mut ids = Vec::new();
    for asset in listing.assets.iter().copied() {
        let events = handle.submit(Command::ListAsset(asset))?.await?.events;
        let listed = events.iter().find_map(|event| match event {
            Event::AssetListed { id, .. } => Some(*id),
            _ => None,
        });
        ids.push(listed.ok_or(FoundingError::Contradiction)?);
    }
    let id = |place: AssetId| ids[usize::from(place.0)];
    for spec in listing.markets.iter().cloned() {
        let spec = engine::MarketSpec { base: id(spec.base), quote: id(spec.quote), ..spec };
        let catalog = views.catalog();
        let known = catalog
            .markets()
            .iter()
            .find(|market| (market.spec.base, market.spec.quote) == (spec.base, spec.quote));
        let market = match known {
            // A founding that was cut off had listed it, and not opened it.
            Some(market) if is_new(views, market) => market.id,
            Some(_) => continue,
            None => {
                let events = handle.submit(Command::ListMarket(Box::new(spec)))?.await?.events;
                let listed = events.iter().find_map(|event| match event {
                    Event::MarketListed { market, .. } => Some(*market),
                    _ => None,
                });
                listed.ok_or(FoundingError::Contradiction)?
            }
        };
        let open = Command::SetMarketState { market, state: MarketState::Open };
        handle.submit(open)?.await?;
    }
    for (number, participant) in listing.participants.iter().enumerate() {
        endow(handle, number, participant, &ids).await?;
    }
    Ok(())
}

/// Whether it was never open.
fn is_new(views: &Views, market: &Market) -> bool {
    market.state == MarketState::Halted && views.last_trade(market.id).is_none()
}

async fn endow(
    handle: &Handle,
    number: usize,
    participant: &Participant,
    ids: &[AssetId],
) -> Result<(), FoundingError> {
    let account = open_account(handle, participant.user).await?;
    handle.submit(Command::SetTier { account, tier: KEEPER_TIER })?.await?;
    for (place, (asset, amount)) in ids.iter().zip(&participant.funds).enumerate() {
        let reference = REFERENCE | (number as u128) << 32 | place as u128;
        let (asset, amount) = (*asset, *amount);
        // A second time it is refused as a duplicate, which is as good.
        handle.submit(Command::Adjust { account, asset, amount, reference })?.await?;
    }
    Ok(())
}

/// The account of `user`, opened if there is none.
///
/// # Errors
/// [`FoundingError`]; to try again is harmless.
pub async fn open_account(handle: &Handle, user: UserId) -> Result<AccountId, FoundingError> {
    let events = handle.submit(Command::OpenAccount { user })?.await?.events;
    let opened = events.iter().find_map(|event| match event {
        Event::AccountOpened { account, .. } => Some(*account),
        _ => None,
    });
    opened.ok_or(FoundingError::Contradiction)
}
