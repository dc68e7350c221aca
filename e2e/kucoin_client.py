"""Stock clients of KuCoin, pointed at one of ours: the host is all that differs."""

import ccxt
from kucoin_universal_sdk.api import DefaultClient
from kucoin_universal_sdk.model import ClientOptionBuilder, TransportOptionBuilder
from kucoin_universal_sdk.model import WebSocketClientOptionBuilder

from pointing import point_ccxt


def point_ccxt_kucoin(url, account=None, kind=ccxt.kucoin, **options):
    """ccxt, or ccxt.pro where `kind` is `ccxt.pro.kucoin`."""
    keys = {}
    if account:
        keys = {"apiKey": account["apiKey"], "secret": account["apiSecret"],
                "password": account["passphrase"]}
    markets = {"options": {"fetchMarkets": {"types": ["spot"]}}}
    return point_ccxt(url, None, kind, **{**keys, **markets, **options})


def point_kucoin_sdk(url, account):
    """KuCoin's own SDK: its services of REST and of sockets."""
    options = (
        ClientOptionBuilder()
        .set_key(account["apiKey"])
        .set_secret(account["apiSecret"])
        .set_passphrase(account["passphrase"])
        .set_spot_endpoint(url)
        .set_futures_endpoint(url)
        .set_broker_endpoint(url)
        .set_transport_option(TransportOptionBuilder().build())
        .set_websocket_client_option(WebSocketClientOptionBuilder().build())
        .build()
    )
    client = DefaultClient(options)
    return client.rest_service(), client.ws_service()
