"""Records as one HTML page that needs nothing beside itself."""

import html
import json
from pathlib import Path
from string import Template

from proof.page import charts, sections

HERE = Path(__file__).resolve().parent
# Debian's libjs-chart.js: Chart.js, MIT licence.
CHART_JS = Path("/usr/share/javascript/chart.js/chart.min.js")


def as_html(records: list[dict]) -> str:
    """One section a suite; without Chart.js the tables stand alone, and the page says so."""
    drawn = [charts.of(record) for record in records]
    template = Template((HERE / "template.html").read_text())
    return template.substitute(
        title="martlet beside other engines",
        style=(HERE / "style.css").read_text(),
        library=_library(),
        script=(HERE / "script.js").read_text(),
        charts=_as_script_data(drawn),
        summary="".join(f"<p>{html.escape(sections.summary(r))}</p>" for r in records),
        links="".join(
            f'<a href="#{html.escape(r["suite"])}">{html.escape(r["suite"])}</a>' for r in records
        ),
        suites="".join(sections.suite(record, list(one)) for record, one in zip(records, drawn)),
        columns=sections.columns(),
    )


def _library() -> str:
    if not CHART_JS.exists():
        return "/* no libjs-chart.js when this page was made */"
    return CHART_JS.read_text().replace("</script", "<\\/script")


def _as_script_data(drawn: list[dict]) -> str:
    """JSON that cannot end the element it stands in."""
    flat = [chart for one in drawn for chart in one.values()]
    return json.dumps(flat).replace("<", "\\u003c")
