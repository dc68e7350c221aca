//! Writing: integers and their sequences, then the parts of the engine.

use model::{AssetId, ClientOrderId, MarketId, Price, Side};

use super::{MAGIC, order, spec};
use crate::listing::Listing;
use crate::machine::{Engine, RULES_VERSION};

/// What can be written.
pub(super) trait Put {
    fn put(&self, out: &mut Vec<u8>);
}

macro_rules! put_integer {
    ($($integer:ty),*) => {
        $(impl Put for $integer {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

put_integer!(u8, u16, u32, u64, u128, i32, i128);

impl Put for Price {
    fn put(&self, out: &mut Vec<u8>) {
        self.ticks().put(out);
    }
}

impl Put for ClientOrderId {
    fn put(&self, out: &mut Vec<u8>) {
        text(self.as_bytes(), out);
    }
}

impl<T: Put> Put for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.put(out);
            }
        }
    }
}

pub(super) fn text(bytes: &[u8], out: &mut Vec<u8>) {
    u8::try_from(bytes.len()).expect("names are short").put(out);
    out.extend_from_slice(bytes);
}

/// The items after their number, which is known only when they are written.
fn sequence<T>(items: impl Iterator<Item = T>, out: &mut Vec<u8>, put: impl Fn(T, &mut Vec<u8>)) {
    let at = out.len();
    0_u64.put(out);
    let mut count = 0_u64;
    for item in items {
        put(item, out);
        count += 1;
    }
    out[at..at + 8].copy_from_slice(&count.to_le_bytes());
}

pub(super) fn engine(engine: &Engine, out: &mut Vec<u8>) {
    out.extend_from_slice(MAGIC);
    RULES_VERSION.put(out);
    out.extend_from_slice(&engine.genesis.map_key);
    let counters = [
        engine.last_seq.0,
        engine.last_time.0,
        engine.history.0,
        engine.order_count,
        engine.list_count,
    ];
    counters.iter().for_each(|counter| counter.put(out));
    let registry = &engine.registry;
    sequence(registry.assets.iter(), out, |asset, out| {
        text(asset.code.as_str().as_bytes(), out);
        asset.scale.put(out);
    });
    sequence(registry.users.iter().zip(2_u32..), out, |(user, account), out| {
        out.extend_from_slice(&user.0);
        registry.tier(model::AccountId(account)).put(out);
    });
    sequence(registry.references.iter(), out, Put::put);
    let assets = u16::try_from(registry.assets.len()).expect("asset numbers have 16 bits");
    for asset in (0..assets).map(AssetId) {
        sequence(engine.ledger.row(asset), out, |(account, balance), out| {
            account.0.put(out);
            balance.available.put(out);
            balance.held.put(out);
        });
    }
    sequence(engine.listings.iter().zip(0_u16..), out, |(listing, market), out| {
        put_listing(engine, listing, MarketId(market), out);
    });
    sequence(engine.lists.iter(), out, |(id, list), out| {
        id.0.put(out);
        list.client_id.put(out);
        list.account.0.put(out);
        list.market.0.put(out);
        list.orders.iter().for_each(|order| order.0.put(out));
        list.hold.put(out);
    });
}

fn put_listing(engine: &Engine, listing: &Listing, market: MarketId, out: &mut Vec<u8>) {
    spec::put(&listing.spec, out);
    (listing.state() as u8).put(out);
    listing.trades.put(out);
    listing.preventions.put(out);
    let (last, told, minutes) = listing.tape.parts();
    last.put(out);
    told.put(out);
    sequence(minutes, out, |(minute, traded), out| {
        minute.put(out);
        traded.lots.put(out);
        traded.value.put(out);
    });
    for side in [Side::Buy, Side::Sell] {
        let levels = listing.book.side(side).iter();
        let orders = levels.flat_map(|(_, level)| listing.book.queue(&engine.orders, side, level));
        sequence(orders, out, |(slot, _), out| order::put(&engine.orders, slot, out));
    }
    let mut waiting = Vec::new();
    waiting.extend(listing.triggers.iter());
    waiting.sort_unstable();
    sequence(waiting.into_iter(), out, |(id, slot), out| {
        debug_assert!(engine.orders.get(slot).market == market && engine.orders.get(slot).id == id);
        order::put(&engine.orders, slot, out);
    });
}
