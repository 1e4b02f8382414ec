"""`martlet serve` beside what else serves the same model: requests a second and latency, one text a
request over connections that stay open.

All systems run at the same time, each idle while another is measured; they take turns, --rounds
times, and get the same texts from the same generator, `martlet bench serve`, on the same cores. A
system's figures are its median round. --setup installs the peers into build/peers.

  build/venv/bin/python bench/serve_peers.py --setup
  build/venv/bin/python bench/serve_peers.py build/models/minilm-sst2 --input reviews.txt
"""

import argparse
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from peers import exports
from serve_systems import ROOT, Load, Running, Service, machine

PEERS = ROOT / "build" / "peers"
PYTHON = PEERS / "bin" / "python"
LOGS = ROOT / "build" / "bench" / "serve"


def setup() -> None:
    """The peers get an environment of their own, because they pin older packages; PyTorch, which is
    large, they share with build/venv."""
    subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
    site = next(PEERS.glob("lib/python3*/site-packages"))
    shared = PEERS / "torch"
    shared.mkdir(exist_ok=True)
    for found in Path(sys.prefix).glob("lib/python3*/site-packages/torch*"):
        link = shared / found.name
        if not link.exists():
            link.symlink_to(found)
    (site / "torch.pth").write_text(f"{shared}\n")
    versions = (ROOT / "tools" / "versions.txt").read_text().split("\n")
    wanted = [line.split()[1] for line in versions if line.startswith("servers ")]
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *wanted], check=True)


def directory_with_onnx(model: Path) -> Path:
    """The model as Infinity's optimum engine wants it, exported as its users do it, and optimized:
    it would do that itself, but its release does not fit the optimum that fits its other needs
    ("Optimization failed ... Going to use the unoptimized model", in its log)."""

    def make(path: Path) -> None:
        optimum = PEERS / "bin" / "optimum-cli"
        command = [optimum, "export", "onnx", "--model", model, "--task", "text-classification"]
        plain = path / "plain"
        subprocess.run([*command, plain], check=True)
        optimize = [optimum, "onnxruntime", "optimize", "--onnx_model", plain, "-O2", "-o", path]
        subprocess.run(optimize, check=True)
        shutil.rmtree(plain)
        (path / "model_optimized.onnx").rename(path / "model.onnx")

    return exports.kept(model, "optimum-o2", make)


def copied(model: Path) -> Path:
    """Infinity leaves its cache there, and `martlet merge` would then refuse to write."""
    return exports.kept(
        model, "copy", lambda path: shutil.copytree(model, path, dirs_exist_ok=True)
    )


def infinity(directory: Path, engine: str) -> Service:
    # Run inside the directory: it does not find the ONNX file of an absolute path.
    command = [PEERS / "bin" / "infinity_emb", "v2", "--model-id", ".", "--engine", engine]
    command += ["--device", "cpu", "--port", "{port}", "--served-model-name", "model"]
    # Its warm-up sends more tokens than the model has positions.
    command += ["--no-bettertransformer", "--no-model-warmup", "--log-level", "error"]
    return Service(
        name=f"Infinity {engine}",
        command=command,
        path="/classify",
        body='{"model": "model", "input": [{text}]}',
        directory=directory,
    )


def services(martlet: Path, model: Path) -> dict[str, Service]:
    fastapi = [PYTHON, ROOT / "bench" / "peers" / "fastapi_service.py", model, "--port", "{port}"]
    serve = [martlet, "serve", model, "--http", "127.0.0.1:{port}"]

    def ours(precision: str) -> Service:
        command = [*serve, "--precision", precision]
        return Service(f"martlet {precision}", command, health="/health/ready")

    return {
        "martlet": ours("fp32"),
        "martlet-int8": ours("int8"),
        "martlet-bf16": ours("bf16"),
        "fastapi": Service("FastAPI + transformers", fastapi),
        "fastapi-batch": Service("FastAPI, batched by hand", [*fastapi, "--batch", "32"]),
        "infinity-torch": infinity(copied(model), "torch"),
        "infinity-optimum": infinity(directory_with_onnx(model), "optimum"),
    }


PROBES = ["a gem of a film", "dull and far too long", "not without its charms"]


def pairs(answer: object) -> dict[str, float]:
    """Label to score, wherever in the answer they are."""
    if isinstance(answer, dict):
        if "label" in answer and "score" in answer:
            return {answer["label"]: answer["score"]}
        answer = list(answer.values())
    if not isinstance(answer, list):
        return {}
    return {label: score for part in answer for label, score in pairs(part).items()}


def ask(running: Running, text: str) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    with contextlib.closing(connection):
        body = running.service.body.replace("{text}", json.dumps(text))
        headers = {"Content-Type": "application/json"}
        connection.request("POST", running.service.path, body, headers)
        return pairs(json.loads(connection.getresponse().read()))


def engine_of(running: Running) -> str:
    """What an Infinity says that it computes with; of others, nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/models")
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            return ""
        return f", says that its engine is {json.loads(body)['data'][0]['backend']}"


def check(running: dict[str, Running]) -> None:
    """Says what each system computes with, and how far its scores are from the first one's."""
    first = next(iter(running.values()))
    for server in running.values():
        difference = max(
            abs(score - ask(server, text)[label])
            for text in PROBES
            for label, score in ask(first, text).items()
        )
        maps = Path(f"/proc/{server.process.pid}/maps").read_text()
        libraries = [
            name
            for name, file in (("PyTorch", "libtorch_cpu"), ("ONNX Runtime", "onnxruntime"))
            if file in maps
        ]
        print(
            f"{server.service.name}: scores within {difference:.1e} of {first.service.name}'s,"
            f" has loaded {' and '.join(libraries) or 'neither PyTorch nor ONNX Runtime'}"
            f"{engine_of(server)}",
            file=sys.stderr,
        )


def summary(name: str, running: Running, reports: list[dict]) -> dict:
    middle = sorted(reports, key=lambda report: report["requests_per_s"])[len(reports) // 2]
    return {
        "system": name,
        "requests_per_s": middle["requests_per_s"],
        "p50_ms": median(report["latency_ms"]["p50"] for report in reports),
        "p99_ms": median(report["latency_ms"]["p99"] for report in reports),
        "rounds": [report["requests_per_s"] for report in reports],
        "generator_cpu_s": median(report["cpu_seconds"] for report in reports),
        "server_cores": median(report["server_cores"] for report in reports),
        "peak_mib": running.peak_bytes() / 2**20,
    }


def print_table(rows: list[dict]) -> None:
    print(f"{'':26}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'MiB':>8}{'times':>8}")
    ours = rows[0]["requests_per_s"]
    for row in rows:
        print(
            f"{row['system']:26}{row['requests_per_s']:12.1f}{row['p50_ms']:10.2f}"
            f"{row['p99_ms']:10.2f}{row['peak_mib']:8.0f}{ours / row['requests_per_s']:8.1f}"
        )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--setup", action="store_true")
    parser.add_argument("--input", type=Path)
    parser.add_argument("--column")
    parser.add_argument("--martlet", type=Path, default=ROOT / "build" / "release" / "martlet")
    parser.add_argument(
        "--systems",
        default="martlet,martlet-int8,martlet-bf16,fastapi,fastapi-batch,infinity-torch,infinity-optimum",
    )
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=LOGS / "peers.json")
    return parser.parse_args()


def main() -> None:
    flags = parse()
    if flags.setup:
        return setup()
    LOGS.mkdir(parents=True, exist_ok=True)
    load = Load(flags.martlet, flags.input, flags.column, flags.seconds)
    known = services(flags.martlet, flags.model.resolve())
    result = {"machine": machine(), "connections": flags.connections, "seconds": flags.seconds}
    with contextlib.ExitStack() as stack:
        running = {}
        for key in flags.systems.split(","):
            log = LOGS / f"{key}.log"
            try:
                running[key] = Running(known[key], os.sched_getaffinity(0), log)
                stack.callback(running[key].stop)
            except RuntimeError as problem:
                print(problem, file=sys.stderr)
        check(running)
        reports = {key: [] for key in running}
        for _ in range(flags.rounds):
            for key, server in running.items():
                reports[key].append(load.run(server, "--connections", flags.connections))
        rows = [summary(known[key].name, server, reports[key]) for key, server in running.items()]
    print_table(rows)
    flags.out.write_text(json.dumps(result | {"systems": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
