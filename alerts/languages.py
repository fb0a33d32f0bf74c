"""What language a post is in, and whether it asks something."""

import re

UNKNOWN = "und"
"""The language of a post whose source named none (BCP 47's word for undetermined)."""

NAMES = {
    "en": "English",
    "de": "German",
    "sv": "Swedish",
    "nb": "Norwegian",
    "da": "Danish",
    "nl": "Dutch",
    UNKNOWN: "unknown",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NORWEGIAN = frozenset({"no", "nn"})
_GREETINGS = _words("hi hello hey hallo hej hei hoi moin dear")
_QUESTION_WORDS = {
    "en": _words("what when where which who whose why how can anyone"),
    "de": _words("was wann wo wohin warum wieso weshalb wer wen wem wie welche welcher"),
    "sv": _words("vad när vart varför vem vilka vilken vilket hur någon"),
    "nb": _words("hva når hvor hvorfor hvem hvilken hvilke hvordan noen"),
    "da": _words("hvad hvornår hvor hvorfor hvem hvilken hvilke hvordan nogen"),
    "nl": _words("wat wanneer waar waarom wie welke hoe iemand"),
}
_ANY_QUESTION_WORD = frozenset().union(*_QUESTION_WORDS.values())
_LANGUAGE = re.compile("[a-z]{2,3}")
_QUESTION_MARK = re.compile("[?？؟]")
_LINK = re.compile(r"https?://\S+")
_BARE = re.compile(r"\W+")


def base(tag: str | None) -> str:
    """The language of a BCP 47 tag without its region; any Norwegian is `nb`, none is `und`.

    >>> base("de-AT"), base("no"), base(None)
    ('de', 'nb', 'und')
    """
    language = (tag or UNKNOWN).replace("_", "-").partition("-")[0].lower()
    if not _LANGUAGE.fullmatch(language):
        return UNKNOWN
    return "nb" if language in _NORWEGIAN else language


def name(language: str) -> str:
    """The language in English words; the tag itself where it is not one of ours."""
    return NAMES.get(language, language)


def asks(text: str, language: str) -> bool:
    """Whether a post asks something: it has a question mark or begins with a question word.

    A link's `?` does not count; handles, hashtags and greetings before the first word are skipped.

    >>> asks("@fjordwing hej, när öppnar bokningen", "sv"), asks("see https://a.example/?q=1", "en")
    (True, False)
    """
    said = _LINK.sub(" ", text)
    if _QUESTION_MARK.search(said):
        return True
    for word in said.lower().split():
        bare = _BARE.sub("", word)
        if bare and word[0] not in "@#" and bare not in _GREETINGS:
            return bare in _QUESTION_WORDS.get(language, _ANY_QUESTION_WORD)
    return False
