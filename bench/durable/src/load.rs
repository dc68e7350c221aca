//! Flow A over and over: after each turn every order is cancelled, so that the next is the same.

use std::collections::VecDeque;

use engine::{Command, OrderRef};
use engine_flow::{BATCH, Exchange, FIRST, Flow, MIX_A, USERS};
use model::{AccountId, OrderId, Time};
use sequencer::Asked;

/// Commands without end, always the same ones.
pub struct Load {
    turn: Vec<Command>,
    /// Orders placed in one turn.
    orders: u64,
    next: usize,
    turns: u64,
}

impl Load {
    /// From the beginning.
    pub fn new() -> Self {
        let flow = Flow::new(MIX_A);
        let users = u32::try_from(USERS).expect("few");
        let mut exchange = Exchange::new(0, 1);
        let market = exchange.market;
        let mut turn: Vec<Command> = flow.steps.iter().map(|step| exchange.command(step)).collect();
        let orders = turn.iter().filter(|command| matches!(command, Command::Place(_))).count();
        turn.extend((0..users).map(|user| Command::CancelAll {
            account: AccountId(FIRST + user),
            market: Some(market),
        }));
        Self { turn, orders: orders as u64, next: 0, turns: 0 }
    }

    /// Begins again.
    pub const fn rewind(&mut self) {
        self.next = 0;
        self.turns = 0;
    }

    /// The next command.
    pub fn next(&mut self) -> Command {
        let mut command = self.turn[self.next].clone();
        if let Command::Cancel { order: OrderRef::Id(OrderId(number)), .. } = &mut command {
            *number += self.turns * self.orders;
        }
        self.next += 1;
        if self.next == self.turn.len() {
            self.next = 0;
            self.turns += 1;
        }
        command
    }

    /// Puts the next batch behind what is in `commands`.
    pub fn fill<T>(&mut self, commands: &mut VecDeque<Asked<T>>, tag: impl Fn() -> T) {
        commands.extend((0..BATCH).map(|_| (self.next(), tag()).into()));
    }
}

/// When batch number `batch` is stamped: a time that memory and journal agree on.
pub const fn stamp(batch: u64) -> Time {
    Time(1_700_000_000_000_000 + batch)
}
