"""The verbs of the command line: good input, and command lines that make no sense."""

import csv
import fcntl
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import termios
import unittest

import cli_program
from cli_program import CLASSIFIER, EMBEDDER, INPUT, USAGE, CliTest, main

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    pa = None

TEXTS = ["good film", "", "[a, b]", "run", 'say "hi", twice', "bad film"]


def needs_parquet(test):
    return unittest.skipIf(pa is None, "needs pyarrow")(test)


class Help(CliTest):
    def test_every_verb_explains_itself_with_examples(self):
        overview = self.out("--help")
        for verb in ("run", "tokenize", "inspect", "merge", "bench", "engines"):
            self.assertIn(f"  {verb} ", overview)
            self.assertIn(f"examples:\n  martlet {verb}", self.out(verb, "--help"))

    def test_version(self):
        self.assertRegex(self.out("--version"), r"\Amartlet \d+\.\d+\.\d+\n\Z")


class Usage(CliTest):
    def test_what_makes_no_sense_is_exit_code_2_and_one_line(self):
        texts = self.file("a.txt", "x\n")
        for arguments in (
            [],
            ["frobnicate"],
            ["--frobnicate"],
            ["run"],
            ["run", CLASSIFIER, "text", "--frobnicate"],
            ["run", CLASSIFIER, "-x"],
            ["run", CLASSIFIER, "text", "--input", texts],
            ["run", CLASSIFIER, "text", "--column", "a"],
            ["run", CLASSIFIER, "--input", texts, "--column", "a"],
            ["run", CLASSIFIER, "--input", texts, "--input-format", "xml"],
            ["run", CLASSIFIER, "--input", self.file("a.docx", "x")],
            ["run", CLASSIFIER, "text", "--threads", "many"],
            ["run", CLASSIFIER, "text", "--threads", "-1"],
            ["run", CLASSIFIER, "text", "--batch-tokens", "0"],
            ["run", CLASSIFIER, "text", "--top-k", "-1"],
            ["run", CLASSIFIER, "text", "--max-length", "1000000"],
            ["run", CLASSIFIER, "text", "--plan", "random"],
            ["run", CLASSIFIER, "text", "--format", "xml"],
            ["run", CLASSIFIER, "text", "--engine", "steam"],
            ["run", CLASSIFIER, "text", "--precision", "int3"],
            ["tokenize", CLASSIFIER, "text", "--ids", "--decode"],
            ["inspect"],
            ["inspect", CLASSIFIER, "extra"],
            ["merge", CLASSIFIER],
            ["engines", "extra"],
        ):
            with self.subTest(arguments=arguments):
                self.fails(USAGE, *arguments)

    def test_an_unknown_task_is_told_apart(self):
        self.fails(INPUT, "run", CLASSIFIER, "text", "--task", "poetry")

    def test_messages_name_the_verb_and_its_help(self):
        self.assertEqual(
            self.fails(USAGE, "run", CLASSIFIER, "--frobnicate"),
            "martlet: [run] got '--frobnicate', expected a flag of this verb (a text that begins "
            "with '-' goes after --); see martlet run --help\n",
        )


class Run(CliTest):
    def rows(self, *arguments: object, stdin: str = "") -> list[dict]:
        lines = self.out("run", "--format", "jsonl", *arguments, stdin=stdin).splitlines()
        return [json.loads(line) for line in lines]

    def test_texts_from_everywhere_give_the_same_answers(self):
        expected = self.rows(CLASSIFIER, "--", *TEXTS)
        self.assertEqual(len(expected), len(TEXTS))
        quoted = [f'"{t.replace(chr(34), chr(34) * 2)}"' for t in TEXTS]
        files = [
            self.file("a.txt", "\n".join(TEXTS) + "\n"),
            self.file("windows.txt", "\ufeff" + "\r\n".join(TEXTS)),
            self.file("a.jsonl", "".join(json.dumps({"id": 1, "text": t}) + "\n" for t in TEXTS)),
            self.file("a.csv", "id,text\n" + "".join(f"1,{t}\r\n" for t in quoted)),
            self.file("a.tsv", "id\ttext\n" + "".join(f"1\t{t}\n" for t in quoted)),
        ]
        for file in files:
            with self.subTest(file=file.name):
                self.assertEqual(self.rows(CLASSIFIER, "--input", file), expected)
        lines = files[0].read_text()
        self.assertEqual(self.rows(CLASSIFIER, stdin=lines), expected)
        self.assertEqual(self.rows(CLASSIFIER, "--input", "-", stdin=lines), expected)
        jsonl = files[2].read_text()
        self.assertEqual(
            self.rows(CLASSIFIER, "-i", "-", "--input-format", "jsonl", stdin=jsonl), expected
        )

    @needs_parquet
    def test_parquet_in(self):
        path = self.folder / "a.parquet"
        pq.write_table(pa.table({"id": [1] * len(TEXTS), "review": TEXTS}), path)
        self.assertEqual(
            self.rows(CLASSIFIER, "--input", path, "--column", "review"),
            self.rows(CLASSIFIER, "--", *TEXTS),
        )

    def test_jsonl_is_label_score_logits(self):
        line = self.out("run", CLASSIFIER, "good film", "--format", "jsonl")
        self.assertRegex(
            line, r'\A\{"label": "LABEL_\d", "score": 0\.\d+, "logits": \[[^\]]+\]\}\n\Z'
        )
        self.assertEqual(len(json.loads(line)["logits"]), 5)

    def test_top_k(self):
        (row,) = self.rows(CLASSIFIER, "good film", "--top-k", "3")
        self.assertEqual(row["top_labels"][0], row["label"])
        self.assertEqual(row["top_scores"], sorted(row["top_scores"], reverse=True))
        self.assertEqual(len(row["top_scores"]), 3)
        (row,) = self.rows(CLASSIFIER, "good film", "--top-k", "0")
        self.assertEqual(len(row["top_labels"]), 5)
        self.assertAlmostEqual(sum(row["top_scores"]), 1, places=5)
        fields = self.out("run", CLASSIFIER, "good film", "--top-k", "2").split("\t")
        self.assertEqual(fields[::2], row["top_labels"][:2])

    def test_every_format_says_the_same(self):
        rows = self.rows(CLASSIFIER, "--", *TEXTS)
        text = self.out("run", CLASSIFIER, "--", *TEXTS)
        self.assertEqual(
            [
                (label, float(score))
                for label, score in (line.split("\t") for line in text.splitlines())
            ],
            [(row["label"], row["score"]) for row in rows],
        )
        table = self.out("run", CLASSIFIER, "--format", "csv", "--", *TEXTS)
        for row, fields in zip(rows, csv.DictReader(io.StringIO(table)), strict=True):
            self.assertEqual(fields["label"], row["label"])
            self.assertEqual(float(fields["score"]), row["score"])
            self.assertEqual([float(fields[f"logits_{i}"]) for i in range(5)], row["logits"])
            self.assertEqual(fields["truncated"], "false")

    @needs_parquet
    def test_parquet_out(self):
        rows = self.rows(CLASSIFIER, "--", *TEXTS)
        path = self.folder / "out.parquet"
        self.out("run", CLASSIFIER, "--output", path, "--", *TEXTS)
        table = pq.read_table(path)
        self.assertEqual(table.column("label").to_pylist(), [row["label"] for row in rows])
        for ours, theirs in zip(rows, table.column("logits").to_pylist(), strict=True):
            self.assertEqual([pa.scalar(v, pa.float32()).as_py() for v in ours["logits"]], theirs)
        self.assertEqual(table.column("truncated").to_pylist(), [False] * len(rows))

    def test_the_output_file_replaces_what_was_there(self):
        path = self.file("out.jsonl", "old")
        self.assertEqual(self.out("run", CLASSIFIER, "good film", "--output", path), "")
        self.assertEqual(json.loads(path.read_text()), self.rows(CLASSIFIER, "good film")[0])
        self.assertEqual([p.name for p in self.folder.iterdir()], ["out.jsonl"])

    def test_pairs(self):
        table = self.file("pairs.csv", "a,b\ngood,film\ngood,bad\n")
        rows = self.rows(CLASSIFIER, "--input", table, "--column", "a", "--pair-column", "b")
        self.assertEqual(len(rows), 2)
        self.assertNotEqual(rows[0]["logits"], rows[1]["logits"])
        self.assertNotEqual(rows[0]["logits"], self.rows(CLASSIFIER, "good")[0]["logits"])

    def test_cut_texts_are_told_of_once(self):
        done = self.martlet(
            "run", CLASSIFIER, "--format", "jsonl", "good " * 500, "good", "bad " * 500
        )
        self.assertEqual(done.returncode, 0)
        self.assertEqual(
            done.stderr.decode(),
            "martlet: [run] 2 of 3 texts were longer than the model takes and were cut\n",
        )
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([row.get("truncated") for row in rows], [True, None, True])

    def test_embeddings(self):
        (row,) = self.rows(EMBEDDER, "good film")
        self.assertEqual(list(row), ["embedding"])
        text = self.out("run", EMBEDDER, "good film")
        self.assertEqual([float(value) for value in text.split(" ")], row["embedding"])
        self.assertEqual(self.rows(CLASSIFIER, "x", "--task", "embedding")[0].keys(), {"embedding"})

    def test_plans_and_threads_do_not_change_a_bit(self):
        texts = self.file(
            "many.txt", "".join("good bad film " * (i % 17) + "\n" for i in range(3000))
        )
        expected = self.out("run", CLASSIFIER, "--input", texts, "--format", "jsonl")
        self.assertEqual(expected.count("\n"), 3000)
        for plan in ("serial", "parallel", "grouped"):
            for threads, tokens in ((1, 64), (3, 4096)):
                flags = ["--plan", plan, "--threads", threads, "--batch-tokens", tokens]
                got = self.out("run", CLASSIFIER, "--input", texts, "--format", "jsonl", *flags)
                self.assertTrue(got == expected, flags)

    def test_odd_texts_work(self):
        odd = b"\n".join(
            [b"", b"a\0b", b"\xff\xfe\x80", b"x" * 1_000_000, "\u00e9\U0001f600".encode()]
        )
        rows = self.martlet("run", CLASSIFIER, "--format", "jsonl", stdin=odd)
        self.assertEqual(rows.returncode, 0, rows.stderr)
        self.assertEqual(rows.stdout.count(b"\n"), 5)
        self.assertEqual(self.martlet("run", CLASSIFIER, b"\xff\xfe").returncode, 0)

    def test_no_rows_are_no_results(self):
        self.assertEqual(self.out("run", CLASSIFIER, stdin=""), "")
        header = self.out("run", CLASSIFIER, "--format", "csv", stdin="")
        self.assertEqual(header.split(",")[:2], ["label", "score"])


class Tokenize(CliTest):
    def test_tokens_ids_offsets_and_back(self):
        tokens = self.out("tokenize", CLASSIFIER, "good film", "").splitlines()
        self.assertTrue(tokens[0].startswith("[CLS] ") and tokens[0].endswith(" [SEP]"))
        self.assertEqual(tokens[1], "[CLS] [SEP]")
        ids = self.out("tokenize", CLASSIFIER, "good film", "--ids")
        self.assertEqual(len(ids.split()), len(tokens[0].split()))
        offsets = self.out("tokenize", CLASSIFIER, "good film", "--offsets").split()
        self.assertEqual(offsets[-2].split(":")[1], str(len("good film")))
        plain = self.out("tokenize", CLASSIFIER, "good film", "--no-special-tokens")
        self.assertEqual("[CLS] " + plain.strip() + " [SEP]", tokens[0])
        self.assertEqual(
            self.out("tokenize", CLASSIFIER, "--decode", ids.strip()).split(), ["good", "film"]
        )

    def test_no_truncation_unless_asked(self):
        long = "good " * 2000
        self.assertGreaterEqual(len(self.out("tokenize", CLASSIFIER, long, "--ids").split()), 2002)
        self.assertEqual(len(self.out("tokenize", CLASSIFIER, long, "--max-length", 7).split()), 7)

    def test_pairs(self):
        table = self.file("pairs.tsv", "a\tb\ngood\tfilm\n")
        line = self.out("tokenize", CLASSIFIER, "-i", table, "--column", "a", "--pair-column", "b")
        self.assertEqual(line.count("[SEP]"), 2)

    def test_a_tokenizer_file_is_enough(self):
        self.assertEqual(
            self.out("tokenize", CLASSIFIER / "tokenizer.json", "good"),
            self.out("tokenize", CLASSIFIER, "good"),
        )

    def test_what_is_no_id(self):
        for word in ("x", "-1", "1000000", "99999999999999", "1.5"):
            message = self.fails(INPUT, "tokenize", CLASSIFIER, "--decode", "--", "1", f"1 {word}")
            self.assertIn(f"[text 2] got '{word}'", message)


class Inspect(CliTest):
    def test_facts(self):
        text = self.out("inspect", CLASSIFIER)
        for fact in (
            "BertForSequenceClassification",
            "LABEL_4",
            "native      yes",
            "model.safetensors",
        ):
            self.assertIn(fact, text)

    def test_json(self):
        facts = json.loads(self.out("inspect", CLASSIFIER, "--json", "--tensors", "--checksums"))
        self.assertEqual(facts["task"], "text-classification")
        self.assertEqual(len(facts["labels"]), 5)
        self.assertEqual(facts["weights"]["tensors"], len(facts["weights"]["list"]))
        files = {file["name"]: file for file in facts["files"]}
        weights = (CLASSIFIER / "model.safetensors").read_bytes()
        self.assertEqual(files["model.safetensors"]["bytes"], len(weights))
        self.assertEqual(files["model.safetensors"]["sha256"], hashlib.sha256(weights).hexdigest())
        self.assertTrue(facts["engines"][0]["can_run"])

    def test_a_model_that_is_not_supported_is_shown_all_the_same(self):
        model = self.folder / "model"
        shutil.copytree(CLASSIFIER, model)
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps({**config, "model_type": "mamba"}))
        facts = json.loads(self.out("inspect", model, "--json"))
        self.assertIn("mamba", facts["unsupported"])
        self.assertFalse(facts["engines"][0]["can_run"])
        self.assertGreater(facts["weights"]["parameters"], 0)
        self.fails(INPUT, "run", model, "text")


class Engines(CliTest):
    def test_what_runs_here(self):
        facts = json.loads(self.out("engines", "--json"))
        self.assertIn(
            facts["isa"], [level["name"] for level in facts["isa_levels"] if level["available"]]
        )
        self.assertEqual(facts["engines"][0]["name"], "native")
        self.assertGreaterEqual(facts["usable_cpus"], 1)
        self.assertIn(facts["cpu"], self.out("engines"))

    def test_forced_isa(self):
        done = self.martlet("engines", "--json", env={"MARTLET_FORCE_ISA": "scalar"})
        self.assertEqual(json.loads(done.stdout)["isa"], "scalar")

    def test_a_forced_isa_that_is_none(self):
        done = self.martlet("engines", "--json", env={"MARTLET_FORCE_ISA": "steam"})
        facts = json.loads(done.stdout)
        self.assertIsNone(facts["isa"])
        self.assertIn("steam", facts["isa_reason"])

    def test_without_the_plug_in(self):
        done = self.martlet("engines", "--json", env={"MARTLET_PLUGIN_DIR": str(self.folder)})
        parquet = json.loads(done.stdout)["parquet"]
        self.assertFalse(parquet["available"])
        self.assertIn("MARTLET_PLUGIN_DIR", parquet["reason"])


class Terminal(CliTest):
    """What only a person at a terminal gets."""

    def at_terminal(self, *arguments: object, **streams: object) -> tuple[int, str]:
        """Runs with a terminal of 60 columns for the streams that are not given."""
        person, terminal = os.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal, **streams}
        command = [cli_program.program, *map(str, arguments)]
        with subprocess.Popen(command, **streams) as process:
            os.close(terminal)
            shown = b""
            while True:
                try:
                    part = os.read(person, 65536)
                except OSError:  # the program has closed its end
                    break
                shown += part
        os.close(person)
        return process.returncode, shown.decode().replace("\r\n", "\n")

    def test_results_are_aligned_and_cut_to_the_width(self):
        code, shown = self.at_terminal(
            "run", CLASSIFIER, "good film", "bad\n\x1b[31m" + "film " * 50
        )
        self.assertEqual(code, 0)
        first, second = shown.splitlines()[:2]
        self.assertRegex(first, r"\ALABEL_\d  0\.\d{4}  good film\Z")
        self.assertRegex(second, r"\ALABEL_\d  0\.\d{4}  bad\\n\\x1b\[31mfilm .*\.\.\.\Z")
        self.assertEqual(len(second), 60)

    def test_no_texts_and_nobody_to_wait_for(self):
        code, shown = self.at_terminal("run", CLASSIFIER)
        self.assertEqual(code, USAGE)
        self.assertIn("[input] got no texts", shown)

    def test_parquet_is_not_for_eyes(self):
        code, shown = self.at_terminal("run", CLASSIFIER, "x", "--format", "parquet")
        self.assertEqual((code, shown.count("\n")), (USAGE, 1))

    def test_progress_comes_and_goes(self):
        texts = self.file("many.txt", "good film " * 10 + "\n" + "bad film\n" * 30000)
        output = self.folder / "out.jsonl"
        slow = {**os.environ, "MARTLET_FORCE_ISA": "scalar"}  # long enough for a bar on any machine
        flags = ["--input", texts, "--output", output, "--threads", 1]
        code, shown = self.at_terminal("run", CLASSIFIER, *flags, env=slow)
        self.assertEqual(code, 0)
        self.assertRegex(shown, r"\A(\r\[[=> ]*\] +\d+%  [\d,]+ rows[^\r]*\x1b\[K)+\r\x1b\[K\Z")
        with output.open() as lines:
            self.assertEqual(sum(1 for _ in lines), 30001)


if __name__ == "__main__":
    main()
