"""The command line program as the tests of the command line see it: run, look at what comes out."""

import argparse
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "models"
CLASSIFIER = GOLDEN / "bert-odd"  # five labels
EMBEDDER = GOLDEN / "bert-pooler-sharded"

USAGE, INPUT, ENGINE, IO = 2, 3, 4, 5  # exit codes, apps/martlet/exit_codes.h

program = ROOT / "build" / "release" / "martlet"


def main() -> None:
    """As unittest.main, with --build DIRECTORY for where the program is."""
    global program
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=program.parent)
    arguments, rest = parser.parse_known_args()
    program = arguments.build.resolve() / "martlet"
    if not program.exists():
        print(f"SKIPPED: needs {program}")
        sys.exit(77)
    unittest.main("__main__", argv=[sys.argv[0], *rest])


class CliTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def martlet(
        self, *arguments: object, stdin: str | bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess:
        """Runs the program; a crash, or more than one line of complaint, fails the test."""
        done = subprocess.run(
            [os.fsencode(program), *(a if isinstance(a, bytes) else str(a) for a in arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env={**os.environ, **(env or {})},
            timeout=120,
        )
        self.assertGreaterEqual(done.returncode, 0, f"killed by a signal: {done.stderr!r}")
        return done

    def out(self, *arguments: object, stdin: str | bytes = b"") -> str:
        """The output of a run that must succeed in silence."""
        done = self.martlet(*arguments, stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def fails(self, code: int, *arguments: object, **options: object) -> str:
        """The one line that a run says when it must fail with this exit code."""
        done = self.martlet(*arguments, **options)
        message = done.stderr.decode()
        self.assertEqual(done.returncode, code, message)
        self.assertRegex(message, r"\Amartlet: \[[^\]]+\] .+\n\Z")
        return message
