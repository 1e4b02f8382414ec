"""`martlet serve` as the tests of the server see it: started, asked, stopped."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import cli_program
from cli_program import CLASSIFIER, EMBEDDER, GOLDEN, ROOT, CliTest, main

__all__ = ["CLASSIFIER", "EMBEDDER", "GOLDEN", "ROOT", "ServeTest", "Served", "main"]

TEXT_TASKS = GOLDEN.parent / "text_tasks"


class Served:
    """A running server. Ports are chosen by the system and read from what it says on stderr."""

    def __init__(
        self, *arguments: object, env: dict[str, str] | None = None, wait: bool = True
    ) -> None:
        words = [str(a) for a in arguments]
        if "--http" not in words:
            words += ["--http", "127.0.0.1:0"]
        self.process = subprocess.Popen(
            [cli_program.program, "serve", *words],
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = self.port_of("HTTPS?")
        if wait:
            self.wait_until_ready()

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()

    def _read(self) -> None:
        for line in self.process.stderr:
            with self._said:
                self.lines.append(line)
                self._said.notify_all()
        with self._said:
            self.lines.append("")  # the end
            self._said.notify_all()

    def says(self, pattern: str, timeout: float = 60) -> re.Match | None:
        """The first line of stderr, said or yet to come, that the pattern is found in."""
        end = time.monotonic() + timeout
        seen = 0
        with self._said:
            while True:
                for line in self.lines[seen:]:
                    if found := re.search(pattern, line):
                        return found
                seen = len(self.lines)
                if seen and self.lines[-1] == "":
                    return None
                if not self._said.wait(max(0, end - time.monotonic())):
                    return None

    def port_of(self, listener: str) -> int:
        found = self.says(rf"martlet: {listener} listens on .*:(\d+)$")
        if found is None:
            raise AssertionError(f"{listener} does not listen: {self.lines}")
        return int(found[1])

    def wait_until_ready(self, timeout: float = 60) -> None:
        end = time.monotonic() + timeout
        while self.get("/health/ready")[0] != 200:
            if time.monotonic() > end:
                raise AssertionError(f"not ready: {self.lines}")
            time.sleep(0.01)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: object, **headers: str) -> tuple[int, str]:
        return self._ask("POST", path, json.dumps(body), headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict) -> tuple[int, str]:
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def stop(self, sign: int = signal.SIGTERM, timeout: float = 60) -> int:
        """Sends the signal and returns the exit code."""
        self.process.send_signal(sign)
        return self.process.wait(timeout)

    def resident_bytes(self, what: str = "VmRSS") -> int:
        """VmHWM: the most so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) * 1024


class ServeTest(CliTest):
    def serve(self, *arguments: object, **options: object) -> Served:
        served = Served(*arguments, **options)
        self.addCleanup(served.__exit__)
        return served

    def fails(self, code: int, *arguments: object, env: dict[str, str] | None = None) -> str:
        """The last line of a server that cannot start and exits with this code."""
        begin = time.monotonic()
        done = subprocess.run(
            [cli_program.program, "serve", *(str(a) for a in arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **(env or {})},
        )
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertLess(time.monotonic() - begin, 30)
        return done.stderr.splitlines()[-1]
