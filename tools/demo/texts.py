"""The demo's texts."""

from pathlib import Path

HERE = Path(__file__).resolve().parent


def classified_texts() -> list[tuple[str, str]]:
    """(what a person says, "POSITIVE" or "NEGATIVE"; the text) of each line of texts.txt."""
    lines = (HERE / "texts.txt").read_text().splitlines()
    names = {"+": "POSITIVE", "-": "NEGATIVE"}
    return [(names[line[0]], line[2:]) for line in lines if not line.startswith("#")]


def embedded_texts() -> list[str]:
    return [
        "How do I bake sourdough bread?",
        "My loaf will not rise, what did I do wrong?",
        "The central bank raised interest rates again.",
        "Borrowing money has become more expensive.",
        "A swift sleeps on the wing.",
        "Some birds stay in the air for months.",
    ]
