//! The intervals of candles, and where each begins.

use crate::Time;

const MINUTE_US: u64 = 60_000_000;
const HOUR_US: u64 = 60 * MINUTE_US;
const DAY_US: u64 = 24 * HOUR_US;
/// The epoch was a Thursday; weeks begin on Monday.
const EPOCH_TO_MONDAY_US: u64 = 4 * DAY_US;

/// How long a candle lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Interval {
    /// One second.
    Second1,
    /// One minute.
    Minute1,
    /// Three minutes.
    Minute3,
    /// Five minutes.
    Minute5,
    /// A quarter of an hour.
    Minute15,
    /// Half an hour.
    Minute30,
    /// One hour.
    Hour1,
    /// Two hours.
    Hour2,
    /// Four hours.
    Hour4,
    /// Six hours.
    Hour6,
    /// Eight hours.
    Hour8,
    /// Half a day.
    Hour12,
    /// One day.
    Day1,
    /// Three days, counted from the epoch.
    Day3,
    /// A week, from Monday.
    Week1,
    /// A calendar month.
    Month1,
}

/// The shift of a time zone against UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcOffset {
    minutes: i16,
}

impl UtcOffset {
    /// No shift.
    pub const UTC: Self = Self { minutes: 0 };

    /// `None` unless between −12:00 and +14:00.
    #[must_use]
    pub const fn from_minutes(minutes: i16) -> Option<Self> {
        if minutes < -12 * 60 || 14 * 60 < minutes { None } else { Some(Self { minutes }) }
    }

    /// Minutes east of UTC.
    #[must_use]
    pub const fn minutes(self) -> i16 {
        self.minutes
    }

    const fn micros(self) -> i64 {
        self.minutes as i64 * MINUTE_US as i64
    }
}

impl Interval {
    /// All, from short to long.
    pub const ALL: [Self; 16] = [
        Self::Second1,
        Self::Minute1,
        Self::Minute3,
        Self::Minute5,
        Self::Minute15,
        Self::Minute30,
        Self::Hour1,
        Self::Hour2,
        Self::Hour4,
        Self::Hour6,
        Self::Hour8,
        Self::Hour12,
        Self::Day1,
        Self::Day3,
        Self::Week1,
        Self::Month1,
    ];

    /// As markets write it: `1s`, `15m`, `1M`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second1 => "1s",
            Self::Minute1 => "1m",
            Self::Minute3 => "3m",
            Self::Minute5 => "5m",
            Self::Minute15 => "15m",
            Self::Minute30 => "30m",
            Self::Hour1 => "1h",
            Self::Hour2 => "2h",
            Self::Hour4 => "4h",
            Self::Hour6 => "6h",
            Self::Hour8 => "8h",
            Self::Hour12 => "12h",
            Self::Day1 => "1d",
            Self::Day3 => "3d",
            Self::Week1 => "1w",
            Self::Month1 => "1M",
        }
    }

    /// The interval of that spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interval| interval.as_str() == text)
    }

    /// Its length in microseconds; `None` for a month, which has none of its own.
    #[must_use]
    pub const fn micros(self) -> Option<u64> {
        Some(match self {
            Self::Second1 => 1_000_000,
            Self::Minute1 => MINUTE_US,
            Self::Minute3 => 3 * MINUTE_US,
            Self::Minute5 => 5 * MINUTE_US,
            Self::Minute15 => 15 * MINUTE_US,
            Self::Minute30 => 30 * MINUTE_US,
            Self::Hour1 => HOUR_US,
            Self::Hour2 => 2 * HOUR_US,
            Self::Hour4 => 4 * HOUR_US,
            Self::Hour6 => 6 * HOUR_US,
            Self::Hour8 => 8 * HOUR_US,
            Self::Hour12 => 12 * HOUR_US,
            Self::Day1 => DAY_US,
            Self::Day3 => 3 * DAY_US,
            Self::Week1 => 7 * DAY_US,
            Self::Month1 => return None,
        })
    }

    /// When the candle that holds `time` begins.
    #[must_use]
    pub fn open(self, time: Time, offset: UtcOffset) -> Time {
        let local = time.0.saturating_add_signed(offset.micros());
        let open = match (self, self.micros()) {
            (Self::Week1, Some(length)) if EPOCH_TO_MONDAY_US <= local => {
                local - (local - EPOCH_TO_MONDAY_US) % length
            }
            (Self::Week1, _) => 0,
            (_, Some(length)) => local - local % length,
            (_, None) => month_open(local),
        };
        Time(open.saturating_add_signed(-offset.micros()))
    }

    /// When the candle after the one that holds `time` begins.
    #[must_use]
    pub fn next_open(self, time: Time, offset: UtcOffset) -> Time {
        let open = self.open(time, offset);
        match self.micros() {
            Some(length) => Time(open.0.saturating_add(length)),
            // No month has more than 31 days or fewer than 28, so day 32 lies in the next.
            None => self.open(Time(open.0.saturating_add(31 * DAY_US + HOUR_US)), offset),
        }
    }
}

/// Midnight of the first day of the month, on a clock that counts from the epoch.
fn month_open(local: u64) -> u64 {
    let (year, month, _) = civil_from_days(local / DAY_US);
    days_from_civil(year, month) * DAY_US
}

/// Year, month and day of a day since the epoch, in the Gregorian calendar.
/// Source  H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
const fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The day since the epoch of the first of a month. The inverse of [`civil_from_days`].
const fn days_from_civil(year: u64, month: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted_month = if 2 < month { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-02-29 13:37:42.123456 UTC, a Thursday.
    const NOW: Time = Time(1_709_213_862_123_456);

    fn seconds(at: Time) -> u64 {
        assert_eq!(at.0 % 1_000_000, 0);
        at.0 / 1_000_000
    }

    #[test]
    fn a_candle_opens_where_its_interval_says() {
        let cases = [
            ("1s", 1_709_213_862, 1_709_213_863),
            ("1m", 1_709_213_820, 1_709_213_880),
            ("15m", 1_709_213_400, 1_709_214_300),
            ("4h", 1_709_208_000, 1_709_222_400),
            ("1d", 1_709_164_800, 1_709_251_200),
            ("3d", 1_709_164_800, 1_709_424_000),
            ("1w", 1_708_905_600, 1_709_510_400), // Monday 2024-02-26
            ("1M", 1_706_745_600, 1_709_251_200), // 2024-02-01, 2024-03-01
        ];
        for (text, open, next) in cases {
            let interval = Interval::parse(text).unwrap();
            assert_eq!(seconds(interval.open(NOW, UtcOffset::UTC)), open, "{text}");
            assert_eq!(seconds(interval.next_open(NOW, UtcOffset::UTC)), next, "{text}");
        }
    }

    #[test]
    fn a_zone_moves_the_day() {
        let tokyo = UtcOffset::from_minutes(9 * 60).unwrap();
        let west = UtcOffset::from_minutes(-8 * 60).unwrap();
        assert_eq!(seconds(Interval::Day1.open(NOW, tokyo)), 1_709_132_400);
        assert_eq!(seconds(Interval::Day1.open(NOW, west)), 1_709_193_600);
        assert_eq!(seconds(Interval::Month1.open(NOW, west)), 1_706_774_400);
        assert_eq!(seconds(Interval::Month1.next_open(NOW, west)), 1_709_280_000);
        assert_eq!(UtcOffset::from_minutes(15 * 60), None);
    }

    #[test]
    fn months_follow_the_calendar_for_centuries() {
        let mut at = Time(0);
        for month in 0..12 * 200_u64 {
            let (year, number, day) = civil_from_days(at.0 / DAY_US);
            assert_eq!((year, number, day), (1970 + month / 12, month % 12 + 1, 1));
            at = Interval::Month1.next_open(at, UtcOffset::UTC);
        }
    }
}
