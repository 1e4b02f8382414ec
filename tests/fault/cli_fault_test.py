"""The command line when things go wrong: one line, its exit code, and never half an output."""

import json
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import cli_program
from cli_program import CLASSIFIER, EMBEDDER, ENGINE, INPUT, IO, USAGE, CliTest, main


def namespaces_work() -> bool:
    """Whether this user may mount file systems of its own."""
    command = ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


class BadModel(CliTest):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.folder / "model"
        shutil.copytree(CLASSIFIER, self.model)

    def refused(self, what: str = "") -> None:
        """Nothing that loads the model works, and no output file appears."""
        for verb in (["run"], ["run", "--output", self.folder / "out.jsonl"]):
            message = self.fails(INPUT, *verb, self.model, "text")
            self.assertIn(what, message)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["model"])

    def replace(self, name: str, content: bytes | str) -> None:
        self.file(f"model/{name}", content)

    def test_not_there(self):
        shutil.rmtree(self.model)
        for verb in ("run", "tokenize"):
            self.fails(INPUT, verb, self.model, "text")
        self.fails(INPUT, "inspect", self.model)

    def test_a_file_or_an_empty_directory(self):
        for model in (self.file("file", "x"), self.folder / "model" / "empty"):
            if model.name == "empty":
                model.mkdir()
            for verb in ("run", "tokenize"):
                self.fails(INPUT, verb, model, "text")
            self.fails(INPUT, "inspect", model)

    def test_missing_files(self):
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            with self.subTest(name=name):
                (self.model / name).rename(self.model / "hidden")
                self.refused(name)
                (self.model / "hidden").rename(self.model / name)

    def test_a_directory_where_a_file_should_be(self):
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            with self.subTest(name=name):
                (self.model / name).rename(self.model / "hidden")
                (self.model / name).mkdir()
                self.refused(name)
                (self.model / name).rmdir()
                (self.model / "hidden").rename(self.model / name)

    def test_malformed_json(self):
        for name in ("config.json", "tokenizer.json"):
            whole = (self.model / name).read_bytes()
            for content in (b"", b"{", b"[]", b"\xff\xfe", whole[: len(whole) // 2], b"[" * 100000):
                with self.subTest(name=name, content=content[:20]):
                    self.replace(name, content)
                    self.refused(name)
            self.replace(name, whole)

    def test_configurations_that_lie(self):
        config = json.loads((self.model / "config.json").read_text())
        for key, value in (
            ("model_type", "mamba"),
            ("hidden_size", 37),
            ("hidden_size", -1),
            ("hidden_size", 2**40),
            ("num_attention_heads", 0),
            ("vocab_size", 10**9),
            ("num_hidden_layers", 3),
            ("hidden_act", "mystery"),
            ("position_embedding_type", "relative_key"),
        ):
            with self.subTest(key=key, value=value):
                self.replace("config.json", json.dumps({**config, key: value}))
                self.refused()

    def test_a_kind_of_tokenizer_that_is_not_supported(self):
        tokenizer = json.loads((self.model / "tokenizer.json").read_text())
        tokenizer["model"] = {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0}}
        self.replace("tokenizer.json", json.dumps(tokenizer))
        self.refused("WordLevel")

    def test_damaged_weights(self):
        whole = (self.model / "model.safetensors").read_bytes()
        size = struct.unpack("<Q", whole[:8])[0]
        header = json.loads(whole[8 : 8 + size])
        data = whole[8 + size :]

        def with_header(change) -> bytes:
            changed = json.loads(json.dumps(header))
            change(changed)
            text = json.dumps(changed).encode()
            return struct.pack("<Q", len(text)) + text + data

        first = next(name for name in header if name != "__metadata__")
        damaged = {
            "empty": b"",
            "no header": whole[:8],
            "half a header": whole[: 8 + size // 2],
            "truncated": whole[:-1],
            "trailing": whole + b"\0",
            "header length": struct.pack("<Q", 2**63) + whole[8:],
            "header beyond the file": struct.pack("<Q", len(whole)) + whole[8:],
            "flipped bit": whole[:9] + bytes([whole[9] ^ 0x80]) + whole[10:],
            "shape": with_header(lambda h: h[first].update(shape=[1, 1])),
            "huge shape": with_header(lambda h: h[first].update(shape=[2**40, 2**40])),
            "dtype": with_header(lambda h: h[first].update(dtype="F16")),
            "unknown dtype": with_header(lambda h: h[first].update(dtype="F7")),
            "offsets": with_header(lambda h: h[first].update(data_offsets=[0, 2**62])),
            "missing tensor": with_header(lambda h: h.update({"other": h.pop(first)})),
        }
        for name, content in damaged.items():
            with self.subTest(name=name):
                self.replace("model.safetensors", content)
                self.refused("model")

    def test_adapters(self):
        adapter = self.folder / "model" / "adapter"
        self.fails(INPUT, "run", self.model, "text", "--adapter", adapter)
        self.fails(INPUT, "merge", self.model, adapter, self.folder / "out")
        adapter.mkdir()
        (adapter / "adapter_config.json").write_text("{}")
        self.fails(INPUT, "run", self.model, "text", "--adapter", adapter)
        self.fails(INPUT, "merge", self.model, adapter, self.folder / "out")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["model"])


class BadInput(CliTest):
    def test_rows_that_are_malformed_say_where(self):
        for name, content, place in (
            ("a.jsonl", '{"text": "a"}\n{"text": 1}\n', "a.jsonl:2]"),
            ("b.jsonl", '{"text": "a"}\n\n{"text": "b"\n', "b.jsonl:3]"),
            ("c.jsonl", '{"text": "a"}\n{"other": "b"}\n', "c.jsonl:2]"),
            ("a.csv", "text,n\na,1\nb\n", "a.csv:3]"),
            ("b.csv", 'text\n"a\nb', "b.csv:2]"),
            ("c.csv", "n,m\n1,2\n", "c.csv:1]"),
            ("d.csv", "", "d.csv]"),
            ("a.tsv", "text\tn\na\n", "a.tsv:2]"),
            ("e.csv", "text\n" + "x" * ((64 << 20) + 1) + "\n", "e.csv:2]"),
            ("a.txt", "ok\n" + "x" * ((64 << 20) + 1) + "\n", "a.txt:2]"),
        ):
            with self.subTest(name=name):
                path = self.file(name, content)
                self.assertIn(place, self.fails(INPUT, "run", CLASSIFIER, "--input", path))
                self.assertIn(place, self.fails(INPUT, "tokenize", CLASSIFIER, "--input", path))

    def test_inputs_that_cannot_be_read(self):
        self.fails(INPUT, "run", CLASSIFIER, "--input", self.folder / "nothing.txt")
        self.fails(INPUT, "run", CLASSIFIER, "--input", self.folder, "--input-format", "txt")
        self.fails(
            INPUT, "run", CLASSIFIER, "--input", self.file("a.csv", "a\nb\n"), "--column", "c"
        )

    def test_parquet(self):
        path = self.file("a.parquet", "this is no parquet file")
        self.assertIn("a.parquet]", self.fails(INPUT, "run", CLASSIFIER, "--input", path))

    def test_parquet_without_its_plug_in(self):
        env = {"MARTLET_PLUGIN_DIR": str(self.folder)}
        path = self.file("a.parquet", "x")
        message = self.fails(ENGINE, "run", CLASSIFIER, "--input", path, env=env)
        self.assertIn("martlet_parquet.so", message)
        self.file("martlet_parquet.so", "this is no library")
        self.fails(ENGINE, "run", CLASSIFIER, "--input", path, env=env)

    def test_a_failure_leaves_the_old_output(self):
        rows = ['{"text": "good film"}'] * 5000 + ["oops"]
        rows = self.file("in.jsonl", "\n".join(rows))
        old = self.file("out.csv", "old")
        self.fails(INPUT, "run", CLASSIFIER, "--input", rows, "--output", old)
        self.assertEqual(old.read_text(), "old")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["in.jsonl", "out.csv"])


class BadOutput(CliTest):
    def many_texts(self) -> Path:
        return self.file("many.txt", "".join(f"film {i * 7919}\n" for i in range(10000)))

    def test_a_directory_or_none(self):
        self.fails(USAGE, "run", CLASSIFIER, "text", "--output", self.folder)
        self.fails(IO, "run", CLASSIFIER, "text", "--output", self.folder / "none" / "out.csv")

    def test_a_full_device(self):
        for arguments in (
            ["run", EMBEDDER, "--input", self.many_texts(), "--output", "/dev/full"],
            ["run", CLASSIFIER, "text", "--output", "/dev/full"],
        ):
            self.assertIn("No space left", self.fails(IO, *arguments))
        for arguments in (
            ["run", CLASSIFIER, "x"],
            ["tokenize", CLASSIFIER, "x"],
            ["--help"],
            ["engines"],
        ):
            with Path("/dev/full").open("wb") as full:
                command = [cli_program.program, *arguments]
                done = subprocess.run(
                    command, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE
                )
            self.assertEqual(done.returncode, IO)
            self.assertEqual(
                done.stderr, b"martlet: [stdout] cannot write: No space left on device\n"
            )

    def test_a_full_disk_leaves_nothing(self):
        if not namespaces_work():
            self.skipTest("needs to mount a tmpfs in a namespace")
        script = 'mount -t tmpfs -o size=1m none "$1" && cd "$1" && shift; "$@"; code=$?; '
        script += "ls -A >&2; exit $code"
        disk = self.folder / "disk"
        disk.mkdir()
        texts = self.many_texts()
        for name in ("out.jsonl", "out.csv", "out.txt", "out.parquet"):
            command = ["unshare", "-Urm", "sh", "-c", script, "sh", disk]
            run = [cli_program.program, "run", EMBEDDER, "--input", texts, "--output", name]
            done = subprocess.run([*command, *run], capture_output=True, text=True)
            with self.subTest(name=name):
                if name == "out.parquet" and done.returncode == ENGINE:
                    continue  # built without the plug-in
                message = f"martlet: [{name}] cannot write: No space left on device\n"
                self.assertEqual((done.returncode, done.stderr), (IO, message))

    def test_a_closed_pipe(self):
        texts = self.many_texts()
        for verb in (["run", EMBEDDER], ["tokenize", CLASSIFIER]):
            command = [cli_program.program, *verb, "--input", texts]
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                process.stdout.readline()
                process.stdout.close()
                message = process.stderr.read()
            self.assertEqual(process.returncode, IO)
            self.assertEqual(message, b"martlet: [stdout] cannot write: Broken pipe\n")

    def test_closed_standard_streams(self):
        program = f"'{cli_program.program}'"
        for redirection, code in (("<&-", IO), (">&-", IO), ("2>&-", 0)):
            arguments = "" if redirection == "<&-" else "text"
            command = f"{program} run '{CLASSIFIER}' {arguments} {redirection}"
            done = subprocess.run(
                command, shell=True, stdin=subprocess.DEVNULL, capture_output=True
            )
            self.assertEqual(done.returncode, code, (redirection, done.stderr))

    def test_an_interrupted_run_cleans_up(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            output = self.file("out.csv", "old")
            command = [cli_program.program, "run", CLASSIFIER, "--input", "-", "--output", output]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                process.stdin.write(b"good film\n")
                process.stdin.flush()
                deadline = time.monotonic() + 30
                while len(list(self.folder.iterdir())) < 2 and time.monotonic() < deadline:
                    time.sleep(0.01)
                time.sleep(0.3)  # now it waits for the next line
                process.send_signal(number)
                message = process.stderr.read()
            self.assertEqual(process.returncode, ENGINE, message)
            self.assertEqual(message, b"martlet: [stdin] stopped by a signal\n")
            self.assertEqual([p.name for p in self.folder.iterdir()], ["out.csv"])
            self.assertEqual(output.read_text(), "old")


class BadMachine(CliTest):
    def test_isa_levels(self):
        env = {"MARTLET_FORCE_ISA": "steam"}
        self.assertIn("[MARTLET_FORCE_ISA]", self.fails(USAGE, "run", CLASSIFIER, "x", env=env))
        facts = json.loads(self.out("engines", "--json"))
        for level in facts["isa_levels"]:
            done = self.martlet("run", CLASSIFIER, "x", env={"MARTLET_FORCE_ISA": level["name"]})
            self.assertEqual(done.returncode, 0 if level["available"] else ENGINE)


if __name__ == "__main__":
    main()
