#!/usr/bin/env python3
"""A peer engine on a pipe: the requests and answers of tools/model_probe.cc, so that the benchmark
measures every system by the same calls.

    build/venv/bin/python bench/peer.py pytorch eager build/models/minilm-sst2 --threads 2
"""

import argparse
import json
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from inputs import load_tokenizer
from peer_engine import Engine, load

warnings.filterwarnings("ignore")

BATCHES = (8, 32, 64)  # that the fastest way through a dataset is looked for in


class Peer:
    def __init__(self, name: str, variant: str, model: Path, threads: int):
        self._load = lambda ranks: load(name, variant, model, ranks)
        self._threads = threads
        self._engine = self._load(threads)
        self._streams: list[Engine] = []  # one a thread, each with one thread of its own
        self._tokenizer = load_tokenizer(model)

    def answer(self, request: dict) -> dict:
        if "batches" in request:
            return self._time_batches(request["batches"], request["values"])
        if "tune" in request:
            return self._tune(request["tune"])
        if "texts" in request:
            return self._time_texts(**request)
        return {"version": self._engine.version}

    def _time_batches(self, batches: list, values: bool) -> dict:
        """Milliseconds of each batch; making the input arrays is not counted."""
        times, logits = [], []
        for batch in batches:
            inputs = self._engine.prepare(batch)
            begin = time.perf_counter()
            answer = self._engine.logits(inputs)
            times.append(1000 * (time.perf_counter() - begin))
            if values:
                logits.append(answer.tolist())
        return {"ms": times, "values": logits}

    def _tune(self, texts: list[str]) -> dict:
        """The fastest batch size and number of streams for these texts, sorted by length."""
        candidates = [{"batch": batch, "streams": 1} for batch in BATCHES]
        if self._engine.streams and self._threads > 1:
            self._streams = [self._load(1) for _ in range(self._threads)]
            candidates += [{"batch": batch, "streams": self._threads} for batch in BATCHES]
        for candidate in candidates:
            self._time_texts(texts[:128], grouped=True, **candidate)  # warm-up
        seconds = [
            self._time_texts(texts, grouped=True, **candidate)["seconds"]
            for candidate in candidates
        ]
        return candidates[seconds.index(min(seconds))]

    def _time_texts(self, texts: list[str], grouped: bool, batch: int, streams: int) -> dict:
        """Seconds from texts to labels, tokenizing included. Grouped: batches of like lengths."""
        begin = time.perf_counter()
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i])) if grouped else range(len(ids))
        groups = [order[i : i + batch] for i in range(0, len(ids), batch)]
        batches = [[ids[i] for i in group] for group in groups]
        answers = run_streams(self._streams, batches) if streams > 1 else run(self._engine, batches)
        labels = [0] * len(texts)
        for group, found in zip(groups, answers):
            for i, label in zip(group, found):
                labels[i] = label
        return {"seconds": time.perf_counter() - begin, "labels": labels}


def run(engine: Engine, batches: list) -> list[list[int]]:
    return [engine.logits(engine.prepare(batch)).argmax(1).tolist() for batch in batches]


def run_streams(engines: list[Engine], batches: list) -> list[list[int]]:
    """Every engine takes the next batch as it comes free."""
    answers: list[list[int]] = [[] for _ in batches]
    left = iter(range(len(batches)))

    def work(engine: Engine) -> None:
        for i in left:
            answers[i] = run(engine, [batches[i]])[0]

    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(work, engines))
    return answers


def main() -> int:
    parser = argparse.ArgumentParser(description="A peer engine on a pipe")
    parser.add_argument("engine")
    parser.add_argument("variant")
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    peer = Peer(arguments.engine, arguments.variant, arguments.model, arguments.threads)
    for line in sys.stdin:
        print(json.dumps(peer.answer(json.loads(line))), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
