"""What is refused, with Binance's own codes, and that a refusal changes nothing."""

import json
import socket
import urllib.parse

import pytest

from exchange import Signed, get, now_ms, request

ORDER = "/api/v3/order"
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
         "quantity": "0.001", "price": "40000"}


def state(quiet):
    """All that a refused request could have touched."""
    orders = quiet.ann.ok("GET", "/api/v3/allOrders", symbol="BTCUSDT", limit=1000)
    return quiet.ann.balances(), [order["orderId"] for order in orders]


def refused(quiet, answer, status, code, text=None):
    """The documented answer."""
    got_status, body = answer
    assert (got_status, body.get("code")) == (status, code), (got_status, body)
    if text is not None:
        assert body["msg"] == text, body
    assert set(body) <= {"code", "msg", "data"}, body


WRONG_ORDERS = [
    ("no such symbol", {"symbol": "NOSUCH"}, -1121, "Invalid symbol."),
    ("side is a word we do not know", {"side": "HOLD"}, -1117, "Invalid side."),
    ("type is a word we do not know", {"type": "LIMITED"}, -1116, "Invalid orderType."),
    ("time in force is unknown", {"timeInForce": "GTX"}, -1115, "Invalid timeInForce."),
    ("no quantity", {"quantity": None}, -1102, None),
    ("no price", {"price": None}, -1102, None),
    ("no time in force", {"timeInForce": None}, -1102, None),
    ("no symbol", {"symbol": None}, -1102, None),
    ("an empty quantity", {"quantity": ""}, None, None),
    ("quantity is no number", {"quantity": "a lot"}, -1100, None),
    ("a negative price", {"price": "-1"}, -1100, None),
    ("an exponent", {"price": "4e4"}, -1100, None),
    ("a price off the tick", {"price": "40000.001"}, None, None),
    ("a quantity off the lot", {"quantity": "0.000015"}, None, None),
    ("too fine a quantity", {"quantity": "0.0010000000001"}, -1111, None),
    ("quantity zero", {"quantity": "0"}, None, None),
    ("a notional below the least", {"quantity": "0.00010", "price": "40000"}, -1013,
     "Filter failure: NOTIONAL"),
    ("more than one may ask for", {"quantity": "9001", "price": "5000000"}, -1013, None),
    ("a price far above the reference", {"price": "900000"}, -1013, None),
    ("more than there is", {"quantity": "8000"}, -2010,
     "Account has insufficient balance for requested action."),
    ("a client order id with spaces", {"newClientOrderId": "a b"}, -1100, None),
    ("a client order id that is too long", {"newClientOrderId": "a" * 37}, -1100, None),
    ("an iceberg that is not GTC", {"icebergQty": "0.0005", "timeInForce": "IOC"}, None, None),
    ("limit-maker that would take",
     {"type": "LIMIT_MAKER", "timeInForce": None, "price": "51000"}, -2010,
     "Order would immediately match and take."),
    ("a stop that would trigger at once",
     {"type": "STOP_LOSS_LIMIT", "stopPrice": "49000", "price": "49000"}, -2010,
     "Order would trigger immediately."),
]


@pytest.mark.parametrize("case", WRONG_ORDERS, ids=[case[0] for case in WRONG_ORDERS])
def test_a_wrong_order_is_refused_and_changes_nothing(quiet, case):
    _, change, code, text = case
    # Somebody to take from, for what must not take.
    quiet.bob.ok("POST", ORDER, **{**LIMIT, "side": "SELL", "price": "50500"})
    before = state(quiet)
    wanted = {key: value for key, value in {**LIMIT, **change}.items() if value is not None}
    status, body = quiet.ann.call("POST", ORDER, **wanted)
    assert status == 400, (status, body)
    assert body["code"] < 0 and body["msg"], body
    if code is not None:
        assert body["code"] == code, body
    if text is not None:
        assert body["msg"] == text, body
    assert state(quiet) == before


def test_a_wrong_signature_is_refused(quiet):
    before = state(quiet)
    thief = Signed(quiet.exchange, quiet.ann.key, "x" * 64)
    refused(quiet, thief.call("POST", ORDER, **LIMIT), 400, -1022,
            "Signature for this request is not valid.")
    raw = quiet.ann.query(**LIMIT)
    altered = raw.replace("quantity=0.001", "quantity=0.002")
    assert altered != raw
    refused(quiet, quiet.ann.send("POST", ORDER, altered), 400, -1022)
    cut = raw[:-1]
    refused(quiet, quiet.ann.send("POST", ORDER, cut), 400, -1022)
    assert state(quiet) == before


def test_an_unknown_key_is_refused(quiet):
    stranger = Signed(quiet.exchange, "N" * 64, "x" * 64)
    refused(quiet, stranger.call("GET", "/api/v3/account"), 401, -2015,
            "Invalid API-key, IP, or permissions for action.")
    malformed = Signed(quiet.exchange, "not a key", "x" * 64)
    status, body = malformed.call("GET", "/api/v3/account")
    assert (status, body["code"]) == (401, -2014), body


def test_a_key_that_may_only_read_does_not_trade(quiet):
    reader = quiet.exchange.key("ann@example.com", "read")
    assert reader.balances() == quiet.ann.balances()
    before = state(quiet)
    refused(quiet, reader.call("POST", ORDER, **LIMIT), 401, -2015)
    refused(quiet, reader.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT"), 401, -2015)
    assert state(quiet) == before


def test_a_key_bound_to_another_address_is_refused(quiet):
    elsewhere = quiet.exchange.key("ann@example.com", "read,trade", "--allow-ip", "192.0.2.0/24")
    refused(quiet, elsewhere.call("GET", "/api/v3/account"), 401, -2015)
    here = quiet.exchange.key("ann@example.com", "read", "--allow-ip", "127.0.0.0/8")
    assert here.balances() == quiet.ann.balances()


def test_a_request_outside_its_window_is_refused(quiet):
    before = state(quiet)
    late = quiet.ann.call("POST", ORDER, **LIMIT, timestamp=now_ms() - 6_000)
    refused(quiet, late, 400, -1021, "Timestamp for this request is outside of the recvWindow.")
    early = quiet.ann.call("POST", ORDER, **LIMIT, timestamp=now_ms() + 5_000)
    refused(quiet, early, 400, -1021,
            "Timestamp for this request was 1000ms ahead of the server's time.")
    wide = quiet.ann.call("POST", ORDER, **LIMIT, recvWindow=60_001)
    assert wide[0] == 400 and wide[1]["code"] < 0, wide
    unstamped = quiet.ann.send("POST", ORDER, urllib.parse.urlencode(LIMIT))
    refused(quiet, unstamped, 400, -1102)
    assert state(quiet) == before


def test_the_same_signed_order_is_taken_once(quiet):
    raw = quiet.ann.query(**LIMIT)
    first = quiet.ann.send("POST", ORDER, raw)
    assert first[0] == 200, first
    again = quiet.ann.send("POST", ORDER, raw)
    refused(quiet, again, 400, -2010)
    opened = quiet.ann.ok("GET", "/api/v3/openOrders", symbol="BTCUSDT")
    assert [order["orderId"] for order in opened] == [first[1]["orderId"]]


def test_a_client_order_id_names_one_open_order(quiet, name):
    mine = name()
    quiet.ann.ok("POST", ORDER, **LIMIT, newClientOrderId=mine)
    refused(quiet, quiet.ann.call("POST", ORDER, **LIMIT, newClientOrderId=mine), 400, -2010,
            "Duplicate order sent.")
    quiet.ann.ok("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId=mine)
    quiet.ann.ok("POST", ORDER, **LIMIT, newClientOrderId=mine)


def test_what_does_not_exist_is_neither_found_nor_cancelled(quiet):
    missing = {"symbol": "BTCUSDT", "orderId": 999_999_999}
    refused(quiet, quiet.ann.call("GET", ORDER, **missing), 400, -2013, "Order does not exist.")
    refused(quiet, quiet.ann.call("DELETE", ORDER, **missing), 400, -2011, "Unknown order sent.")
    refused(quiet, quiet.ann.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT"), 400, -2011)


def test_nobody_sees_or_cancels_the_order_of_another(quiet):
    placed = quiet.ann.ok("POST", ORDER, **LIMIT)
    theirs = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    refused(quiet, quiet.bob.call("GET", ORDER, **theirs), 400, -2013)
    # In words of its own: within one millisecond the same are no longer good.
    refused(quiet, quiet.bob.call("DELETE", ORDER, recvWindow=4000, **theirs), 400, -2011)
    assert quiet.ann.ok("GET", ORDER, **theirs)["status"] == "NEW"


def test_public_requests_are_checked_too(quiet):
    for path, code in [
        ("/api/v3/depth", -1102),
        ("/api/v3/depth?symbol=NOSUCH", -1121),
        ("/api/v3/depth?symbol=btcusdt%00", -1100),
        ("/api/v3/klines?symbol=BTCUSDT&interval=7m", -1120),
        ("/api/v3/depth?symbol=BTCUSDT&limit=0", None),
        ("/api/v3/depth?symbol=BTCUSDT&limit=abc", -1100),
    ]:
        status, body = get(quiet.url, path)
        assert status == 400, (path, status, body)
        if code is not None:
            assert body["code"] == code, (path, body)
    status, _ = get(quiet.url, "/api/v3/nosuch")
    assert status == 404


def test_oversized_requests_are_cut_off_and_the_server_goes_on(quiet):
    status, _, _ = request(
        quiet.url, "POST", ORDER, {"X-MBX-APIKEY": quiet.ann.key,
                                   "Content-Type": "application/x-www-form-urlencoded"},
        body="a=" + "b" * 8_000_000)
    assert status in (0, 400, 413), status
    status, _ = get(quiet.url, "/api/v3/ping?" + "a" * 200_000)
    assert status in (0, 400, 414, 431), status
    host, port = quiet.url.split("//")[1].split(":")
    for noise in (b"\x00\xff\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /api/v3/order HTTP/1.1\r\n"
                  b"Host: x\r\nContent-Length: -5\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(noise)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass
    assert get(quiet.url, "/api/v3/ping") == (200, {})


def test_no_secret_is_in_the_log(quiet):
    quiet.ann.ok("POST", ORDER, **LIMIT)
    Signed(quiet.exchange, quiet.ann.key, "wrong" * 12).call("GET", "/api/v3/account")
    log = quiet.exchange.log.read_text(errors="replace")
    for trader in (quiet.ann, quiet.bob, quiet.admin):
        assert trader.secret not in log
    assert "correct horse" not in log
    assert "signature=" not in log


def test_every_error_body_is_json_with_code_and_text(quiet):
    for method, path in [("POST", ORDER), ("PUT", ORDER), ("DELETE", "/api/v3/ping")]:
        status, body, headers = request(quiet.url, method, path)
        assert 400 <= status < 500, (method, path, status)
        if isinstance(body, dict):
            assert {"code", "msg"} <= set(body), json.dumps(body)
            assert headers["content-type"].startswith("application/json")
