"""Makes docs/serve_page.png and serve_page_dark.png: the server's page under some traffic.

Needs chromium, and a build with the demo's models (./dev demo)."""

import json
import random
import threading
from pathlib import Path

import browser
from serving import ROOT, Served

SENTENCES = [
    "a gripping, beautiful film",
    "the plot is thin, the jokes are old and the ending never comes",
    "not bad at all",
    "so dull that the cat left the room, and I envied it for the remaining two hours",
    "one of the year's best",
]


def keep_asking(server: Served, stop: threading.Event) -> None:
    connection = server.connect()
    while not stop.is_set():
        texts = random.choices(SENTENCES, k=random.choice([1, 1, 1, 2, 4]))
        connection.request("POST", "/v1/predict", json.dumps({"inputs": texts}))
        connection.getresponse().read()
        stop.wait(random.expovariate(60))


def photograph(server: Served, path: Path, dark: bool) -> None:
    with browser.Page(f"http://127.0.0.1:{server.port}/", height=860, dark=dark) as page:
        page.wait_for("$('facts').textContent.includes('tokens')")
        page.evaluate("run()")
        page.wait_for("!$('answer').hidden")
        page.wait_for("history_.rate.length >= 20", patience=60)
        page.screenshot(path)


def main() -> None:
    target = ROOT / "docs"
    stop = threading.Event()
    models = ROOT / "build" / "models"
    with Served(models / "minilm-sst2") as server:
        clients = [threading.Thread(target=keep_asking, args=(server, stop)) for _ in range(8)]
        for client in clients:
            client.start()
        photograph(server, target / "serve_page.png", dark=False)
        photograph(server, target / "serve_page_dark.png", dark=True)
        stop.set()
        for client in clients:
            client.join()


if __name__ == "__main__":
    main()
