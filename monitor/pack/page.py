"""The offline pack as one file of HTML: style inside, no scripts, nothing is fetched."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from alerts import wording
from alerts.languages import name
from alerts.plain_text import visible
from monitor.pack.contents import Pack
from monitor.pack.words import CLOSE, OPEN


def _filled_in(text: str) -> Markup:
    """A sentence, what is open in it marked so that nobody overlooks it."""
    shown = Markup("")
    for n, part in enumerate(visible(text).split(OPEN)):
        slot, _, rest = part.partition(CLOSE) if n else ("", "", part)
        shown += Markup("<mark>{}</mark>").format(slot) if n else Markup("")
        shown += escape(rest)
    return shown


_TEMPLATES = Environment(
    loader=PackageLoader("monitor.pack"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=lambda value: (
        visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    ),
)
_TEMPLATES.filters["filled_in"] = _filled_in
_TEMPLATES.filters["language"] = name
_TEMPLATES.filters["dialled"] = wording.dialled


def written(pack: Pack) -> str:
    """The page."""
    return _TEMPLATES.get_template("pack.html").render(pack=pack)
