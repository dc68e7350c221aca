//! The connector against a venue of ours, over real sockets: what the one writes the other reads.

mod accounts;
mod books;
mod coinbase;
mod following;
mod kraken;
mod kucoin;
mod proxy;
mod scenarios;
mod stage;
