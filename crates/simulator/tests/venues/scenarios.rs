//! Whatever a scenario does to a venue, its connector comes back to a correct book, and to orders
//! whose end is known, without a restart.

use model::{ClientOrderId, Side};
use venue::port::{Lost, OrderName, OrderState, Rejection, VenueError};

use crate::following::{following, rest, shows};
use crate::stage::{AccountEar, Stage, limit, number, pair, wait_until};

fn named(name: &str) -> OrderName {
    OrderName::Client(ClientOrderId::new(name).unwrap())
}

#[track_caller]
fn later<T: std::fmt::Debug>(outcome: Result<T, VenueError>) -> String {
    match outcome {
        Err(VenueError::TryLater { text, .. }) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_outage_ends_every_socket_and_refuses_all_until_it_is_over() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    following(&stage, stage.address, async |cache, ear| {
        rest(&stage, "before", Side::Buy, "0.01", "50000").await;
        shows(cache, ear, "50000x0.01 | ").await;
        stage.play("outage");
        wait_until(&ear.told, "the end", || ear.has_lost(Lost::Connection)).await;
        later(account.place(&limit("during", Side::Buy, "0.01", "50001")).await);
        stage.play("usual");
        shows(cache, ear, "50000x0.01 | ").await;
        assert_eq!(account.order(pair(), &named("during")).await.unwrap(), None);
        rest(&stage, "after", Side::Buy, "0.01", "50002").await;
        shows(cache, ear, "50002x0.01 50000x0.01 | ").await;
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn an_outage_of_another_venue_is_nothing_here() {
    let stage = Stage::open().await;
    following(&stage, stage.address, async |cache, ear| {
        rest(&stage, "before", Side::Buy, "0.01", "50000").await;
        shows(cache, ear, "50000x0.01 | ").await;
        stage.play("outage:kraken");
        rest(&stage, "during", Side::Buy, "0.01", "50001").await;
        shows(cache, ear, "50001x0.01 50000x0.01 | ").await;
        assert!(ear.lost.lock().unwrap().is_empty());
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn dropped_sockets_come_back_with_the_whole_book_while_they_go_on_dropping() {
    let stage = Stage::open().await;
    stage.play_with("dropped-sockets", |scenario| scenario.ordeal.drop_every = 3);
    following(&stage, stage.address, async |cache, ear| {
        rest(&stage, "first", Side::Sell, "0.01", "60000").await;
        shows(cache, ear, " | 60000x0.01").await;
        for (name, price) in [("second", "59999"), ("third", "59998"), ("fourth", "59997")] {
            rest(&stage, name, Side::Sell, "0.01", price).await;
            let want = match name {
                "second" => " | 59999x0.01 60000x0.01",
                "third" => " | 59998x0.01 59999x0.01 60000x0.01",
                _ => " | 59997x0.01 59998x0.01 59999x0.01 60000x0.01",
            };
            shows(cache, ear, want).await;
        }
        wait_until(&ear.told, "an end", || ear.has_lost(Lost::Connection)).await;
        shows(cache, ear, " | 59997x0.01 59998x0.01 59999x0.01 60000x0.01").await;
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn stalled_sockets_tell_what_they_held_back() {
    let stage = Stage::open().await;
    following(&stage, stage.address, async |cache, ear| {
        rest(&stage, "before", Side::Buy, "0.01", "50000").await;
        shows(cache, ear, "50000x0.01 | ").await;
        stage.play("stalled-sockets");
        rest(&stage, "during", Side::Buy, "0.02", "50001").await;
        stage.play("usual");
        rest(&stage, "after", Side::Sell, "0.03", "60000").await;
        shows(cache, ear, "50001x0.02 50000x0.01 | 60000x0.03").await;
        assert!(ear.lost.lock().unwrap().is_empty(), "nothing was lost, it was late");
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn gaps_are_seen_and_the_book_is_asked_for_anew() {
    let stage = Stage::open().await;
    following(&stage, stage.address, async |cache, ear| {
        rest(&stage, "before", Side::Sell, "0.01", "60000").await;
        shows(cache, ear, " | 60000x0.01").await;
        stage.play_with("gaps", |scenario| scenario.ordeal.swallow_every = 1);
        rest(&stage, "unheard", Side::Sell, "0.02", "59999").await;
        // Of the best price, and of the book.
        stage.swallowed(2).await;
        stage.play("usual");
        rest(&stage, "heard", Side::Sell, "0.03", "60002").await;
        shows(cache, ear, " | 59999x0.02 60000x0.01 60002x0.03").await;
        assert!(ear.has_lost(Lost::Gap) && !ear.has_lost(Lost::Connection));
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn a_clock_that_is_ahead_and_set_right_again_is_measured_anew() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    following(&stage, stage.address, async |cache, ear| {
        account.balances().await.unwrap();
        for (name, scenario, price, want) in [
            ("ahead", "clock-skew", "50000", "50000x0.01 | "),
            ("right", "usual", "50001", "50001x0.01 50000x0.01 | "),
        ] {
            stage.play(scenario);
            let rests = account.place(&limit(name, Side::Buy, "0.01", price)).await.unwrap();
            assert_eq!(rests.state, OrderState::Open, "{name}");
            shows(cache, ear, want).await;
        }
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn orders_that_are_refused_by_turns_do_not_stand() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    following(&stage, stage.address, async |cache, ear| {
        stage.play("rejects");
        for (name, price, is_taken) in
            [("one", "50000", true), ("two", "50001", false), ("three", "50002", true)]
        {
            let outcome = account.place(&limit(name, Side::Buy, "0.01", price)).await;
            let why = match &outcome {
                Ok(_) => None,
                Err(VenueError::Rejected { why, .. }) => Some(*why),
                Err(other) => panic!("{other:?}"),
            };
            let want = (!is_taken).then_some(Rejection::MarketClosed);
            assert_eq!(why, want, "{name}");
        }
        shows(cache, ear, "50002x0.01 50000x0.01 | ").await;
        assert_eq!(account.order(pair(), &named("two")).await.unwrap(), None);
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn what_fills_in_part_is_told_so_by_the_answer_the_stream_and_the_book() {
    let stage = Stage::open().await;
    let (maker, taker) = (stage.account(0), stage.account(1));
    let heard = AccountEar::default();
    let script = following(&stage, stage.address, async |cache, ear| {
        wait_until(&heard.told, "listening", || *heard.is_listening.lock().unwrap()).await;
        maker.place(&limit("thin", Side::Sell, "0.01", "60000")).await.unwrap();
        let part = taker.place(&limit("thick", Side::Buy, "0.03", "60000")).await.unwrap();
        assert_eq!((part.state, part.filled), (OrderState::PartiallyFilled, number("0.01")));
        shows(cache, ear, "60000x0.02 | ").await;
        let is_part = |order: &venue::port::Order| order.state == OrderState::PartiallyFilled;
        wait_until(&heard.told, "the part", || heard.orders.lock().unwrap().iter().any(is_part))
            .await;
        let ended = taker.cancel(pair(), &named("thick")).await.unwrap();
        assert_eq!((ended.state, ended.filled), (OrderState::Canceled, number("0.01")));
        shows(cache, ear, " | ").await;
    });
    tokio::select! {
        end = taker.follow(&heard) => panic!("it ended: {end:?}"),
        () = script => {}
    }
    stage.venue.close().await;
}

#[tokio::test]
async fn an_order_whose_answer_never_comes_is_unknown_and_found_by_its_name() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    following(&stage, stage.address, async |cache, ear| {
        account.balances().await.unwrap();
        stage.play("timeouts");
        let asked = limit("silent", Side::Buy, "0.01", "50000");
        let done = async {
            // The book shows that the venue did it, while nobody who asked hears of it.
            shows(cache, ear, "50000x0.01 | ").await;
            stage.play("usual");
        };
        let (outcome, ()) = tokio::join!(account.place(&asked), done);
        assert!(matches!(outcome, Err(VenueError::Unknown { .. })), "{outcome:?}");
        let found = account.order(pair(), &named("silent")).await.unwrap().unwrap();
        assert_eq!(found.state, OrderState::Open);
        account.cancel(pair(), &named("silent")).await.unwrap();
        shows(cache, ear, " | ").await;
    })
    .await;
    stage.venue.close().await;
}

#[tokio::test]
async fn who_is_told_to_stay_away_does_so_and_comes_back() {
    let stage = Stage::open().await;
    let account = stage.account(0);
    following(&stage, stage.address, async |cache, ear| {
        rest(&stage, "before", Side::Buy, "0.01", "50000").await;
        shows(cache, ear, "50000x0.01 | ").await;
        account.balances().await.unwrap();
        stage.play("rate-limited");
        let order = limit("during", Side::Buy, "0.01", "50001");
        let mut told = Vec::new();
        for _ in 0..4 {
            told.push(later(account.place(&order).await));
            let unasked = later(account.place(&order).await);
            assert_eq!(unasked, "the budget of requests is used up", "it is not even asked");
            stage.pass_seconds(6);
        }
        let banned: Vec<bool> = told.iter().map(|text| text.contains("banned")).collect();
        assert_eq!(banned, [false, false, false, true], "{told:?}");
        stage.play("usual");
        assert_eq!(account.order(pair(), &named("during")).await.unwrap(), None);
        account.place(&order).await.unwrap();
        shows(cache, ear, "50001x0.01 50000x0.01 | ").await;
    })
    .await;
    stage.venue.close().await;
}
