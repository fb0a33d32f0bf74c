"""A report as one file of HTML: pictures and style inside, no scripts, nothing is fetched."""

from base64 import b64encode

from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts.plain_text import visible
from monitor.reporting.document import Document

_TEMPLATES = Environment(
    loader=PackageLoader("monitor.reporting"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=lambda value: visible(value) if isinstance(value, str) else value,
)
_TEMPLATES.filters["base64"] = lambda png: b64encode(png).decode()


def written(document: Document) -> str:
    """The page; whatever is in the report is escaped, and nothing in it acts."""
    return _TEMPLATES.get_template("report.html").render(document=document)
