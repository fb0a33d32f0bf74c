"""Personal details are masked wherever a post is shown or sent.

A booking code, a phone number or an e-mail address in a post lets whoever reads it rebook, call or
impersonate the person who wrote it, and a child cannot agree to be named. Every pattern is bounded,
so masking takes linear time; where in doubt it masks too much.
"""

import re

MASK = "•••"

_EMAIL = re.compile(r"(?<![\w.+@-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_NUMBER = re.compile(r"(?<![\w.,])(?:\+|\()?\d[\d ()./-]{6,}+")
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

_CHILD = (
    r"(?i:(?:grand|step)?(?:son|daughter|child|kid)s?|(?:grand|step)?children|boys?|girls?|baby|"
    r"toddler|twins?|nephews?|nieces?|"  # English
    r"(?:enkel|stief)?(?:sohn|söhne|söhnchen|tochter|töchter|töchterchen|kind|kinder|kindes)|"
    r"jungen?|mädchen|zwillinge?|enkel(?:in)?|neffen?|nichten?|"  # German
    r"(?:dotter|son)?(?:son|dotter)|sonen|söner|dottern|döttrar|(?:barn)?barnet?|pojken?|flickan?|"
    r"bebis|tvillingar|"  # Swedish
    r"sønn(?:en|er)?|datter(?:en)?|dattera|døtre|gutt(?:en)?|jent[ea]|barna|"  # Norwegian
    r"søn(?:nen)?|drengen?|pigen?|barnebarn|tvillinger|"  # Danish
    r"(?:klein)?(?:zoon|zonen|zoontje|dochters?|dochtertje|kinderen|kindje)|jongetje|meisje|neefje|"
    r"nichtje|tweeling)"  # Dutch
)
_OF_MINE = (
    r"(?i:my|our|his|her|their|mein|meine|unser|unsere|min|mitt|vår|vårt|mi|vores|mijn|onze|ons|"
    r"sein|seine|ihr|ihre|hans|hennes|hendes|zijn|haar)"
)
_CALLED = (
    r"(?:[ ,:(\"'“]{1,3}(?i:called|named|is|namens|heißt|heter|som|hedder|heet|genaamd|"
    r"min|mitt|mi|vår|vårt|vores|\d{1,2}|years?|jahre?|år|jaar|old|alt|gammel|gammal|oud)\b){0,4}"
)
_NAME = r"[^\W\d_][^\W\d_'’-]{0,30}(?:['’-][^\W\d_]{1,30}){0,2}"
_NAMES = rf"{_NAME}(?:(?: |, | (?i:and|und|og|och|en) | ?& ?){_NAME}){{0,5}}"
_NAMED_CHILD = re.compile(rf"\b(?P<child>{_CHILD}\b{_CALLED}[ ,:(\"'“]{{1,3}})(?P<names>{_NAMES})")
_CHILD_NAMED = re.compile(rf"\b(?P<names>{_NAME})(?P<child>,? ?\(?{_OF_MINE} {_CHILD}\b)")
_AGED = re.compile(
    rf"\b(?P<names>{_NAME})(?P<child> \((?:\d|1[0-7])\)"
    r"|,? (?:is |ist |er |är )?(?:\d|1[0-7])[ -](?i:years?[ -]old|jahre alt|år|jaar)\b)"
)
_WORD = re.compile(_NAME)
_NO_NAMES = re.compile(
    r"(?i:i|and|is|was|are|were|has|have|had|who|can|cannot|will|would|needs|with|for|in|on|at|to|"
    r"from|the|an?|not|und|ist|war|hat|sind|waren|haben|der|die|das|er|nicht|og|och|är|har|som|var|"
    r"med|inte|skal|kan|vil|ikke|en|zijn|heeft|hebben|met|niet)"
)
"""What follows a child that is not named."""


def masked(text: str) -> str:
    """The text with personal details replaced by `•••`.

    That are e-mail addresses, numbers of phones and cards, booking codes, and the names of
    children, where they are written as names are.

    >>> masked("Booking code X7KQ2P, call +47 22 33 44 55 or kari@post.example on 2026-03-14")
    'Booking code •••, call ••• or ••• on 2026-03-14'
    >>> masked("My daughter Emma waits in Oslo. Unser Sohn, der Jonas (8), auch")
    'My daughter ••• waits in Oslo. Unser Sohn, der ••• (8), auch'
    """
    text = _EMAIL.sub(MASK, text)
    text = _BOOKING.sub(_without_code, text)
    text = _CARD.sub(MASK, text)
    text = _NUMBER.sub(_without_number, text)
    for pattern in (_NAMED_CHILD, _CHILD_NAMED, _AGED):
        text = pattern.sub(_without_names, text)
    return text


def _without_code(found: re.Match[str]) -> str:
    word, filler, code = found.group("word", "filler", "code")
    shouting = word.isupper() and code.isalpha() and not filler.strip()
    if shouting and word != "PNR":  # "BOOKING SYSTEM DOWN": a word in capitals, not a code
        return found.group()
    return f"{word}{filler}{MASK}"


def _without_number(found: re.Match[str]) -> str:
    number = found.group().rstrip(" ()./-")
    rest = found.group()[len(number) :]
    digits = sum(character.isdigit() for character in number)
    kept = digits < 7 or _MOMENT.fullmatch(number)
    return f"{number if kept else MASK}{rest}"


def _without_names(found: re.Match[str]) -> str:
    """Names begin with a capital; in a post that is all capitals, the first word may be one."""
    child, names = found.group("child", "names")
    shouting, end = child.isupper(), 0
    for word in _WORD.finditer(names):
        name = word.group()
        joins = _NO_NAMES.fullmatch(name) is not None
        if joins and end and not shouting and not name[0].isupper():
            continue
        if joins or not name[0].isupper() or (shouting and end) or (name.isupper() != shouting):
            break
        end = word.end()
    if not end:
        return found.group()
    hidden = f"{MASK}{names[end:]}"
    return f"{child}{hidden}" if found.start("child") == found.start() else f"{hidden}{child}"
