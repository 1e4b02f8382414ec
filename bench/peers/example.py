"""An example of a peer, alone in its file: PyTorch behind the protocol of bench/PROTOCOL.md.

./dev bench --suite minilm-1ms --quick \
    --peer "mine=python bench/peers/example.py {model} --threads {threads}"
"""

import argparse
import json
import sys
import time

import torch
import transformers


def load(directory: str) -> tuple[torch.nn.Module, dict]:
    begin = time.perf_counter()
    model = transformers.AutoModelForSequenceClassification.from_pretrained(directory).eval()
    return model, {"load_ms": 1000 * (time.perf_counter() - begin), "precision": "fp32"}


def run(model: torch.nn.Module, batches: list, values: bool) -> dict:
    answer: dict = {"ms": [], "values": []}
    for batch in batches:
        rows = [torch.tensor(ids) for ids in batch]
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(r) for r in rows], batch_first=True)
        begin = time.perf_counter()
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask).logits
        answer["ms"].append(1000 * (time.perf_counter() - begin))
        if values:
            answer["values"].append(logits.tolist())
    return answer


parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("--threads", type=int, required=True)
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
model = None
for line in sys.stdin:
    request = json.loads(line)
    if "hello" in request:
        answer = {"protocol": 1, "version": torch.__version__, "answers": ["batches"]}
    elif "load" in request:
        model, answer = load(arguments.model)
    elif "batches" in request:
        answer = run(model, request["batches"], request.get("values", False))
    else:
        break
    print(json.dumps(answer), flush=True)
