//! A journal that an earlier program wrote and could not read again.

use std::sync::Arc;

use engine::{Command, NewOrder, OrderKind, SelfTradePrevention, Size, TimeInForce};
use journal::Directory;
use model::{AccountId, AssetId, MarketId, Price, Qty, Side, UserId};
use sequencer::{Config, SystemClock};

use crate::house::House;

const ANN: AccountId = AccountId(2);
const BOB: AccountId = AccountId(3);
/// Quote units of a lot at one tick.
const UNIT: i128 = 10;

fn place(account: AccountId, name: &str, side: Side, kind: OrderKind) -> Command {
    let (market, stp) = (MarketId(0), SelfTradePrevention::Decrement);
    let client_id = name.parse().unwrap();
    Command::Place(NewOrder { account, market, client_id, side, stp, kind })
}

fn sell(account: AccountId, name: &str, ticks: u64) -> Command {
    let (price, qty) = (Price::new(ticks).unwrap(), Qty::new(1).unwrap());
    let kind = OrderKind::Limit { price, qty, time_in_force: TimeInForce::Gtc, display: None };
    place(account, name, Side::Sell, kind)
}

/// What is durable is durable, whatever became of the views: here nobody reads along.
fn journal(house: &House, commands: Vec<Command>) {
    let storage = Arc::new(Directory::open(&house.data().join("journal")).unwrap());
    let mut config = Config::new([5; 24]);
    config.tick = None;
    let clock = Box::new(SystemClock::new());
    let (sequencer, joiner) = sequencer::start(config, storage, clock, Vec::new()).unwrap();
    for command in commands {
        sequencer.submit(command).unwrap().wait().unwrap();
    }
    sequencer.stop();
    joiner.join();
}

#[test]
fn an_order_by_quote_that_lost_to_itself_when_filled_keeps_no_exchange_from_starting() {
    let house = House::new();
    std::fs::create_dir(house.data()).unwrap();
    let file = house.data().join("market.toml");
    let market = "symbol = 'BTC-USDT'\ntick = '0.01'\nlot = '0.00001'\nstate = 'open'\n\
                  base-scale = 8\nquote-scale = 8\n";
    std::fs::write(&file, market).unwrap();
    house.done(&format!("market create --file {}", file.display()), "");
    let mut commands = Vec::new();
    for (account, user) in [(ANN, 1), (BOB, 2)] {
        commands.push(Command::OpenAccount { user: UserId([user; 16]) });
        for asset in [AssetId(0), AssetId(1)] {
            let reference = u128::from(account.0) * 2 + u128::from(asset.0);
            commands.push(Command::Adjust { account, asset, amount: 1 << 40, reference });
        }
    }
    // Pays for the first, is decremented by the second, and the rest pays for no third.
    commands.extend([sell(BOB, "a", 10_000), sell(ANN, "own", 10_100), sell(BOB, "b", 11_000)]);
    let size = Size::Quote((10_000 + 10_100 + 10_900) * UNIT);
    commands.push(place(ANN, "m", Side::Buy, OrderKind::Market { size }));
    journal(&house, commands);
    house.serve().stop();
    house.serve().stop();
}
