#!/usr/bin/env python3
"""ONNX files on the command line: export, inspect, run; and wrong ones, of which each is one line
and the right exit code."""

import json
import os
import shutil
import subprocess

import cli_program
from cli_program import CLASSIFIER, ENGINE, INPUT, IO, USAGE, CliTest


class GraphFileTest(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.folder / "model.onnx"

    def export(self, *options: str) -> None:
        self.assertEqual(self.out("export", CLASSIFIER, self.model, *options), "")

    def engine_or_skip(self, name: str = "onnxruntime") -> None:
        for engine in json.loads(self.out("engines", "--json"))["engines"]:
            if engine["name"] == name and not engine["available"]:
                self.skipTest(engine["reason"])

    def run_fails(self, code: int, **environment: str) -> str:
        return self.fails(
            code, "run", self.model, "some text", "--engine", "onnxruntime", env=environment
        )

    def test_inspect_shows_the_graph(self) -> None:
        self.export("--fused")
        text = self.out("inspect", self.model)
        for part in ("input_ids", "logits", "com.microsoft.Attention", "fused (Attention)"):
            self.assertIn(part, text)
        facts = json.loads(self.out("inspect", self.model, "--json"))
        self.assertEqual(facts["opsets"], {"ai.onnx": 17, "com.microsoft": 1})
        self.assertEqual(facts["operators"]["com.microsoft.SkipLayerNormalization"], 4)
        self.assertTrue(all(site["fused"] for site in facts["attention"]))
        self.assertEqual(facts["metadata"]["martlet.source"], "bert-odd")

    def test_inspect_says_why_attention_is_not_fused(self) -> None:
        self.export()
        sites = json.loads(self.out("inspect", self.model, "--json"))["attention"]
        self.assertEqual([site["fusable"] for site in sites], [False, False])
        self.assertIn("not divided", sites[0]["reason"])
        self.assertIn("the key is of", sites[1]["reason"])  # the last layer asks for one token

    def test_run_takes_labels_and_tokenizer_from_the_file(self) -> None:
        self.engine_or_skip()
        self.export()
        arguments = ["some text", "--format", "jsonl", "--engine"]
        got = json.loads(self.out("run", self.model, *arguments, "onnxruntime"))
        expected = json.loads(self.out("run", CLASSIFIER, *arguments, "native"))
        self.assertEqual(got["label"], expected["label"])
        for mine, other in zip(got["logits"], expected["logits"], strict=True):
            self.assertAlmostEqual(mine, other, places=4)

    def test_native_runs_no_graphs(self) -> None:
        self.export()
        self.assertIn("onnxruntime", self.fails(INPUT, "run", self.model, "text"))

    def test_a_missing_library_is_said(self) -> None:
        self.export()
        line = self.run_fails(ENGINE, MARTLET_ONNXRUNTIME="/none/libonnxruntime.so")
        self.assertIn("cannot load", line)

    def test_a_program_alone_says_what_to_install(self) -> None:
        """Where neither library is: copied out of the build, outside any virtual environment."""
        self.export()
        alone = self.folder / "bin" / "martlet"
        alone.parent.mkdir()
        shutil.copy(cli_program.program, alone)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MARTLET_")}
        environment.pop("VIRTUAL_ENV", None)

        def run(*arguments: object) -> subprocess.CompletedProcess:
            command = [alone, "run", *arguments, "some text"]
            return subprocess.run(command, capture_output=True, text=True, env=environment)

        for engine in ("onnxruntime", "openvino"):
            done = run(self.model, "--engine", engine)
            if done.returncode == 0:
                self.skipTest(f"the system has {engine}")
            self.assertEqual(done.returncode, ENGINE)
            if "built without" not in done.stderr:
                self.assertIn(f"pip install {engine}", done.stderr)
            else:  # then no library helps, and it says what does
                self.assertIn("./dev setup --all", done.stderr)
        self.assertEqual(run(CLASSIFIER).returncode, 0)

    def test_a_missing_provider_is_said(self) -> None:
        self.engine_or_skip()
        self.export()
        command = ["run", self.model, "text", "--engine", "onnxruntime", "--engine-option"]
        self.assertIn("pip install", self.fails(ENGINE, *command, "provider=tensorrt"))
        self.fails(USAGE, *command, "provider=abacus")
        self.fails(USAGE, *command, "provider")

    def test_truncated_files(self) -> None:
        self.engine_or_skip()
        self.export()
        whole = self.model.read_bytes()
        for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
            self.model.write_bytes(whole[:size])
            self.run_fails(INPUT)
            self.fails(INPUT, "inspect", self.model)

    def test_wrong_graphs(self) -> None:
        self.engine_or_skip()
        self.export()
        whole = self.model.read_bytes()
        for old, new in (
            (b"LayerNormalization", b"LayerNormalizatioX"),
            (b"input_ids", b"pixel_ids"),
        ):
            self.assertIn(old, whole)
            self.model.write_bytes(whole.replace(old, new))
            self.run_fails(INPUT)

    def test_external_data_stays_in_the_folder(self) -> None:
        self.engine_or_skip()
        self.export("--external-data")
        data = self.folder / "model.onnx.data"
        self.out("run", self.model, "text", "--engine", "onnxruntime")
        outside = self.folder / "outside"
        outside.mkdir()
        shutil.move(data, outside / "data")
        self.assertIn("No such file", self.run_fails(INPUT))
        data.symlink_to(outside / "data")
        self.assertIn("symbolic link", self.run_fails(INPUT))
        data.unlink()
        data.hardlink_to(outside / "data")
        self.assertIn("hard links", self.run_fails(INPUT))
        data.unlink()
        whole = self.model.read_bytes()
        for location in (b"../out/dat.data", b"/etc/os-release"):
            self.assertEqual(len(location), len(b"model.onnx.data"))
            self.model.write_bytes(whole.replace(b"model.onnx.data", location))
            self.assertIn("external data", self.run_fails(INPUT))

    def test_export_refuses_what_makes_no_sense(self) -> None:
        self.fails(USAGE, "export", CLASSIFIER, self.model, "--opset", "16")
        self.fails(USAGE, "export", CLASSIFIER, self.model, "--precision", "fp8")
        self.fails(INPUT, "export", self.folder / "none", self.model)
        self.fails(IO, "export", CLASSIFIER, self.folder / "none" / "model.onnx")
        self.assertFalse(self.model.exists())


if __name__ == "__main__":
    cli_program.main()
