//! The connectors against venues of ours, over real sockets: what the one writes the other reads.

/// A test of each venue of what is done at any.
macro_rules! at_every_venue {
    ($($what:ident),* $(,)?) => {$(
        mod $what {
            use venue::port::Venue;

            #[tokio::test]
            async fn at_binance() {
                super::$what(Venue::Binance).await;
            }

            #[tokio::test]
            async fn at_coinbase() {
                super::$what(Venue::Coinbase).await;
            }

            #[tokio::test]
            async fn at_kraken() {
                super::$what(Venue::Kraken).await;
            }

            #[tokio::test]
            async fn at_kucoin() {
                super::$what(Venue::Kucoin).await;
            }
        }
    )*};
}

mod accounts;
mod books;
mod coinbase;
mod ears;
mod following;
mod kraken;
mod kucoin;
mod proxy;
mod scenarios;
mod stage;
mod weathers;
