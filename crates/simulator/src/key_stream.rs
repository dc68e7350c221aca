//! The numbers that keys are drawn from.
//!
//! Keeps   they follow from the seed alone, so that who starts a venue again goes on with the same
//!         keys. Who sees some of them, as in the name of a key, and cannot guess the seed learns
//!         nothing of the others, of another account, or of another venue: each is a digest.

use aws_lc_rs::digest;
use venue::port::Venue;

/// What sets these digests apart from any other.
const PURPOSE: &[u8] = b"rialto keys";

/// The numbers of one account at one venue.
pub struct KeyStream {
    seed: u64,
    venue: Venue,
    account: u64,
    drawn: u64,
}

impl KeyStream {
    /// Those of the account of that number.
    pub const fn new(seed: u64, venue: Venue, account: usize) -> Self {
        Self { seed, venue, account: account as u64, drawn: 0 }
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(PURPOSE);
        context.update(self.venue.id().as_bytes());
        // A name ends where these 24 bytes begin: none is another and something more.
        for part in [self.seed, self.account, self.drawn] {
            context.update(&part.to_le_bytes());
        }
        self.drawn += 1;
        let digest = context.finish();
        u64::from_le_bytes(*digest.as_ref().first_chunk().expect("32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::language::Language;
    use crate::prices::random::Random;

    /// The stream of which `drawn` is a number, if it is one of [`Random`]: that can be run
    /// backwards.
    fn unmixed(drawn: u64) -> Random {
        let unshift = |value: u64, by: u32| (0..64 / by).fold(value, |it, _| value ^ (it >> by));
        let mut state = unshift(drawn, 31).wrapping_mul(0x3196_42b2_d24d_8ec3);
        state = unshift(state, 27).wrapping_mul(0x96de_1b17_3f11_9089);
        Random::new(unshift(state, 30))
    }

    #[test]
    fn who_sees_a_number_cannot_compute_the_next() {
        let mut random = Random::new(7);
        assert_eq!(unmixed(random.next()).next(), random.next(), "the way is right");
        let mut keys = KeyStream::new(7, Venue::Coinbase, 0);
        assert_ne!(unmixed(keys.next()).next(), keys.next());
    }

    #[test]
    fn no_two_accounts_venues_or_seeds_have_a_key_in_common() {
        let mut seen = HashSet::new();
        for venue in Venue::ALL {
            // The second was once the first of another venue.
            for seed in [1, 1 ^ 1 << 56, 2] {
                for account in 0..2 {
                    let drawn = || {
                        let mut keys = KeyStream::new(seed, venue, account);
                        (Language::of(venue).draw_key)(&mut || keys.next(), account)
                    };
                    let (name, secret, _) = drawn();
                    assert_eq!((name.clone(), secret.expose()), (drawn().0, drawn().1.expose()));
                    let mut keys = KeyStream::new(seed, venue, account);
                    let numbers = [keys.next(), keys.next()];
                    assert!(seen.insert(name) && seen.insert(secret.expose().clone()));
                    assert!(numbers.iter().all(|number| seen.insert(number.to_string())));
                }
            }
        }
    }
}
