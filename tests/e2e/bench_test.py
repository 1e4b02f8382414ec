"""martlet bench: the keys of its JSON are a contract."""

import json
import re

from cli_program import CLASSIFIER, EMBEDDER, INPUT, IO, ROOT, USAGE, CliTest, main

IMAGES = ROOT / "tests" / "golden" / "images" / "model" / "model.onnx"

QUICK = ("--seconds", "0.2", "--threads", "2")


class Shape(CliTest):
    def bench(self, *arguments: object) -> dict:
        return json.loads(self.out("bench", *arguments, *QUICK, "--json", "-"))

    def test_json_says_everything(self):
        report = self.bench(CLASSIFIER, "--batch", "2", "--seq", "8", "--precision", "fp32")
        self.assertEqual(
            {key: report[key] for key in ("engine", "precision", "threads", "batch", "seq")},
            {"engine": "native", "precision": "fp32", "threads": 2, "batch": 2, "seq": 8},
        )
        self.assertGreaterEqual(report["n"], 3)
        order = [report[key] for key in ("min", "p10", "p50", "p90")]
        self.assertEqual(order, sorted(order))
        self.assertEqual(report["p99"] is None, report["n"] < 100)
        for key in (
            "mean",
            "tokens_per_s",
            "gmacs_per_s",
            "peak_gmacs_per_s",
            "share_of_peak",
            "rss_mb",
            "peak_rss_mb",
            "load_ms",
            "first_run_ms",
            "warm_up_ms",
        ):
            self.assertGreater(report[key], 0, key)
        self.assertLess(report["share_of_peak"], 1)
        self.assertGreaterEqual(report["warm_up_runs"], 3)
        self.assertNotIn("profile", report)

    def test_every_precision_and_an_embedding_model(self):
        self.assertEqual(self.bench(EMBEDDER, "--seq", "5")["output"], "mean")
        self.assertEqual(
            self.bench(CLASSIFIER, "--seq", "5", "--precision", "int8")["precision"], "int8"
        )

    def test_profile_accounts_for_the_time(self):
        report = self.bench(CLASSIFIER, "--batch", "4", "--seq", "8", "--profile")
        profile = report["profile"]
        spent = sum(profile["thread_ms"].values())
        self.assertAlmostEqual(spent, profile["wall_ms"] * 2, delta=spent / 100)

    def test_text_and_files(self):
        self.assertIn("latency", self.out("bench", CLASSIFIER, *QUICK, "--seq", "8"))
        path = self.folder / "report.json"
        self.out("bench", CLASSIFIER, *QUICK, "--seq", "8", "--json", path)
        self.assertEqual(json.loads(path.read_text())["seq"], 8)
        self.fails(IO, "bench", CLASSIFIER, *QUICK, "--seq", "8", "--json", "/dev/full")

    def test_what_makes_no_sense(self):
        self.fails(USAGE, "bench", CLASSIFIER, "--seq", "0")
        self.fails(USAGE, "bench", CLASSIFIER, "--seq", "100000")
        self.fails(USAGE, "bench", CLASSIFIER, "--batch", "16000000")
        self.fails(USAGE, "bench", CLASSIFIER, "--seconds", "0")


class Tensors(CliTest):
    def setUp(self):
        super().setUp()
        if not re.search("onnxruntime +yes", self.out("engines")):
            self.skipTest("no ONNX Runtime")

    def test_any_graph(self):
        flags = ("--engine", "onnxruntime", "--threads", "1", "--runs", "120")
        report = json.loads(
            self.out("bench", IMAGES, *flags, "--shape", "2x3x20x24", "--json", "-")
        )
        self.assertEqual(report["n"], 120)
        self.assertEqual(report["inputs"][0]["shape"], [2, 3, 20, 24])
        self.assertEqual(report["outputs"][0]["name"], "logits")
        histogram = report["histogram"]
        self.assertEqual(sum(histogram["counts"]) + histogram["above"], 120)
        order = [report[key] for key in ("min", "p10", "p50", "p90", "p99")]
        self.assertEqual(order, sorted(order))
        self.assertGreater(report["sd"], 0)
        text = self.out("bench", IMAGES, *flags, "--shape", "pixel_values=1x3x9x9")
        self.assertIn("pixel_values float32 [1 x 3 x 9 x 9]", text)
        self.assertIn(" and more", text)

    def test_what_makes_no_sense(self):
        for shape in ("2x3x20", "1x4x20x20", "x", "1x", "0x3x20x20", "images=1x3x20x20"):
            self.fails(USAGE, "bench", IMAGES, "--shape", shape)
        self.fails(USAGE, "bench", IMAGES, "--shape", "1x3x20x20", "--seq", "8")


class Dataset(CliTest):
    def test_json_says_everything(self):
        rows = self.file("rows.csv", "text,right\na good film,x\nbad,x\n,x\n")
        flags = ("--dataset", rows, "--label-column", "right", "--threads", "2")
        report = json.loads(self.out("bench", CLASSIFIER, *flags, "--json", "-"))
        self.assertEqual((report["sentences"], report["accuracy"]), (3, 0))
        self.assertEqual(report["padding_ratio"], 1)
        self.assertGreater(report["natural_padding_ratio"], 1)
        for key in ("sentences_per_s", "seconds", "tokens", "rss_mb"):
            self.assertGreater(report[key], 0, key)
        self.assertIn("texts/s", self.out("bench", CLASSIFIER, *flags, "--plan", "serial"))
        embeddings = self.out(
            "bench", EMBEDDER, "--dataset", rows, "--column", "text", "--json", "-"
        )
        self.assertIsNone(json.loads(embeddings)["accuracy"])

    def test_what_makes_no_sense(self):
        rows = self.file("rows.csv", "text\na\n")
        self.fails(USAGE, "bench", CLASSIFIER, "--dataset", rows, "--seq", "8")
        self.fails(USAGE, "bench", CLASSIFIER, "--column", "text")
        self.fails(INPUT, "bench", CLASSIFIER, "--dataset", rows, "--column", "nope")
        both = ("--column", "text", "--label-column", "text")
        self.fails(USAGE, "bench", EMBEDDER, "--dataset", rows, *both)
        self.fails(INPUT, "bench", CLASSIFIER, "--dataset", self.folder / "absent.csv")


if __name__ == "__main__":
    main()
