#!/usr/bin/env python3
"""Writes tests/golden/text_tasks/: tiny models for tasks on texts, and what the pipelines of
transformers and sentence-transformers answer with them.

    build/venv/bin/python tools/make_golden_text_tasks.py

answers.json has texts and answers; scores are rounded to seven digits. TOLERANCE says how far a
score may be off; labels, words, places and orders are equal.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from make_random_model import BERT, DEBERTA, MODERN, Spec, bert_sizes, write_model
from sentence_transformers import CrossEncoder, SentenceTransformer

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
OUT = GOLDEN / "text_tasks"
TOLERANCE = 1e-4

ENTITIES = ["O", "B-PER", "B-LOC", "I-LOC", "MISC", "B-X-ray", "I-PER"]
INFERENCE = ["contradiction", "neutral", "ENTAILMENT"]


ROBERTA = {"max_position_embeddings": 42, "type_vocab_size": 1, "layer_norm_eps": 1e-5}


def sizes(labels: list[str], **others):
    names = {"id2label": dict(enumerate(labels)), "label2id": {w: i for i, w in enumerate(labels)}}
    return bert_sizes(24, 3, 40, 2, **names, **others)


SHORT = {"max_position_embeddings": 40}
SPECS = {
    "ner": Spec("BertForTokenClassification", sizes(ENTITIES, **SHORT)),
    "ner-bytes": Spec(
        "RobertaForTokenClassification", sizes(ENTITIES, **ROBERTA), tokenizer="byte-level"
    ),
    "ner-pieces": Spec(
        "CamembertForTokenClassification", sizes(ENTITIES, **ROBERTA), tokenizer="unigram"
    ),
    "nli": Spec(BERT, sizes(INFERENCE, **SHORT)),
    "nli-entailment-first": Spec(BERT, sizes(INFERENCE[::-1], **SHORT)),
    "rerank": Spec(BERT, sizes(["relevant"], **SHORT)),
    "rerank-two-labels": Spec(BERT, sizes(["no", "yes"], **SHORT)),
}
# Each as an entity recognizer, for zero-shot classification and as a reranker.
FAMILIES = {
    "modernbert": ("ModernBert", "modern", {"local_attention": 10, **MODERN}),
    "albert": ("Albert", "albert", {"embedding_size": 16}),
    "deberta": ("DebertaV2", "deberta", {"position_buckets": 16, **DEBERTA}),
}
for family, (stem, tokenizer, others) in FAMILIES.items():
    for task, head, labels in (
        ("ner", "ForTokenClassification", ENTITIES),
        ("nli", "ForSequenceClassification", INFERENCE),
        ("rerank", "ForSequenceClassification", ["relevant"]),
    ):
        SPECS[f"{task}-{family}"] = Spec(
            stem + head, sizes(labels, **SHORT, **others), tokenizer=tokenizer
        )
NER = [name for name, spec in SPECS.items() if "Token" in spec.head]
NLI = [name for name in SPECS if name.startswith("nli")]
RERANK = [name for name in SPECS if name.startswith("rerank")]
SEEDS = {"ner-bytes": 5}  # with which every label occurs
EMBEDDERS = ("bert-pooler-sharded", "modernbert-encoder", "albert-encoder", "deberta-encoder")

TEXTS = [
    "Ada Lovelace met Mr. O'Neill-Smith in New York",
    "the film, the story and the music: not bad at all!",
    "camera-work fastest  two  spaces\tand a tab",
    "",
    "   ",
    "x",
    "unknown ☃ signs 漢字 here and café naïve Zürich ÅNGSTRÖM",
    "emoji 🙂🙂 before words, after words 🙂",
    "A [SEP] in the text and [MASK] too",
    "a-b.c,d'e 12.5% of 1,000 unkindness",
    "İstanbul and straße, ﬁne ligature, e\u0301 combining",
    "old " * 60,
    "Grace Hopper wrote the first compiler in Arlington and then she told everybody in New York, "
    "Paris and Zürich how the machine would read their words one day, slowly and not so badly",
]
QUERY = "how do old actors sleep?"
DOCUMENTS = [
    "the actor is old and the night is long",
    "",
    "music and camera",
    "one true story of love and death in a cold world",
    "how do old actors sleep?",
    "slow film " * 40,
    "Zürich 🙂",
]
PAIRS = [[QUERY, document] for document in DOCUMENTS] + [
    ["the plot is thin", "a good story"],
    ["", "nothing before"],
    ["very " * 50, "very " * 50],
]
CANDIDATES = ["sports", "music and film", "old age", "love"]
QUESTIONS = ["the actor is so very old", "x", "good music " * 30, "love in Zürich 🙂 at night"]
TEMPLATES = ["This example is {}.", "{}", "is it of {}?"]


def rounded(score) -> float:
    return round(float(score), 7)


def entity(found: dict) -> dict:
    """As martlet names things."""
    label = found.get("entity_group", found.get("entity"))
    index = {"index": found["index"]} if "index" in found else {}
    place = {"start": found["start"], "end": found["end"]}
    return {
        "label": label,
        "score": rounded(found["score"]),
        **index,
        "word": found["word"],
        **place,
    }


def entities_of(name: str) -> list[dict]:
    cases = [
        {"aggregation": word} for word in ("none", "simple", "first", "average", "max")
    ] + [
        {"aggregation": "simple", "ignore_labels": []},
        {"aggregation": "none", "ignore_labels": ["B-PER", "MISC"]},
        {"aggregation": "simple", "stride": 7},
        {"aggregation": "average", "stride": 0},
        {"aggregation": "max", "stride": 20},
    ]  # fmt: skip
    for case in cases:
        asked = {key: value for key, value in case.items() if key != "aggregation"}
        pipeline = transformers.pipeline(
            "token-classification", str(OUT / name), device="cpu",
            aggregation_strategy=case["aggregation"], **asked,
        )  # fmt: skip
        case["entities"] = [[entity(found) for found in pipeline(text)] for text in TEXTS]
    return cases


def classified(name: str) -> list[list[dict]]:
    """All labels of each text, best first."""
    pipeline = transformers.pipeline("text-classification", str(OUT / name), device="cpu")
    answers = [pipeline(text, top_k=None, truncation=True) for text in TEXTS]
    return [[{**found, "score": rounded(found["score"])} for found in row] for row in answers]


def classes_of(name: str) -> list[dict]:
    pipeline = transformers.pipeline("zero-shot-classification", str(OUT / name), device="cpu")
    cases = []
    for labels in (CANDIDATES, CANDIDATES[:1]):
        for template in TEMPLATES:
            for multi_label in (False, True):
                answers = [
                    pipeline(
                        text, candidate_labels=labels, hypothesis_template=template,
                        multi_label=multi_label,
                    )
                    for text in QUESTIONS
                ]  # fmt: skip
                cases.append({
                    "candidates": labels, "template": template, "multi_label": multi_label,
                    "labels": [answer["labels"] for answer in answers],
                    "scores": [[rounded(s) for s in answer["scores"]] for answer in answers],
                })  # fmt: skip
    return cases


def relevance_of(name: str) -> dict:
    model = CrossEncoder(str(OUT / name), device="cpu")
    one = model.num_labels == 1
    scores = model.predict(PAIRS, batch_size=1, apply_softmax=not one)
    logits = model.predict(PAIRS, batch_size=1, activation_fn=torch.nn.Identity())
    answer = {"scores": scores, "logits": logits} if one else {"scores": scores[:, 1]}
    answer = {key: [rounded(value) for value in values] for key, values in answer.items()}
    if one:
        ranking = model.rank(QUERY, DOCUMENTS, batch_size=1)
        answer["ranking"] = [int(entry["corpus_id"]) for entry in ranking]
    return answer


def similarities(name: str) -> list[float]:
    model = SentenceTransformer(str(GOLDEN / "models" / name), device="cpu")
    first, second = (
        model.encode([pair[side] for pair in PAIRS], batch_size=1, show_progress_bar=False)
        for side in (0, 1)
    )
    return [rounded(score) for score in np.asarray(model.similarity_pairwise(first, second))]


def in_lines(value, depth: int) -> str:
    """JSON with a line for each element of what is at most so deep."""
    if depth == 0 or not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[\n" + ",\n".join(in_lines(element, depth - 1) for element in value) + "\n]"
    members = (f"{json.dumps(key)}: {in_lines(part, depth - 1)}" for key, part in value.items())
    return "{\n" + ",\n".join(members) + "\n}"


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    for name, spec in SPECS.items():
        write_model(spec, SEEDS.get(name, sum(name.encode())), OUT / name)
    answers = {
        "tolerance": TOLERANCE,
        "texts": TEXTS,
        "token_classification": {name: entities_of(name) for name in NER},
        "text_classification": {name: classified(name) for name in [*NLI, *RERANK]},
        "questions": QUESTIONS,
        "zero_shot": {name: classes_of(name) for name in NLI},
        "query": QUERY,
        "documents": DOCUMENTS,
        "pairs": PAIRS,
        "rerank": {name: relevance_of(name) for name in RERANK},
        "similarity": {name: similarities(name) for name in EMBEDDERS},
    }
    (OUT / "answers.json").write_text(in_lines(answers, 3) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
