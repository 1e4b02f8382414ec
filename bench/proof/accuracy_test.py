"""That wrong answers show in the columns that are for it."""

import unittest

import numpy as np

from proof.accuracy import compare_labels, compare_logits
from proof.cases import DatasetCase
from proof.texts import Dataset


class FakeClassifier:
    """Answers as its texts say, but for some that it gets wrong."""

    name = "fake"

    def __init__(self, wrong):
        self.wrong = wrong

    def measure(self, texts, **_):
        labels = [int(text.split()[1]) for text in texts]
        labels = [1 - k if t in self.wrong else k for t, k in zip(texts, labels)]
        return {"seconds": 0.1, "labels": labels, "tokens": 30, "padded_tokens": 40}


class AccuracyTest(unittest.TestCase):
    def setUp(self):
        self.texts = [f"text{i} {i % 2}" for i in range(100)]

    def labels_of(self, wrong):
        case = DatasetCase(
            "all", Dataset("fake", self.texts),
            {"plan": "serial", "batch_sequences": 1, "batch_tokens": 0}, 20,
        )  # fmt: skip
        for number in range(1, 6):
            case.turn(FakeClassifier(wrong), number)
        self.assertEqual((150, 200), case.padding["fake"])
        return case.labels["fake"]

    def test_a_planted_wrong_label_shows(self):
        truth = [i % 2 for i in range(100)]
        right = compare_labels(self.labels_of([]), truth, None)
        self.assertEqual((100, 1.0, 1.0), (right["correct"], right["accuracy"], right["f1"]))
        wrong = compare_labels(self.labels_of(["text7 1"]), truth, self.labels_of([]))
        self.assertEqual((99, 0.99), (wrong["correct"], wrong["accuracy"]))
        self.assertEqual(0.99, wrong["label_agreement"])

    def test_logits(self):
        reference = [np.array([[1.0, 2.0], [3.0, -1.0]]).tolist()]
        same = compare_logits(reference, reference)
        self.assertEqual((0, 1, 0), (same["logit_max_abs"], same["argmax_agreement"],
                                     same["nan_inf"]))  # fmt: skip
        off = compare_logits([[[1.0, 2.0], [-3.0, -1.0]]], reference)
        self.assertEqual((6.0, 0.5), (off["logit_max_abs"], off["argmax_agreement"]))
        self.assertEqual(1, compare_logits([[[np.nan, 2.0], [3.0, -1.0]]], reference)["nan_inf"])
        self.assertNotEqual(same["output_sha256"], off["output_sha256"])


if __name__ == "__main__":
    unittest.main()
