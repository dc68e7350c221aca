"""The real binary, started and stopped by tests, and a bare signed client to look at it with.

Units   times in seconds unless named otherwise; amounts are decimal text.
Keeps   every server has its own data directory and a free port; none outlives its test.
Fails   with the end of the server's log in the message.
"""

import hashlib
import hmac
import http.client
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")

# How long a debug build on a busy machine may take to recover and serve.
READY_MAX = 90
STOP_MAX = 30
POLL = 0.02

PASSWORD = "correct horse battery staple 17"


def binary(profile="release"):
    """The binary of a build, or None where that build is missing."""
    named = os.environ.get("RIALTO_BIN")
    if named and profile == "release":
        return pathlib.Path(named)
    path = TARGET / profile / "rialto"
    return path if path.exists() else None


def any_binary():
    """The release build, or else the debug build."""
    found = binary("release") or binary("debug")
    assert found, f"no build of rialto under {TARGET}: run make build"
    return found


def wait_until(condition, what, seconds=READY_MAX):
    """The first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(POLL)


def run(*arguments, check=True, stdin=None, program=None):
    """A command of the binary to its end; its standard output."""
    done = subprocess.run(
        [str(program or any_binary()), *map(str, arguments)],
        input=stdin, capture_output=True, text=True, timeout=120)
    if check:
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stderr[-2000:]}"
    return done


class Exchange:
    """One data directory and, while it runs, the server on it."""

    def __init__(self, data, *options, program=None):
        self.data = pathlib.Path(data)
        self.options = list(map(str, options))
        self.program = program or any_binary()
        self.process = None
        self.url = None
        self.log = self.data.with_suffix(".log")

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        # A test that failed may have left it in any state; one that passed ends it in order.
        if failure:
            if self.process and self.process.poll() is None:
                self.kill()
        else:
            self.stop()

    def spawn(self):
        """Starts the process without waiting for anything."""
        command = [self.program, "serve", "--data", self.data, "--listen", "127.0.0.1:0"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*map(str, command), *self.options], stdout=subprocess.PIPE, stderr=log, text=True)

    def start(self):
        """Starts the process and waits until it takes orders."""
        self.spawn()
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.url = line.split()[-1].rstrip("/")
                break
        else:
            raise AssertionError(f"the server ended: {self.process.wait()}\n{self.log_end()}")
        wait_until(self.ready, f"ready\n{self.log_end()}")
        return self

    def ready(self):
        """Whether orders are taken."""
        assert self.process.poll() is None, f"the server ended\n{self.log_end()}"
        return request(self.url, "GET", "/health/ready", connection=self.secure())[0] == 200

    def secure(self):
        """A connection that trusts the certificate it made for itself; None over plain HTTP."""
        scheme, host, *_ = urllib.parse.urlsplit(self.url)
        if scheme == "http":
            return None
        trust = ssl.create_default_context(cafile=self.certificate)
        return http.client.HTTPSConnection(host, timeout=30, context=trust)

    @property
    def certificate(self):
        """Where the certificate of `--tls-self-signed` is."""
        return str(self.data / "tls-cert.pem")

    @property
    def ws(self):
        """Where its sockets are."""
        return self.url.replace("http", "ws", 1)

    @property
    def demo(self):
        """What the demo wrote for scripts."""
        return json.loads((self.data / "demo.json").read_text())

    def stop(self):
        """SIGTERM: drains and exits 0."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            code = self.process.wait(STOP_MAX)
            assert code == 0, f"exit {code} after SIGTERM\n{self.log_end()}"

    def kill(self):
        """SIGKILL: no time for anything."""
        self.process.kill()
        self.process.wait(STOP_MAX)
        self.process.stdout.close()

    def end_code(self):
        """The exit code of a server that ends by itself."""
        code = self.process.wait(STOP_MAX)
        self.process.stdout.close()
        return code

    def metric(self, name):
        """The value of a metric without labels; None while there is none."""
        for line in request(self.url, "GET", "/metrics")[1].splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        return None

    def threads(self, name):
        """The ids of the threads of that name. The system keeps 15 letters of it."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        found = [int(task.name) for task in tasks
                 if (task / "comm").read_text().strip() == name[:15]]
        assert found, f"no thread {name}"
        return found

    def log_end(self):
        """The last lines of the server's log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def copy(self, to):
        """A copy of the data directory, as a backup would take it."""
        shutil.copytree(self.data, to, ignore=shutil.ignore_patterns("*.sock"))
        return to

    # What an operator types.

    def user(self, email, *options):
        """Creates a user with an account; a `Signed` client with a key of theirs."""
        run("user", "create", "--data", self.data, "--email", email, "--kyc", "approved",
            "--password-stdin", *options, stdin=PASSWORD + "\n", program=self.program)
        scopes = "read,trade,admin" if "--admin" in options else "read,trade"
        return self.key(email, scopes)

    def key(self, email, scopes, *options):
        """Creates an API key; a `Signed` client that uses it."""
        made = run("api-key", "create", "--data", self.data, "--email", email,
                   "--scopes", scopes, *options, program=self.program)
        key = json.loads(made.stdout)
        return Signed(self, key["apiKey"], key.get("secretKey"))

    def market(self, symbol, **fields):
        """Lists a market; keywords are keys of the market file, `filters` a table."""
        path = self.data.parent / f"{symbol}.toml"
        filters = fields.pop("filters", {})
        lines = [f"{key.replace('_', '-')} = {json.dumps(value)}"
                 for key, value in {"symbol": symbol, **fields}.items()]
        lines += ["[filters]"]
        lines += [f"{key.replace('_', '-')} = {json.dumps(value)}" for key, value in filters.items()]
        path.write_text("\n".join(lines) + "\n")
        run("market", "create", "--data", self.data, "--file", path, program=self.program)

    def fund(self, email, asset, amount):
        """Moves money in, by a journaled adjustment."""
        run("ledger", "adjust", "--data", self.data, "--email", email, "--asset", asset,
            "--amount", amount, "--reason", "funds for a test", program=self.program)


def get(url, path):
    """Status and body of an unsigned GET; status 0 where nobody listens."""
    return request(url, "GET", path)[:2]


def request(url, method, path, headers=None, body=None, connection=None):
    """Status, body (parsed where it is JSON) and headers of one request."""
    host = urllib.parse.urlsplit(url).netloc
    mine = connection or http.client.HTTPConnection(host, timeout=30)
    try:
        mine.request(method, path, body=body, headers=headers or {})
        answer = mine.getresponse()
        text = answer.read().decode()
        try:
            return answer.status, json.loads(text), answer.headers
        except ValueError:
            return answer.status, text, answer.headers
    except (OSError, http.client.HTTPException):
        if connection:
            raise
        return 0, "", {}
    finally:
        if not connection:
            mine.close()


def now_ms():
    """The time as Binance's clients stamp it."""
    return int(time.time() * 1000)


class Signed:
    """A bare client of the Binance API: every byte that it sends is in the test's hands."""

    def __init__(self, exchange, key, secret):
        self.exchange, self.key, self.secret = exchange, key, secret
        self.stamped = 0

    def stamp(self):
        """The time in microseconds, later than the last: to read and then to cancel with the same
        words and one time is refused, as if it were a replay. Milliseconds would run ahead of the
        clock under a load of more than a thousand requests a second."""
        self.stamped = max(time.time_ns() // 1000, self.stamped + 1)
        return self.stamped

    def sign(self, payload):
        """HMAC-SHA256 in hexadecimal."""
        return hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()

    def signed(self, parameters):
        """Parameters of the WebSocket API with timestamp and signature."""
        parameters = {**parameters, "apiKey": self.key, "timestamp": now_ms()}
        payload = "&".join(f"{key}={value}" for key, value in sorted(parameters.items()))
        return {**parameters, "signature": self.sign(payload)}

    def query(self, **parameters):
        """Parameters with timestamp and signature, ready to send."""
        parameters.setdefault("timestamp", self.stamp())
        payload = urllib.parse.urlencode(parameters)
        return f"{payload}&signature={self.sign(payload)}"

    def send(self, method, path, raw, connection=None):
        """Status and body of a request whose query string is `raw`."""
        headers = {"X-MBX-APIKEY": self.key}
        answer = request(
            self.exchange.url, method, f"{path}?{raw}", headers, connection=connection)
        return answer[0], answer[1]

    def call(self, method, path, connection=None, **parameters):
        """Status and body of a signed request."""
        return self.send(method, path, self.query(**parameters), connection)

    def ok(self, method, path, **parameters):
        """The body of a signed request that must succeed."""
        status, body = self.call(method, path, **parameters)
        assert status == 200, f"{method} {path} {parameters}: {status} {body}"
        return body

    def balances(self):
        """Asset to (free, locked), as text."""
        account = self.ok("GET", "/api/v3/account")
        return {row["asset"]: (row["free"], row["locked"]) for row in account["balances"]}

    def engine(self):
        """Sequence and state hash (for a key with the scope admin)."""
        return self.ok("GET", "/api/v1/admin/engine")


class Venues:
    """The exchange server: venues of ours that speak as the real ones do."""

    def __init__(self, log, *options):
        self.log = pathlib.Path(log)
        command = [any_binary(), "venues", "--base-port", 0, *options]
        with open(self.log, "ab") as errors:
            self.process = subprocess.Popen(
                list(map(str, command)), stdout=subprocess.PIPE, stderr=errors, text=True)
        line = self.process.stdout.readline()
        assert line, f"it ended: {self.process.wait()}\n{self.log.read_text()[-3000:]}"
        self.venues = {venue["id"]: venue for venue in json.loads(line)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        code = self.process.wait(STOP_MAX)
        self.process.stdout.close()
        assert code == 0, f"exit {code} after SIGTERM\n{self.log.read_text()[-3000:]}"


class VenueAt:
    """One of its venues, as far as a client needs to know it."""

    def __init__(self, told):
        self.url, self.ws, self.control = told["restUrl"], told["wsUrl"], told["control"]
        self.certificate = told.get("certificateFile")
        self.traders = [Signed(self, it["apiKey"], it["apiSecret"]) for it in told["accounts"]]

    def play(self, scenario, token=None, host=None):
        """Status and text of the call that switches the scenario."""
        headers = {"Authorization": f"Bearer {token or self.control['token']}"}
        if host:
            headers["Host"] = host
        path = urllib.parse.urlsplit(self.control["scenarioUrl"]).path
        return request(self.url, "POST", path, headers, scenario)[:2]
