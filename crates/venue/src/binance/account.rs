//! Accounts: balances, fees, trades, and what clients ask when they start.
//!
//! Source  rest-api.md, "Account Endpoints"; the wallet endpoints as ccxt and python-binance read
//!         them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::exchange_info::SymbolFilter;
use super::order::SelfTradePreventionMode;
use crate::number::DecimalText;

/// The answer to `account`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo<'a> {
    /// In hundredths of a percent.
    pub maker_commission: i64,
    /// In hundredths of a percent.
    pub taker_commission: i64,
    /// Zero.
    pub buyer_commission: i64,
    /// Zero.
    pub seller_commission: i64,
    /// The four commissions as fractions.
    pub commission_rates: CommissionRates,
    /// Whether it may trade.
    pub can_trade: bool,
    /// Whether it may withdraw.
    pub can_withdraw: bool,
    /// Whether it may deposit.
    pub can_deposit: bool,
    /// No.
    pub brokered: bool,
    /// No.
    pub require_self_trade_prevention: bool,
    /// No.
    pub prevent_sor: bool,
    /// When it last changed.
    pub update_time: u64,
    /// `SPOT`.
    pub account_type: Cow<'a, str>,
    /// What it has.
    pub balances: Vec<AssetBalance<'a>>,
    /// `SPOT`.
    pub permissions: Vec<Cow<'a, str>>,
    /// Its number.
    pub uid: u64,
}

/// Fees as fractions of what changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommissionRates {
    /// For who rested.
    pub maker: DecimalText,
    /// For who crossed.
    pub taker: DecimalText,
    /// On top, for buyers.
    pub buyer: DecimalText,
    /// On top, for sellers.
    pub seller: DecimalText,
}

/// Maker's and taker's fee of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCommission {
    /// For who rested.
    pub maker: DecimalText,
    /// For who crossed.
    pub taker: DecimalText,
}

/// The discount for paying in the venue's own asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Discount<'a> {
    /// Whether the account has it.
    pub enabled_for_account: bool,
    /// Whether the symbol has it.
    pub enabled_for_symbol: bool,
    /// In which asset.
    pub discount_asset: Cow<'a, str>,
    /// By which fraction.
    pub discount: DecimalText,
}

/// The answer to `order/test` with `computeCommissionRates`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestCommission<'a> {
    /// Ours.
    pub standard_commission_for_order: OrderCommission,
    /// Zero.
    pub special_commission_for_order: OrderCommission,
    /// Zero.
    pub tax_commission_for_order: OrderCommission,
    /// None.
    pub discount: Discount<'a>,
}

/// The answer to `account/commission`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountCommission<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Ours.
    pub standard_commission: CommissionRates,
    /// Zero.
    pub special_commission: CommissionRates,
    /// Zero.
    pub tax_commission: CommissionRates,
    /// None.
    pub discount: Discount<'a>,
}

/// What an account has of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetBalance<'a> {
    /// Its ticker.
    pub asset: Cow<'a, str>,
    /// Free to use.
    pub free: DecimalText,
    /// Reserved for open orders.
    pub locked: DecimalText,
}

/// One row of `myTrades`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MyTrade<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// The trade's number in the market.
    pub id: u64,
    /// Of which order.
    pub order_id: u64,
    /// The list's number, or −1.
    pub order_list_id: i64,
    /// At which price.
    pub price: DecimalText,
    /// How much base.
    pub qty: DecimalText,
    /// How much quote.
    pub quote_qty: DecimalText,
    /// The fee; negative where it is a rebate.
    pub commission: DecimalText,
    /// In which asset.
    pub commission_asset: Cow<'a, str>,
    /// When.
    pub time: u64,
    /// Whether we bought.
    pub is_buyer: bool,
    /// Whether our order rested.
    pub is_maker: bool,
    /// Always true.
    pub is_best_match: bool,
}

/// One row of `myPreventedMatches`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreventedMatch<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Its number in the market.
    pub prevented_match_id: u64,
    /// Who would have crossed.
    pub taker_order_id: u64,
    /// The market, as in `symbol`.
    pub maker_symbol: Cow<'a, str>,
    /// Who rested.
    pub maker_order_id: u64,
    /// The account's number.
    pub trade_group_id: u64,
    /// By which mode.
    pub self_trade_prevention_mode: SelfTradePreventionMode,
    /// At which price.
    pub price: DecimalText,
    /// How much the taker lost by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker_prevented_quantity: Option<DecimalText>,
    /// How much the maker lost by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker_prevented_quantity: Option<DecimalText>,
    /// When.
    pub transact_time: u64,
}

/// One row of `asset/tradeFee`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TradeFee<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// For who rested.
    pub maker_commission: DecimalText,
    /// For who crossed.
    pub taker_commission: DecimalText,
}

/// The answer to `myFilters`. Filters of the exchange and of assets there are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MyFilters {
    /// Of the exchange.
    pub exchange_filters: [(); 0],
    /// Of the market.
    pub symbol_filters: Vec<SymbolFilter>,
    /// Of assets.
    pub asset_filters: [(); 0],
}

/// The answer to `account/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountStatus<'a> {
    /// `Normal`.
    pub data: Cow<'a, str>,
}

/// The answer to `system/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemStatus<'a> {
    /// 0 where all is well.
    pub status: u8,
    /// `normal`.
    pub msg: Cow<'a, str>,
}

/// The answer to `POST userDataStream`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewListenKey<'a> {
    /// What opens the stream.
    pub listen_key: Cow<'a, str>,
}

/// The `exchangeInfo` of futures, of which there are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FuturesInfo<'a> {
    /// `UTC`.
    pub timezone: Cow<'a, str>,
    /// Now.
    pub server_time: u64,
    /// None.
    pub rate_limits: [(); 0],
    /// None.
    pub exchange_filters: [(); 0],
    /// None.
    pub assets: [(); 0],
    /// None.
    pub symbols: [(); 0],
}

/// One row of `capital/config/getall`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoinInfo<'a> {
    /// Its ticker.
    pub coin: Cow<'a, str>,
    /// Whether deposits are open.
    pub deposit_all_enable: bool,
    /// Free to use.
    pub free: DecimalText,
    /// Zero.
    pub freeze: DecimalText,
    /// Zero.
    pub ipoable: DecimalText,
    /// Zero.
    pub ipoing: DecimalText,
    /// No.
    pub is_legal_money: bool,
    /// Reserved for open orders.
    pub locked: DecimalText,
    /// Its ticker.
    pub name: Cow<'a, str>,
    /// Where it travels.
    pub network_list: Vec<CoinNetwork<'a>>,
    /// Zero.
    pub storage: DecimalText,
    /// Whether it trades.
    pub trading: bool,
    /// Whether withdrawals are open.
    pub withdraw_all_enable: bool,
    /// Zero.
    pub withdrawing: DecimalText,
}

/// One row of `asset/getUserAsset`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserAsset<'a> {
    /// Its ticker.
    pub asset: Cow<'a, str>,
    /// Free to use.
    pub free: DecimalText,
    /// Reserved for open orders.
    pub locked: DecimalText,
    /// Zero.
    pub freeze: DecimalText,
    /// Zero.
    pub withdrawing: DecimalText,
    /// Zero.
    pub ipoable: DecimalText,
    /// Not told.
    pub btc_valuation: DecimalText,
}

/// One chain that an asset travels on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoinNetwork<'a> {
    /// Its name.
    pub network: Cow<'a, str>,
    /// The asset.
    pub coin: Cow<'a, str>,
    /// Its name for people.
    pub name: Cow<'a, str>,
    /// Whether it is the one that is meant when none is named.
    pub is_default: bool,
    /// Whether deposits are open.
    pub deposit_enable: bool,
    /// Whether withdrawals are open.
    pub withdraw_enable: bool,
    /// What a withdrawal costs.
    pub withdraw_fee: DecimalText,
    /// The smallest withdrawal.
    pub withdraw_min: DecimalText,
    /// The largest withdrawal.
    pub withdraw_max: DecimalText,
    /// Its smallest step.
    pub withdraw_integer_multiple: DecimalText,
}

/// One row of `capital/deposit/hisrec`: what came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositRow<'a> {
    /// The venue's name for it.
    pub id: Cow<'a, str>,
    /// How much.
    pub amount: DecimalText,
    /// Its ticker.
    pub coin: Cow<'a, str>,
    /// On which chain.
    pub network: Cow<'a, str>,
    /// 0 on its way, 1 done, 2 rejected, 6 credited but not to be withdrawn yet, 7 wrong, 8 waiting
    /// for the user.
    pub status: u8,
    /// Its name on the chain.
    pub tx_id: Cow<'a, str>,
    /// When it was seen.
    pub insert_time: u64,
}

/// One row of `capital/withdraw/history`: what left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawRow<'a> {
    /// The venue's name for it.
    pub id: Cow<'a, str>,
    /// How much arrives.
    pub amount: DecimalText,
    /// What the venue takes beside it.
    pub transaction_fee: DecimalText,
    /// Its ticker.
    pub coin: Cow<'a, str>,
    /// On which chain.
    pub network: Cow<'a, str>,
    /// 0 to be confirmed by mail, 1 cancelled, 2 to be approved, 3 rejected, 4 on its way, 5
    /// failed, 6 done.
    pub status: u8,
    /// Its name on the chain; empty before it has one.
    #[serde(default)]
    pub tx_id: Cow<'a, str>,
    /// When it was asked for, as `2019-10-12 11:12:02`.
    pub apply_time: Cow<'a, str>,
}

/// The answer to `account/apiRestrictions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiRestrictions {
    /// Whether the key is bound to addresses.
    pub ip_restrict: bool,
    /// When the key was made.
    pub create_time: u64,
    /// Whether it may read.
    pub enable_reading: bool,
    /// Whether it may trade.
    pub enable_spot_and_margin_trading: bool,
    /// Whether it may withdraw.
    pub enable_withdrawals: bool,
    /// Whether it may move money between accounts.
    pub enable_internal_transfer: bool,
    /// No.
    pub enable_margin: bool,
    /// No.
    pub enable_futures: bool,
    /// No.
    pub permits_universal_transfer: bool,
    /// No.
    pub enable_vanilla_options: bool,
    /// No.
    pub enable_portfolio_margin_trading: bool,
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_modelled_field_of_money_that_moved_survives_decode_and_encode() {
        check::<Vec<DepositRow<'static>>>(
            r#"[{"id":"769800519366885376","amount":"0.001","coin":"BNB","network":"BNB",
            "status":1,"txId":"98A3EA56","insertTime":1661493146000}]"#,
        );
        check::<Vec<WithdrawRow<'static>>>(
            r#"[{"id":"b6ae22b3aa844210a7041aee7589627c","amount":"8.91000000",
            "transactionFee":"0.004","coin":"USDT","network":"ETH","status":6,
            "txId":"0xb5ef8c13","applyTime":"2019-10-12 11:12:02"}]"#,
        );
    }

    #[test]
    fn every_modelled_field_of_a_documented_account_survives_decode_and_encode() {
        check::<AccountInfo<'static>>(
            r#"{"makerCommission":15,"takerCommission":15,"buyerCommission":0,
            "sellerCommission":0,"commissionRates":{"maker":"0.00150000","taker":"0.00150000",
            "buyer":"0.00000000","seller":"0.00000000"},"canTrade":true,"canWithdraw":true,
            "canDeposit":true,"brokered":false,"requireSelfTradePrevention":false,
            "preventSor":false,"updateTime":123456789,"accountType":"SPOT","balances":[
            {"asset":"BTC","free":"4723846.89208129","locked":"0.00000000"}],
            "permissions":["SPOT"],"uid":354937868}"#,
        );
        check::<Vec<MyTrade<'static>>>(
            r#"[{"symbol":"BNBBTC","id":28457,"orderId":100234,"orderListId":-1,
            "price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012",
            "commission":"10.10000000","commissionAsset":"BNB","time":1499865549590,
            "isBuyer":true,"isMaker":false,"isBestMatch":true}]"#,
        );
        check::<Vec<PreventedMatch<'static>>>(
            r#"[{"symbol":"BTCUSDT","preventedMatchId":1,"takerOrderId":5,
            "makerSymbol":"BTCUSDT","makerOrderId":3,"tradeGroupId":1,
            "selfTradePreventionMode":"EXPIRE_MAKER","price":"1.100000",
            "makerPreventedQuantity":"1.300000","transactTime":1669101687094}]"#,
        );
    }
}
