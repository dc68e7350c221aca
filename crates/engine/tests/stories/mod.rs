//! The rules one by one, told to the engine and to its twin.
//!
//! A line is `what is asked | what happens`. Orders have names; `A` to `E` are customers with
//! 1,000 base and 100,000 quote each. One tick and one lot are one unit of quote and of base, so
//! that 5 lots at 100 cost 500. See [`teller`] for the whole grammar.

mod conditional;
mod ledger;
mod lists;
mod matching;
mod prevention;
mod pro_rata;
mod requests;
mod rules;
mod teller;
