"""Runs clang-tidy over the tree, two files at a time on two cores, and remembers what was clean.

usage: clang_tidy.py [FILE...]      no FILE: all of ours in build/release/compile_commands.json

A file is looked at again when it, a header of ours that it reaches, its compile command or
.clang-tidy has changed. The memory is a folder of empty files named by hash in the user's cache,
shared by all clones.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "martlet-clang-tidy"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def main() -> int:
    CACHE.mkdir(parents=True, exist_ok=True)
    stale = [(f, key) for f, key in keyed_sources(sys.argv[1:]) if not (CACHE / key).exists()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = list(pool.map(lambda item: check(*item), stale))
    for finding in dict.fromkeys(filter(None, findings)):  # once, though many files see a header
        print(finding)
    unclean = len(findings) - findings.count("")
    print(f"clang-tidy: {len(stale)} files looked at, {unclean} with findings")
    return 1 if unclean else 0


def keyed_sources(names: list[str]) -> list[tuple[Path, str]]:
    wanted = {(Path.cwd() / name).resolve() for name in names}
    settings = (ROOT / ".clang-tidy").read_bytes()
    keyed = []
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        source = Path(entry["file"])
        if source.is_relative_to(BUILD) or (wanted and source not in wanted):
            continue  # the former is generated
        command = entry["command"].replace(str(ROOT), ".").encode()
        parts = [settings, command, *(f.read_bytes() for f in sorted(reachable(source)))]
        digests = b"".join(hashlib.sha256(part).digest() for part in parts)
        keyed.append((source, hashlib.sha256(digests).hexdigest()))
    return keyed


def reachable(source: Path) -> set[Path]:
    """The source and every header of the tree that it includes, directly or not."""
    found, todo = set(), [source]
    while todo:
        file = todo.pop()
        found.add(file)
        for name in INCLUDE.findall(file.read_bytes()):
            for folder in (file.parent, ROOT / "src", ROOT / "include"):
                header = folder / os.fsdecode(name)
                if header.is_file():
                    todo += [header] if header not in found else []
                    break
    return found


def check(source: Path, key: str) -> str:
    """What clang-tidy found; empty, and remembered, when there is nothing."""
    command = ["clang-tidy-19", "-p", str(BUILD), "--quiet", str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        (CACHE / key).touch()
        return ""
    return done.stdout if "error:" in done.stdout else done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
