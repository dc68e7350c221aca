//! Candles that reach back behind memory.

use std::collections::BTreeMap;

use model::{Interval, MarketId, Time, UtcOffset};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::code::Code;
use super::read::moment;
use super::row::CandleRecord;
use super::table::candle;
use super::{History, HistoryError, Stored};
use crate::candle::Candle;
use crate::page::Page;
use crate::series::{Frame, Slots, source};

/// Stored candles read for one answer. What would need more is told as far as these reach.
const CANDLES_READ_MAX: u64 = 50_000;

/// How many stored candles are read, to compose `limit` candles of `interval` in a time zone; none
/// where the zone shifts them by whole candles. A month counts as 31 days.
#[must_use]
pub fn candles_read(interval: Interval, offset: UtcOffset, limit: u64) -> u64 {
    const MONTH_US: u64 = 31 * 24 * 3_600_000_000;
    let source = source(interval, offset);
    if source == interval {
        return 0;
    }
    let length = |interval: Interval| interval.micros().unwrap_or(MONTH_US);
    limit.saturating_mul(length(interval) / length(source)).min(CANDLES_READ_MAX)
}

impl History {
    /// Candles that began within the page's times, up to `now`, however old; gaps are filled.
    ///
    /// # Errors
    /// [`HistoryError`] if the database is needed and does not answer.
    pub async fn candles(
        &self,
        market: MarketId,
        interval: Interval,
        offset: UtcOffset,
        page: &Page,
        now: Time,
    ) -> Result<Vec<Candle>, HistoryError> {
        let Some(memory) = self.views.candle_page(market, interval, offset, page, now) else {
            return Ok(Vec::new());
        };
        let Some(stored) = self.beyond(memory.is_complete).await? else {
            return Ok(memory.candles);
        };
        let frame = Frame { interval, offset };
        let source = source(interval, offset);
        let oldest = stored.oldest(market, source).await?;
        let slots = frame.slots(page, now, oldest);
        let Slots::From { wanted, first, mut last } = slots else { return Ok(Vec::new()) };
        // What memory has is read afterwards, so that nothing slips through between them.
        let end = frame.end(first, last, page);
        let mut all = stored.candles(market, source, first, end).await?;
        if CANDLES_READ_MAX <= all.len() as u64 {
            let reach = all.keys().next_back().copied().unwrap_or(first);
            last = Time(interval.open(reach, offset).0.saturating_sub(1));
        }
        let remembered = self.views.market(market, |view| view.series.stored(source));
        for candle in remembered.unwrap_or_default() {
            all.insert(candle.open_time, candle);
        }
        let all: Vec<Candle> = all.into_values().collect();
        Ok(frame.fill(&all, Slots::From { wanted, first, last }, page.limit()))
    }
}

impl Stored {
    fn of(market: MarketId, interval: Interval) -> Select<candle::Entity> {
        candle::Entity::find()
            .filter(candle::Column::Market.eq(i32::from(market.0)))
            .filter(candle::Column::Span.eq(interval.code()))
    }

    async fn oldest(
        &self,
        market: MarketId,
        interval: Interval,
    ) -> Result<Option<Time>, HistoryError> {
        let query = Self::of(market, interval).order_by_asc(candle::Column::OpenAt).limit(1);
        let rows: Vec<CandleRecord> = self.load(query).await?;
        Ok(rows.first().map(|row| row.candle.open_time))
    }

    /// Those that began from `first` to before `end`, and the one before them.
    async fn candles(
        &self,
        market: MarketId,
        interval: Interval,
        first: Time,
        end: Time,
    ) -> Result<BTreeMap<Time, Candle>, HistoryError> {
        let before = Self::of(market, interval)
            .filter(candle::Column::OpenAt.lt(moment(first)))
            .order_by_desc(candle::Column::OpenAt)
            .limit(1);
        let inside = Self::of(market, interval)
            .filter(candle::Column::OpenAt.gte(moment(first)))
            .filter(candle::Column::OpenAt.lt(moment(end)))
            .order_by_asc(candle::Column::OpenAt)
            .limit(CANDLES_READ_MAX);
        let mut rows: Vec<CandleRecord> = self.load(before).await?;
        rows.extend(self.load::<_, CandleRecord>(inside).await?);
        Ok(rows.into_iter().map(|row| (row.candle.open_time, row.candle)).collect())
    }
}
