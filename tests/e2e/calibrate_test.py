"""martlet calibrate: the record that it writes, and that --precision auto obeys it."""

import json
import os
import shutil
import subprocess

import cli_program
from cli_program import CLASSIFIER, EMBEDDER, INPUT, IO, CliTest, main


class Calibrate(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.folder / "model"
        shutil.copytree(CLASSIFIER, self.model)
        self.record = self.model / "martlet.json"

    def precision_of_auto(self) -> str:
        arguments = ("bench", self.model, "--seq", "5", "--seconds", "0.05", "--json", "-")
        return json.loads(self.out(*arguments))["precision"]

    def test_writes_what_auto_obeys(self):
        self.assertEqual(self.precision_of_auto(), "fp32")
        self.assertIn("--precision auto takes", self.out("calibrate", self.model))
        record = json.loads(self.record.read_text())
        (level,) = record["levels"]
        self.assertEqual(
            [level["checks"][0]["precision"], level["checks"][-1]["precision"]], ["fp32", "int8"]
        )
        self.assertEqual(record["data"], "built-in")
        self.assertGreaterEqual(record["texts"], 200)
        self.assertEqual(self.precision_of_auto(), level["choice"])
        for check in level["checks"]:
            check["passed"] = True
            level["choice"] = check["precision"]
            self.record.write_text(json.dumps(record))
            self.assertEqual(self.precision_of_auto(), check["precision"])

    def test_own_data_and_output(self):
        data = self.file("data.csv", "text,label\na good film,0\nbad,1\n")
        output = self.folder / "record.json"
        flags = ("--data", data, "--label-column", "label", "--output", output, "--json")
        printed = json.loads(self.out("calibrate", self.model, *flags))
        self.assertEqual(printed, json.loads(output.read_text()))
        self.assertEqual(printed["texts"], 2)
        self.assertIsNotNone(printed["levels"][0]["checks"][0]["accuracy"])
        self.assertFalse(self.record.exists())
        self.out("calibrate", EMBEDDER, "--output", output)

    def test_a_record_that_cannot_be_used_is_ignored_with_a_word(self):
        self.out("calibrate", self.model)
        good = json.loads(self.record.read_text())
        other = {**good, "model_sha256": "0" * 64, "model_stamp": "0" * 64}
        for bad in (json.dumps(other), "{", "[]"):
            self.record.write_text(bad)
            done = self.martlet("run", self.model, "a film")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr.decode(), r"\Amartlet: \[.*martlet\.json.* ignored\n\Z")

    def as_nobody(self, *arguments: object) -> subprocess.CompletedProcess:
        """Runs the program without the rights of root, who writes everywhere."""
        self.folder.chmod(0o755)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        user = {}
        if os.geteuid() == 0:
            user = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chown(home, 65534, 65534)
        environment = {key: value for key, value in os.environ.items() if key != "XDG_CACHE_HOME"}
        return subprocess.run(
            [cli_program.program, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            env=environment | {"HOME": str(home)},
            **user,
        )

    def test_read_only_model(self):
        self.model.chmod(0o555)
        done = self.as_nobody("calibrate", self.model)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"\Amartlet: .*martlet\.json.*; the record goes to .*\n\Z")
        self.assertFalse(self.record.exists())
        (cached,) = (self.folder / "home/.cache/martlet/precision").iterdir()
        record = json.loads(cached.read_text())
        (level,) = record["levels"]
        for check in level["checks"]:
            check["passed"] = True
        level["choice"] = "int8"
        cached.write_text(json.dumps(record))
        found = self.as_nobody("bench", self.model, "--seq", 5, "--seconds", 0.05, "--json", "-")
        self.assertEqual((json.loads(found.stdout)["precision"], found.stderr), ("int8", ""))
        nowhere = self.as_nobody("calibrate", self.model, "--output", self.model / "x.json")
        self.assertEqual(nowhere.returncode, IO, "a place of the user's own choice is no other")

    def test_a_copy_keeps_its_record(self):
        self.out("calibrate", self.model)
        copy = self.folder / "copy"
        shutil.copytree(self.model, copy, copy_function=shutil.copyfile)
        self.assertEqual(self.martlet("run", copy, "a film").stderr, b"")

    def test_failures(self):
        self.fails(IO, "calibrate", self.model, "--output", "/proc/martlet.json")
        self.fails(INPUT, "calibrate", self.folder / "absent")
        data = self.file("data.csv", "text,label\na,no such label\n")
        self.fails(INPUT, "calibrate", self.model, "--data", data, "--label-column", "label")
        self.assertFalse(self.record.exists())


if __name__ == "__main__":
    main()
