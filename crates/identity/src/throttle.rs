//! Guessing is slowed down; the owner is not locked out.
//!
//! Shape   tries are counted for an account from one [`Spot`], and for an account from all spots
//!         where its owner is not known. Some are free; after that each next one has to wait twice
//!         as long, up to a bound.
//! Keeps   a try that is dropped without having succeeded has failed. As many tries may be under
//!         way at once as are free, and one: a thousand at once are not free, and who asks for
//!         more waits until one of them has ended. Where strangers have to wait for each other,
//!         they stand in line, one of each site, and whose turn it is is drawn: whoever comes
//!         first again and again keeps nobody out. Somebody who tries from elsewhere slows down
//!         strangers, never a browser or an address of the owner's own, and neighbours of the
//!         owner are strangers. Addresses that nobody has are counted alike: the answer tells
//!         nothing.
//! Source  OWASP, Slow Down Online Guessing Attacks with Device Cookies.
//! Fails   by forgetting who tried longest ago, where there are too many to remember.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::{digest, rand};
use ipnet::IpNet;
use model::Time;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// Tries that wait for others to end, at most.
const WAITING_MAX: usize = 256;
/// Strangers in line for one account, at most: who guesses at others takes no place of those.
const LINE_MAX: usize = 256;
/// Strangers in all lines, at most.
const LINES_MAX: usize = 4_096;
/// Nobody stands in line for longer, in seconds.
pub const LINE_SECONDS_MAX: u64 = 30;
/// Counts kept of each kind, at most.
const REMEMBERED_MAX: usize = 50_000;
/// Tries are forgotten so long after the last of them.
const FORGOTTEN_MICROS: u64 = 3_600 * 1_000_000;

/// How many failures are free, and how long each further try waits at most.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub free: u32,
    pub wait_seconds_max: u64,
    /// After so many in a row nobody is heard any more, of strangers; nor at an address of the
    /// owner's, of whoever is there. Then an hour makes nothing forgotten, but a success does.
    pub failures_max: Option<u32>,
}

/// From where somebody tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spot {
    /// A session of the owner's. What is tried there slows down nobody but that session.
    Session(u128),
    /// A browser in which the owner signed in before.
    Badge([u8; 16]),
    /// An address at which the owner has been.
    Address(IpNet),
    /// A network of which nothing is known.
    Network(IpNet),
}

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    account: Account,
    spot: Spot,
}

/// A hash of what names the account.
type Account = [u8; 32];

/// Counts tries.
#[derive(Debug)]
pub struct Throttle {
    own: Rule,
    strangers: Rule,
    tries: Mutex<Tries>,
    /// Some try has ended.
    ended: Notify,
    waiting: Semaphore,
}

#[derive(Debug)]
struct Tries {
    by_spot: Counts<(Account, Spot)>,
    of_strangers: Counts<Account>,
    /// Strangers who wait for their turn, at most [`LINES_MAX`].
    line: Vec<Standing>,
}

/// A stranger in line.
#[derive(Clone, Copy, Debug)]
struct Standing {
    account: Account,
    site: IpNet,
    /// It is theirs to try next.
    is_drawn: bool,
}

/// A place in the line, given back when it is dropped.
#[derive(Debug)]
pub struct Place<'a> {
    throttle: &'a Throttle,
    site: IpNet,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    under_way: u32,
    last: Time,
}

/// A try that is under way. Dropped, it has failed.
#[derive(Debug)]
pub struct Try<'a> {
    throttle: &'a Throttle,
    target: Target,
    began: Time,
    /// When strangers began the one before.
    before: Time,
    has_succeeded: bool,
}

/// Two generations: when the newer one is half of what may be remembered, the older one goes.
#[derive(Debug)]
struct Counts<K> {
    newer: HashMap<K, Count>,
    older: HashMap<K, Count>,
}

/// Why a try cannot begin now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// It has to wait for so many seconds.
    Wait(u64),
    /// Strangers have to wait for so many seconds, and may do so in line.
    Turn(u64),
    /// Others are under way: how they end decides.
    UnderWay,
    /// Too many have failed: it is over.
    Over,
}

impl Spot {
    /// Whether the owner of the account has been there.
    pub const fn is_known(self) -> bool {
        match self {
            Self::Session(_) | Self::Badge(_) | Self::Address(_) => true,
            Self::Network(_) => false,
        }
    }

    /// What one organisation has, of which one stands in line: 24 bits of IPv4, 48 of IPv6.
    fn site(self) -> Option<IpNet> {
        let Self::Network(network) = self else { return None };
        let bits = network.prefix_len().min(if network.addr().is_ipv4() { 24 } else { 48 });
        IpNet::new(network.addr(), bits).ok().map(|site| site.trunc())
    }
}

impl Target {
    /// An account, from somewhere.
    pub fn new(account: &[u8], spot: Spot) -> Self {
        Self { account: hash(account), spot }
    }
}

fn hash(account: &[u8]) -> Account {
    let digest = digest::digest(&digest::SHA256, account);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

impl Throttle {
    pub fn new(own: Rule, strangers: Rule) -> Self {
        let (ended, waiting) = (Notify::new(), Semaphore::new(WAITING_MAX));
        let (by_spot, of_strangers) = (Counts::default(), Counts::default());
        let tries = Mutex::new(Tries { by_spot, of_strangers, line: Vec::new() });
        Self { own, strangers, tries, ended, waiting }
    }

    /// Resolves when some try ends after this call.
    pub fn ended(&self) -> Notified<'_> {
        self.ended.notified()
    }

    /// Room to wait for others to end, if there is any.
    pub fn wait_in_line(&self) -> Option<SemaphorePermit<'_>> {
        self.waiting.try_acquire().ok()
    }

    /// A place in the line of strangers: one for each site, whatever it tries.
    pub fn stand_in_line(&self, target: Target) -> Option<Place<'_>> {
        let site = target.spot.site()?;
        let mut tries = self.lock();
        let of_account = tries.line.iter().filter(|other| other.account == target.account).count();
        let is_there = tries.line.iter().any(|other| other.site == site);
        if is_there || LINE_MAX <= of_account || LINES_MAX <= tries.line.len() {
            return None;
        }
        tries.line.push(Standing { account: target.account, site, is_drawn: false });
        Some(Place { throttle: self, site })
    }

    /// Begins a try, or says why not.
    pub fn try_now(&self, target: Target, now: Time) -> Result<Try<'_>, NotNow> {
        let mut tries = self.lock();
        let own = (target.account, target.spot);
        let rule = self.rule_at(target.spot);
        let own_count = tries.by_spot.get(&own, rule, now);
        own_count.admits(rule, now)?;
        let mut before = now;
        if !target.spot.is_known() {
            let count = tries.of_strangers.get(&target.account, self.strangers, now);
            count.admits(self.strangers, now).map_err(|not_now| match not_now {
                NotNow::Wait(seconds) => NotNow::Turn(seconds),
                NotNow::Turn(_) | NotNow::UnderWay | NotNow::Over => not_now,
            })?;
            if !is_turn_of(target, &mut tries.line) {
                return Err(NotNow::Turn(1));
            }
            before = count.last;
            tries.of_strangers.put(target.account, count.begun(now));
        }
        tries.by_spot.put(own, own_count.begun(now));
        Ok(Try { throttle: self, target, began: now, before, has_succeeded: false })
    }

    fn lock(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is counted at one spot.
    const fn rule_at(&self, spot: Spot) -> Rule {
        match spot {
            // Others may be there, too: what comes to an end elsewhere does so there.
            Spot::Address(_) => Rule { failures_max: self.strangers.failures_max, ..self.own },
            Spot::Session(_) | Spot::Badge(_) | Spot::Network(_) => self.own,
        }
    }

    /// Forgets what strangers did to that account, and who was at an address of its owner's.
    pub fn forgive(&self, account: &[u8]) {
        let account = hash(account);
        let mut tries = self.lock();
        tries.of_strangers.remove(&account);
        tries.by_spot.forget(|(of, spot)| *of == account && matches!(spot, Spot::Address(_)));
    }

    fn end(&self, attempt: &Try<'_>) {
        let Try { target, began, before, has_succeeded, .. } = *attempt;
        let mut tries = self.lock();
        let own = (target.account, target.spot);
        let rule = self.rule_at(target.spot);
        let count = tries.by_spot.get(&own, rule, began).ended(has_succeeded);
        let is_over = has_succeeded && count.under_way == 0;
        if is_over {
            tries.by_spot.remove(&own);
        } else {
            // Whoever knows the password from there has not been guessing.
            let failures = if has_succeeded { 0 } else { count.failures };
            tries.by_spot.put(own, Count { failures, ..count });
        }
        if !target.spot.is_known() {
            let count = tries.of_strangers.get(&target.account, self.strangers, began);
            let count = count.ended(has_succeeded);
            let breaks_row = has_succeeded && self.strangers.failures_max.is_some();
            let failures = if breaks_row { 0 } else { count.failures };
            // Who was right takes no turn of the others, nor their own next one.
            let last = if has_succeeded && count.last == began { before } else { count.last };
            tries.of_strangers.put(target.account, Count { failures, last, ..count });
        }
        drop(tries);
        self.ended.notify_waiters();
    }
}

/// Whether it is the turn of who tries that, where others stand in line for the same: it is drawn.
fn is_turn_of(target: Target, line: &mut [Standing]) -> bool {
    let mut others: Vec<_> = line.iter_mut().filter(|it| it.account == target.account).collect();
    if others.is_empty() {
        return true;
    }
    if !others.iter().any(|standing| standing.is_drawn) {
        let drawn = draw(others.len());
        others[drawn].is_drawn = true;
    }
    others.iter().any(|it| it.is_drawn && Some(it.site) == target.spot.site())
}

/// One of so many, each as likely as the other but for less than one in 2^56.
fn draw(many: usize) -> usize {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).expect("the system has randomness");
    let drawn = u64::from_le_bytes(bytes) % many as u64;
    usize::try_from(drawn).expect("it is less than what was a usize")
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.throttle.lock().line.retain(|standing| standing.site != self.site);
    }
}

impl Try<'_> {
    /// It was its owner's.
    pub fn succeeded(mut self) {
        self.has_succeeded = true;
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        self.throttle.end(self);
    }
}

impl Count {
    fn admits(self, rule: Rule, now: Time) -> Result<(), NotNow> {
        if rule.failures_max.is_some_and(|max| max <= self.failures) {
            return Err(NotNow::Over);
        }
        let at_once = rule.free.saturating_sub(self.failures) + 1;
        if at_once <= self.under_way {
            return Err(NotNow::UnderWay);
        }
        let Some(beyond) = self.failures.checked_sub(rule.free) else { return Ok(()) };
        let doubled = 1_u64.checked_shl(beyond).unwrap_or(u64::MAX);
        let wait = doubled.min(rule.wait_seconds_max);
        let until = self.last.micros() + wait * 1_000_000;
        let left = until.saturating_sub(now.micros());
        if left == 0 { Ok(()) } else { Err(NotNow::Wait(left.div_ceil(1_000_000))) }
    }

    const fn begun(self, now: Time) -> Self {
        Self { under_way: self.under_way.saturating_add(1), last: now, ..self }
    }

    const fn ended(self, has_succeeded: bool) -> Self {
        let failed = if has_succeeded { 0 } else { 1 };
        Self {
            failures: self.failures.saturating_add(failed),
            under_way: self.under_way.saturating_sub(1),
            ..self
        }
    }
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { newer: HashMap::new(), older: HashMap::new() }
    }
}

impl<K: std::hash::Hash + Eq> Counts<K> {
    fn get(&self, key: &K, rule: Rule, now: Time) -> Count {
        let found = self.newer.get(key).or_else(|| self.older.get(key)).copied();
        let forgets = rule.failures_max.is_none();
        let is_recent =
            |count: &Count| !forgets || now.micros() < count.last.micros() + FORGOTTEN_MICROS;
        found.filter(is_recent).unwrap_or(Count { failures: 0, under_way: 0, last: now })
    }

    fn put(&mut self, key: K, count: Count) {
        if REMEMBERED_MAX / 2 <= self.newer.len() {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(key, count);
    }

    fn remove(&mut self, key: &K) {
        self.newer.remove(key);
        self.older.remove(key);
    }

    fn forget(&mut self, is_meant: impl Fn(&K) -> bool) {
        self.newer.retain(|key, _| !is_meant(key));
        self.older.retain(|key, _| !is_meant(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use NotNow::{Over, Turn, UnderWay, Wait};

    const OWN: Rule = Rule { free: 3, wait_seconds_max: 900, failures_max: None };
    const STRANGERS: Rule = Rule { free: 5, wait_seconds_max: 30, failures_max: None };

    fn target(account: &str, network: &str, is_known: bool) -> Target {
        let network = network.parse().unwrap();
        let spot = if is_known { Spot::Address(network) } else { Spot::Network(network) };
        Target::new(account.as_bytes(), spot)
    }

    fn at(seconds: u64) -> Time {
        Time::from_millis(1_000 * seconds)
    }

    /// A try that fails.
    fn fail(throttle: &Throttle, target: Target, now: Time) -> Result<(), NotNow> {
        throttle.try_now(target, now).map(drop)
    }

    #[test]
    fn each_try_beyond_the_free_ones_waits_twice_as_long() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let ann = target("ann", "192.0.2.0/24", true);
        for (seconds, want) in [
            (100, Ok(())),
            (100, Ok(())),
            (100, Ok(())),
            (100, Err(Wait(1))),
            (101, Ok(())),
            (102, Err(Wait(1))),
            (103, Ok(())),
            (106, Err(Wait(1))),
            (107, Ok(())),
            (108, Err(Wait(7))),
        ] {
            assert_eq!(fail(&throttle, ann, at(seconds)), want, "{seconds}");
        }
        throttle.try_now(ann, at(115)).unwrap().succeeded();
        for _ in 0..3 {
            assert_eq!(fail(&throttle, ann, at(115)), Ok(()));
        }
    }

    #[test]
    fn the_wait_has_a_bound_and_after_an_hour_all_is_forgotten() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let ann = target("ann", "192.0.2.0/24", true);
        let mut seconds = 0;
        for _ in 0..100 {
            seconds += 900;
            assert_eq!(fail(&throttle, ann, at(seconds)), Ok(()));
        }
        assert_eq!(fail(&throttle, ann, at(seconds)), Err(Wait(900)));
        for _ in 0..3 {
            assert_eq!(fail(&throttle, ann, at(seconds + 3_600)), Ok(()));
        }
    }

    #[test]
    fn strangers_slow_each_other_down_but_not_the_owner() {
        let throttle = Throttle::new(OWN, STRANGERS);
        for network in 0..5 {
            let stranger = target("ann", &format!("198.51.{network}.0/24"), false);
            assert_eq!(fail(&throttle, stranger, at(1)), Ok(()));
        }
        let stranger = target("ann", "203.0.113.0/24", false);
        assert_eq!(fail(&throttle, stranger, at(1)), Err(Turn(1)));
        assert_eq!(fail(&throttle, target("bob", "203.0.113.0/24", false), at(1)), Ok(()));
        let owner = target("ann", "192.0.2.0/24", true);
        assert_eq!(fail(&throttle, owner, at(1)), Ok(()));
        let mut seconds = 1;
        for network in 5..50 {
            seconds += 30;
            let stranger = target("ann", &format!("198.51.{network}.0/24"), false);
            assert_eq!(fail(&throttle, stranger, at(seconds)), Ok(()), "half a minute is enough");
        }
    }

    #[test]
    fn strangers_stand_in_line_one_of_each_site_and_each_has_a_turn_at_last() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let stranger = |number: u32| target("ann", &format!("2001:db8:{number}::/56"), false);
        for number in 0..STRANGERS.free + 5 {
            assert_eq!(fail(&throttle, stranger(number), at(60 * u64::from(number))), Ok(()));
        }
        let neighbour = target("ann", "2001:db8:7:ff00::/56", false);
        let (mut turns, rounds) = ([0; 3], 400);
        for round in 0..rounds {
            let now = at(1_000 + 30 * round);
            let standing = [7, 8, 9].map(|site| throttle.stand_in_line(stranger(site)).unwrap());
            assert!(throttle.stand_in_line(neighbour).is_none(), "one of each site");
            assert_eq!(fail(&throttle, stranger(6), now), Err(Turn(1)), "behind the line");
            for (site, turns) in [7, 8, 9].into_iter().zip(&mut turns) {
                match throttle.try_now(stranger(site), now) {
                    Ok(attempt) => {
                        *turns += 1;
                        let other = fail(&throttle, stranger(1_000), now);
                        assert!(matches!(other, Err(UnderWay | Turn(1))), "the turn is taken");
                        // Each has free tries of its own.
                        attempt.succeeded();
                    }
                    Err(Turn(1 | 30)) => {}
                    Err(not_now) => panic!("{not_now:?}"),
                }
            }
            drop(standing);
        }
        assert_eq!(turns.iter().sum::<u64>(), rounds);
        assert!(turns.iter().all(|turns| 50 < *turns), "none is kept out: {turns:?}");
    }

    #[test]
    fn a_turn_of_who_has_gone_is_drawn_anew() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let stranger = |number: u32| target("ann", &format!("2001:db8:{number}::/56"), false);
        let standing = [1, 2].map(|site| throttle.stand_in_line(stranger(site)).unwrap());
        let elsewhere = target("bob", "192.0.2.0/24", false);
        assert_eq!(fail(&throttle, elsewhere, at(1)), Ok(()), "nobody waits for that");
        let first = [1, 2].map(|site| fail(&throttle, stranger(site), at(1)).is_ok());
        assert_eq!(first.iter().filter(|has_begun| **has_begun).count(), 1);
        let [one, two] = standing;
        let (gone, left) = if first[0] { (one, 2) } else { (two, 1) };
        drop(gone);
        assert_eq!(fail(&throttle, stranger(left), at(1)), Ok(()));
    }

    #[test]
    fn where_failures_have_an_end_a_row_of_them_is_over_until_a_success() {
        let row = Rule { failures_max: Some(8), ..STRANGERS };
        let throttle = Throttle::new(OWN, row);
        let stranger = |number: u32| target("ann", &format!("198.51.{number}.0/24"), false);
        let mut seconds = 1;
        let mut fails = |number| {
            seconds += 7_200;
            fail(&throttle, stranger(number), at(seconds))
        };
        for number in 0..8 {
            assert_eq!(fails(number), Ok(()), "an hour makes none forgotten");
        }
        assert_eq!((fails(8), fails(9)), (Err(Over), Err(Over)));
        assert_eq!(fail(&throttle, target("ann", "192.0.2.0/24", true), at(9)), Ok(()), "at home");
        assert_eq!(fail(&throttle, target("bob", "198.51.0.0/24", false), at(9)), Ok(()));
        let throttle = Throttle::new(OWN, row);
        for number in 0..7 {
            assert_eq!(fail(&throttle, stranger(number), at(7_200 * u64::from(number))), Ok(()));
        }
        throttle.try_now(stranger(9), at(900_000)).unwrap().succeeded();
        for number in 0..5 {
            assert_eq!(fail(&throttle, stranger(number), at(900_000)), Ok(()), "a row anew");
        }
    }

    #[test]
    fn a_row_ends_at_an_address_of_the_owners_too_but_in_no_browser_of_theirs() {
        let row = Rule { failures_max: Some(8), ..STRANGERS };
        let throttle = Throttle::new(OWN, row);
        let (home, work) =
            (target("ann", "192.0.2.1/32", true), target("ann", "192.0.2.2/32", true));
        for number in 0..8 {
            assert_eq!(
                fail(&throttle, home, at(7_200 * number)),
                Ok(()),
                "an hour changes nothing"
            );
        }
        assert_eq!(fail(&throttle, home, at(900_000)), Err(Over));
        assert_eq!(fail(&throttle, work, at(900_000)), Ok(()));
        let badge = Target::new(b"ann", Spot::Badge([7; 16]));
        for number in 0..20 {
            assert_eq!(fail(&throttle, badge, at(900_000 + 900 * number)), Ok(()));
        }
        throttle.forgive(b"bob");
        assert_eq!(fail(&throttle, home, at(900_000)), Err(Over));
        throttle.forgive(b"ann");
        assert_eq!(fail(&throttle, home, at(900_000)), Ok(()));
    }

    #[test]
    fn the_line_for_one_account_is_no_line_for_another() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let stranger =
            |account, site: usize| target(account, &format!("2001:db8:{site:x}::/56"), false);
        let crowd: Vec<_> =
            (0..LINE_MAX).map(|site| throttle.stand_in_line(stranger("bob", site))).collect();
        assert!(crowd.iter().all(Option::is_some));
        assert!(throttle.stand_in_line(stranger("bob", LINE_MAX)).is_none());
        assert!(throttle.stand_in_line(stranger("ann", LINE_MAX)).is_some());
        assert!(throttle.stand_in_line(stranger("ann", 0)).is_none(), "one of each site");
    }

    #[test]
    fn a_stranger_who_is_the_owner_gives_the_try_back() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let stranger = target("ann", "203.0.113.0/24", false);
        for _ in 0..100 {
            throttle.try_now(stranger, at(1)).unwrap().succeeded();
        }
        for network in 0..20 {
            let other = target("ann", &format!("198.51.{network}.0/24"), false);
            assert_eq!(fail(&throttle, other, at(60 * network)), Ok(()));
        }
        for _ in 0..2 {
            // With the password, and then with the code.
            throttle.try_now(stranger, at(1_200)).unwrap().succeeded();
        }
        assert_eq!(fail(&throttle, stranger, at(1_200)), Ok(()));
        assert_eq!(fail(&throttle, stranger, at(1_200)), Err(Turn(30)));
    }

    #[test]
    fn some_may_try_at_once_and_where_all_fail_each_counts() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let ann = target("ann", "192.0.2.0/24", true);
        let under_way: Vec<_> = (0..4).map(|_| throttle.try_now(ann, at(1)).unwrap()).collect();
        assert_eq!(fail(&throttle, ann, at(1)), Err(UnderWay));
        drop(under_way);
        assert_eq!(fail(&throttle, ann, at(1)), Err(Wait(2)), "four have failed");
        let alone = throttle.try_now(ann, at(9)).unwrap();
        assert_eq!(fail(&throttle, ann, at(900)), Err(UnderWay), "one at a time now");
        alone.succeeded();
        for _ in 0..20 {
            let many: Vec<_> = (0..4).map(|_| throttle.try_now(ann, at(900)).unwrap()).collect();
            many.into_iter().for_each(Try::succeeded);
        }
    }

    #[test]
    fn a_burst_of_guesses_is_not_longer_than_the_free_ones() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let stranger = target("ann", "203.0.113.0/24", false);
        let mut checked = 0;
        for _ in 0..100 {
            let burst: Vec<_> =
                (0..64).filter_map(|_| throttle.try_now(stranger, at(1)).ok()).collect();
            checked += burst.len();
        }
        assert_eq!(checked, 4, "three are free, and one");
    }

    #[test]
    fn neighbours_of_the_owner_count_for_themselves() {
        let throttle = Throttle::new(OWN, STRANGERS);
        let neighbour = target("ann", "192.0.2.0/24", false);
        for _ in 0..3 {
            assert_eq!(fail(&throttle, neighbour, at(1)), Ok(()));
        }
        assert_eq!(fail(&throttle, neighbour, at(1)), Err(Wait(1)));
        let home = target("ann", "192.0.2.1/32", true);
        for _ in 0..3 {
            assert_eq!(fail(&throttle, home, at(1)), Ok(()), "their own address");
        }
        assert_eq!(fail(&throttle, home, at(1)), Err(Wait(1)), "somebody shares it");
        let badge = Target::new(b"ann", Spot::Badge([7; 16]));
        assert_eq!(fail(&throttle, badge, at(1)), Ok(()), "their own browser there");
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let throttle = Throttle::new(OWN, STRANGERS);
        for number in 0..REMEMBERED_MAX * 2 {
            let target = target(&number.to_string(), "192.0.2.0/24", false);
            fail(&throttle, target, at(1)).unwrap();
        }
        let tries = throttle.tries.lock().unwrap();
        assert!(tries.by_spot.newer.len() + tries.by_spot.older.len() <= REMEMBERED_MAX);
        assert!(tries.of_strangers.newer.len() + tries.of_strangers.older.len() <= REMEMBERED_MAX);
    }
}
