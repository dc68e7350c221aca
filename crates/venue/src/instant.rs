//! Moments as RFC 3339 writes them: `2023-10-06T17:35:55.440295Z`.
//!
//! Units   microseconds; finer digits are passed over when read.

use model::Time;

const DAY_SECONDS: u64 = 86_400;
/// Days from the first of March of the year 0 to the epoch.
const EPOCH_DAYS: u64 = 719_468;
/// Days of 400 years, after which the calendar repeats itself.
const ERA_DAYS: u64 = 146_097;
/// Digits behind the second that are kept.
const FRACTION_DIGITS: usize = 6;

/// The moment as text, with six digits behind the second.
#[must_use]
pub fn text(time: Time) -> String {
    let (seconds, micros) = (time.0 / 1_000_000, time.0 % 1_000_000);
    let (year, month, day) = date(seconds / DAY_SECONDS);
    let rest = seconds % DAY_SECONDS;
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// The moment that is written so; `None` where it is none, or before the epoch.
#[must_use]
pub fn parse(text: &str) -> Option<Time> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (date, clock) = text.split_once(['T', ' '])?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.splitn(3, ':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && year < 10_000;
    if !in_range || 23 < hour || 59 < minute || 60 < second {
        return None;
    }
    let mut micros = 0;
    let mut digits = fraction.bytes();
    for _ in 0..FRACTION_DIGITS {
        let digit = digits.next().unwrap_or(b'0');
        if !digit.is_ascii_digit() {
            return None;
        }
        micros = micros * 10 + u64::from(digit - b'0');
    }
    if !digits.all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let seconds = days(year, month, day)? * DAY_SECONDS + hour * 3_600 + minute * 60 + second;
    Some(Time(seconds * 1_000_000 + micros))
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.len() <= 4;
    (is_number && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Year, month and day of a day since the epoch. Years begin in March, so that the day of the leap
/// year is the last.
const fn date(day: u64) -> (u64, u64, u64) {
    let day = day + EPOCH_DAYS;
    let (era, day) = (day / ERA_DAYS, day % ERA_DAYS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (era, year) = (year / 400, year % 400);
    let month = if 2 < month { month - 3 } else { month + 9 };
    let day = (153 * month + 2) / 5 + day - 1 + year * 365 + year / 4 - year / 100;
    (era * ERA_DAYS + day).checked_sub(EPOCH_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_reading_and_writing() {
        for (micros, written) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_696_613_755_440_295, "2023-10-06T17:35:55.440295Z"),
            (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
            (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),
            (1_795_219_200_000_000, "2026-11-21T00:00:00.000000Z"),
        ] {
            assert_eq!(text(Time(micros)), written);
            assert_eq!(parse(written), Some(Time(micros)));
        }
    }

    #[test]
    fn more_and_fewer_digits_are_read_and_nonsense_is_not() {
        for (text, want) in [
            ("2023-10-04T16:25:00.000000000Z", Some(1_696_436_700_000_000)),
            ("2023-10-04T16:25:00Z", Some(1_696_436_700_000_000)),
            ("2023-10-04T16:25:00.5+00:00", Some(1_696_436_700_500_000)),
            ("2023-10-04T16:25:00.5+01:00", None),
            ("2023-13-04T16:25:00Z", None),
            ("2023-10-04T24:25:00Z", None),
            ("1969-12-31T00:00:00Z", None),
            ("2023-10-04", None),
            ("2023-10-04T16:25:00.x", None),
            ("2023-10-04T16:25:00.1234567xZ", None),
            ("", None),
        ] {
            assert_eq!(parse(text), want.map(Time), "{text}");
        }
    }
}
