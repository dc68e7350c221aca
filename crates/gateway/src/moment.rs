//! Moments as the own API writes them: RFC 3339 in UTC.

use model::Time;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment as text: `2026-11-21T08:50:04.123456Z`.
#[must_use]
pub fn text(time: Time) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.micros()) * 1_000);
    moment.ok().and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default()
}

/// The day in which a moment lies, in UTC: `2026-11-21`.
#[must_use]
pub fn day(time: Time) -> String {
    text(time).chars().take_while(|letter| *letter != 'T').collect()
}

/// The moment that a text tells: RFC 3339, or milliseconds since the epoch.
#[must_use]
pub fn parse(text: &str) -> Option<Time> {
    if let Ok(millis) = text.parse::<u64>() {
        return millis.checked_mul(1_000).map(Time);
    }
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000).ok().map(Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_its_text() {
        let now = Time(1_700_000_000_123_456);
        assert_eq!(text(now), "2023-11-14T22:13:20.123456Z");
        assert_eq!(parse(&text(now)), Some(now));
        assert_eq!(day(now), "2023-11-14");
        assert_eq!(parse("1700000000123"), Some(Time(1_700_000_000_123_000)));
        assert_eq!(parse("2023-11-14T23:13:20+01:00"), Some(Time(1_700_000_000_000_000)));
        for wrong in ["", "now", "2023-11-14", "1969-12-31T23:59:59Z", "-5"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
