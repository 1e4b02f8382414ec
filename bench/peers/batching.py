"""From texts to labels with an engine that takes padded batches: how they are formed, and run."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from peers.engine import Engine
from tokenizers import Tokenizer

LONGEST = 512


class Texts:
    """`load(threads)` makes another engine of the same kind, for streams."""

    def __init__(self, model: Path, engine: Engine, load: Callable[[int], Engine], threads: int):
        self._tokenizer = load_tokenizer(model)
        self._engine, self._load, self._threads = engine, load, threads
        self._streams: list[Engine] = []

    def classify(
        self, texts: list[str], plan: str, batch_sequences: int, batch_tokens: int, streams: int = 1
    ) -> dict:
        engines = self._engines(streams)
        begin = time.perf_counter()
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        lengths = list(map(len, ids))
        groups = form_groups(lengths, plan, batch_sequences, batch_tokens)
        batches = [[ids[i] for i in group] for group in groups]
        answers = run_streams(engines, batches)
        labels = [0] * len(texts)
        for group, found in zip(groups, answers):
            for i, label in zip(group, found):
                labels[i] = label
        return {
            "seconds": time.perf_counter() - begin,
            "labels": labels,
            "tokens": sum(lengths),
            "padded_tokens": sum(len(g) * max(lengths[i] for i in g) for g in groups),
        }

    def _engines(self, streams: int) -> list[Engine]:
        """One with all threads, or several with one thread each."""
        if streams <= 1 or not self._engine.streams:
            return [self._engine]
        while len(self._streams) < streams:
            self._streams.append(self._load(1))
        return self._streams[:streams]


def form_groups(
    lengths: list[int], plan: str, batch_sequences: int, batch_tokens: int
) -> list[list[int]]:
    """Texts by number, dealt to batches: "grouped" by length, else in their order. A batch has at
    most `batch_sequences` texts and `batch_tokens` tokens, padding included; 0: no limit."""
    order = range(len(lengths))
    if plan == "grouped":
        order = sorted(order, key=lambda i: lengths[i])
    groups: list[list[int]] = []
    longest = 0
    for i in order:
        longest = max(longest, lengths[i])
        size = len(groups[-1]) + 1 if groups else 0
        full = batch_sequences and size > batch_sequences
        heavy = batch_tokens and size * longest > batch_tokens
        if not groups or full or heavy:
            groups.append([])
            longest = lengths[i]
        groups[-1].append(i)
    return groups


def run_streams(engines: list[Engine], batches: list) -> list[list[int]]:
    """Every engine takes the next batch as it comes free."""
    answers: list[list[int]] = [[] for _ in batches]
    left = iter(range(len(batches)))

    def work(engine: Engine) -> None:
        for i in left:
            answers[i] = engine.logits(engine.prepare(batches[i])).argmax(1).tolist()

    if len(engines) == 1:
        work(engines[0])
        return answers
    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(work, engines))
    return answers


def load_tokenizer(model: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return tokenizer
