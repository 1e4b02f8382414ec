#!/usr/bin/env python3
"""A peer engine on a pipe, so that the benchmark measures every system by the same calls.

cd bench && ../build/venv/bin/python -m peers pytorch eager ../build/models/minilm-sst2 --threads 2
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

from peers import catalogue
from peers.batching import Texts
from peers.protocol import PROTOCOL, answer_requests

warnings.filterwarnings("ignore")


class Peer:
    def __init__(self, chosen: type, variant: str, model: Path, threads: int):
        self._load = lambda ranks: chosen(variant, model, ranks)
        self._make_files = lambda: chosen.make_files(variant, model)
        self._chosen, self._model, self._threads = chosen, model, threads
        self._engine = None
        self._texts: Texts | None = None

    def handlers(self) -> dict:
        found = {"hello": self.hello, "load": self.load}
        return found | {word: getattr(self, f"run_{word}") for word in self._chosen.answers}

    def hello(self, **_: object) -> dict:
        return {
            "protocol": PROTOCOL,
            "version": self._chosen.version,
            "answers": list(self._chosen.answers),
        }

    def load(self, **_: object) -> dict:
        self._make_files()
        begin = time.perf_counter()
        self._engine = self._load(self._threads)
        load_ms = 1000 * (time.perf_counter() - begin)
        return {"load_ms": load_ms, **self._engine.executed()}

    def run_batches(self, batches: list, values: bool = False, **_: object) -> dict:
        """Milliseconds of each batch; making the input arrays is not counted."""
        return self._timed(batches, self._engine.logits, values)

    def run_tensors(
        self, tensors: str, shape: list, rows: list, values: bool = False, **_: object
    ) -> dict:
        return self._timed([(tensors, shape, row) for row in rows], self._engine.logits, values)

    def run_texts(self, texts: list[str], **plan: object) -> dict:
        """Seconds from texts to labels, tokenizing included."""
        if hasattr(self._engine, "classify"):
            return self._engine.classify(texts, plan["batch_sequences"])
        if self._texts is None:
            self._texts = Texts(self._model, self._engine, self._load, self._threads)
        return self._texts.classify(texts, **plan)

    def run_tokenize(self, tokenize: list[str], values: bool = False, **_: object) -> dict:
        begin = time.perf_counter()
        encodings = self._engine.encode(tokenize)
        seconds = time.perf_counter() - begin
        ids = [encoding.ids for encoding in encodings] if values else []
        return {"seconds": seconds, "values": ids}

    def _timed(self, batches: list, run, values: bool) -> dict:
        times, answers = [], []
        for batch in batches:
            inputs = self._engine.prepare(batch)
            begin = time.perf_counter()
            answer = run(inputs)
            times.append(1000 * (time.perf_counter() - begin))
            if values:
                answers.append(answer.tolist())
        return {"ms": times, "values": answers}


def main() -> int:
    parser = argparse.ArgumentParser(description="A peer engine on a pipe")
    parser.add_argument("engine", choices=catalogue.NAMES)
    parser.add_argument("variant")
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    chosen = catalogue.find(arguments.engine, arguments.threads)
    peer = Peer(chosen, arguments.variant, arguments.model, arguments.threads)
    answer_requests(peer.handlers())
    return 0


if __name__ == "__main__":
    sys.exit(main())
