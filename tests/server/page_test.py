"""The page at / in a real browser: models, answers, and what the server does live."""

import sys

import serving
from browser import Page, find_chromium
from serving import CLASSIFIER, EMBEDDER, TEXT_TASKS, ServeTest

LOCAL = ("src=", "href=", "url(", "@import")


class PageTest(ServeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.serve(f"labels={CLASSIFIER}", f"vectors={EMBEDDER}")

    def open(self, path: str = "", **options: object) -> Page:
        page = Page(f"http://127.0.0.1:{self.server.port}/{path}", **options)
        self.addCleanup(page.__exit__)
        return page

    def test_classifies_embeds_and_shows_where_the_time_went(self) -> None:
        page = self.open()
        page.wait_for("document.getElementById('health').textContent === 'ready'")
        page.wait_for("document.getElementById('facts').textContent.includes('tokens')")
        page.evaluate("document.getElementById('text').value = 'one film\\nanother'; run()")
        page.wait_for("!document.getElementById('answer').hidden")
        self.assertEqual(page.evaluate("document.querySelectorAll('.verdict').length"), 2)
        self.assertEqual(page.evaluate("document.querySelectorAll('.score').length"), 10)
        self.assertGreater(page.evaluate("document.querySelectorAll('.tokens span').length"), 3)
        self.assertIn("run", page.evaluate("document.getElementById('timing').textContent"))
        page.evaluate("$('model').value = 'vectors'; $('model').onchange()")
        page.wait_for("$('facts').textContent.includes('embedding')")
        page.evaluate("$('text').value = 'a\\nb\\nc'; run()")
        page.wait_for("document.querySelectorAll('.matrix td').length === 9")
        page.wait_for("Number($('rate').textContent) > 0")
        self.assertEqual(page.problems, [])

    def test_marks_entities_in_their_texts(self) -> None:
        server = self.serve(f"ner={TEXT_TASKS / 'ner'}")
        page = Page(f"http://127.0.0.1:{server.port}/")
        self.addCleanup(page.__exit__)
        page.wait_for("$('facts').textContent.includes('token-classification')")
        page.evaluate("$('text').value = '🙂 old Zürich film and story'; run()")
        page.wait_for("!document.getElementById('answer').hidden")
        parts = page.evaluate(
            "[...document.querySelector('.entities').childNodes].map("
            "(part) => part.firstChild ? part.firstChild.textContent : part.textContent).join('')"
        )
        self.assertEqual(parts, "🙂 old Zürich film and story")
        self.assertGreater(page.evaluate("document.querySelectorAll('.entities mark').length"), 0)
        self.assertEqual(page.problems, [])

    def test_shows_failures_as_text(self) -> None:
        page = self.open()
        page.wait_for("document.getElementById('facts').textContent.includes('tokens')")
        page.evaluate("state.model = '<img src=x onerror=alert(1)>'; run()")
        page.wait_for("!$('problem').hidden")
        self.assertIn("no model", page.evaluate("$('problem').textContent"))
        self.assertEqual(page.evaluate("document.querySelectorAll('img').length"), 0)

    def test_a_link_with_a_text_runs_it(self) -> None:
        page = self.open("#a%20good%20film")
        page.wait_for("!document.getElementById('answer').hidden")
        self.assertEqual(page.evaluate("$('text').value"), "a good film")

    def test_is_dark_where_people_want_it(self) -> None:
        colors = [
            self.open(dark=dark).evaluate("getComputedStyle(document.body).backgroundColor")
            for dark in (False, True)
        ]
        self.assertNotEqual(*colors)

    def test_documentation_lists_every_route(self) -> None:
        page = self.open("docs")
        routes = page.wait_for("document.querySelectorAll('details').length")
        self.assertGreater(routes, 30)
        self.assertEqual(page.problems, [])

    def test_needs_no_other_host(self) -> None:
        for path in ("/", "/docs"):
            text = self.server.get(path)[1]
            for place in LOCAL:
                for piece in text.split(place)[1:]:
                    self.assertFalse(
                        piece.lstrip("\"'").startswith(("http:", "https:", "//")), piece[:80]
                    )


if __name__ == "__main__":
    if find_chromium() is None:
        print("SKIPPED: needs chromium")
        sys.exit(77)
    serving.main()
