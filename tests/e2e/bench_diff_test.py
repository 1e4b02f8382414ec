#!/usr/bin/env python3
"""`martlet bench diff` on records that the benchmark's own runner makes of simulated systems: what
is planted is found, and two runs of the same are the same."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from proof import runner_test  # noqa: E402


def make_record(path: Path, seed: int, slow: float = 1.0, wrong: bool = False) -> None:
    runner_test.MS["martlet"] = 4.0 * slow
    record = runner_test.World(seed).run(["base", "martlet"], sittings=4)
    record.systems["martlet"]["ours"] = True
    record.add_check("1x16", "martlet", {"accuracy": 0.98 if wrong else 0.99})
    record.save(path)


def diff(martlet: Path, before: Path, after: Path) -> tuple[int, str]:
    done = subprocess.run(
        [martlet, "bench", "diff", before, after], capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    return done.returncode, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    martlet = parser.parse_args().build / "martlet"
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.json" for name in ("one", "two", "slow", "wrong")}
        make_record(paths["one"], seed=1)
        make_record(paths["two"], seed=2)
        make_record(paths["slow"], seed=3, slow=1.1)
        make_record(paths["wrong"], seed=4, wrong=True)
        code, text = diff(martlet, paths["one"], paths["two"])
        assert (code, "0 regressions" in text) == (0, True), "two runs of the same"
        code, text = diff(martlet, paths["one"], paths["slow"])
        assert (code, "slower, regression" in text) == (1, True), "ten percent slower"
        code, text = diff(martlet, paths["slow"], paths["one"])
        assert (code, "faster" in text) == (0, True), "ten percent faster"
        code, text = diff(martlet, paths["one"], paths["wrong"])
        assert (code, "less right, regression" in text) == (1, True), "wrong labels"
        code, _ = diff(martlet, paths["one"], Path(folder) / "none.json")
        assert code == 3, "no such record"
    return 0


if __name__ == "__main__":
    sys.exit(main())
