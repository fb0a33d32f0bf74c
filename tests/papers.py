"""What stands on the pages of a PDF, as far as tests need to read it."""

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"\n(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"^(.*?)stream\r?\n(.*)\r?\nendstream$", re.DOTALL)
_PAGE = re.compile(rb"/Type/Page\b.*?/Resources (\d+) 0 R.*?/Contents (\d+) 0 R", re.DOTALL)
_FONT = re.compile(rb"/(f\d+) (\d+) 0 R")
_TOKEN = re.compile(
    rb"/(?:ActualText|Lang)\((?:\\.|[^\\)])*\)|/(?P<font>f\d+) [\d.]+ Tf|\\.|[()]", re.DOTALL
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_MEANING = re.compile(rb"<([0-9a-f]+)> <([0-9a-f]+)>", re.IGNORECASE)


def words_of(pdf: bytes) -> str:
    """The text of every page, in the order in which it was put there, without any space."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    pages = [found for body in objects.values() if (found := _PAGE.search(body))]
    assert pages, "no pages"
    text = "".join(_page(objects, page) for page in pages)
    return "".join(text.split())


def _page(objects: dict[int, bytes], page: re.Match[bytes]) -> str:
    fonts = {
        name: _letters(objects, int(number))
        for name, number in _FONT.findall(objects[int(page[1])])
    }
    found, letters = [], dict[int, str]()
    for font, glyphs in _shown(_stream(objects[int(page[2])])):
        letters = fonts[font]
        codes = _ESCAPE.sub(_unescaped, glyphs)
        found += [letters[codes[n] << 8 | codes[n + 1]] for n in range(0, len(codes), 2)]
    return "".join(found)


def _shown(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Strings of a page's content, each with its font; parentheses may be nested in them."""
    font, depth, begin = b"", 0, 0
    for token in _TOKEN.finditer(content):
        if token["font"] and not depth:
            font = token["font"]
        elif token[0] == b"(":
            depth += 1
            begin = token.end() if depth == 1 else begin
        elif token[0] == b")":
            depth -= 1
            if not depth:
                yield font, content[begin : token.start()]


def _letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """What each glyph of a font stands for."""
    found = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    assert found, "letters that cannot be copied"
    pairs = _MEANING.findall(_stream(objects[int(found[1])]))
    return {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs
    }


def _stream(body: bytes) -> bytes:
    found = _STREAM.match(body)
    assert found, "no stream"
    return zlib.decompress(found[2]) if b"FlateDecode" in found[1] else found[2]


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8)]) if code.isdigit() else _NAMED.get(code, code)
