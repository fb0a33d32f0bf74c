"""Which facts a text in free words relies on: those because of which the linter lets it pass. Pure.

It binds rather too much than too little: what was true only because of a fact falls with it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial

from alerts.languages import base
from alerts.words.facts import Fact
from alerts.words.kinds import KINDS, Type
from alerts.words.lint import lint
from alerts.words.patterns import folded
from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import playbook
from alerts.words.rulebook import rulebook
from alerts.words.voice import Voice


def relied_on(
    text: str,
    facts: Mapping[str, Fact],
    *,
    language: str,
    channel: Channel,
    phase: Phase,
    situation: str,
    voice: Voice,
    at: datetime,
) -> Iterator[Fact]:
    """The facts, of these by kind, without which the linter finds more, or that it sees said.

    Times are found by their clock, which `facts.states` does: as days they are mere numbers.
    """
    check = partial(
        lint,
        text,
        language=language,
        channel=channel,
        phase=phase,
        situation=situation,
        voice=voice,
        at=at,
    )
    always = {kind: fact for kind, fact in facts.items() if KINDS[kind].standing}
    without = {(one.rule, one.start) for one in check(facts=always)}
    said = _said(text, language, situation, voice)
    for kind, fact in facts.items():
        if kind in always:
            continue
        allowed = without - {(one.rule, one.start) for one in check(facts={**always, kind: fact})}
        found = allowed and KINDS[kind].type is not Type.TIME
        if found or kind in said:
            yield fact


def _said(text: str, language: str, situation: str, voice: Voice) -> set[str]:
    """The kinds of facts that say what the text says, of what has to be said in some phase."""
    says, words = rulebook(base(language)).says, folded(text, voice.brand)
    concepts = {concept for concept, one in says.items() if one.find.are_in(words)}
    musts = playbook(situation).musts.values()
    return concepts | {
        must.needs for those in musts for must in those if must.needs and must.concept in concepts
    }
