//! How much an address may ask and how many orders an account may place.
//!
//! Units   weights per minute, requests per five minutes, orders per ten seconds and per day.
//!         Intervals begin at whole multiples since the epoch.
//! Keeps   an address that goes on after it was refused is banned, longer each time; no more than
//!         [`ADDRESSES_MAX`] addresses are remembered, who asked longest ago is forgotten first; no
//!         more than [`ACCOUNTS_MAX`] accounts, what is beyond shares one counter. A site of IPv6
//!         has 64 times what a network has, and is refused beyond, but not banned: it may be
//!         many people.
//! Source  rest-api.md, "LIMITS"; web-socket-api.md, "Rate limits".

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ipnet::IpNet;
use model::{AccountId, Time};
use projection::Views;
use venue::binance::{LimitInterval, LimitUnit, RateLimit, RateLimitKind, Refusal};

use crate::network::{SITE_RATE_TIMES, network_of, site_of};
use crate::recent::Recent;

/// The interval in which weight is counted.
pub const WEIGHT_INTERVAL: LimitInterval = LimitInterval { unit: LimitUnit::Minute, count: 1 };
/// The interval in which requests are counted.
pub const RAW_INTERVAL: LimitInterval = LimitInterval { unit: LimitUnit::Minute, count: 5 };
/// The short interval in which orders are counted.
pub const ORDERS_SHORT: LimitInterval = LimitInterval { unit: LimitUnit::Second, count: 10 };
/// The long interval in which orders are counted.
pub const ORDERS_LONG: LimitInterval = LimitInterval { unit: LimitUnit::Day, count: 1 };

/// Addresses remembered at once.
const ADDRESSES_MAX: usize = 1 << 17;
/// Accounts remembered at once.
const ACCOUNTS_MAX: usize = 1 << 20;
/// Independent locks, so that requests of different addresses rarely wait for each other.
const SHARDS: usize = 16;
/// Refusals in one minute after which an address is banned.
const REFUSALS_MAX: u32 = 100;
/// The first ban. Each one more within [`OFFENCE_MEMORY_SECONDS`] doubles it.
const BAN_SECONDS_MIN: u64 = 120;
/// The longest ban: three days.
const BAN_SECONDS_MAX: u64 = 3 * 86_400;
/// For how long after a ban the next one is longer.
const OFFENCE_MEMORY_SECONDS: u64 = 86_400;

/// What is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Weight of one address in a minute.
    pub weight: u32,
    /// Requests of one address in five minutes.
    pub raw_requests: u32,
    /// Unfilled orders of one account in ten seconds.
    pub orders_short: u32,
    /// Unfilled orders of one account in a day.
    pub orders_long: u32,
}

impl Default for Quotas {
    /// The venue's own.
    fn default() -> Self {
        Self { weight: 6_000, raw_requests: 61_000, orders_short: 100, orders_long: 200_000 }
    }
}

/// Counts by address.
#[derive(Debug)]
pub struct WeightMeter {
    quotas: Quotas,
    networks: Vec<Mutex<Recent<IpAddr, Usage>>>,
    sites: Vec<Mutex<Recent<Ipv6Addr, Usage>>>,
    /// Never banned: each speaks for many.
    spared: Vec<IpNet>,
    warned_of_proxy: AtomicBool,
}

#[derive(Debug, Default)]
struct Usage {
    minute: u64,
    weight: u32,
    refusals: u32,
    five_minutes: u64,
    requests: u32,
    banned_until: u64,
    bans: u32,
}

impl WeightMeter {
    /// Nothing used yet.
    #[must_use]
    pub fn new(quotas: Quotas) -> Self {
        Self {
            quotas,
            networks: shards(ADDRESSES_MAX),
            sites: shards(ADDRESSES_MAX),
            spared: Vec::new(),
            warned_of_proxy: AtomicBool::default(),
        }
    }

    /// These weights, but never banning who asks from one of these networks: proxies that do not
    /// say for whom they ask.
    #[must_use]
    pub fn sparing(self, spared: Vec<IpNet>) -> Self {
        Self { spared, ..self }
    }

    /// Counts one request of `weight` and tells the weight used in this minute.
    ///
    /// # Errors
    /// [`Refusal::TooMuchWeight`] over the limit, [`Refusal::Banned`] in a ban. Both count.
    pub fn charge(&self, from: IpAddr, weight: u32, now: Time) -> Result<u32, (Refusal, u32)> {
        let second = now.micros() / 1_000_000;
        let network = network_of(from);
        let is_spared = self.is_spared(from);
        let mut shard = lock(&self.networks[shard_of(network)]);
        let outcome = shard.see(network).charge(weight, second, self.quotas, !is_spared);
        drop(shard);
        if is_spared && outcome.is_err() && !self.warned_of_proxy.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %from,
                "a trusted proxy does not say for whom it asks: all its clients share one limit"
            );
        }
        let used = outcome?;
        let Some(site) = site_of(from) else { return Ok(used) };
        let mut shard = lock(&self.sites[shard_of(IpAddr::V6(site))]);
        let outcome = shard.see(site).charge(weight, second, self.quotas.of_site(), false);
        outcome.map(|_| used)
    }

    /// The weight of an address in a minute, what is left of it, and for how many seconds the
    /// minute goes on.
    #[must_use]
    pub fn left(&self, from: IpAddr, now: Time) -> (u32, u32, u64) {
        let second = now.micros() / 1_000_000;
        let network = network_of(from);
        let shard = lock(&self.networks[shard_of(network)]);
        let this_minute = |usage: &&Usage| usage.minute == second / WEIGHT_INTERVAL.seconds();
        let used = shard.get(&network).filter(this_minute).map_or(0, |usage| usage.weight);
        let max = self.quotas.weight;
        (max, max.saturating_sub(used), next_interval(WEIGHT_INTERVAL, second).1)
    }

    /// Whether an address is in no ban.
    ///
    /// # Errors
    /// [`Refusal::Banned`].
    pub fn check_ban(&self, from: IpAddr, now: Time) -> Result<(), Refusal> {
        let second = now.micros() / 1_000_000;
        let network = network_of(from);
        let shard = lock(&self.networks[shard_of(network)]);
        match shard.get(&network) {
            Some(usage) if second < usage.banned_until => Err(usage.banned(second)),
            Some(_) | None => Ok(()),
        }
    }

    fn is_spared(&self, from: IpAddr) -> bool {
        let from = from.to_canonical();
        self.spared.iter().any(|network| network.contains(&from))
    }
}

impl Quotas {
    /// Of a whole site.
    const fn of_site(self) -> Self {
        let times = SITE_RATE_TIMES;
        Self {
            weight: self.weight.saturating_mul(times),
            raw_requests: self.raw_requests.saturating_mul(times),
            ..self
        }
    }
}

fn shards<K: Eq + Hash, V: Default>(entries_max: usize) -> Vec<Mutex<Recent<K, V>>> {
    (0..SHARDS).map(|_| Mutex::new(Recent::new(entries_max / SHARDS))).collect()
}

impl Usage {
    fn charge(
        &mut self,
        weight: u32,
        second: u64,
        quotas: Quotas,
        bannable: bool,
    ) -> Result<u32, (Refusal, u32)> {
        let (minute, five) = (second / WEIGHT_INTERVAL.seconds(), second / RAW_INTERVAL.seconds());
        if self.minute != minute {
            (self.minute, self.weight, self.refusals) = (minute, 0, 0);
        }
        if self.five_minutes != five {
            (self.five_minutes, self.requests) = (five, 0);
        }
        self.weight = self.weight.saturating_add(weight);
        self.requests = self.requests.saturating_add(1);
        if second < self.banned_until {
            return Err((self.banned(second), self.weight));
        }
        let (limit, interval) = if quotas.weight < self.weight {
            (quotas.weight, WEIGHT_INTERVAL)
        } else if quotas.raw_requests < self.requests {
            (quotas.raw_requests, RAW_INTERVAL)
        } else {
            return Ok(self.weight);
        };
        self.refusals = self.refusals.saturating_add(1);
        if bannable && REFUSALS_MAX < self.refusals {
            if self.banned_until + OFFENCE_MEMORY_SECONDS < second {
                self.bans = 0;
            }
            let length = BAN_SECONDS_MIN.checked_shl(self.bans).unwrap_or(BAN_SECONDS_MAX);
            self.banned_until = second + length.min(BAN_SECONDS_MAX);
            self.bans = (self.bans + 1).min(32);
            self.refusals = 0;
            return Err((self.banned(second), self.weight));
        }
        let (retry_at_millis, retry_after_seconds) = next_interval(interval, second);
        let refusal =
            Refusal::TooMuchWeight { limit, interval, retry_at_millis, retry_after_seconds };
        Err((refusal, self.weight))
    }

    const fn banned(&self, second: u64) -> Refusal {
        Refusal::Banned {
            until_millis: self.banned_until * 1_000,
            retry_after_seconds: self.banned_until - second,
        }
    }
}

/// When the interval after this one begins: as a moment in milliseconds and in seconds from now.
const fn next_interval(interval: LimitInterval, second: u64) -> (u64, u64) {
    let length = interval.seconds();
    let next = (second / length + 1) * length;
    (next * 1_000, next - second)
}

fn shard_of(address: IpAddr) -> usize {
    let bits = match address {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or_default(),
    };
    usize::try_from(bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60).unwrap_or_default() % SHARDS
}

/// A panic elsewhere leaves counters as they are: good enough to count on.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Orders of one account that count as unfilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderCount {
    /// In these ten seconds.
    pub short: u32,
    /// In this day.
    pub long: u32,
}

/// Counts orders by account.
#[derive(Debug)]
pub struct OrderMeter {
    quotas: Quotas,
    /// Which orders trade.
    views: Views,
    shards: Vec<Mutex<HashMap<AccountId, Placed>>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Placed {
    ten_seconds: u64,
    short: u32,
    day: u64,
    long: u32,
    /// How many orders had traded when it was last looked.
    traded: u32,
}

impl Placed {
    /// Orders that have traded since the last look no longer count as unfilled.
    fn trade(&mut self, traded: u32) {
        let new = traded.wrapping_sub(self.traded);
        self.traded = traded;
        self.short = self.short.saturating_sub(new);
        self.long = self.long.saturating_sub(new);
    }

    fn turn(&mut self, second: u64) {
        let (ten_seconds, day) = (second / ORDERS_SHORT.seconds(), second / ORDERS_LONG.seconds());
        if self.ten_seconds != ten_seconds {
            (self.ten_seconds, self.short) = (ten_seconds, 0);
        }
        if self.day != day {
            (self.day, self.long) = (day, 0);
        }
    }

    const fn count(self) -> OrderCount {
        OrderCount { short: self.short, long: self.long }
    }
}

impl OrderMeter {
    /// Nothing placed yet; of `views` is known which orders trade.
    #[must_use]
    pub fn new(quotas: Quotas, views: Views) -> Self {
        Self { quotas, views, shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// Counts `orders` that are about to be placed.
    ///
    /// # Errors
    /// [`Refusal::TooManyOrders`]: then they do not count.
    pub fn charge(&self, who: AccountId, orders: u32, now: Time) -> Result<OrderCount, Refusal> {
        let second = now.micros() / 1_000_000;
        self.with(who, second, |placed| {
            let (short, long) = (placed.short + orders, placed.long + orders);
            let (limit, interval) = if self.quotas.orders_short < short {
                (self.quotas.orders_short, ORDERS_SHORT)
            } else if self.quotas.orders_long < long {
                (self.quotas.orders_long, ORDERS_LONG)
            } else {
                (placed.short, placed.long) = (short, long);
                return Ok(placed.count());
            };
            let (retry_at_millis, retry_after_seconds) = next_interval(interval, second);
            Err(Refusal::TooManyOrders { limit, interval, retry_at_millis, retry_after_seconds })
        })
    }

    /// How many count now.
    #[must_use]
    pub fn count(&self, who: AccountId, now: Time) -> OrderCount {
        self.with(who, now.micros() / 1_000_000, |placed| placed.count())
    }

    /// The limits of orders as the wire tells them, with `count`.
    #[must_use]
    pub const fn limits(&self, count: OrderCount) -> [RateLimit; 2] {
        let kind = RateLimitKind::Orders;
        [
            RateLimit::new(kind, ORDERS_SHORT, self.quotas.orders_short, Some(count.short)),
            RateLimit::new(kind, ORDERS_LONG, self.quotas.orders_long, Some(count.long)),
        ]
    }

    fn with<T>(&self, who: AccountId, second: u64, act: impl FnOnce(&mut Placed) -> T) -> T {
        let mut shard = lock(&self.shards[who.0 as usize % SHARDS]);
        // Under the lock: nobody has looked later.
        let traded = self.views.orders_traded(who);
        let room = ACCOUNTS_MAX / SHARDS;
        if room <= shard.len() && !shard.contains_key(&who) {
            let day = second / ORDERS_LONG.seconds();
            shard.retain(|_, placed| placed.day == day);
        }
        let crowded = room <= shard.len() && !shard.contains_key(&who);
        let placed = shard.entry(if crowded { AccountId(u32::MAX) } else { who }).or_default();
        if !crowded {
            placed.trade(traded);
        }
        placed.turn(second);
        act(placed)
    }
}

#[cfg(test)]
mod tests {
    use model::Side;

    use super::super::stage::{Stage, TAKER};
    use super::*;

    const START: u64 = 1_700_000_040;

    fn at(second: u64) -> Time {
        Time((START + second) * 1_000_000)
    }

    fn quotas() -> Quotas {
        Quotas { weight: 10, raw_requests: 1_000, orders_short: 2, orders_long: 3 }
    }

    #[test]
    fn weight_is_counted_by_address_and_minute() {
        let meter = WeightMeter::new(quotas());
        let (one, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert_eq!(meter.charge(one, 6, at(0)), Ok(6));
        assert_eq!(meter.charge(other, 10, at(0)), Ok(10));
        let (refusal, used) = meter.charge(one, 6, at(1)).unwrap_err();
        assert_eq!((refusal.code(), refusal.status(), used), (-1003, 429, 12));
        assert_eq!(refusal.retry_after_seconds(), Some(59));
        assert_eq!(meter.charge(one, 6, at(60)), Ok(6), "a new minute");
    }

    #[test]
    fn who_goes_on_after_refusals_is_banned_longer_each_time() {
        let meter = WeightMeter::new(quotas());
        let who: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::ffff".parse().unwrap();
        let insist = |second| {
            let mut last = None;
            for _ in 0..=REFUSALS_MAX {
                last = meter.charge(who, 11, at(second)).err();
            }
            last.unwrap().0
        };
        let ban = insist(0);
        assert_eq!((ban.status(), ban.retry_after_seconds()), (418, Some(BAN_SECONDS_MIN)));
        assert_eq!(meter.charge(neighbour, 1, at(119)).unwrap_err().0.status(), 418);
        assert_eq!(meter.charge(who, 1, at(120)), Ok(1));
        assert_eq!(insist(121).retry_after_seconds(), Some(2 * BAN_SECONDS_MIN));
    }

    #[test]
    fn a_site_of_many_networks_is_refused_but_not_banned() {
        let meter = WeightMeter::new(quotas());
        let charge = |network: u32| {
            let from = format!("2001:db8:0:{network:x}::1").parse().unwrap();
            meter.charge(from, 10, at(0))
        };
        for network in 0..SITE_RATE_TIMES {
            assert_eq!(charge(network), Ok(10));
        }
        for network in SITE_RATE_TIMES..=SITE_RATE_TIMES + 2 * REFUSALS_MAX {
            let (refusal, used) = charge(network).unwrap_err();
            let weight = (refusal.status(), used);
            assert_eq!(weight, (429, 10 * (network + 1)), "{network}");
        }
        let neighbour = "2001:db8:1::1".parse().unwrap();
        assert_eq!(meter.charge(neighbour, 10, at(0)), Ok(10));
        assert!(meter.charge("2001:db8:0:9::1".parse().unwrap(), 10, at(60)).is_ok());
    }

    #[test]
    fn a_dozen_greedy_networks_take_nothing_from_their_neighbours_at_the_same_hoster() {
        let meter = WeightMeter::new(quotas());
        let charge = |network: u32| {
            let from = format!("2001:db8:0:{network:x}::1").parse().unwrap();
            meter.charge(from, 10, at(0)).map_err(|(refusal, _)| refusal.status())
        };
        for network in 0..12 {
            // All they have, and then refused as often as they like.
            assert_eq!(charge(network), Ok(10));
            (0..20).for_each(|_| assert!(charge(network).is_err()));
        }
        assert_eq!(charge(99), Ok(10));
    }

    #[test]
    fn a_proxy_that_hides_its_clients_is_refused_but_not_banned() {
        let meter = WeightMeter::new(quotas()).sparing(vec!["10.0.0.5/32".parse().unwrap()]);
        let insist = |from: &str| {
            let from = from.parse().unwrap();
            (0..=2 * REFUSALS_MAX)
                .map(|_| meter.charge(from, 11, at(0)).unwrap_err().0.status())
                .min()
        };
        assert_eq!(insist("::ffff:10.0.0.5"), Some(429));
        assert_eq!(insist("10.0.0.6"), Some(418));
    }

    #[test]
    fn a_ban_can_be_asked_for_without_being_charged() {
        let meter = WeightMeter::new(quotas());
        let (who, neighbour) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        for _ in 0..=REFUSALS_MAX {
            assert!(meter.check_ban(neighbour, at(0)).is_ok());
            let _ = meter.charge(who, 11, at(0));
        }
        assert_eq!(meter.check_ban(neighbour, at(0)).unwrap_err().status(), 418);
        assert_eq!(meter.check_ban(neighbour, at(BAN_SECONDS_MIN)), Ok(()));
    }

    #[test]
    fn orders_are_counted_by_account_until_they_trade() {
        let mut stage = Stage::new();
        let meter = OrderMeter::new(quotas(), stage.exchange.views.clone());
        let who = TAKER;
        assert_eq!(meter.charge(who, 2, at(0)), Ok(OrderCount { short: 2, long: 2 }));
        let refusal = meter.charge(who, 1, at(0)).unwrap_err();
        assert_eq!((refusal.code(), refusal.status()), (-1015, 429));
        assert_eq!(refusal.text(), "Too many new orders; current limit is 2 orders per 10 SECOND.");
        // Two makers, and the taker's order, which counts once.
        stage.trade(Side::Buy, &[(6_000_000, 5), (6_000_100, 5)]);
        assert_eq!(meter.charge(who, 1, at(0)), Ok(OrderCount { short: 2, long: 2 }));
        assert_eq!(meter.charge(who, 1, at(10)), Ok(OrderCount { short: 1, long: 3 }));
        let refusal = meter.charge(who, 1, at(20)).unwrap_err();
        assert_eq!(refusal.text(), "Too many new orders; current limit is 3 orders per 1 DAY.");
        assert_eq!(meter.count(AccountId(9), at(20)), OrderCount { short: 0, long: 0 });
    }
}
