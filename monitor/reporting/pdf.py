"""A report as PDF, by Typst: its template is a file of this package, and the report is data.

What is in the report is put on paper as text, and never read as Typst's markup.
"""

from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from alerts.plain_text import visible
from monitor.reporting.document import Document


def written(document: Document) -> bytes:
    """The PDF. The same report is the same file to the byte."""
    import matplotlib  # for its letters: those of Typst lack what people write, emoji among it
    import typst

    letters = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    template = files("monitor.reporting") / "templates" / "report.typ"
    data = to_json(_shown(asdict(document))).decode()
    fonts = typst.Fonts(font_paths=[letters])
    compiler = typst.Compiler(template.read_bytes(), font_paths=fonts, sys_inputs={"report": data})
    pdf = compiler.compile(format="pdf", timestamp=0)
    if not isinstance(pdf, bytes):
        raise TypeError("Typst wrote more than one file")
    return pdf


def _shown(value: Any) -> Any:
    """The same with all text made visible, and a picture as numbers, as Typst reads bytes."""
    match value:
        case str():
            return visible(value)
        case bytes():
            return list(value)
        case dict():
            return {name: _shown(each) for name, each in value.items()}
        case list() | tuple():
            return [_shown(each) for each in value]
    return value
