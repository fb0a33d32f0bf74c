"""The first public word of an incident, in every language: what can be said before all is known."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from alerts.languages import base
from alerts.words.drafting import draft
from alerts.words.facts import standing
from alerts.words.phases import Channel, Phase
from alerts.words.sentences import languages as spoken
from alerts.words.voice import Voice


def holding_messages(
    situation: str,
    languages: Iterable[str],
    brand_name: str,
    facts: Mapping[str, str],
    *,
    home_language: str = "en",
) -> dict[str, str]:
    """The first public word per language, in the order of the languages given.

    A language that there are no words in is left out. Where none remains the message is in the
    brand's home language, or English. `facts` are standing ones of its configuration. Raises
    ValueError for a situation without a playbook.
    """
    wanted = [one for one in dict.fromkeys(map(base, languages)) if one in spoken()]
    if not wanted:
        wanted = [base(home_language) if base(home_language) in spoken() else "en"]
    known, voice, at = standing(facts), Voice(brand_name), datetime.fromtimestamp(0, UTC)
    said = {one: draft(situation, Phase.SEEN, one, Channel.X, known, voice, at) for one in wanted}
    return {language: found.text for language, found in said.items() if found}
