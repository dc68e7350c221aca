//! What a market is, as its listing and later commands set it.

use model::{AssetId, FeeRate, Price, Qty};

use super::read::{Get, Reader};
use super::write::Put;
use crate::machine::SnapshotError;
use crate::market::{
    Allocation, Averages, FEE_TIERS_MAX, FeeAsset, FeeTier, Filters, MarketSpec, PriceBand,
};

pub(super) fn put(spec: &MarketSpec, out: &mut Vec<u8>) {
    spec.base.0.put(out);
    spec.quote.0.put(out);
    spec.tick_units.put(out);
    spec.tick_scale.put(out);
    spec.lot_units.put(out);
    (spec.allocation as u8).put(out);
    (spec.fee_asset as u8).put(out);
    put_filters(&spec.filters, out);
    u8::try_from(spec.fees.len()).expect("at most ten tiers").put(out);
    for tier in &spec.fees {
        tier.maker.millionths().put(out);
        tier.taker.millionths().put(out);
    }
}

pub(super) fn get(reader: &mut Reader<'_>) -> Result<MarketSpec, SnapshotError> {
    Ok(MarketSpec {
        base: AssetId(reader.get()?),
        quote: AssetId(reader.get()?),
        tick_units: reader.get()?,
        tick_scale: reader.get()?,
        lot_units: reader.get()?,
        allocation: reader.choice([Allocation::Fifo, Allocation::ProRata])?,
        fee_asset: reader.choice([FeeAsset::Received, FeeAsset::Quote])?,
        filters: get_filters(reader)?,
        fees: get_fees(reader)?,
    })
}

fn get_fees(reader: &mut Reader<'_>) -> Result<Vec<FeeTier>, SnapshotError> {
    let tiers = usize::from(u8::get(reader)?);
    if FEE_TIERS_MAX < tiers {
        return Err(SnapshotError::Malformed);
    }
    let rate = |reader: &mut Reader<'_>| {
        FeeRate::from_millionths(reader.get()?).ok_or(SnapshotError::Malformed)
    };
    (0..tiers).map(|_| Ok(FeeTier { maker: rate(reader)?, taker: rate(reader)? })).collect()
}

fn put_filters(filters: &Filters, out: &mut Vec<u8>) {
    let Filters { price, qty, market_qty, notional, band, averages, .. } = filters;
    [price.0, price.1].iter().for_each(|price| price.put(out));
    let quantities = [qty.0, qty.1, market_qty.0, market_qty.1];
    quantities.iter().for_each(|qty| qty.lots().put(out));
    [notional.0, notional.1].iter().for_each(|amount| amount.put(out));
    u8::from(filters.notional_min_to_market).put(out);
    u8::from(filters.notional_max_to_market).put(out);
    let bounds = [band.bid_up, band.bid_down, band.ask_up, band.ask_down];
    bounds.iter().for_each(|bound| bound.put(out));
    averages.minutes.put(out);
    let counts = [
        filters.orders_max,
        filters.algo_orders_max,
        filters.iceberg_orders_max,
        filters.iceberg_parts_max,
        filters.lists_max,
    ];
    counts.iter().for_each(|count| count.put(out));
    filters.amends_max.put(out);
    filters.position_max.put(out);
    filters.trailing_delta.0.put(out);
    filters.trailing_delta.1.put(out);
}

fn get_filters(reader: &mut Reader<'_>) -> Result<Filters, SnapshotError> {
    let prices = |reader: &mut Reader<'_>| Ok((Price::get(reader)?, Price::get(reader)?));
    let lots = |reader: &mut Reader<'_>| -> Result<(Qty, Qty), SnapshotError> {
        Ok((reader.lots()?, reader.lots()?))
    };
    Ok(Filters {
        price: prices(reader)?,
        qty: lots(reader)?,
        market_qty: lots(reader)?,
        notional: (reader.get()?, reader.get()?),
        notional_min_to_market: reader.choice([false, true])?,
        notional_max_to_market: reader.choice([false, true])?,
        band: PriceBand {
            bid_up: reader.get()?,
            bid_down: reader.get()?,
            ask_up: reader.get()?,
            ask_down: reader.get()?,
        },
        averages: Averages { minutes: reader.get()? },
        orders_max: reader.get()?,
        algo_orders_max: reader.get()?,
        iceberg_orders_max: reader.get()?,
        iceberg_parts_max: reader.get()?,
        lists_max: reader.get()?,
        amends_max: reader.get()?,
        position_max: reader.get()?,
        trailing_delta: (reader.get()?, reader.get()?),
    })
}
