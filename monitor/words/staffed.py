"""What may not be meant so in who approves and confirms: words that nobody may let out."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from alerts import languages
from alerts.words.kinds import KINDS, LANGUAGES
from monitor.configuration import Configuration
from monitor.words.rights import leads


def warnings(configuration: Configuration) -> Iterator[str]:
    """In words; nothing where no people are named, since anybody may do anything then."""
    if not configuration.people:
        return
    words = configuration.words
    lawyers = _able(configuration, words.legal)
    spoken = [one for one in map(languages.base, configuration.languages) if one in LANGUAGES]
    able: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for language in dict.fromkeys(spoken):
        able[_able(configuration, words.readers(language))].append(languages.name(language))
    for people, spoken_by in able.items():
        yield from _of_language(configuration, " and ".join(spoken_by), people, lawyers)
    if not lawyers:
        yield f"nobody approves for legal; {_remedy('words.legal')}"
    for kind, named in words.confirm.items():
        if not _able(configuration, named):
            remedy = _remedy(f"words.confirm.{kind}")
            yield f"nobody confirms facts of the kind {kind} ({KINDS[kind].name}); {remedy}"


def _of_language(
    configuration: Configuration,
    language: str,
    able: Collection[str],
    lawyers: Collection[str],
) -> Iterator[str]:
    """Who approves in a language: nobody, or one alone, whose own words nobody can approve."""
    remedy = _remedy("words.approve")
    if not able:
        yield f"nobody approves messages in {language}; {remedy}"
    elif len(able) == 1:
        [one] = able
        name = configuration.people[one].name
        legal = " and for legal: one reads for both, and" if able == lawyers else ", and"
        yield f"only {name} approves in {language}{legal} nobody what {name} wrote; {remedy}"


def _able(configuration: Configuration, named: Collection[str] | None) -> tuple[str, ...]:
    """Those of the named who may act at all, by id; of those who lead where nobody is named."""
    people = configuration.people
    ids = leads(configuration) if named is None else named
    return tuple(id for id in dict.fromkeys(ids) if "act" in people[id].rights)


def _remedy(option: str) -> str:
    return f"name somebody else under `{option}` who has the right `act`"
