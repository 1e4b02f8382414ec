"""Clients that ask for too much, too slowly, or all at once: nobody else notices."""

import contextlib
import gzip
import json
import resource
import socket
import time

import serving
from serving import CLASSIFIER, Served, ServeTest

HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: t\r\n"


JSON_DEPTH = 64  # src/formats/json.cc


def post_bytes(body: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


def post(body: object) -> bytes:
    return post_bytes(json.dumps(body).encode())


def settled_memory(server: Served) -> int:
    """The resident size, once it has not changed for longer than the server waits before it gives
    free memory back."""
    same, before = 0, -1
    while same < 25:
        now = server.resident_bytes()
        same = same + 1 if now == before else 0
        before = now
        time.sleep(0.1)
    return before


class Limits(ServeTest):
    def leaves_no_memory(self, what: str, server: Served, before: int, most: int = 1 << 20) -> None:
        after = settled_memory(server)
        print(f"{what}: resident {before >> 10} kB before, {after >> 10} kB after")
        self.assertLess(after - before, most, what)

    def ask(self, server: Served, data: bytes) -> bytes:
        """The first line of what comes back; the server may stop listening before all is said."""
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
            with contextlib.suppress(OSError):
                client.sendall(data)
            return client.recv(4096).partition(b"\r\n")[0]

    def test_each_limit_is_exact_and_leaves_no_memory_behind(self) -> None:
        server = self.serve(
            CLASSIFIER,
            *("--max-header-bytes", 1000, "--max-header-fields", 10, "--max-body-bytes", 100_000),
            *("--max-decompressed-bytes", 50_000, "--max-inputs", 8, "--max-request-tokens", 64),
        )
        tokens = self.tokens_of(server, "a")  # of one text, special tokens included
        # What is asked with a number, the limit, and the status beyond it.
        table = {
            "header bytes": (self.header_of, 1000, b"431"),
            "header fields": (self.fields_of, 10, b"431"),
            "body bytes": (self.body_of, 100_000, b"413"),
            "decompressed bytes": (self.packed_body_of, 50_000, b"413"),
            "JSON depth": (self.depth_of, JSON_DEPTH, b"400"),
            "texts of a request": (lambda n: post({"inputs": ["a"] * n}), 8, b"400"),
            "tokens of a request": (
                lambda n: post({"inputs": [{"ids": [2] * n}], "max_length": 128}),
                64,
                b"400",
            ),
        }
        self.assertLess(8 * tokens, 64)
        for round in range(60):
            if round == 10:
                before = settled_memory(server)
            for what, (request, limit, beyond) in table.items():
                for number in (limit - 1, limit, limit + 1):
                    status = self.ask(server, request(number)).split()[1]
                    self.assertEqual(status, beyond if number > limit else b"200", (what, number))
        self.leaves_no_memory("limits at -1, =, +1, 50 rounds", server, before)

    def tokens_of(self, server: Served, text: str) -> int:
        _, answer = server.post("/v1/tokenize", {"inputs": text})
        return len(json.loads(answer)["results"][0]["ids"])

    @staticmethod
    def header_of(size: int) -> bytes:
        head = b"GET /health/live HTTP/1.1\r\nHost: t\r\nPadding: %s\r\n\r\n"
        return head % (b"p" * (size - len(head % b"")))

    @staticmethod
    def fields_of(count: int) -> bytes:
        return b"GET /health/live HTTP/1.1\r\nHost: t\r\n" + b"A: b\r\n" * (count - 1) + b"\r\n"

    @staticmethod
    def body_of(size: int) -> bytes:
        body = b'{"inputs": "a"}'
        return post_bytes(body + b" " * (size - len(body)))

    @staticmethod
    def packed_body_of(size: int) -> bytes:
        body = b'{"inputs": "a"}'
        packed = gzip.compress(body + b" " * (size - len(body)))
        return post_bytes(packed, b"Content-Encoding: gzip\r\n")

    @staticmethod
    def depth_of(depth: int) -> bytes:
        """An unknown key is ignored; the body itself is one level."""
        return post_bytes(
            b'{"inputs": "a", "more": %s%s}' % (b"[" * (depth - 1), b"]" * (depth - 1))
        )

    def test_refused_floods_leave_no_memory_behind(self) -> None:
        server = self.serve(CLASSIFIER, "--max-body-bytes", "64KiB")
        chunks = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 70_000
        for round in range(110):
            if round == 10:
                before = settled_memory(server)
            self.assertIn(b"413", self.ask(server, chunks))
        self.leaves_no_memory("100 floods of chunks", server, before)

    def test_compressed_bombs_are_refused_and_leave_no_memory_behind(self) -> None:
        server = self.serve(CLASSIFIER, "--max-decompressed-bytes", "1MiB")
        bomb = gzip.compress(b" " * (100 << 20))
        request = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
        for round in range(60):
            if round == 10:
                before = settled_memory(server)
            self.assertIn(b"413", self.ask(server, request))
        self.leaves_no_memory("50 compressed bombs", server, before, 4 << 20)

    def test_bodies_of_many_small_things_leave_no_memory_behind(self) -> None:
        """16 MB each, and many times as much once they are read."""
        server = self.serve(CLASSIFIER)
        full = 16 << 20
        few = 1_000_000  # below what a body may have
        bodies = {
            "/v1/predict": (b'{"inputs": [', b'"", ', b'""]}', few),
            "/predict": (b'{"inputs": [', b'[""], ', b'[""]]}', few // 2),
            "/v1/embeddings": (b'{"input": [', b'"", ', b'""]}', few),
            "/rerank": (b'{"query": "q", "texts": [', b'"", ', b'""]}', few),
            "/v2/models/bert-odd/infer": (
                b'{"inputs": [{"name": "input_ids", "datatype": "INT64", "shape": [9], "data": [',
                b"1,",
                b"1]}]}",
                full // 2 - 100,
            ),
            "/v1/tokenize": (b'{"inputs": [', b'"", ', b'""]}', full // 4 - 100),
        }
        before = settled_memory(server)
        for _ in range(3):
            for path, (begin, item, end, count) in bodies.items():
                body = begin + item * count + end
                self.assertLessEqual(len(body), full)
                head = b"POST %s HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n"
                status = self.ask(server, head % (path.encode(), len(body)) + body).split()[1]
                self.assertIn(status, (b"400", b"422"), path)
        self.leaves_no_memory("18 bodies of 16 MB", server, before, 8 << 20)
        print(f"  at most {server.resident_bytes('VmHWM') >> 20} MB meanwhile")
        self.assertLess(server.resident_bytes("VmHWM"), 512 << 20)

    def test_connections_are_counted(self) -> None:
        server = self.serve(CLASSIFIER, "--max-connections", 20)
        for round in range(12):
            if round == 2:
                before = settled_memory(server)
            statuses = []
            with contextlib.ExitStack() as stack:
                for _ in range(21):
                    address = ("127.0.0.1", server.port)
                    client = stack.enter_context(socket.create_connection(address, timeout=30))
                    with contextlib.suppress(OSError):
                        client.sendall(b"GET /health/live HTTP/1.1\r\nHost: t\r\n\r\n")
                    statuses.append(client.recv(4096).split()[1])
            self.assertEqual(statuses, [b"200"] * 20 + [b"503"])
            while self.ask(server, self.header_of(200)).split()[1] != b"200":
                time.sleep(0.01)  # until the server has seen that they left
        self.leaves_no_memory("10 x 21 connections, 20 allowed", server, before)

    def test_slow_readers_and_writers_leave_no_memory_behind(self) -> None:
        server = self.serve(
            CLASSIFIER, "--write-timeout", "1s", "--body-timeout", "1s", "--max-connections", 60
        )
        tokens = post_bytes(json.dumps({"inputs": ["a film " * 100] * 40}).encode())
        asks = tokens.replace(b"/v1/predict", b"/v1/tokenize") * 32  # answers: 30 MB
        for round in range(5):
            if round == 2:
                before = settled_memory(server)
            readers = [self.slow_client(server, asks) for _ in range(20)]
            writers = [self.slow_client(server, post_bytes(b" " * 100_000)[:-1]) for _ in range(20)]
            for writer in writers:
                self.assertIn(b" 408 ", writer.recv(4096).partition(b"\r\n")[0])
            self.wait_until_alone(server)
            for client in readers + writers:
                client.close()
        self.leaves_no_memory("3 x 20 slow readers and writers", server, before, 4 << 20)

    def slow_client(self, server: Served, says: bytes) -> socket.socket:
        """Says this and reads nothing; its window is small."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(30)
        client.connect(("127.0.0.1", server.port))
        client.sendall(says)
        return client

    def wait_until_alone(self, server: Served) -> None:
        end = time.monotonic() + 60
        while "martlet_http_connections 1\n" not in server.get("/metrics")[1]:
            self.assertLess(time.monotonic(), end, "connections are still open")
            time.sleep(0.05)

    def test_idle_connections_cost_little_and_stop_nobody(self) -> None:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        count = min(2000, limit - 100)
        server = self.serve(CLASSIFIER)
        before = settled_memory(server)
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
        begin = time.monotonic()
        self.assertEqual(server.get("/health/live")[0], 200)
        self.assertLess(time.monotonic() - begin, 10)
        self.assertLess((settled_memory(server) - before) / count, 10 << 10)
        for client in idle:
            client.close()

    def test_slow_clients_are_dropped_and_the_others_are_served(self) -> None:
        server = self.serve(CLASSIFIER, "--header-timeout", "1s")
        slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
        begin = time.monotonic()
        while time.monotonic() - begin < 1.5:
            for client in slow:
                with contextlib.suppress(OSError):
                    client.send(b"G" if time.monotonic() - begin < 0.1 else b"E")
            self.assertEqual(server.get("/health/live")[0], 200)
        for client in slow:
            client.settimeout(30)
            try:
                while client.recv(4096):
                    pass
            except ConnectionResetError:
                pass  # closed with bytes of ours still unread
            client.close()
        self.assertLess(time.monotonic() - begin, 30)

    def test_errors_show_no_paths(self) -> None:
        server = self.serve(f"m={CLASSIFIER}")
        for path, body in (
            ("/v1/predict", {"model": "../../etc/passwd", "inputs": ["a"]}),
            ("/v2/models/..%2f..%2fetc%2fpasswd/infer", {}),
            ("/predict", {"inputs": 1}),
            ("/embed", {"inputs": "a"}),
        ):
            status, answer = server.post(path, body)
            self.assertGreaterEqual(status, 400, path)
            self.assertNotIn(str(CLASSIFIER.parent), answer)
            self.assertNotRegex(answer, r"0x[0-9a-f]{6,}")


if __name__ == "__main__":
    serving.main()
