#!/usr/bin/env python3
"""Entities, reranking, zero-shot classification and similarity of the command line, in every output
format and on every engine that can run here, against the answers of transformers and
sentence-transformers in tests/golden/text_tasks/ (tools/make_golden_text_tasks.py)."""

import csv
import io
import json
import shutil
import subprocess

import cli_program
from cli_program import CLASSIFIER, EMBEDDER, INPUT, ROOT, USAGE, CliTest

GOLDEN = ROOT / "tests" / "golden" / "text_tasks"
ANSWERS = json.loads((GOLDEN / "answers.json").read_text())
TOLERANCE = ANSWERS["tolerance"]


def engines() -> list[str]:
    """Those that can run here."""
    done = subprocess.run(
        [cli_program.program, "engines", "--json"], capture_output=True, check=True
    )
    listed = json.loads(done.stdout)["engines"]
    for engine in listed:
        if not engine["available"]:
            print(f"SKIPPED: {engine['name']}: {engine['reason']}")
    return [engine["name"] for engine in listed if engine["available"]]


class TextTasksTest(CliTest):
    def run_on(self, engine: str, model, *arguments: object, rows: list[dict]) -> str:
        source = self.file("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        done = self.martlet(
            "run", model, "--engine", engine, "--precision", "fp32", "--input", source, *arguments
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        if done.stderr:
            self.assertRegex(
                done.stderr, rb"\Amartlet: \[run\] \d+ of \d+ texts were longer .*\n\Z"
            )
        return done.stdout.decode()

    def lines(self, *arguments: object, **options: object) -> list[dict]:
        output = self.run_on(*arguments, "--format", "jsonl", **options)
        return [json.loads(line) for line in output.splitlines()]

    def same_numbers(self, got: list[float], want: list[float]) -> None:
        self.assertEqual(len(got), len(want))
        for a, b in zip(got, want, strict=True):
            self.assertAlmostEqual(a, b, delta=TOLERANCE)

    def same_entities(self, got: list[dict], want: list[dict]) -> None:
        without_scores = [{**entity, "score": 0} for entity in got]
        self.assertEqual(without_scores, [{**entity, "score": 0} for entity in want])
        self.same_numbers([e["score"] for e in got], [e["score"] for e in want])


class Entities(TextTasksTest):
    rows = tuple({"text": text} for text in ANSWERS["texts"])

    def test_are_those_of_transformers_on_every_engine(self):
        for engine in engines():
            for model, cases in ANSWERS["token_classification"].items():
                for case in cases if engine == "native" else (cases[2], cases[7]):
                    flags = ["--aggregation", case["aggregation"]]
                    if "stride" in case:
                        flags += ["--stride", case["stride"]]
                    if "ignore_labels" in case:
                        flags += ["--ignore-labels", ",".join(case["ignore_labels"])]
                    with self.subTest(engine=engine, model=model, flags=flags):
                        lines = self.lines(engine, GOLDEN / model, *flags, rows=self.rows)
                        for got, want in zip(lines, case["entities"], strict=True):
                            self.same_entities(got["entities"], want)

    def test_texts_that_were_cut_say_so(self):
        lines = self.lines("native", GOLDEN / "ner", rows=self.rows)
        cut = [
            text for text, line in zip(ANSWERS["texts"], lines, strict=True) if "truncated" in line
        ]
        self.assertEqual([text.split()[0] for text in cut], ["unknown", "old", "Grace"])

    def test_tables_have_a_row_for_each_entity(self):
        case = ANSWERS["token_classification"]["ner"][1]
        expected = [
            {**entity, "input": number}
            for number, entities in enumerate(case["entities"])
            for entity in entities
        ]
        table = self.run_on("native", GOLDEN / "ner", "--format", "csv", rows=self.rows)
        rows = list(csv.DictReader(io.StringIO(table)))
        got = [
            {
                "label": row["label"], "score": float(row["score"]), "word": row["word"],
                "start": int(row["start"]), "end": int(row["end"]), "input": int(row["input"]),
            }
            for row in rows
        ]  # fmt: skip
        self.same_entities(got, expected)
        text = self.run_on("native", GOLDEN / "ner", rows=self.rows)
        self.assertEqual(
            [line.split("\t")[3] for line in text.splitlines()], [e["word"] for e in expected]
        )

    def test_parquet_has_the_same_rows(self):
        try:
            from pyarrow import parquet
        except ImportError:
            self.skipTest("needs the Python package pyarrow")
        out = self.folder / "entities.parquet"
        self.run_on("native", GOLDEN / "ner", "--output", out, rows=self.rows)
        got = parquet.read_table(out).to_pylist()
        case = ANSWERS["token_classification"]["ner"][1]
        words = [entity["word"] for entities in case["entities"] for entity in entities]
        self.assertEqual([row["word"] for row in got], words)

    def test_what_makes_no_sense_is_refused(self):
        ner = GOLDEN / "ner"
        self.fails(USAGE, "run", ner, "x", "--aggregation", "median")
        self.fails(USAGE, "run", ner, "x", "--aggregation", "none", "--stride", "3")
        self.fails(USAGE, "run", ner, "x", "--stride", "40")
        self.fails(INPUT, "run", CLASSIFIER, "x", "--task", "token-classification")
        pairs = self.file("pairs.jsonl", '{"text": "a", "pair": "b"}\n')
        self.fails(USAGE, "run", ner, "--input", pairs, "--pair-column", "pair")


class TextClassification(TextTasksTest):
    rows = tuple({"text": text} for text in ANSWERS["texts"])

    def test_is_that_of_transformers_on_every_engine(self):
        for engine in engines():
            for model, want in ANSWERS["text_classification"].items():
                with self.subTest(engine=engine, model=model):
                    lines = self.lines(engine, GOLDEN / model, rows=self.rows)
                    self.assertEqual([x["label"] for x in lines], [x[0]["label"] for x in want])
                    got = [line["score"] for line in lines]
                    self.same_numbers(got, [labels[0]["score"] for labels in want])


class ZeroShot(TextTasksTest):
    TASK = ("--task", "zero-shot-classification")
    rows = tuple({"text": text} for text in ANSWERS["questions"])

    def test_is_that_of_transformers_on_every_engine(self):
        for engine in engines():
            for model, cases in ANSWERS["zero_shot"].items():
                for case in cases if engine == "native" else cases[:2]:
                    self.check(engine, model, case)

    def check(self, engine: str, model: str, case: dict) -> None:
        flags = [*self.TASK, "--hypothesis-template", case["template"]]
        flags += ["--candidate-labels", ", ".join(case["candidates"])]
        flags += ["--multi-label"] if case["multi_label"] else []
        with self.subTest(engine=engine, model=model, flags=flags):
            lines = self.lines(engine, GOLDEN / model, *flags, rows=self.rows)
            self.assertEqual([line["labels"] for line in lines], case["labels"])
            self.assertEqual([line["label"] for line in lines], [row[0] for row in case["labels"]])
            for line, scores in zip(lines, case["scores"], strict=True):
                self.same_numbers(line["scores"], scores)

    def test_top_k_shows_the_best(self):
        flags = (*self.TASK, "--candidate-labels", "a,b,c", "--top-k", "2")
        table = self.run_on("native", GOLDEN / "nli", *flags, "--format", "csv", rows=self.rows)
        header = "label,score,labels_0,labels_1,scores_0,scores_1,truncated"
        self.assertEqual(table.splitlines()[0], header)

    def test_what_makes_no_sense_is_refused(self):
        flags = (*self.TASK, "--candidate-labels", "a,b")
        self.assertIn(
            "--candidate-labels", self.fails(USAGE, "run", GOLDEN / "nli", "x", *self.TASK)
        )
        self.fails(USAGE, "run", GOLDEN / "nli", "x", *flags, "--hypothesis-template", "it is")
        self.fails(INPUT, "run", CLASSIFIER, "x", *flags)


class Rerank(TextTasksTest):
    TASK = ("--task", "rerank")
    PAIRS = ("--column", "query", "--pair-column", "document")
    rows = tuple({"query": query, "document": document} for query, document in ANSWERS["pairs"])

    def test_is_that_of_cross_encoder_on_every_engine(self):
        for engine in engines():
            for model, want in ANSWERS["rerank"].items():
                with self.subTest(engine=engine, model=model):
                    lines = self.lines(
                        engine, GOLDEN / model, *self.TASK, *self.PAIRS, rows=self.rows
                    )
                    self.same_numbers([line["score"] for line in lines], want["scores"])

    def test_the_config_may_ask_for_plain_logits(self):
        for section in (
            {"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"}},
            {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"},
        ):
            model = self.folder / "identity"
            shutil.copytree(GOLDEN / "rerank", model, dirs_exist_ok=True)
            config = json.loads((GOLDEN / "rerank" / "config.json").read_text())
            (model / "config.json").write_text(json.dumps(config | section))
            lines = self.lines("native", model, *self.TASK, *self.PAIRS, rows=self.rows)
            want = ANSWERS["rerank"]["rerank"]["logits"]
            self.same_numbers([line["score"] for line in lines], want)
        config["sentence_transformers"] = {"activation_fn": "torch.nn.modules.activation.Tanh"}
        (model / "config.json").write_text(json.dumps(config))
        self.fails(INPUT, "run", model, "x", *self.TASK, "--query", "y")

    def test_one_query_ranks_the_texts(self):
        rows = [{"text": document} for document in ANSWERS["documents"]]
        flags = (*self.TASK, "--query", ANSWERS["query"], "--top-k")
        ranking = ANSWERS["rerank"]["rerank"]["ranking"]
        for count, want in (("0", ranking), ("3", ranking[:3])):
            lines = self.lines("native", GOLDEN / "rerank", *flags, count, rows=rows)
            self.assertEqual([line["input"] for line in lines], want)

    def test_rows_of_one_query_and_lists_of_documents_are_rankings(self):
        documents, ranking = ANSWERS["documents"], ANSWERS["rerank"]["rerank"]["ranking"]
        rows = [
            {"query": ANSWERS["query"], "document": documents},
            {"query": "other", "document": documents[0]},
            {"query": "none", "document": []},
            *({"query": ANSWERS["query"], "document": document} for document in documents),
        ]
        flags = (*self.TASK, *self.PAIRS, "--top-k", "2")
        lines = self.lines("native", GOLDEN / "rerank", *flags, rows=rows)
        count = len(documents)
        want = [*ranking[:2], count, *(count + 1 + index for index in ranking[:2])]
        self.assertEqual([line["input"] for line in lines], want)

    def test_what_makes_no_sense_is_refused(self):
        model = GOLDEN / "rerank"
        self.assertIn("--query", self.fails(USAGE, "run", model, "x", *self.TASK))
        pairs = self.file("pairs.jsonl", '{"query": "a", "document": "b"}\n')
        both = ("--input", pairs, *self.PAIRS, "--query", "x")
        self.fails(USAGE, "run", model, *self.TASK, *both)
        self.fails(INPUT, "run", CLASSIFIER, "x", *self.TASK, "--query", "y")
        mixed = self.file("mixed.jsonl", '{"query": "a", "document": ["b", 1]}\n')
        self.fails(INPUT, "run", model, "--input", mixed, *self.TASK, *self.PAIRS)


class Similarity(TextTasksTest):
    def test_is_that_of_sentence_transformers_on_every_engine(self):
        rows = [{"a": first, "b": second} for first, second in ANSWERS["pairs"]]
        flags = ("--task", "similarity", "--column", "a", "--pair-column", "b")
        for engine in engines():
            for model, want in ANSWERS["similarity"].items():
                with self.subTest(engine=engine, model=model):
                    lines = self.lines(engine, EMBEDDER.parent / model, *flags, rows=rows)
                    self.same_numbers([line["similarity"] for line in lines], want)

    def test_one_query_is_held_against_every_text(self):
        flags = ("--task", "similarity", "--query", ANSWERS["query"])
        rows = [{"text": document} for document in ANSWERS["documents"]]
        got = self.run_on("native", EMBEDDER, *flags, rows=rows)
        self.same_numbers(
            [float(line) for line in got.splitlines()],
            ANSWERS["similarity"][EMBEDDER.name][: len(rows)],
        )


if __name__ == "__main__":
    cli_program.main()
