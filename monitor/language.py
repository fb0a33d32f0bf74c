"""Which of the team's languages a text is written in."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

UNDETERMINED = "und"

_CODES = """
af am an ar as az ba be bg bn br bs ca cs cy da de dz el en eo es et eu fa fi fo fr fy ga gd gl
gu ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lg ln lo lt lv mg mk ml mn
mr ms mt my nb ne nl oc om or pa pl ps pt qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta te
tg th tk tl tr tt ug uk ur uz vi vo wa xh yo zh zu
"""

KNOWN = frozenset(_CODES.split())
"""The languages that can be told apart, by their two letters."""

_TAG = re.compile(r"[a-z]{2,3}(?=$|[-_])")
_NO_WORDS = re.compile(r"https?://\S+|[@#]\w+|[\W\d_]+")
_ALIASES = {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}
_IN_MODEL = {"nb": ["no", "nn"]}
_ENOUGH_LETTERS = 3
_READ_AT_MOST = 2_000


def normalise(tag: str) -> str:
    """The primary language of a tag in lower case; ValueError where it is no language tag.

    >>> normalise("en-GB"), normalise("no")
    ('en', 'nb')
    """
    found = _TAG.match(tag.strip().lower())
    if not found:
        raise ValueError(f"{tag[:40]!r} is no language tag such as `en` or `pt-BR`")
    return _ALIASES.get(found[0], found[0])


def identify(text: str, languages: Sequence[str]) -> str:
    """The one of `languages` (normalised) that `text` is most likely written in, or `und`.

    `und`: fewer than three letters once links, @handles and #tags are left out, or no language
    to choose from. The model is loaded at the first call that has a choice.

    >>> identify("@USAirways http://t.co/x 1549", ["en", "de"])
    'und'
    """
    words = _NO_WORDS.sub(" ", text[:_READ_AT_MOST])
    choice = tuple(dict.fromkeys(language for language in languages if language in KNOWN))
    if not choice or len(words) - words.count(" ") < _ENOUGH_LETTERS:
        return UNDETERMINED
    if len(choice) == 1:
        return choice[0]
    found: str = _identifier(choice).classify(words)[0]
    return normalise(found)


@lru_cache(maxsize=8)
def _identifier(languages: tuple[str, ...]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([tag for known in languages for tag in _IN_MODEL.get(known, [known])])
    return identifier
