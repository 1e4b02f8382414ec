"""The page of a record: whole in itself, safe with any name, readable on a phone, in the dark."""

import sys
import tempfile
import unittest
from pathlib import Path

from proof import csv_file, environment, table
from proof.page import page
from proof.record import read
from proof.runner_test import World

sys.path.insert(0, str(environment.ROOT / "tests" / "server"))
import browser

EVIL = "</script><img src=http://127.0.0.1:1/x onerror=alert(1)>"


def a_record() -> dict:
    record = World().run(["base", "base (again)", "fast", "slowed"])
    record.head = {
        "quick": True,
        "command": EVIL,
        "environment": environment.describe(2),
        "model": {"name": EVIL, "sha256": "0" * 64, "bytes": 1, "params": 2},
        "dataset": None,
    }
    for name, error in (("base", 0.0), ("fast", 0.02), ("slowed", 1e-6)):
        record.add_check("1x16", name, {"logit_max_abs": error})
    record.systems["fast"]["ours"] = True
    record.systems[EVIL] = {"precision_requested": "", "remark": "", "failed": EVIL}
    for name in ("base", "fast"):
        record.systems[name] |= {"engine_version": EVIL, "kernels": {EVIL: 3}}
    with tempfile.TemporaryDirectory() as folder:
        record.save(Path(folder) / "r.json")
        return read(Path(folder) / "r.json")


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.record = a_record()

    def test_every_output_takes_the_record(self):
        text = table.as_text(self.record)
        for words in ("fast", "1x16, ms", "did not run"):
            self.assertIn(words, text)
        rows = csv_file.as_csv(self.record).splitlines()
        self.assertEqual(1 + 4 + 1, len(rows))  # head, measured, and the one that failed
        self.assertIn("fast", page.as_html([self.record]))

    def test_names_are_text(self):
        found = page.as_html([self.record])
        self.assertNotIn("<img", found)
        self.assertEqual(3, found.count("</script>"))

    def test_in_a_browser(self):
        if browser.find_chromium() is None or not page.CHART_JS.exists():
            self.skipTest("no chromium, or no libjs-chart.js")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.html"
            path.write_text(page.as_html([self.record]))
            for width in (1200, 390):
                for dark in (False, True):
                    with (
                        self.subTest(width=width, dark=dark),
                        browser.Page(path.as_uri(), width=width, dark=dark) as opened,
                    ):
                        self.look_at(opened, dark)

    def look_at(self, opened, dark):
        self.assertEqual(3, opened.wait_for("drawn.length"))
        self.assertEqual([], opened.problems)
        self.assertEqual(0, opened.evaluate("performance.getEntriesByType('resource').length"))
        wide = "document.documentElement.scrollWidth - innerWidth"
        self.assertLessEqual(opened.evaluate(wide), 0)
        ink = opened.evaluate("Number(getComputedStyle(document.body).color.match(/\\d+/)[0])")
        self.assertEqual(dark, ink > 128)
        painted = (
            "drawn.every(c => c.ctx.getImageData(0, 0, c.canvas.width, c.canvas.height)"
            ".data.some(v => v))"
        )
        self.assertTrue(opened.evaluate(painted))


if __name__ == "__main__":
    unittest.main()
