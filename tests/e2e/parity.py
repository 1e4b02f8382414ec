"""What the parity tests share: where things are, what is skipped, how differences are reported."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
MODELS = ROOT / "build" / "models"
REFERENCES = ROOT / "build" / "reference"  # answers of transformers, computed once
SENTIMENT_MODEL = MODELS / "minilm-sst2"
TOLERANCE = 1e-4

sys.path.insert(0, str(ROOT / "tools"))


def skip(reason: str) -> NoReturn:
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def require_packages(*names: str) -> None:
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        skip(f"needs the Python packages {', '.join(missing)} (./dev setup --all)")


def require_paths(*paths: Path) -> None:
    for path in paths:
        if not path.exists():
            skip(f"needs {path}")


def build_directory() -> Path:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    return parser.parse_args().build


def is_slow(build: Path) -> bool:
    """Whether sanitizers make this build many times slower."""
    return build.name in ("asan", "tsan")


def everything(build: Path) -> bool:
    """Whether the long tests run as well."""
    return bool(os.environ.get("MARTLET_TEST_ALL")) and not is_slow(build)


class Martlet:
    """The command line program."""

    def __init__(self, build: Path):
        self.program = build / "martlet"
        require_paths(self.program)

    def isa_levels(self) -> list[str]:
        """The levels that this machine can run, worst first; prints the others."""
        levels = json.loads(self._output("engines", "--json"))["isa_levels"]
        for level in levels:
            if not level["available"]:
                print(f"SKIPPED: {level['name']}: {level['reason']}")
        return [level["name"] for level in levels if level["available"]]

    def run(self, *arguments: object, isa: str | None = None) -> str:
        """What `martlet run` prints."""
        return self._output("run", *arguments, isa=isa)

    def _output(self, *arguments: object, isa: str | None = None) -> str:
        environment = os.environ | ({"MARTLET_FORCE_ISA": isa} if isa else {})
        command = [self.program, *map(str, arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{command} failed with {done.returncode}: {done.stderr}")
        return done.stdout


class Report:
    """Collects differences from the reference; the largest decides."""

    def __init__(self) -> None:
        self.failed = False

    def check(self, what: str, difference: float, limit: float = TOLERANCE) -> None:
        good = difference <= limit  # false for NaN
        self.failed = self.failed or not good
        mark = "ok  " if good else "FAIL"
        print(f"{mark} {what}: largest difference {difference:.2e}, limit {limit:.0e}", flush=True)

    def expect(self, what: str, holds: bool) -> None:
        self.failed = self.failed or not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)

    def exit_code(self) -> int:
        return 1 if self.failed else 0
