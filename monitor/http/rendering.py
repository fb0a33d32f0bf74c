"""The page's templates: whatever is put into them is escaped, and nothing in it acts or hides."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from alerts import languages, wording
from alerts.briefings import statements
from alerts.briefings.standing import standing
from alerts.plain_text import shortened, visible
from monitor.http import drawing
from monitor.service import Health

_TEMPLATES = Environment(
    loader=PackageLoader("monitor.http"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _text(name: str) -> str:
    return _TEMPLATES.loader.get_source(_TEMPLATES, name)[0] if _TEMPLATES.loader else ""


def _source(text: str) -> str:
    return "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


_SHEET, _COPYING = _text("style.css"), _text("copy.js")

STYLE = _source(_SHEET)
"""The one source of style that pages may use: the sheet in their head, by its digest."""
SCRIPT = _source(_COPYING)
"""The one script that pages may have, by its digest: it copies a message."""

_HEALTH = {
    Health.STARTING: "is starting",
    Health.WORKING: "works",
    Health.FAILING: "fails",
}


def _short(at: datetime | None, zone: str) -> str:
    return wording.moment(at, zone) if at else "never"


def _on_the_web(url: str | None) -> str | None:
    """A post's address, where it leads to the web and nowhere else."""
    return url if url and url.lower().startswith(("https://", "http://")) else None


def _rows(message: str) -> int:
    """About how many lines a message takes on a phone."""
    return sum(1 + len(line) // 38 for line in message.splitlines())


_TEMPLATES.filters.update(
    visible=lambda text: visible(str(text)),
    moment=_short,
    clock=wording.clock,
    times=wording.times,
    number=wording.number,
    language=languages.name,
    rows=_rows,
    percent=lambda part: f"{part:.0%}",
    shortened=shortened,
    web=_on_the_web,
    dialled=wording.dialled,
    health=lambda health: _HEALTH[health],
)
_TEMPLATES.globals.update(style=Markup(_SHEET), copying=Markup(_COPYING))  # noqa: S704
_TEMPLATES.globals.update(told=statements, drawn=drawing.drawn, standing=standing)


def rendered(
    template: str, frame: Mapping[str, Any], *, status: int = 200, **more: Any
) -> HTMLResponse:
    """A page of a template; `frame` is what all pages need."""
    return HTMLResponse(_TEMPLATES.get_template(template).render({**frame, **more}), status)
