"""Colours on a terminal, none elsewhere or with NO_COLOR set."""

import os
import shutil
from typing import TextIO


class Paint:
    def __init__(self, stream: TextIO) -> None:
        self.on = stream.isatty() and "NO_COLOR" not in os.environ
        self.width = shutil.get_terminal_size((100, 24)).columns

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def dim(self, text: str) -> str:
        return self._wrap("2", text)

    def red(self, text: str) -> str:
        return self._wrap("31", text)

    def green(self, text: str) -> str:
        return self._wrap("32", text)

    def yellow(self, text: str) -> str:
        return self._wrap("33", text)

    def heat(self, value: float, text: str) -> str:
        """Text on a blue that is the brighter the nearer `value` is to 1."""
        if value < 0.1:
            return self.dim(text)
        shades = (17, 18, 19, 20, 26, 27)
        return self._wrap(f"97;48;5;{shades[min(int(value * len(shades)), len(shades) - 1)]}", text)

    def cut(self, text: str, used: int) -> str:
        """Text that fits on a line of which `used` columns are taken."""
        room = max(self.width - used, 20)
        return text if len(text) <= room else text[: room - 1] + "…"

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text
