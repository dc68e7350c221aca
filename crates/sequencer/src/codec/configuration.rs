//! Set-up of the exchange as bytes: rare, so plain.

use engine::{
    Allocation, Asset, Averages, Command, FeeAsset, FeeTier, Filters, MarketSpec, MarketState,
    PriceBand,
};
use model::{AccountId, AssetId, FeeRate, MarketId, Price, Qty};

use super::wire::{Input, put_asset_code, put_price, put_qty};
use super::{
    ADJUST, DecodeError, FEES_MAX, LIST_ASSET, LIST_MARKET, SET_FEES, SET_FILTERS,
    SET_MARKET_STATE, SET_TIER,
};

pub(super) fn put(out: &mut Vec<u8>, command: &Command) {
    match command {
        Command::SetTier { account, tier } => {
            out.push(SET_TIER);
            out.extend_from_slice(&account.0.to_le_bytes());
            out.push(*tier);
        }
        Command::ListAsset(asset) => {
            out.push(LIST_ASSET);
            put_asset_code(out, &asset.code);
            out.push(asset.scale);
        }
        Command::ListMarket(spec) => {
            out.push(LIST_MARKET);
            put_spec(out, spec);
        }
        Command::SetMarketState { market, state } => {
            out.push(SET_MARKET_STATE);
            out.extend_from_slice(&market.0.to_le_bytes());
            out.push(match state {
                MarketState::Open => 0,
                MarketState::PostOnly => 1,
                MarketState::CancelOnly => 2,
                MarketState::Halted => 3,
            });
        }
        Command::SetFilters { market, filters } => {
            out.push(SET_FILTERS);
            out.extend_from_slice(&market.0.to_le_bytes());
            put_filters(out, filters);
        }
        Command::SetFees { market, fees } => {
            out.push(SET_FEES);
            out.extend_from_slice(&market.0.to_le_bytes());
            put_fees(out, fees);
        }
        Command::Adjust { account, asset, amount, reference } => {
            out.push(ADJUST);
            out.extend_from_slice(&account.0.to_le_bytes());
            out.extend_from_slice(&asset.0.to_le_bytes());
            out.extend_from_slice(&amount.to_le_bytes());
            out.extend_from_slice(&reference.to_le_bytes());
        }
        Command::OpenAccount { .. }
        | Command::Place(_)
        | Command::PlaceList(_)
        | Command::Cancel { .. }
        | Command::CancelList { .. }
        | Command::CancelAll { .. }
        | Command::Amend { .. }
        | Command::Replace(_)
        | Command::Clock => unreachable!("the caller encodes these itself"),
    }
}

pub(super) fn get(tag: u8, input: &mut Input<'_>) -> Result<Command, DecodeError> {
    Ok(match tag {
        SET_TIER => Command::SetTier { account: AccountId(input.u32()?), tier: input.u8()? },
        LIST_ASSET => Command::ListAsset(Asset { code: input.asset_code()?, scale: input.u8()? }),
        LIST_MARKET => Command::ListMarket(Box::new(get_spec(input)?)),
        SET_MARKET_STATE => {
            let market = MarketId(input.u16()?);
            let state = match input.u8()? {
                0 => MarketState::Open,
                1 => MarketState::PostOnly,
                2 => MarketState::CancelOnly,
                3 => MarketState::Halted,
                _ => return Err(DecodeError("an unknown state of a market")),
            };
            Command::SetMarketState { market, state }
        }
        SET_FILTERS => {
            let market = MarketId(input.u16()?);
            Command::SetFilters { market, filters: Box::new(get_filters(input)?) }
        }
        SET_FEES => Command::SetFees { market: MarketId(input.u16()?), fees: get_fees(input)? },
        _ => return Err(DecodeError("a command of an unknown kind")),
    })
}

pub(super) fn get_adjust(input: &mut Input<'_>) -> Result<Command, DecodeError> {
    Ok(Command::Adjust {
        account: AccountId(input.u32()?),
        asset: AssetId(input.u16()?),
        amount: input.i128()?,
        reference: input.u128()?,
    })
}

fn put_spec(out: &mut Vec<u8>, spec: &MarketSpec) {
    out.extend_from_slice(&spec.base.0.to_le_bytes());
    out.extend_from_slice(&spec.quote.0.to_le_bytes());
    out.extend_from_slice(&spec.tick_units.to_le_bytes());
    out.push(spec.tick_scale);
    out.extend_from_slice(&spec.lot_units.to_le_bytes());
    out.push(match spec.allocation {
        Allocation::Fifo => 0,
        Allocation::ProRata => 1,
    });
    out.push(match spec.fee_asset {
        FeeAsset::Received => 0,
        FeeAsset::Quote => 1,
    });
    put_filters(out, &spec.filters);
    put_fees(out, &spec.fees);
}

fn get_spec(input: &mut Input<'_>) -> Result<MarketSpec, DecodeError> {
    Ok(MarketSpec {
        base: AssetId(input.u16()?),
        quote: AssetId(input.u16()?),
        tick_units: input.u64()?,
        tick_scale: input.u8()?,
        lot_units: input.u64()?,
        allocation: if input.bool()? { Allocation::ProRata } else { Allocation::Fifo },
        fee_asset: if input.bool()? { FeeAsset::Quote } else { FeeAsset::Received },
        filters: get_filters(input)?,
        fees: get_fees(input)?,
    })
}

fn put_fees(out: &mut Vec<u8>, fees: &[FeeTier]) {
    out.push(u8::try_from(fees.len()).expect("the caller bounds the fees"));
    for tier in fees {
        out.extend_from_slice(&tier.maker.millionths().to_le_bytes());
        out.extend_from_slice(&tier.taker.millionths().to_le_bytes());
    }
}

fn get_fees(input: &mut Input<'_>) -> Result<Vec<FeeTier>, DecodeError> {
    let len = usize::from(input.u8()?);
    if FEES_MAX < len {
        return Err(DecodeError("too many fee tiers"));
    }
    let mut rate =
        || FeeRate::from_millionths(input.i32()?).ok_or(DecodeError("a fee rate out of range"));
    (0..len).map(|_| Ok(FeeTier { maker: rate()?, taker: rate()? })).collect()
}

fn put_filters(out: &mut Vec<u8>, filters: &Filters) {
    let Filters {
        price,
        qty,
        market_qty,
        notional,
        notional_min_to_market,
        notional_max_to_market,
        band,
        averages,
        orders_max,
        algo_orders_max,
        iceberg_orders_max,
        iceberg_parts_max,
        lists_max,
        amends_max,
        position_max,
        trailing_delta,
    } = filters;
    put_price(out, price.0);
    put_price(out, price.1);
    for qty in [qty.0, qty.1, market_qty.0, market_qty.1] {
        put_qty(out, qty);
    }
    out.extend_from_slice(&notional.0.to_le_bytes());
    out.extend_from_slice(&notional.1.to_le_bytes());
    out.push(u8::from(*notional_min_to_market));
    out.push(u8::from(*notional_max_to_market));
    for factor in [band.bid_up, band.bid_down, band.ask_up, band.ask_down] {
        out.extend_from_slice(&factor.to_le_bytes());
    }
    out.push(averages.minutes);
    let counts = [orders_max, algo_orders_max, iceberg_orders_max, iceberg_parts_max, lists_max];
    for count in counts {
        out.extend_from_slice(&count.to_le_bytes());
    }
    out.extend_from_slice(&amends_max.to_le_bytes());
    out.push(u8::from(position_max.is_some()));
    if let Some(position) = position_max {
        out.extend_from_slice(&position.to_le_bytes());
    }
    out.extend_from_slice(&trailing_delta.0.to_le_bytes());
    out.extend_from_slice(&trailing_delta.1.to_le_bytes());
}

fn get_filters(input: &mut Input<'_>) -> Result<Filters, DecodeError> {
    let prices = |input: &mut Input<'_>| Ok::<(Price, Price), _>((input.price()?, input.price()?));
    let qtys = |input: &mut Input<'_>| Ok::<(Qty, Qty), _>((input.qty()?, input.qty()?));
    Ok(Filters {
        price: prices(input)?,
        qty: qtys(input)?,
        market_qty: qtys(input)?,
        notional: (input.i128()?, input.i128()?),
        notional_min_to_market: input.bool()?,
        notional_max_to_market: input.bool()?,
        band: PriceBand {
            bid_up: input.u32()?,
            bid_down: input.u32()?,
            ask_up: input.u32()?,
            ask_down: input.u32()?,
        },
        averages: Averages { minutes: input.u8()? },
        orders_max: input.u32()?,
        algo_orders_max: input.u32()?,
        iceberg_orders_max: input.u32()?,
        iceberg_parts_max: input.u32()?,
        lists_max: input.u32()?,
        amends_max: input.u16()?,
        position_max: if input.bool()? { Some(input.i128()?) } else { None },
        trailing_delta: (input.u32()?, input.u32()?),
    })
}
