"""Coinbase's own client, in an environment of its own: it cannot live with the other clients.

Shape   `Apart` starts this file in that environment. Each line that goes in is a call, as JSON, and
        each line that comes out is its answer: {"ok": …} or {"failed": …}.
Keeps   calls are answered in their order; what sockets say is kept until it is asked for.
"""

import json
import os
import pathlib
import queue
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# How long a socket may say nothing of what is waited for.
EVENT_MAX = 30


def environment():
    """The interpreter of that environment, or None where it was not made."""
    named = os.environ.get("RIALTO_COINBASE_PYTHON")
    python = pathlib.Path(named or ROOT / ".venv" / "coinbase" / "bin" / "python")
    return python if python.exists() else None


class Failed(Exception):
    """What the client said instead of an answer."""


class Apart:
    """Coinbase's own client of one account at one venue."""

    def __init__(self, venue, trader):
        variables = {**os.environ}
        if venue.certificate:
            variables["REQUESTS_CA_BUNDLE"] = venue.certificate
        self.process = subprocess.Popen(
            [str(environment()), __file__], env=variables, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask("open", host=venue.url.split("//")[1], sockets=venue.ws,
                 key=trader.key, secret=trader.secret)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(EVENT_MAX)
        self.process.stdout.close()

    def ask(self, what, **arguments):
        """The answer to one call."""
        self.process.stdin.write(json.dumps([what, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the client ended"
        answer = json.loads(line)
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer["ok"]

    def __getattr__(self, name):
        """Any method of the client of requests."""
        return lambda **arguments: self.ask("rest", method=name, arguments=arguments)

    def listen(self, channels, products):
        """Subscribes to channels of products."""
        return self.ask("listen", channels=channels, products=products)

    def heard(self, channel, containing=""):
        """The next event of a channel whose text has that in it."""
        return self.ask("heard", channel=channel, containing=containing)


class Served:
    """The client itself, on the other side."""

    def open(self, host, sockets, key, secret):
        """Makes the clients of requests and of sockets."""
        from coinbase.rest import RESTClient
        from coinbase.websocket import WSClient

        self.rest_client = RESTClient(api_key=key, api_secret=secret, base_url=host,
                                      rate_limit_headers=True)
        self.messages = queue.SimpleQueue()
        self.sockets = WSClient(api_key=key, api_secret=secret, base_url=sockets,
                                on_message=self.messages.put, retry=False)
        self.is_open = False

    def rest(self, method, arguments):
        """One request."""
        answer = getattr(self.rest_client, method)(**arguments)
        return answer.to_dict() if hasattr(answer, "to_dict") else answer

    def listen(self, channels, products):
        """Opens the socket where that is not done, and subscribes."""
        if not self.is_open:
            self.sockets.open()
            self.is_open = True
        self.sockets.subscribe(product_ids=products, channels=channels)

    def heard(self, channel, containing):
        """The next event of a channel."""
        from coinbase.websocket import WebsocketResponse

        while True:
            text = self.messages.get(timeout=EVENT_MAX)
            message = json.loads(text)
            if message.get("channel") == channel and containing in text:
                # As its own types read it; they have none for an error, which has no channel.
                if channel:
                    WebsocketResponse(json.loads(text))
                return message

    def close(self):
        """Ends the socket."""
        if getattr(self, "is_open", False):
            self.sockets.close()


def serve():
    """Answers calls until there are no more."""
    served = Served()
    for line in sys.stdin:
        what, arguments = json.loads(line)
        try:
            answer = {"ok": getattr(served, what)(**arguments)}
        except Exception as failure:  # noqa: BLE001 (told to the test)
            answer = {"failed": f"{type(failure).__name__}: {failure}"}
        print(json.dumps(answer, default=str), flush=True)
    served.close()


if __name__ == "__main__":
    serve()
