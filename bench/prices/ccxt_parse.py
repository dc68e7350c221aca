"""Recorded messages of Binance, read over and over by ccxt: its parsers, and its order book.

    ccxt_parse.py FILE SECONDS    prints messages a second, as JSON
"""

import json
import sys
import time

import ccxt.pro


def main(file, seconds):
    exchange = ccxt.pro.binance()
    market = exchange.safe_market_structure(
        {"id": "BTCUSDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "spot": True}
    )
    lines = [line.split(" ", 1)[1] for line in open(file)]
    messages = [line for line in lines if line.startswith('{"stream"')]

    def once():
        book = exchange.order_book({})
        for text in messages:
            message = json.loads(text)
            channel, data = message["stream"].split("@", 1)[1], message["data"]
            if channel.startswith("depth"):
                exchange.handle_order_book_message(None, data, book)
            elif channel == "trade":
                exchange.parse_ws_trade(data, market)

    once()
    began, rounds = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        once()
        rounds += 1
    print(json.dumps({"perSecond": rounds * len(messages) / (time.monotonic() - began)}))


main(sys.argv[1], float(sys.argv[2]))
