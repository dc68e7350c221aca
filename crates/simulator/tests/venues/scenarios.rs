//! Whatever a scenario does to a venue, its connector comes back to the book that the venue's
//! engine has, and to orders whose end is known, without a restart: each scenario at each venue.

use model::Side;
use venue::port::{Lost, OrderState, Rejection, Venue, VenueError};

use crate::ears::AccountEar;
use crate::following::following;
use crate::stage::{Stage, later, named, number, refused};

/// Longer than any venue says to stay away, any order may still arrive, or any counter takes.
const LONG: u64 = 300;

at_every_venue! {
    an_outage_ends_every_socket_and_does_nothing_until_it_is_over,
    an_outage_of_another_venue_is_nothing_here,
    dropped_sockets_come_back_with_the_whole_book_while_they_go_on_dropping,
    stalled_sockets_tell_what_they_held_back,
    a_socket_that_is_opened_while_they_stall_tells_all_once_they_do_not,
    gaps_are_seen_and_the_book_is_asked_for_anew,
    a_clock_that_is_ahead_and_set_right_again_is_measured_anew,
    orders_that_are_refused_by_turns_do_not_stand,
    what_fills_in_part_is_told_so_by_the_answer_the_stream_and_the_book,
    an_order_whose_answer_never_comes_is_unknown_and_found_by_its_name,
    who_is_told_to_stay_away_does_so_and_comes_back,
    a_book_that_is_lost_while_requests_are_too_many_comes_back_after_them,
}

async fn an_outage_ends_every_socket_and_does_nothing_until_it_is_over(venue: Venue) {
    let stage = Stage::open(venue).await;
    let account = stage.account(0);
    following(&stage, async |market| {
        market.rests("before", Side::Buy, "0.01", "50000").await;
        market.shows("50000x0.01 | ").await;
        stage.play("outage").await;
        market.loses(Lost::Connection).await;
        assert!(!market.is_live());
        let during = stage.limit("during", Side::Buy, "0.01", "50001");
        match account.place(&during).await {
            Err(VenueError::TryLater { .. }) => {
                assert!(matches!(venue, Venue::Binance | Venue::Kraken));
            }
            // What is said there may be said behind an order as well as before it.
            Err(VenueError::Unknown { .. }) => {
                assert!(matches!(venue, Venue::Coinbase | Venue::Kucoin));
            }
            outcome => panic!("{outcome:?}"),
        }
        stage.play("usual").await;
        stage.pass_seconds(LONG);
        market.agrees().await;
        assert_eq!(account.order(stage.pair(), &named("during")).await.unwrap(), None);
        market.rests("after", Side::Buy, "0.01", "50002").await;
        market.shows("50002x0.01 50000x0.01 | ").await;
        market.agrees().await;
    })
    .await;
    stage.venue.close().await;
}

async fn an_outage_of_another_venue_is_nothing_here(venue: Venue) {
    let stage = Stage::open(venue).await;
    let other = Venue::ALL.into_iter().find(|other| *other != venue).unwrap();
    following(&stage, async |market| {
        market.rests("before", Side::Buy, "0.01", "50000").await;
        market.shows("50000x0.01 | ").await;
        stage.play(&format!("outage:{}", other.id())).await;
        market.rests("during", Side::Buy, "0.01", "50001").await;
        market.shows("50001x0.01 50000x0.01 | ").await;
        assert!(market.ear.has_lost_nothing());
    })
    .await;
    stage.venue.close().await;
}

async fn dropped_sockets_come_back_with_the_whole_book_while_they_go_on_dropping(venue: Venue) {
    let stage = Stage::open(venue).await;
    stage.play_with("dropped-sockets", |scenario| scenario.ordeal.drop_every = 3);
    following(&stage, async |market| {
        for (name, price) in
            [("one", "60000"), ("two", "59999"), ("three", "59998"), ("four", "59997")]
        {
            market.rests(name, Side::Sell, "0.01", price).await;
            market.agrees().await;
        }
        market.loses(Lost::Connection).await;
        market.agrees().await;
        stage.play("usual").await;
        market.rests("five", Side::Sell, "0.01", "59996").await;
        let five = " | 59996x0.01 59997x0.01 59998x0.01 59999x0.01 60000x0.01";
        market.shows(five).await;
        market.agrees().await;
    })
    .await;
    stage.venue.close().await;
}

async fn stalled_sockets_tell_what_they_held_back(venue: Venue) {
    let stage = Stage::open(venue).await;
    let feed = stage.feed();
    following(&stage, async |market| {
        market.rests("before", Side::Buy, "0.01", "50000").await;
        market.shows("50000x0.01 | ").await;
        stage.play("stalled-sockets").await;
        market.rests("during", Side::Buy, "0.02", "50001").await;
        // Longer than it would take: the venue answers whatever it is asked.
        for _ in 0..20 {
            feed.server_time().await.unwrap();
            stage.pass_seconds(1);
        }
        assert_eq!(market.shown(), "50000x0.01 | ");
        assert_ne!(market.engines(), market.shown());
        stage.play("usual").await;
        market.agrees().await;
        market.rests("after", Side::Sell, "0.03", "60000").await;
        market.shows("50001x0.02 50000x0.01 | 60000x0.03").await;
        assert!(market.ear.has_lost_nothing(), "nothing was lost, it was late");
    })
    .await;
    stage.venue.close().await;
}

async fn a_socket_that_is_opened_while_they_stall_tells_all_once_they_do_not(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (account, feed) = (stage.account(0), stage.feed());
    account.place(&stage.limit("before", Side::Buy, "0.01", "50000")).await.unwrap();
    stage.play("stalled-sockets").await;
    following(&stage, async |market| {
        for _ in 0..20 {
            feed.server_time().await.unwrap();
            stage.pass_seconds(1);
        }
        // Where a book begins on the socket, there is none yet.
        let begins_there = matches!(venue, Venue::Coinbase | Venue::Kraken);
        assert!(!(begins_there && market.is_live()));
        account.place(&stage.limit("during", Side::Buy, "0.02", "50001")).await.unwrap();
        stage.play("usual").await;
        market.shows("50001x0.02 50000x0.01 | ").await;
        market.rests("after", Side::Sell, "0.03", "60000").await;
        market.agrees().await;
        assert!(market.ear.has_lost_nothing());
    })
    .await;
    stage.venue.close().await;
}

async fn gaps_are_seen_and_the_book_is_asked_for_anew(venue: Venue) {
    let stage = Stage::open(venue).await;
    following(&stage, async |market| {
        market.rests("before", Side::Sell, "0.01", "60000").await;
        market.shows(" | 60000x0.01").await;
        stage.play_with("gaps", |scenario| scenario.ordeal.swallow_every = 1);
        market.rests("unheard", Side::Sell, "0.02", "59999").await;
        // Where the best price is told by itself, two messages tell of it.
        let messages = if matches!(venue, Venue::Binance | Venue::Kucoin) { 2 } else { 1 };
        stage.swallowed(messages).await;
        stage.play("usual").await;
        market.rests("heard", Side::Sell, "0.03", "60002").await;
        market.loses(Lost::Gap).await;
        market.shows(" | 59999x0.02 60000x0.01 60002x0.03").await;
        market.agrees().await;
        assert!(!market.ear.has_lost(Lost::Connection));
    })
    .await;
    stage.venue.close().await;
}

async fn a_clock_that_is_ahead_and_set_right_again_is_measured_anew(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (account, feed) = (stage.account(0), stage.feed());
    following(&stage, async |market| {
        account.balances().await.unwrap();
        for (name, scenario, price, want) in [
            ("ahead", "clock-skew", "50000", "50000x0.01 | "),
            ("right", "usual", "50001", "50001x0.01 50000x0.01 | "),
        ] {
            stage.play(scenario).await;
            let (theirs, ours) = (feed.server_time().await.unwrap(), stage.now());
            let is_ahead = 140 < theirs.0.saturating_sub(ours.0) / 1_000_000;
            assert_eq!(is_ahead, name == "ahead", "{theirs:?} {ours:?}");
            let rests = account.place(&stage.limit(name, Side::Buy, "0.01", price)).await.unwrap();
            assert_eq!(rests.state, OrderState::Open, "{name}");
            market.shows(want).await;
            market.agrees().await;
        }
    })
    .await;
    stage.venue.close().await;
}

async fn orders_that_are_refused_by_turns_do_not_stand(venue: Venue) {
    let stage = Stage::open(venue).await;
    let account = stage.account(0);
    following(&stage, async |market| {
        stage.play("rejects").await;
        for (name, price, is_taken) in
            [("one", "50000", true), ("two", "50001", false), ("three", "50002", true)]
        {
            let outcome = account.place(&stage.limit(name, Side::Buy, "0.01", price)).await;
            if is_taken {
                outcome.unwrap();
            } else {
                refused(outcome, Rejection::MarketClosed);
            }
        }
        market.shows("50002x0.01 50000x0.01 | ").await;
        assert_eq!(account.order(stage.pair(), &named("two")).await.unwrap(), None);
        stage.play("usual").await;
        for (name, price) in [("four", "50003"), ("five", "50004")] {
            market.rests(name, Side::Buy, "0.01", price).await;
        }
        market.agrees().await;
    })
    .await;
    stage.venue.close().await;
}

async fn what_fills_in_part_is_told_so_by_the_answer_the_stream_and_the_book(venue: Venue) {
    let stage = Stage::open(venue).await;
    let (maker, taker) = (stage.account(0), stage.account(1));
    let heard = AccountEar::default();
    let script = following(&stage, async |market| {
        heard.listens().await;
        maker.place(&stage.limit("thin", Side::Sell, "0.01", "60000")).await.unwrap();
        let part = taker.place(&stage.limit("thick", Side::Buy, "0.03", "60000")).await.unwrap();
        assert_eq!((part.state, part.filled), (OrderState::PartiallyFilled, number("0.01")));
        market.shows("60000x0.02 | ").await;
        let is_part = |order: &venue::port::Order| order.filled == number("0.01");
        heard.hears_of_order("the part", is_part).await;
        let ended = taker.cancel(stage.pair(), &named("thick")).await.unwrap();
        assert_eq!((ended.state, ended.filled), (OrderState::Canceled, number("0.01")));
        market.shows(" | ").await;
        market.agrees().await;
    });
    tokio::select! {
        end = taker.follow(&heard) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

async fn an_order_whose_answer_never_comes_is_unknown_and_found_by_its_name(venue: Venue) {
    let stage = Stage::open(venue).await;
    let account = stage.account(0);
    following(&stage, async |market| {
        account.balances().await.unwrap();
        stage.play("timeouts").await;
        let asked = stage.limit("silent", Side::Buy, "0.01", "50000");
        let done = async {
            // The book shows that the venue did it, while nobody who asked hears of it.
            market.shows("50000x0.01 | ").await;
            market.agrees().await;
            stage.play("usual").await;
        };
        let (outcome, ()) = tokio::join!(account.place(&asked), done);
        assert!(matches!(outcome, Err(VenueError::Unknown { .. })), "{outcome:?}");
        let found = account.order(stage.pair(), &named("silent")).await.unwrap().unwrap();
        assert_eq!(found.state, OrderState::Open);
        account.cancel(stage.pair(), &named("silent")).await.unwrap();
        market.shows(" | ").await;
        market.agrees().await;
    })
    .await;
    stage.venue.close().await;
}

async fn who_is_told_to_stay_away_does_so_and_comes_back(venue: Venue) {
    let stage = Stage::open(venue).await;
    let account = stage.account(0);
    following(&stage, async |market| {
        account.place(&stage.limit("before", Side::Buy, "0.01", "50000")).await.unwrap();
        market.shows("50000x0.01 | ").await;
        stage.play("rate-limited").await;
        let order = stage.limit("during", Side::Buy, "0.01", "50001");
        let mut told = Vec::new();
        for _ in 0..4 {
            told.push(later(account.place(&order).await));
            let unasked = later(account.place(&order).await);
            assert_eq!(unasked, "the budget of requests is used up", "it is not even asked");
            stage.pass_seconds(LONG);
        }
        let banned: Vec<bool> = told.iter().map(|text| text.contains("banned")).collect();
        assert_eq!(banned, [false, false, false, venue == Venue::Binance], "{told:?}");
        stage.play("usual").await;
        assert_eq!(account.order(stage.pair(), &named("during")).await.unwrap(), None);
        account.place(&order).await.unwrap();
        market.shows("50001x0.01 50000x0.01 | ").await;
        market.agrees().await;
    })
    .await;
    stage.venue.close().await;
}

async fn a_book_that_is_lost_while_requests_are_too_many_comes_back_after_them(venue: Venue) {
    let stage = Stage::open(venue).await;
    following(&stage, async |market| {
        market.rests("before", Side::Buy, "0.01", "50000").await;
        market.shows("50000x0.01 | ").await;
        stage.play("outage").await;
        market.loses(Lost::Connection).await;
        // Whatever is asked to come back is one too many, the socket itself as well.
        stage.play("rate-limited").await;
        let asked = async { later(stage.account(0).balances().await) };
        asked.await;
        stage.play("usual").await;
        stage.pass_seconds(LONG);
        market.agrees().await;
        market.rests("after", Side::Buy, "0.01", "50001").await;
        market.shows("50001x0.01 50000x0.01 | ").await;
    })
    .await;
    stage.venue.close().await;
}
