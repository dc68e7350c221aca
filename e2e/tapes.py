"""Recorded prices of bitcoin, for `--tape`."""

import json


def tape_line(second, bid, ask):
    """A line of a tape: what Binance told of its best prices then."""
    data = {"u": 1, "s": "BTCUSDT", "b": bid, "B": "1", "a": ask, "A": "1"}
    message = json.dumps({"stream": "btcusdt@bookTicker", "data": data})
    return f"{1_723_161_254 + second}000000000 {message}\n"
