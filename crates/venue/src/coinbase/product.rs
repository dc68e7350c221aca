//! Markets, which the venue calls products.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::number::{DecimalText, MaybeDecimal};

/// Answer to `products`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Products<'a> {
    /// Those that were asked for.
    #[serde(borrow)]
    pub products: Vec<Product<'a>>,
    /// How many.
    pub num_products: u64,
}

/// A market with its rules. Texts that nobody needs are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product<'a> {
    /// How the venue spells it: `BTC-USD`.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// The last price; empty before the first trade.
    pub price: MaybeDecimal,
    /// Of the price, over 24 hours, in percent.
    #[serde(default)]
    pub price_percentage_change_24h: MaybeDecimal,
    /// Base that was traded in 24 hours.
    pub volume_24h: MaybeDecimal,
    /// Of the volume, over 24 hours, in percent.
    #[serde(default)]
    pub volume_percentage_change_24h: MaybeDecimal,
    /// Quantities are multiples of it.
    pub base_increment: DecimalText,
    /// Amounts of quote are multiples of it.
    pub quote_increment: DecimalText,
    /// An order is at least for so much quote.
    pub quote_min_size: DecimalText,
    /// And at most.
    pub quote_max_size: DecimalText,
    /// An order is at least of so much base.
    pub base_min_size: DecimalText,
    /// And at most.
    pub base_max_size: DecimalText,
    /// For people.
    #[serde(borrow, default)]
    pub base_name: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub quote_name: Cow<'a, str>,
    /// No.
    #[serde(default)]
    pub watched: bool,
    /// Whether it is out of use.
    #[serde(default)]
    pub is_disabled: bool,
    /// Whether it was listed lately.
    #[serde(default)]
    pub new: bool,
    /// `online`, or what it is in place of that.
    #[serde(borrow, default)]
    pub status: Cow<'a, str>,
    /// Whether orders may be cancelled only.
    #[serde(default)]
    pub cancel_only: bool,
    /// Whether orders must have a limit.
    #[serde(default)]
    pub limit_only: bool,
    /// Whether orders must rest.
    #[serde(default)]
    pub post_only: bool,
    /// Whether it takes no orders.
    #[serde(default)]
    pub trading_disabled: bool,
    /// No.
    #[serde(default)]
    pub auction_mode: bool,
    /// `SPOT`.
    #[serde(borrow)]
    pub product_type: Cow<'a, str>,
    /// What it is paid in.
    #[serde(borrow)]
    pub quote_currency_id: Cow<'a, str>,
    /// What is bought and sold.
    #[serde(borrow)]
    pub base_currency_id: Cow<'a, str>,
    /// Between the best of both sides, where it is told.
    #[serde(default)]
    pub mid_market_price: MaybeDecimal,
    /// The market whose book this one shows.
    #[serde(borrow, default)]
    pub alias: Cow<'a, str>,
    /// The markets that show this one's book.
    #[serde(borrow, default)]
    pub alias_to: Vec<Cow<'a, str>>,
    /// For people.
    #[serde(borrow, default)]
    pub base_display_symbol: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub quote_display_symbol: Cow<'a, str>,
    /// Whether this key may look only.
    #[serde(default)]
    pub view_only: bool,
    /// Prices are multiples of it.
    pub price_increment: DecimalText,
    /// For people.
    #[serde(borrow, default)]
    pub display_name: Cow<'a, str>,
    /// `CBE`.
    #[serde(borrow, default)]
    pub product_venue: Cow<'a, str>,
    /// Quote that was traded in 24 hours, more or less.
    #[serde(default)]
    pub approximate_quote_24h_volume: MaybeDecimal,
    /// The best price to sell at, where it is told.
    #[serde(default)]
    pub best_bid_price: MaybeDecimal,
    /// The best price to buy at, where it is told.
    #[serde(default)]
    pub best_ask_price: MaybeDecimal,
}
