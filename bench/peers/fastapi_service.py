"""The service that a team writes around transformers: FastAPI, PyTorch, one model, POST /predict.

Not a strawman: tokenizer and model are called without the pipeline's overhead, under inference
mode, with uvloop and httptools. Each request is computed alone on a worker thread, as the tutorials
do it; with --batch N what is waiting is computed together, padded, N texts at most.
"""

import argparse
import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer


class Query(BaseModel):
    inputs: str


class Classifier:
    def __init__(self, directory: str):
        self.tokenizer = AutoTokenizer.from_pretrained(directory)
        self.model = AutoModelForSequenceClassification.from_pretrained(directory).eval()

    @torch.inference_mode()
    def __call__(self, texts: list[str]) -> list[list[dict]]:
        tokens = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        scores = self.model(**tokens).logits.softmax(-1).tolist()
        labels = self.model.config.id2label
        return [
            sorted(
                ({"label": labels[i], "score": score} for i, score in enumerate(row)),
                key=lambda entry: -entry["score"],
            )
            for row in scores
        ]


class Batcher:
    """One batch at a time; the next one is whatever came meanwhile."""

    def __init__(self, classify: Classifier, largest: int):
        self.classify, self.largest = classify, largest
        self.waiting: asyncio.Queue = asyncio.Queue()
        self.thread = ThreadPoolExecutor(1)

    async def predict(self, text: str) -> list[dict]:
        answer = asyncio.get_running_loop().create_future()
        self.waiting.put_nowait((text, answer))
        return await answer

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = [await self.waiting.get()]
            while len(batch) < self.largest and not self.waiting.empty():
                batch.append(self.waiting.get_nowait())
            texts = [text for text, _ in batch]
            results = await loop.run_in_executor(self.thread, self.classify, texts)
            for (_, answer), result in zip(batch, results):
                if not answer.done():
                    answer.set_result(result)


def make_app(classify: Classifier, batch: int) -> FastAPI:
    batcher = Batcher(classify, batch)

    @asynccontextmanager
    async def lifespan(_: FastAPI):
        running = asyncio.create_task(batcher.run())
        yield
        running.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.get("/health")
    def health() -> dict:
        return {"status": "ok"}

    if batch > 1:

        @app.post("/predict")
        async def predict_batched(query: Query) -> list[dict]:
            return await batcher.predict(query.inputs)
    else:

        @app.post("/predict")
        def predict(query: Query) -> list[dict]:
            return classify([query.inputs])[0]

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--batch", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    app = make_app(Classifier(arguments.model), arguments.batch)
    uvicorn.run(app, port=arguments.port, log_level="warning", loop="uvloop", http="httptools")


if __name__ == "__main__":
    main()
