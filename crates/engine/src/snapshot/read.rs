//! Reading: every length and value is checked before it is used.

use model::{
    AccountId, AssetCode, AssetId, ClientOrderId, ListId, MarketId, OrderId, Price, Qty, Seq, Side,
    Time, UserId,
};

use super::{MAGIC, order, spec};
use crate::book::{Detail, Order, Rare, flag};
use crate::configure::{check_fees, check_filters};
use crate::history::History;
use crate::ledger::Balance;
use crate::listing::Listing;
use crate::machine::{Engine, Genesis, OpenList, RULES_VERSION, SnapshotError};
use crate::market::{Asset, MarketState};
use crate::tape::{MINUTES_MAX, Tape, Traded, minute_of};

/// The bytes that were not read yet.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// What can be read.
pub(super) trait Get: Sized {
    fn get(reader: &mut Reader<'_>) -> Result<Self, SnapshotError>;
}

macro_rules! get_integer {
    ($($integer:ty),*) => {
        $(impl Get for $integer {
            fn get(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
                Ok(Self::from_le_bytes(*reader.array()?))
            }
        })*
    };
}

get_integer!(u8, u16, u32, u64, u128, i32, i128);

impl Get for Price {
    fn get(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Self::new(reader.get()?).ok_or(SnapshotError::Malformed)
    }
}

impl Get for ClientOrderId {
    fn get(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Self::new(reader.text()?).map_err(|_| SnapshotError::Malformed)
    }
}

impl<T: Get> Get for Option<T> {
    fn get(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        if reader.choice([false, true])? { T::get(reader).map(Some) } else { Ok(None) }
    }
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn get<T: Get>(&mut self) -> Result<T, SnapshotError> {
        T::get(self)
    }

    /// One of a few values, written as its place.
    pub(super) fn choice<T: Copy, const N: usize>(
        &mut self,
        values: [T; N],
    ) -> Result<T, SnapshotError> {
        values.get(usize::from(u8::get(self)?)).copied().ok_or(SnapshotError::Malformed)
    }

    pub(super) fn lots(&mut self) -> Result<Qty, SnapshotError> {
        Qty::new(self.get()?).ok_or(SnapshotError::Malformed)
    }

    /// # Errors
    /// If anything is left.
    pub(super) const fn end(&self) -> Result<(), SnapshotError> {
        if self.rest.is_empty() { Ok(()) } else { Err(SnapshotError::Malformed) }
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], SnapshotError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(SnapshotError::Malformed)?;
        self.rest = rest;
        Ok(array)
    }

    fn text(&mut self) -> Result<&'a str, SnapshotError> {
        let len = usize::from(u8::get(self)?);
        let (text, rest) = self.rest.split_at_checked(len).ok_or(SnapshotError::Malformed)?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| SnapshotError::Malformed)
    }

    /// As many items as the sequence says; each is at least a byte, so it ends.
    fn each(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), SnapshotError>,
    ) -> Result<(), SnapshotError> {
        let count: u64 = self.get()?;
        (0..count).try_for_each(|_| item(self))
    }
}

fn ensure(holds: bool) -> Result<(), SnapshotError> {
    if holds { Ok(()) } else { Err(SnapshotError::Malformed) }
}

/// What tells whose bytes these are, and under which rules they were written.
pub(super) fn header(reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
    ensure(reader.array()? == MAGIC)?;
    match reader.get()? {
        RULES_VERSION => Ok(()),
        found => Err(SnapshotError::Rules { found }),
    }
}

/// All that follows the header.
pub(super) fn engine(reader: &mut Reader<'_>) -> Result<Engine, SnapshotError> {
    let mut engine = Engine::new(&Genesis { map_key: *reader.array()? });
    engine.last_seq = Seq(reader.get()?);
    engine.last_time = Time(reader.get()?);
    engine.history = History(reader.get()?);
    engine.order_count = reader.get()?;
    engine.ids.begin(engine.order_count);
    engine.list_count = reader.get()?;
    registry(reader, &mut engine)?;
    for asset in (0..engine.registry.assets.len()).zip(0_u16..).map(|(_, id)| AssetId(id)) {
        reader.each(|reader| {
            let account: u32 = reader.get()?;
            ensure((account as usize) < engine.registry.users.len() + 2)?;
            let balance = Balance { available: reader.get()?, held: reader.get()? };
            engine.ledger.restore(AccountId(account), asset, balance);
            Ok(())
        })?;
    }
    reader.each(|reader| listing(reader, &mut engine))?;
    reader.each(|reader| list(reader, &mut engine))?;
    Ok(engine)
}

fn registry(reader: &mut Reader<'_>, engine: &mut Engine) -> Result<(), SnapshotError> {
    reader.each(|reader| {
        let code = AssetCode::new(reader.text()?).map_err(|_| SnapshotError::Malformed)?;
        ensure(engine.registry.assets.len() < usize::from(u16::MAX))?;
        engine.registry.assets.push(Asset { code, scale: reader.get()? });
        engine.ledger.add_asset();
        Ok(())
    })?;
    reader.each(|reader| {
        let user = UserId(*reader.array()?);
        let account = engine.registry.open(user).ok_or(SnapshotError::Malformed)?;
        engine.registry.set_tier(account, reader.get()?);
        Ok(())
    })?;
    reader.each(|reader| {
        engine.registry.references.insert(reader.get()?);
        Ok(())
    })
}

fn listing(reader: &mut Reader<'_>, engine: &mut Engine) -> Result<(), SnapshotError> {
    let spec = spec::get(reader)?;
    let scale = |id| engine.registry.asset(id).map(|asset| asset.scale);
    let (Some(base), Some(quote)) = (scale(spec.base), scale(spec.quote)) else {
        return Err(SnapshotError::Malformed);
    };
    let unit =
        spec.quote_units_per_tick_lot((base, quote)).map_err(|_| SnapshotError::Malformed)?;
    ensure(check_fees(&spec.fees, spec.fee_asset).is_ok())?;
    ensure(check_filters(&spec.filters).is_ok())?;
    let market = u16::try_from(engine.listings.len()).map_err(|_| SnapshotError::Malformed)?;
    let minute = minute_of(engine.last_time);
    let mut listing = Listing::new(spec, unit, minute);
    listing.set_state(reader.choice([
        MarketState::Open,
        MarketState::PostOnly,
        MarketState::CancelOnly,
        MarketState::Halted,
    ])?);
    listing.trades = reader.get()?;
    listing.preventions = reader.get()?;
    let prices = (reader.get()?, reader.get()?);
    let mut minutes = Vec::new();
    reader.each(|reader| {
        let at: u64 = reader.get()?;
        ensure(at <= minute && minute - at < u64::from(MINUTES_MAX))?;
        minutes.push((at, Traded { lots: reader.get()?, value: reader.get()? }));
        ensure(minutes.len() <= usize::from(MINUTES_MAX))
    })?;
    let span = listing.spec.filters.averages.minutes;
    let tape = Tape::restore(span, minute, prices, &minutes).ok_or(SnapshotError::Malformed)?;
    listing.restore_tape(tape);
    engine.listings.push(listing);
    for side in [Some(Side::Buy), Some(Side::Sell), None] {
        reader.each(|reader| {
            let (order, detail, rare) = order::get(reader, MarketId(market))?;
            ensure(order.is(flag::WAITING) == side.is_none())?;
            ensure(side.is_none_or(|side| side == order.side))?;
            open(engine, order, detail, rare)
        })?;
    }
    Ok(())
}

/// Opens an order again, at the back of its queue.
fn open(
    engine: &mut Engine,
    order: Order,
    detail: Detail,
    rare: Option<Rare>,
) -> Result<(), SnapshotError> {
    let Order { id, account, market, side, flags, .. } = order;
    ensure(
        id != OrderId(0)
            && id.0 <= engine.order_count
            && engine.ids.find(id, &engine.orders).is_none(),
    )?;
    ensure(engine.registry.is_customer(account) && order.shown <= order.remaining)?;
    let name_tag = engine.names.tag(account, market, &detail.client_id);
    ensure(engine.find_name(account, market, &detail.client_id, name_tag).is_none())?;
    if let Some(time) = rare.as_ref().and_then(|rare| rare.expires) {
        engine.end_at(time, id);
    }
    let slot = engine.record(Order { name_tag, ..order }, detail, rare);
    engine.names.insert(name_tag, slot, &engine.orders);
    let listing = &mut engine.listings[usize::from(market.0)];
    if flags & flag::WAITING == 0 {
        listing.book.enqueue(&mut engine.orders, slot);
    } else {
        listing.triggers.insert(id, side, engine.orders.waiting(slot), slot);
    }
    Ok(())
}

fn list(reader: &mut Reader<'_>, engine: &mut Engine) -> Result<(), SnapshotError> {
    let id = ListId(reader.get()?);
    let list = OpenList {
        client_id: reader.get()?,
        account: AccountId(reader.get()?),
        market: MarketId(reader.get()?),
        orders: [OrderId(reader.get()?), OrderId(reader.get()?)],
        hold: reader.get()?,
    };
    for order in list.orders {
        let slot = engine.ids.find(order, &engine.orders).ok_or(SnapshotError::Malformed)?;
        let found = engine.orders.get(slot);
        ensure(found.account == list.account && found.market == list.market)?;
        ensure(engine.orders.rare(slot).and_then(|rare| rare.list) == Some(id))?;
    }
    engine.listing_mut(list.market).open_orders.get_mut(list.account).lists += 1;
    engine.lists.insert(id, list);
    Ok(())
}
