"""Clients that look at a server under load: one asks for its health, some are refused and wait."""

import contextlib
import http.client
import json
import threading
import time


def ask(port: int, method: str, path: str, body: str | None = None) -> tuple[int, float]:
    """The status of an answer over a new connection, and the seconds of its Retry-After."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, float(response.headers.get("Retry-After", 0))


class HealthProbe(threading.Thread):
    """Asks for health ten times a second, over new connections, while it is `watching`."""

    def __init__(self, port: int):
        super().__init__(daemon=True)
        self.port = port
        self.milliseconds: list[float] = []
        self.failures = 0
        self.wanted = threading.Event()

    @contextlib.contextmanager
    def watching(self):
        self.wanted.set()
        yield
        self.wanted.clear()

    def run(self):
        while self.wanted.wait():
            begin = time.monotonic()
            try:
                self.failures += ask(self.port, "GET", "/health/live")[0] != 200
            except OSError:
                self.failures += 1
            self.milliseconds.append(1e3 * (time.monotonic() - begin))
            time.sleep(0.1)

    def p99(self) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[int(0.99 * (len(ordered) - 1))]


class PatientClient(threading.Thread):
    """From `begin` on asks until it is refused, waits as it is told, and asks once more."""

    BODY = json.dumps({"inputs": "patience is rewarded"})

    def __init__(self, port: int, begin: float):
        super().__init__(daemon=True)
        self.port = port
        self.begin = begin
        self.told: float | None = None  # seconds; None: it was never refused
        self.status = 0  # of the second request

    def ask(self) -> tuple[int, float]:
        return ask(self.port, "POST", "/v1/predict", self.BODY)

    def run(self):
        time.sleep(max(0.0, self.begin - time.monotonic()))
        for _ in range(10):
            status, told = self.ask()
            if status == 429:
                self.told = told
                time.sleep(told)
                self.status, _ = self.ask()
                return
