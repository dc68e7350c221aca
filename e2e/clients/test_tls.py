"""ccxt over TLS, told to trust the certificate that the server made for itself, as the guide says."""

import asyncio

import ccxt
import ccxt.pro
import pytest

from exchange import Exchange
from pointing import point_ccxt

SYMBOL = "BTC/USDT"
EVENT_MAX = 30


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A demo exchange that speaks TLS."""
    data = tmp_path_factory.mktemp("secure") / "data"
    with Exchange(data, "--demo", "--demo-venues", "none", "--tls-self-signed") as exchange:
        yield exchange.start()


def test_ccxt_takes_the_certificate_as_validate_server_ssl(secure):
    client = point_ccxt(secure.url, validateServerSsl=secure.certificate)
    assert client.fetch_order_book(SYMBOL, 5)["bids"]
    with pytest.raises(ccxt.NetworkError):
        point_ccxt(secure.url).fetch_order_book(SYMBOL, 5)


def test_ccxt_pro_takes_it_as_cafile_for_its_sockets_too(secure):
    async def watched(**options):
        client = point_ccxt(secure.url, kind=ccxt.pro.binance, **options)
        try:
            await client.load_markets()
            return await asyncio.wait_for(client.watch_order_book(SYMBOL), EVENT_MAX)
        finally:
            await client.close()

    assert asyncio.run(watched(cafile=secure.certificate))["bids"]
    with pytest.raises(ccxt.NetworkError):
        asyncio.run(watched())
