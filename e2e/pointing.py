"""Stock clients, pointed at an exchange of ours: the host is all that differs."""

import re
import time

import ccxt
import ccxt.pro
from binance import AsyncClient, BinanceSocketManager
from binance.client import Client
from binance_sdk_spot.spot import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
    Spot,
)
from kraken.spot import Market, SpotClient, SpotOrderBookClient, SpotWSClient, Trade, User


def here(urls, host):
    """The same addresses at another host."""
    if isinstance(urls, dict):
        return {name: here(url, host) for name, url in urls.items()}
    if isinstance(urls, str):
        return re.sub(r"^(http|ws)s?://[^/]+", lambda at: host.replace("http", at[1], 1), urls)
    return urls


def point_ccxt(url, trader=None, kind=ccxt.binance, **options):
    """ccxt, or ccxt.pro where `kind` is `ccxt.pro.binance`."""
    keys = {"apiKey": trader.key, "secret": trader.secret} if trader else {}
    client = kind({**keys, **options})
    client.urls["api"] = here(client.urls["api"], url)
    return client


def point_python_binance(url, trader=None, **options):
    """python-binance, its synchronous client."""
    Client.API_URL, Client.MARGIN_API_URL = f"{url}/api", f"{url}/sapi"
    keys = (trader.key, trader.secret) if trader else ()
    return Client(*keys, **options)


async def point_python_binance_sockets(url, trader=None):
    """python-binance, its asynchronous client and its sockets."""
    ws = url.replace("http", "ws", 1)
    AsyncClient.API_URL, AsyncClient.MARGIN_API_URL = f"{url}/api", f"{url}/sapi"
    AsyncClient.WS_API_URL = f"{ws}/ws-api/v3"
    BinanceSocketManager.STREAM_URL = f"{ws}/"
    keys = (trader.key, trader.secret) if trader else ()
    client = await AsyncClient.create(*keys)
    # A test trades faster than its client reads.
    return client, BinanceSocketManager(client, max_queue_size=100_000)


def point_sdk(url, trader=None, **options):
    """Binance's own SDK: REST, WebSocket API and streams."""
    ws = url.replace("http", "ws", 1)
    keys = {"api_key": trader.key, "api_secret": trader.secret} if trader else {}
    keys.update(options)
    return Spot(
        config_rest_api=ConfigurationRestAPI(**keys, base_path=url, retries=0),
        config_ws_api=ConfigurationWebSocketAPI(**keys, stream_url=f"{ws}/ws-api/v3"),
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=ws),
    )


def point_ccxt_kraken(url, trader=None, kind=ccxt.kraken, **options):
    """ccxt at a Kraken. It counts nonces in milliseconds and python-kraken-sdk in finer steps: who
    uses one key with both counts alike."""
    client = point_ccxt(url, trader, kind, **options)
    client.nonce = lambda: time.time_ns() // 10
    return client


def point_kraken_sdk(url, kind=Market, trader=None):
    """python-kraken-sdk, one of its clients of requests: Market, Trade or User."""
    keys = {"key": trader.key, "secret": trader.secret} if trader else {}
    return kind(url=url, **keys)


def point_kraken_sockets(url, trader=None, kind=SpotWSClient, **options):
    """python-kraken-sdk, one of its clients of sockets."""
    ws = url.replace("http", "ws", 1)
    SpotClient.URL, SpotWSClient.WS_URL, SpotWSClient.AUTH_WS_URL = url, ws, ws
    keys = {"key": trader.key, "secret": trader.secret} if trader else {}
    return kind(**keys, **options)


KrakenTrade, KrakenUser, KrakenBooks = Trade, User, SpotOrderBookClient
