"""Starting, being ready, stopping: what operators and their probes see."""

import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from typing import ClassVar

import serving
from serving import CLASSIFIER, EMBEDDER, ServeTest

ALL = bool(os.environ.get("MARTLET_TEST_ALL"))


class Starting(ServeTest):
    def test_serves_models_under_their_directories_names(self) -> None:
        server = self.serve(CLASSIFIER, f"other={EMBEDDER}")
        status, body = server.get("/health/ready")
        self.assertEqual(status, 200)
        self.assertEqual(
            json.loads(body)["models"],
            [{"name": "bert-odd", "state": "READY"}, {"name": "other", "state": "READY"}],
        )

    def test_answers_before_it_is_ready(self) -> None:
        # A pipe instead of a configuration: this model takes as long to load as the test likes.
        slow = self.folder / "slow"
        shutil.copytree(CLASSIFIER, slow)
        (slow / "config.json").rename(slow / "real.json")
        os.mkfifo(slow / "config.json")
        server = self.serve(slow, wait=False)
        self.assertEqual(server.get("/health/live")[0], 200)
        status, body = server.get("/health/ready")
        if status == 200:
            self.fail("ready without a model")
        self.assertEqual(status, 503)
        self.assertFalse(json.loads(body)["ready"])

    def test_says_in_one_line_why_it_cannot_start(self) -> None:
        self.assertIn("got no model", self.fails(2))
        self.assertIn("cannot open", self.fails(3, self.folder / "nothing", "--http", ":0"))
        self.assertIn("[--http]", self.fails(2, CLASSIFIER, "--http", "nowhere"))
        self.assertIn("expected both", self.fails(2, CLASSIFIER, "--tls-key", "k"))
        self.assertIn(
            "certificate", self.fails(3, CLASSIFIER, "--tls-key", "k", "--tls-certificate", "c")
        )
        self.assertIn("[MARTLET_THREADS]", self.fails(2, CLASSIFIER, env={"MARTLET_THREADS": "x"}))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assertIn("cannot listen", self.fails(5, CLASSIFIER, "--http", address))

    def test_a_broken_model_does_not_take_the_others_down(self) -> None:
        server = self.serve(CLASSIFIER, self.folder / "broken", wait=False)
        self.assertTrue(server.says("bert-odd is loaded"))
        self.assertTrue(server.says("broken"))
        status, body = server.get("/health/ready")
        self.assertEqual(status, 503)
        states = {m["name"]: m["state"] for m in json.loads(body)["models"]}
        self.assertEqual(states, {"bert-odd": "READY", "broken": "UNAVAILABLE"})
        self.assertNotIn(str(self.folder), body, "no paths in answers")
        self.assertEqual(server.stop(), 0)


class Configuring(ServeTest):
    def test_flags_win_over_variables_over_the_file(self) -> None:
        file = self.folder / "martlet.yaml"
        file.write_text(f"models: [m={CLASSIFIER}]\nmax-body-bytes: 1\napi-key: file\n")
        server = self.serve(
            "--config", file, "--max-body-bytes", 3, env={"MARTLET_MAX_BODY_BYTES": "2"}
        )
        self.assertEqual(server.post("/x", 123, Authorization="Bearer file")[0], 404)
        self.assertEqual(server.post("/x", 1234, Authorization="Bearer file")[0], 413)
        server = self.serve("--config", file, env={"MARTLET_API_KEY": "variable"})
        self.assertEqual(server.get("/x", Authorization="Bearer variable")[0], 404)
        self.assertEqual(server.get("/x", Authorization="Bearer file")[0], 401)

    def test_keys_come_from_a_file_too(self) -> None:
        key = self.folder / "key"
        key.write_text("secret\n")
        server = self.serve(CLASSIFIER, "--api-key-file", key)
        self.assertEqual(server.get("/x", Authorization="Bearer secret")[0], 404)
        self.assertEqual(server.get("/x")[0], 401)
        self.assertEqual(server.get("/metrics")[0], 200)
        key.write_text("\n")
        self.assertIn("empty", self.fails(3, CLASSIFIER, "--api-key-file", key))

    def test_mistakes_in_the_file_have_a_line(self) -> None:
        file = self.folder / "martlet.yaml"
        file.write_text("threads: 1\nthread: 1\n")
        self.assertIn("martlet.yaml:2] unknown setting 'thread'", self.fails(3, "--config", file))

    def test_speaks_tls(self) -> None:
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        server = self.serve(
            CLASSIFIER, "--tls-certificate", certificate, "--tls-key", key, wait=False
        )
        import ssl

        context = ssl.create_default_context(cafile=certificate)
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context)
        for _ in range(3):
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200)
            self.assertIn("martlet_ready", answer.read().decode())
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
            self.assertNotIn(b"HTTP/1.1 200", plain.recv(1000))
        connection.request("GET", "/health/live")
        self.assertEqual(connection.getresponse().status, 200)
        self.assertEqual(server.stop(), 0)


class Collector(http.server.BaseHTTPRequestHandler):
    """An OpenTelemetry collector that keeps the spans it gets."""

    spans: ClassVar[list[dict]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for resource in body["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                self.spans.extend(scope["spans"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Watching(ServeTest):
    def test_a_clients_trace_goes_on_to_the_batch(self) -> None:
        collector = http.server.HTTPServer(("127.0.0.1", 0), Collector)
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        self.addCleanup(collector.shutdown)
        endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
        server = self.serve(CLASSIFIER, "--otlp-endpoint", endpoint)
        trace = "0af7651916cd43dd8448eb211c80319c"
        parent = f"00-{trace}-b7ad6b7169203331-01"
        status, _ = server.post("/v1/predict", {"inputs": ["a film"]}, traceparent=parent)
        self.assertEqual(status, 200)
        self.assertEqual(server.stop(), 0)
        spans = {span["name"]: span for span in Collector.spans if span["traceId"] == trace}
        self.assertEqual(set(spans), {"POST /v1/predict", "tokenize", "queue", "run"})
        self.assertEqual(spans["run"]["parentSpanId"], spans["POST /v1/predict"]["spanId"])

    def test_the_access_log_has_a_line_for_each_request_and_no_text(self) -> None:
        log = self.folder / "access.log"
        server = self.serve(CLASSIFIER, "--access-log", log)
        headers = {"X-Request-Id": "mine"}
        server.post("/v1/predict?secret=query", {"inputs": ["a secret text"]}, **headers)
        self.assertEqual(server.stop(), 0)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        mine = [line for line in lines if line["id"] == "mine"]
        self.assertEqual([(m["route"], m["status"]) for m in mine], [("/v1/predict", 200)])
        self.assertNotIn("secret", log.read_text())

    def test_metrics_balance(self) -> None:
        server = self.serve(CLASSIFIER)
        for _ in range(7):
            server.post("/v1/predict", {"inputs": ["a", "b", "c"]})
        server.post("/v1/predict", {"inputs": 1})
        metrics = server.get("/metrics")[1]
        for line in (
            'martlet_requests_total{model="bert-odd"} 7',
            'martlet_texts_total{model="bert-odd"} 21',
            'martlet_run_seconds_count{model="bert-odd"} 7',
            'martlet_http_requests_total{route="/v1/predict",status="200"} 7',
            'martlet_http_requests_total{route="/v1/predict",status="400"} 1',
            'martlet_queued_texts{model="bert-odd"} 0',
        ):
            self.assertIn(line + "\n", metrics)


class Client(threading.Thread):
    """Asks one thing after the other on one connection, until it is told to stop; a connection that
    the server has closed in order is opened again."""

    def __init__(self, server: serving.Served) -> None:
        super().__init__()
        self.server = server
        self.answered = 0
        self.lost: list[str] = []
        self.refused = False  # nobody listens any more
        self.start()

    def run(self) -> None:
        body = json.dumps({"inputs": "a film that one should see"})
        while not self.refused:
            connection = self.server.connect()
            try:
                connection.connect()
            except OSError:
                self.refused = True
                return
            try:
                self.ask_on(connection, body)
            finally:
                connection.close()

    def ask_on(self, connection: http.client.HTTPConnection, body: str) -> None:
        while True:
            try:
                connection.request("POST", "/predict", body)
                answer = connection.getresponse()
                answer.read()
            except OSError as problem:
                self.lost.append(repr(problem))
                return
            self.answered += 1
            if answer.status != 200:
                self.lost.append(f"status {answer.status}")
            if answer.getheader("Connection") == "close":
                return


class Stopping(ServeTest):
    def test_stops_at_once_when_nothing_is_asked(self) -> None:
        for sign in (signal.SIGTERM, signal.SIGINT):
            server = self.serve(CLASSIFIER)
            begin = time.monotonic()
            self.assertEqual(server.stop(sign), 0)
            self.assertLess(time.monotonic() - begin, 20)

    def test_stops_while_loading(self) -> None:
        server = self.serve(CLASSIFIER, EMBEDDER, wait=False)
        self.assertEqual(server.stop(), 0)

    def test_is_not_ready_while_it_drains(self) -> None:
        server = self.serve(CLASSIFIER, "--drain-delay", "3s")
        server.process.send_signal(signal.SIGTERM)
        self.assertTrue(server.says("stopping"))
        while server.get("/health/ready")[0] != 503:
            time.sleep(0.01)  # until then; an answer of nobody would raise
        self.assertEqual(server.get("/health/live")[0], 200)
        self.assertEqual(server.process.wait(60), 0)

    def test_a_second_signal_stops_at_once(self) -> None:
        server = self.serve(CLASSIFIER, "--drain-delay", "30s")
        server.process.send_signal(signal.SIGTERM)
        self.assertTrue(server.says("stopping"))
        self.assertEqual(server.stop(), -signal.SIGTERM)

    def test_every_accepted_request_is_answered(self) -> None:
        answered = 0
        for round in range(100 if ALL else 5):
            server = self.serve(CLASSIFIER, "--drain-timeout", "10s")
            clients = [Client(server) for _ in range(8)]
            time.sleep(0.02 + 0.37 * ((round * 7919) % 100) / 100)
            self.assertEqual(server.stop(), 0)
            for client in clients:
                client.join()
                self.assertEqual(client.lost, [])
                answered += client.answered
            server.__exit__()
        self.assertGreater(answered, 0)


if __name__ == "__main__":
    serving.main()
