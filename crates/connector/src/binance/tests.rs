//! An account at a Binance that answers as it is told to.

use std::future::ready;

use venue::port::{Venue, VenueError};

use crate::scripted::{Request, Stage, count, done};

const TRADES: &str = "GET /api/v3/myTrades";

fn number(query: &str, name: &str) -> Option<u64> {
    let value = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    value.map(|value| value.parse().unwrap())
}

fn row(id: u64) -> String {
    format!(
        r#"{{"symbol":"BTCUSDT","id":{id},"orderId":1,"orderListId":-1,"price":"1","qty":"1",
        "quoteQty":"1","commission":"0","commissionAsset":"USDT","time":1,"isBuyer":true,
        "isMaker":true,"isBestMatch":true}}"#
    )
}

/// A venue at which an order of number 1 traded so often; and what it says of that.
async fn traded(trades: u64) -> Stage {
    Stage::open(Venue::Binance, move |request: Request| {
        let told = (request.what == TRADES).then(|| {
            assert_eq!(number(&request.query, "orderId"), Some(1));
            let limit = number(&request.query, "limit").unwrap();
            let latest = trades.saturating_sub(limit) + 1;
            let first = number(&request.query, "fromId").map_or(latest, |from| from.max(1));
            let rows = (first..=trades).take(usize::try_from(limit).unwrap()).map(row);
            done(&format!("[{}]", rows.collect::<Vec<_>>().join(",")))
        });
        ready(told)
    })
    .await
}

#[tokio::test]
async fn all_fills_of_an_order_are_told_however_many_there_are() {
    for (trades, questions) in [(3, 1), (999, 1), (1_000, 3), (1_003, 3), (2_500, 4)] {
        let stage = traded(trades).await;
        let fills = stage.account.fills(stage.pair, Some("1")).await.unwrap();
        let told: Vec<u64> = fills.iter().map(|fill| fill.trade_id.parse().unwrap()).collect();
        assert!(told.into_iter().eq(1..=trades), "{trades}");
        assert_eq!(count(&stage.noted, TRADES), questions, "{trades}");
    }
}

#[tokio::test]
async fn a_venue_that_tells_the_same_fills_again_and_again_is_not_added_up() {
    let stage = Stage::open(Venue::Binance, |request: Request| {
        let page = (1..=1_000).map(row).collect::<Vec<_>>().join(",");
        ready((request.what == TRADES).then(|| done(&format!("[{page}]"))))
    })
    .await;
    let fills = stage.account.fills(stage.pair, Some("1")).await;
    assert!(matches!(fills, Err(VenueError::Unknown { .. })), "{:?}", fills.map(|it| it.len()));
    assert_eq!(count(&stage.noted, TRADES), 3);
}
