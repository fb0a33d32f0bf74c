"""How strangers' text and the terms that are sought in it are made alike."""

import re
import unicodedata

# Normalising a run of combining marks takes quadratic time; no language stacks so many.
_LONG_RUN = re.compile(r"[^\w\s]{31,}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LIGATURES = str.maketrans({"æ": "ae", "œ": "oe"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def storable(raw: str) -> str:
    """NUL and lone surrogates become U+FFFD: the rest is valid UTF-8 and fits every database."""
    if raw.isascii() and "\0" not in raw:
        return raw
    return _UNSTORABLE.sub("\ufffd", raw)


def normalised(text: str) -> str:
    r"""The text as terms are compared: case-folded, NFC, every run of white space one blank.

    >>> normalised("Ver\u0073pa\u0308tung\n  GROẞ")
    'verspätung gross'
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFC", _LONG_RUN.sub(_unmarked, storable(text)))
    folded = folded.casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def unaccented(text: str) -> str:
    """The same without accents, for languages in which they make no other letter.

    >>> unaccented("Où est ma VALISE égarée, sœur?")
    'ou est ma valise egaree, soeur?'
    """
    return without_accents(normalised(text))


def without_accents(folded: str) -> str:
    """A normalised text without its accents."""
    if folded.isascii():
        return folded
    parts = unicodedata.normalize("NFD", folded)
    return "".join(c for c in parts if not unicodedata.combining(c)).translate(_LIGATURES)


def without_umlauts(term: str) -> str:
    """A German term as it is written on a keyboard without umlauts; ß is folded anyway.

    >>> without_umlauts("Verspätung")
    'verspaetung'
    """
    return normalised(term).translate(_GERMAN)


def is_word(character: str) -> bool:
    """Whether a word goes on with it."""
    return character.isalnum() or character == "_"


def _unmarked(run: re.Match[str]) -> str:
    return "".join(c for c in run[0] if not unicodedata.combining(c))
