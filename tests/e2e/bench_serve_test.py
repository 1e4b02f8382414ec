"""martlet bench serve: what it measures, on a server that is known to the millisecond."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from cli_program import ENGINE, USAGE, CliTest, main

ANSWER_SECONDS = 0.02


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: ClassVar[list] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append((self.path, json.loads(body)))
        refused = self.path == "/busy"
        if not refused:
            time.sleep(ANSWER_SECONDS)
        self.send_response(429 if refused else 200)
        if refused:
            self.send_header("Retry-After", "2")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


class BenchServe(CliTest):
    def setUp(self):
        super().setUp()
        Handler.bodies.clear()
        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.texts = self.file("texts.txt", 'one\nsay "two"\n')

    def bench(self, url: str, *arguments: object) -> dict:
        out = self.out(
            "bench", "serve", url, "--input", self.texts,
            "--seconds", "0.5", "--warm-up", "0.1", *arguments,
        )  # fmt: skip
        return json.loads(out)

    def test_a_closed_loop(self):
        report = self.bench(self.url, "--connections", "4")
        self.assertEqual(report["loop"], "closed")
        self.assertEqual(report["errors"], {})
        self.assertEqual(list(report["status"]), ["200"])
        self.assertGreaterEqual(report["latency_ms"]["p50"], 1e3 * ANSWER_SECONDS)
        self.assertGreater(report["requests_per_s"], 5)
        self.assertLess(report["requests_per_s"], 4 / ANSWER_SECONDS + 10)
        sent = {(path, body["inputs"]) for path, body in Handler.bodies}
        self.assertEqual(sent, {("/v1/predict", "one"), ("/v1/predict", 'say "two"')})

    def test_an_open_loop_counts_the_wait_for_a_connection(self):
        report = self.bench(self.url, "--connections", "1", "--rate", "100")
        self.assertEqual(report["loop"], "open")
        # One connection serves at most 50 a second: the others wait, and that is in their latency.
        self.assertGreater(report["latency_ms"]["max"], 100)
        self.assertLess(report["from_sent_ms"]["p50"], report["latency_ms"]["p50"])

    def test_refusals_stand_apart(self):
        report = self.bench(self.url + "/busy", "--connections", "2")
        self.assertEqual(report["requests"], 0)
        self.assertEqual(list(report["status"]), ["429"])
        self.assertGreater(report["refused"]["requests"], 0)
        self.assertEqual(report["refused"]["retry_after_s"], {"min": 2, "max": 2})

    def test_own_bodies_and_dialects(self):
        self.bench(self.url + "/mine", "--body", '{"q": [{text}]}', "--connections", "1")
        self.assertIn(("/mine", {"q": ["one"]}), Handler.bodies)
        self.bench(self.url, "--dialect", "tei", "--connections", "1")
        self.assertIn(("/predict", {"inputs": "one"}), Handler.bodies)

    def test_what_makes_no_sense(self):
        def fails(code, url, *arguments):
            self.fails(code, "bench", "serve", url, "--input", self.texts, *arguments)

        fails(USAGE, "127.0.0.1")
        fails(USAGE, self.url, "--dialect", "telepathy")
        fails(USAGE, self.url, "--rate", "0")
        fails(USAGE, "http://192.0.2.1:80")
        fails(ENGINE, "http://127.0.0.1:1")


if __name__ == "__main__":
    main()
