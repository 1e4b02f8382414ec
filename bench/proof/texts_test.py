"""What systems are given: a user's files, and what stands in for a data set that is not there."""

import tempfile
import unittest
from collections import Counter
from pathlib import Path

from proof import texts
from proof.suite import MODELS


class FilesTest(unittest.TestCase):
    def read(self, name: str, content: str, *columns: str) -> texts.Dataset:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(content)
            return texts.read_file(path, *columns)

    def test_formats(self):
        found = self.read("a.csv", 'review,stars\n"dull, long",0\ngood,1\n', "review", "stars")
        self.assertEqual((["dull, long", "good"], [0, 1]), (found.texts, found.labels))
        found = self.read("a.tsv", "text\tlabel\ngood\t1\n")
        self.assertEqual((["good"], [1]), (found.texts, found.labels))
        found = self.read(
            "a.jsonl", '{"text": "good", "label": 1}\n\n{"text": "bad", "label": 0}\n'
        )
        self.assertEqual((["good", "bad"], [1, 0]), (found.texts, found.labels))
        found = self.read("a.txt", "good\n\nbad\n")
        self.assertEqual((["good", "bad"], None), (found.texts, found.labels))

    def test_a_column_that_is_not_there_is_named(self):
        with self.assertRaises(SystemExit) as caught:
            self.read("a.csv", "review\ngood\n", "text")
        self.assertIn("got ['review'], expected one named 'text'", str(caught.exception))

    def test_spread_takes_even_steps(self):
        whole = texts.Dataset("n", [str(i) for i in range(10)], list(range(10)))
        self.assertEqual(["0", "3", "6"], whole.spread(3).texts)
        self.assertEqual([0, 3, 6], whole.spread(3).labels)
        self.assertIs(whole, whole.spread(0))


@unittest.skipUnless(
    (MODELS / "minilm-sst2" / "tokenizer.json").exists(), "needs ./dev demo's model"
)
class GeneratedTest(unittest.TestCase):
    def test_same_lengths_and_labelled_as_such(self):
        found = texts.generated(MODELS / "minilm-sst2")
        again = texts.generated(MODELS / "minilm-sst2")
        self.assertEqual(found.texts, again.texts)
        self.assertTrue(found.generated)
        self.assertIn("--data FILE", found.as_json()["note"])
        lengths = Counter(len(text.split()) for text in found.texts)
        wanted = texts.json.loads(texts.LENGTHS.read_text())
        self.assertEqual({int(k): v for k, v in wanted.items()}, dict(lengths))
        self.assertEqual(67349, len(found.texts))

    def test_sequences_are_of_their_length_and_never_twice(self):
        model = MODELS / "minilm-sst2"
        sequences = texts.Sequences(model, ["a film that is good"] * 400)
        taken = [tuple(sequences.take(16)) for _ in range(500)]
        self.assertEqual({16}, set(map(len, taken)))
        self.assertEqual(500, len(set(taken)))
        self.assertEqual({(101, 102)}, {(one[0], one[-1]) for one in taken})


if __name__ == "__main__":
    unittest.main()
