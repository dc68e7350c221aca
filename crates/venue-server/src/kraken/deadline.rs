//! Until when a client wants an order to be taken in.
//!
//! Source  docs.kraken.com, `AddOrder`, `deadline`.

use std::time::Duration;

use model::Time;
use venue::kraken::{Refusal, reading};

use super::params::Params;

/// How far ahead it may be.
const AHEAD_MAX: Duration = Duration::from_secs(60);

/// Refuses what comes too late.
///
/// # Errors
/// [`Refusal::DeadlineElapsed`]; [`Refusal::InvalidArguments`] for what is no moment, or too far
/// ahead.
pub fn check_deadline(params: &Params, now: Time) -> Result<(), Refusal> {
    deadline(params.text("deadline"), now)
}

/// As [`check_deadline`], of the text itself.
///
/// # Errors
/// As [`check_deadline`].
pub fn deadline(text: Option<&str>, now: Time) -> Result<(), Refusal> {
    let Some(text) = text else { return Ok(()) };
    let invalid = Refusal::InvalidArguments("deadline");
    let until = reading::written_moment(text).map_err(|_| invalid)?;
    if until < now {
        return Err(Refusal::DeadlineElapsed);
    }
    let ahead = u128::from(until.0 - now.0);
    if ahead <= AHEAD_MAX.as_micros() { Ok(()) } else { Err(invalid) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_taken_until_its_deadline_and_not_behind_it() {
        let check = |text: &str| {
            let form = format!("deadline={text}");
            check_deadline(&Params::read("", &form).unwrap(), Time(1_700_000_000_000_000))
        };
        let invalid = Err(Refusal::InvalidArguments("deadline"));
        for (text, want) in [
            ("2023-11-14T22:13:20Z", Ok(())),
            ("2023-11-14T22%3A14%3A20.000000Z", Ok(())),
            ("2023-11-14T22:13:19.999999Z", Err(Refusal::DeadlineElapsed)),
            ("2023-11-14T22:14:20.000001Z", invalid),
            ("soon", invalid),
        ] {
            assert_eq!(check(text), want, "{text}");
        }
        assert_eq!(check_deadline(&Params::read("", "a=b").unwrap(), Time(1)), Ok(()));
    }
}
