"""Whether the answers are right: logits beside the reference's, labels beside the data's."""

import hashlib

import numpy as np


def compare_logits(found: list, reference: list) -> dict:
    """Of batches of rows. The reference's own row reads 0, 0, 1, 1."""
    ours = np.concatenate([np.asarray(batch, float) for batch in found])
    exact = np.concatenate([np.asarray(batch, float) for batch in reference])
    error = np.abs(ours - exact)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(exact, axis=1)
    return {
        "logit_max_abs": float(error.max()),
        "logit_mean_abs": float(error.mean()),
        "logit_cos": float(((ours * exact).sum(1) / np.maximum(lengths, 1e-12)).min()),
        "argmax_agreement": float((ours.argmax(1) == exact.argmax(1)).mean()),
        "nan_inf": int((~np.isfinite(ours)).sum()),
        "output_sha256": hashlib.sha256(ours.astype(np.float32).tobytes()).hexdigest()[:16],
    }


def compare_labels(found: dict[int, int], truth: list[int] | None, reference: dict | None) -> dict:
    """`found` and `reference`: label by number of the text; those that both have are compared."""
    if not found:
        return {}
    facts: dict = {"labelled_texts": len(found)}
    if truth is not None:
        right = [label == truth[text] for text, label in found.items()]
        facts |= {"correct": sum(right), "accuracy": sum(right) / len(right)}
        facts["f1"] = _f1([(label, truth[text]) for text, label in found.items()])
    if reference:
        shared = [text for text in found if text in reference]
        same = sum(found[text] == reference[text] for text in shared)
        facts["label_agreement"] = same / len(shared) if shared else None
    return facts


def _f1(pairs: list[tuple[int, int]]) -> float:
    """Mean over the classes (macro)."""
    scores = []
    for kind in sorted({truth for _, truth in pairs}):
        hits = sum(found == kind == truth for found, truth in pairs)
        claimed = sum(found == kind for found, _ in pairs)
        actual = sum(truth == kind for _, truth in pairs)
        scores.append(2 * hits / (claimed + actual))
    return sum(scores) / len(scores)
