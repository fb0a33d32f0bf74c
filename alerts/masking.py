"""Personal details are masked wherever a post is shown or sent.

A booking code, a phone number or an e-mail address in a post lets whoever reads it rebook, call or
impersonate the person who wrote it. Every pattern is bounded, so masking takes linear time; where
in doubt it masks too much.
"""

import re

MASK = "•••"

_EMAIL = re.compile(r"(?<![\w.+@-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_NUMBER = re.compile(r"(?<![\w.,])(?:\+|\()?\d[\d ()./-]{5,24}\d(?!\w)")
_MOMENT = re.compile(
    r"(?:\d{4}[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./](?:\d{4}|\d\d))(?: \d{1,2})?"  # a date
    r"|\d{1,2}[.]\d\d ?- ?\d{1,2}[.]\d\d"  # from when to when
)
_BOOKING = re.compile(
    r"\b(?P<word>(?i:code|kode|kod|(?:booking|reservation|confirmation|reference|referanse|reservering|"
    r"pnr|ref|record locator|(?:buchung|boeking)s?|bokning|bestilling|reservasjon)"
    r"(?:s?(?:code|kode|kod|nummer|number|nr|referanse|referens|reference))?))\b"
    r"(?P<filler>(?i:[ \t:#=.,'\"(-]{1,4}(?:code|number|reference|ref|no|nr|kode|kod|nummer|is|ist|"
    r"är|er|my|mine)\b){0,3}[ \t:#=.'\"(-]{1,4})"
    r"(?P<code>[A-Z0-9]{6}|(?=[a-z]{0,5}[0-9])[a-z0-9]{6})\b"
)


def masked(text: str) -> str:
    """The text with e-mail addresses, phone numbers and booking codes replaced by `•••`.

    >>> masked("Booking code X7KQ2P, call +47 22 33 44 55 or kari@post.example on 2026-03-14")
    'Booking code •••, call ••• or ••• on 2026-03-14'
    """
    text = _EMAIL.sub(MASK, text)
    text = _BOOKING.sub(_without_code, text)
    return _NUMBER.sub(_without_number, text)


def _without_code(found: re.Match[str]) -> str:
    word, filler, code = found.group("word", "filler", "code")
    shouting = word.isupper() and code.isalpha() and not filler.strip()
    if shouting and word != "PNR":  # "BOOKING SYSTEM DOWN": a word in capitals, not a code
        return found.group()
    return f"{word}{filler}{MASK}"


def _without_number(found: re.Match[str]) -> str:
    number = found.group()
    digits = sum(character.isdigit() for character in number)
    return number if digits < 7 or _MOMENT.fullmatch(number) else MASK
