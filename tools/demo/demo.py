"""The demo's presentation: runs martlet on the demo's texts and shows its answers beside those that
transformers gave (golden.json). `./dev demo` calls it when everything is built. Fails when an
answer is not the same.

usage: demo.py [MARTLET [MODELS]]       default: build/release/martlet build/models
"""

import json
import subprocess
import sys
import time
from pathlib import Path

from paint import Paint
from texts import classified_texts, embedded_texts

GOLDEN = json.loads((Path(__file__).resolve().parent / "golden.json").read_text())
TOLERANCE = 1e-4
SPEED_ROUNDS = 100
PRECISIONS = ("fp32", "bf16", "int8")
LEVELS_WITH_BF16 = ("avx512_bf16", "amx")


def main() -> int:
    program, models = [*sys.argv[1:], "build/release/martlet", "build/models"][:2]
    martlet = Martlet(program, Path(models))
    paint = Paint(sys.stdout)
    same = show_sentiment(martlet, paint)
    same &= show_similarity(martlet, paint)
    show_speed(martlet, paint)
    return 0 if same else 1


class Martlet:
    """The command line: one text per line in, one JSON object per line out."""

    def __init__(self, program: str, models: Path) -> None:
        self.program = program
        self.models = models

    def run(self, model: str, texts: list[str], precision: str = "fp32") -> list[dict]:
        flags = ("--input", "-", "--format", "jsonl", "--precision", precision)
        lines = self._call("run", self._path(model), *flags, texts=texts)
        return [json.loads(line) for line in lines.splitlines()]

    def count_tokens(self, model: str, texts: list[str]) -> int:
        ids = self._call("tokenize", self._path(model), "--input", "-", "--ids", texts=texts)
        return len(ids.split())

    def machine(self) -> dict:
        return json.loads(self._call("engines", "--json"))

    def _path(self, model: str) -> str:
        return str(self.models / model)

    def _call(self, *arguments: str, texts: list[str] | None = None) -> str:
        stdin = "".join(text + "\n" for text in texts or [])
        command = [self.program, *arguments]
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout


def show_sentiment(martlet: Martlet, paint: Paint) -> bool:
    people, texts = zip(*classified_texts())
    ours = martlet.run("minilm-sst2", list(texts))
    theirs = GOLDEN["classified"]

    print_title(paint, "Praise or not?", "a BERT of 22 million weights, fine-tuned on film reviews")
    print(paint.dim("  label     martlet  transformers   sentence"))
    for person, text, our, their in zip(people, texts, ours, theirs, strict=True):
        label = (paint.green if our["label"] == "POSITIVE" else paint.red)(our["label"])
        mark = " " if our["label"] == person else paint.yellow("≠")
        sentence = paint.cut(text, used=36)
        print(f"  {label}  {our['score']:.5f}  {their['score']:.5f}      {mark} {sentence}")

    gap = max(distance(our["logits"], their["logits"]) for our, their in zip(ours, theirs))
    equal = sum(our["label"] == their["label"] for our, their in zip(ours, theirs))
    right = sum(our["label"] == person for our, person in zip(ours, people))
    print(f"\n  {equal} of {len(texts)} labels are those of transformers;", end=" ")
    print(f"the logits differ by {gap:.0e} at most.")
    print(f"  {right} of {len(texts)} are what a person would say; ≠ marks the others.\n")
    return equal == len(texts) and gap < TOLERANCE


def show_similarity(martlet: Martlet, paint: Paint) -> bool:
    texts = embedded_texts()
    vectors = [row["embedding"] for row in martlet.run("all-minilm-l6-v2", texts)]
    cosines = [[sum(a * b for a, b in zip(v, w)) for w in vectors] for v in vectors]

    print_title(paint, "What goes together?", "cosines of sentence embeddings, 384 numbers each")
    print("  " + paint.dim("".join(f"{number:5}  " for number in range(1, len(texts) + 1))))
    for number, (text, row) in enumerate(zip(texts, cosines), 1):
        cells = "".join(paint.heat(cosine, f"{cosine:6.2f} ") for cosine in row)
        print(f"  {cells}  {paint.dim(str(number))}  {paint.cut(text, used=7 * len(texts) + 8)}")

    gap = max(map(distance, cosines, GOLDEN["cosines"]))
    print(f"\n  They differ from those of sentence-transformers by {gap:.0e} at most.\n")
    return gap < TOLERANCE


def show_speed(martlet: Martlet, paint: Paint) -> None:
    texts = [text for _, text in classified_texts()] * SPEED_ROUNDS
    tokens = martlet.count_tokens("minilm-sst2", texts)
    machine = martlet.machine()
    where = f"{machine['usable_cpus']} threads of {machine['cpu']}, {machine['isa']}"
    print_title(paint, "How fast?", where)
    print(paint.dim("         sentences/s  tokens/s   labels as in fp32"))
    reference = []
    for precision in PRECISIONS:
        if precision == "bf16" and machine["isa"] not in LEVELS_WITH_BF16:
            continue
        begin = time.perf_counter()
        labels = [row["label"] for row in martlet.run("minilm-sst2", texts, precision)]
        seconds = time.perf_counter() - begin
        reference = reference or labels
        same = sum(a == b for a, b in zip(labels, reference)) / len(labels)
        rate = paint.bold(f"{len(texts) / seconds:11,.0f}")
        print(f"  {precision:5}  {rate}  {tokens / seconds:8,.0f}   {same:.1%}")
    print(
        f"\n  Each ran {len(texts):,} sentences, {tokens:,} tokens; starting and loading included."
    )
    print("  ./dev bench compares with PyTorch and ONNX Runtime.\n")


def distance(ours: list[float], theirs: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(ours, theirs, strict=True))


def print_title(paint: Paint, text: str, detail: str) -> None:
    print(f"{paint.bold(text)}  {paint.dim(detail)}\n")


if __name__ == "__main__":
    sys.exit(main())
