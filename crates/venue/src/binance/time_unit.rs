//! Times on the wire are milliseconds, or microseconds for who asks.

use model::Time;

/// The unit of every time in an answer or on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// What everybody gets who does not ask.
    #[default]
    Millisecond,
    /// By `X-MBX-TIME-UNIT: MICROSECOND` or `timeUnit=MICROSECOND`.
    Microsecond,
}

impl TimeUnit {
    /// The unit by its name, in capitals or in small letters; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "MILLISECOND" | "millisecond" => Some(Self::Millisecond),
            "MICROSECOND" | "microsecond" => Some(Self::Microsecond),
            _ => None,
        }
    }

    /// `time` in this unit, rounded down.
    #[must_use]
    pub const fn of(self, time: Time) -> u64 {
        match self {
            Self::Millisecond => time.millis(),
            Self::Microsecond => time.micros(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_named_in_capitals_or_in_small_letters_only() {
        for (text, want) in [
            ("MICROSECOND", Some(TimeUnit::Microsecond)),
            ("microsecond", Some(TimeUnit::Microsecond)),
            ("MILLISECOND", Some(TimeUnit::Millisecond)),
            ("Microsecond", None),
            ("", None),
        ] {
            assert_eq!(TimeUnit::parse(text), want, "{text:?}");
        }
        assert_eq!(TimeUnit::Millisecond.of(Time(1_999)), 1);
        assert_eq!(TimeUnit::Microsecond.of(Time(1_999)), 1_999);
    }
}
