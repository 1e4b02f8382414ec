#!/usr/bin/env python3
"""The README's own commands: every `$ command` of its console blocks is run, and prints what the
README says it prints. Numbers may differ in their last digits (another ISA level adds in another
order); a line `...` stands for any lines, and `...` at the end of a line for any rest. A command
that ends in `&` is a server: it runs until the end, and the next command waits for its lines. Its
port 8080 is replaced by a free one.

Its C++ is a part of examples/classify/main.cc, which the test install_consumer builds and runs; its
./dev commands are those that ./dev help knows."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import parity

README = (parity.ROOT / "README.md").read_text()
NUMBER = re.compile(r"-?\d+\.\d+")
TOLERANCE = 2e-3


def main() -> int:
    build = parity.build_directory()
    parity.require_paths(parity.SENTIMENT_MODEL)
    failures = wrong_answers(build) + foreign_code() + unknown_commands()
    print("\n".join(failures) or "the README is right")
    return 1 if failures else 0


def wrong_answers(build: Path) -> list[str]:
    failures = []
    port = str(free_port())
    variables = {"PATH": f"{build}:{os.environ['PATH']}", "MARTLET_HTTP": f"127.0.0.1:{port}"}
    environment = os.environ | variables
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as servers:
        for name in ("build", "models"):
            (Path(folder) / name).symlink_to(parity.ROOT / name)
        for written, lines in examples():
            command = written.replace("8080", port)
            expected = [line.replace("8080", port) for line in lines]
            if command.endswith(" &"):
                output = start_server(command.removesuffix(" &"), folder, environment, servers)
                if not comes_to_match(output, expected):
                    failures.append(f"$ {command}\n{output.read_text()}does not look as written")
                continue
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            if not matches(done.stdout.splitlines(), expected):
                failures.append(
                    f"$ {command}\n{done.stdout}does not look like\n" + "\n".join(expected)
                )
    return failures


def start_server(
    command: str, folder: str, environment: dict[str, str], servers: contextlib.ExitStack
) -> Path:
    """Where its output goes."""
    output = Path(folder) / "server.log"
    process = subprocess.Popen(
        ["bash", "-c", f"exec {command}"], cwd=folder, env=environment,
        stdout=output.open("w"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    servers.callback(process.wait)
    servers.callback(process.terminate)
    return output


def comes_to_match(output: Path, expected: list[str]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if matches(output.read_text().splitlines(), expected):
            return True
        time.sleep(0.05)
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def examples() -> list[tuple[str, list[str]]]:
    """(command, lines that it prints) of every console block."""
    found = []
    for block in blocks("console"):
        for part in block.removeprefix("$ ").split("\n$ "):
            command, *expected = part.rstrip("\n").split("\n")
            found.append((command, expected))
    return found


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def matches(lines: list[str], expected: list[str]) -> bool:
    if not expected:
        return not lines
    if expected[0] == "...":
        return any(matches(lines[i:], expected[1:]) for i in range(len(lines) + 1))
    return bool(lines) and same(lines[0], expected[0]) and matches(lines[1:], expected[1:])


def same(line: str, expected: str) -> bool:
    if expected.endswith("..."):
        return line.startswith(expected[:-3])
    if NUMBER.split(line) != NUMBER.split(expected):
        return False
    pairs = zip(NUMBER.findall(line), NUMBER.findall(expected), strict=True)
    return all(abs(float(a) - float(b)) <= TOLERANCE for a, b in pairs)


def foreign_code() -> list[str]:
    program = (parity.ROOT / "examples/classify/main.cc").read_text()
    return [
        f"not in examples/classify/main.cc:\n{code}"
        for code in blocks("cpp")
        if code not in program
    ]


def unknown_commands() -> list[str]:
    help_text = subprocess.run(
        [parity.ROOT / "dev", "help"], capture_output=True, text=True, check=True
    ).stdout
    known = set(re.findall(r"^  (\w+)", help_text, re.MULTILINE))
    return [
        f"./dev {word} is no command"
        for word in re.findall(r"\./dev (\w+)", README)
        if word not in known
    ]


if __name__ == "__main__":
    sys.exit(main())
