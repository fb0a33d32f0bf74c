"""Every message that is shipped: each language, phase, channel, and subset of facts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, combinations, permutations

import pytest

from alerts.words.drafting import Draft, draft
from alerts.words.facts import Fact, spoken
from alerts.words.kinds import KINDS
from alerts.words.lengths import LIMITS, length
from alerts.words.lint import lint
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.playbooks import playbook, situations
from alerts.words.rulebook import Level, rulebook
from alerts.words.sentences import OWN, languages, wording
from alerts.words.voice import Voice

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)
SITE = "https://www.regionalverkehr.example"
VALUES = {
    "next_update": "2026-11-22T13:30:00Z",
    "since": "2026-11-22T09:30:00Z",
    "flights": "FW123, FW456, FW789",
    "flight": "FW123",
    "route": "Oslo–Bergen",
    "airports": "OSL, BGO",
    "system": "baggage",
    "works": "website, counters",
    "rebook_until": "2026-11-24",
    "strike_dates": "2026-11-24, 2026-11-25",
    "arrive_early": "120",
    "family_line": "+47 5550 0100",
    "injuries": "3",
    "cause": "weather",
    "own_handles": "@regionalverkehr, @regionalverkehr_help",
    **{kind: f"{SITE}/{kind}" for kind, one in KINDS.items() if one.type == "link"},
    **{kind: "yes" for kind, one in KINDS.items() if one.type == "yes"},
}
INSTEAD = {
    "en": "trains leave every hour",
    "de": "stündlich fährt ein Zug",
    "sv": "tåg går varje timme",
    "nb": "tog går hver time",
    "da": "der går tog hver time",
    "nl": "er rijdt elk uur een trein",
}
FACTS = {
    kind: Fact(f"fw-1/{kind}/1", kind, value, confirmed_by="Kari") for kind, value in VALUES.items()
} | {"alternative": Fact("fw-1/alternative/1", "alternative", "", INSTEAD, confirmed_by="Kari")}
CORRECTED = {
    "next_update": "2026-11-22T12:45:00Z",
    "flights": "FW123, FW456",
    "system": "website",
    "works": "website",
    "rebook_until": "2026-11-25",
    "help_url": f"{SITE}/new",
    "refund": "yes",
}
VOICES = {
    "plain": Voice(
        "Deutsche Regionalverkehr",
        "Europe/Oslo",
        domains=("regionalverkehr.example",),
        handles=("@regionalverkehr", "@regionalverkehr_help"),
    )
}
VOICES["formal"] = replace(VOICES["plain"], address={"de": "Sie", "nl": "u"})
SPOKEN = [
    *((language, "plain") for language in languages()),
    *(("de", "formal"), ("nl", "formal")),
]


@dataclass(frozen=True)
class Shipped:
    """A message, and the facts that were known when it was drafted."""

    draft: Draft
    facts: Mapping[str, Fact]
    voice: Voice

    def __str__(self) -> str:
        one = self.draft
        return f"{one.template} {one.channel} {sorted(self.facts)}: {one.text}"


def subsets(kinds: frozenset[str]) -> Iterator[dict[str, Fact]]:
    every = sorted(kinds)
    chosen = chain.from_iterable(combinations(every, size) for size in range(len(every) + 1))
    return ({kind: FACTS[kind] for kind in some} for some in chosen)


def wordings(language: str, voice: Voice, situation: str, phase: Phase) -> Iterator[Shipped]:
    """What this phase says with every subset of the facts that its sentences can use."""
    said = wording(situation, phase, language, formal=voice.formal(language))
    if said is None:
        return
    changes: list[list[tuple[Fact, Fact]]] = [[]]
    if phase is Phase.CORRECTION:
        changes = [
            [(replace(FACTS[kind], value=wrong), replace(FACTS[kind], id=f"fw-1/{kind}/2"))]
            for kind, wrong in CORRECTED.items()
        ]
    most = max(len(one.others) for one in said.sentences) + 1
    for facts in subsets(frozenset().union(*(one.kinds for one in said.sentences))):
        for corrected in changes:
            for channel in Channel:
                for variant in range(most):
                    found = draft(
                        situation,
                        phase,
                        language,
                        channel,
                        facts,
                        voice,
                        NOW,
                        variant=variant,
                        corrected=corrected,
                    )
                    told = dict(facts)
                    for was, now in corrected:
                        told |= {"was": was, now.kind: now}
                    if found and found.phase is phase:
                        yield Shipped(found, told, voice)


@pytest.fixture(scope="module", params=SPOKEN, ids="-".join)
def shipped(request: pytest.FixtureRequest) -> list[Shipped]:
    """All messages of a language in a voice, each text of a channel once, with the fewest facts."""
    language, name = request.param
    voice = VOICES[name]
    once: dict[tuple[object, ...], Shipped] = {}
    for situation in situations():
        if name == "formal" and playbook(situation).grave:
            continue
        for phase in Phase:
            for one in wordings(language, voice, situation, phase):
                demanded = {must.needs for must in playbook(situation).must(phase)}
                key = (situation, phase, one.draft.channel, one.draft.text)
                once.setdefault((*key, *sorted(demanded & one.facts.keys(), key=str)), one)
    return list(once.values())


def test_it_fits_and_reads_like_a_person(shipped: list[Shipped]) -> None:
    for one in shipped:
        text = one.draft.text
        assert length(text, one.draft.channel) <= LIMITS[one.draft.channel], one
        assert text[0].isupper(), one
        assert re.search(r"([.?!]|https://\S+)$", text), one
        assert not re.search(r"\s\s|[{}<>]|\.\.|\s[.,:;?!]|: ?\.|None", text), one


def heard_apart(shipped: list[Shipped]) -> Iterable[Shipped]:
    """Those of the same words once, where no rule knows their channel: on the strictest one."""
    book = rulebook(shipped[0].draft.language)
    entries = [*chain(*book.general.values()), *(rule.entry for rule in book.rules)]
    known = {channel for entry in entries for channel in entry.channels}
    drafts = sorted(
        shipped, key=lambda one: one.draft.channel not in (Channel.BANNER, Channel.PUSH)
    )
    return {
        (
            *(one.draft.situation, one.draft.phase, one.draft.text, *sorted(one.facts)),
            one.draft.channel if one.draft.channel in known else "any",
        ): one
        for one in drafts
    }.values()


def test_it_passes_the_linter(shipped: list[Shipped]) -> None:
    blocked = {
        (finding.rule, finding.found, one.draft.template): str(one)
        for one in heard_apart(shipped)
        for finding in lint(
            one.draft.text,
            language=one.draft.language,
            channel=one.draft.channel,
            phase=one.draft.phase,
            situation=one.draft.situation,
            facts=one.facts,
            voice=one.voice,
            at=NOW,
        )
        if finding.level is Level.BLOCK
    }
    assert not blocked, "\n".join(
        f"{rule}, {said!r}: {blocked[rule, said, name]}" for rule, said, name in blocked
    )


@pytest.mark.parametrize("situation", situations())
def test_a_playbook_names_only_what_the_linter_knows(situation: str) -> None:
    book = playbook(situation)
    concepts = {must.concept for phase in Phase for must in book.must(phase)}
    for language in languages():
        assert concepts <= rulebook(language).says.keys()
        assert set(book.never) <= rulebook(language).general.keys()


def test_it_states_only_the_facts_that_were_confirmed(shipped: list[Shipped]) -> None:
    for one in shipped:
        if one.draft.phase is Phase.CORRECTION:
            continue
        language = one.draft.language
        for kind in FACTS.keys() - one.facts.keys():
            said = spoken(FACTS[kind], language, "Europe/Oslo", NOW)
            also = {fact.value for fact in one.facts.values() if said and said in fact.value}
            if said and any(map(str.isdigit, said)) and not also:
                assert said not in one.draft.text, f"{kind}: {one}"


def test_every_situation_can_be_spoken_about_in_every_phase_that_has_words(
    shipped: list[Shipped],
) -> None:
    said = {(one.draft.situation, one.draft.phase, one.draft.channel) for one in shipped}
    for situation in {one.draft.situation for one in shipped}:
        for phase in Phase:
            if phase is Phase.SOLVED and playbook(situation).grave:
                continue
            for channel in Channel:
                if phase not in REPLIES or channel not in OWN:
                    assert (situation, phase, channel) in said


@pytest.mark.parametrize(("language", "name"), SPOKEN)
def test_any_choice_can_be_corrected_to_any_other(language: str, name: str) -> None:
    voice = VOICES[name]
    for kind in ("system", "works"):
        for was, now in permutations(KINDS[kind].options, 2):
            old = Fact(f"fw-1/{kind}/1", kind, was, confirmed_by="Kari")
            new = Fact(f"fw-1/{kind}/2", kind, now, confirmed_by="Kari", corrects=old.id)
            phase, channel = Phase.CORRECTION, Channel.X
            corrected = [(old, new)]
            said = draft(
                "booking", phase, language, channel, {kind: new}, voice, NOW, corrected=corrected
            )
            assert said
            facts = {"was": old, kind: new}
            found = lint(
                said.text,
                language=language,
                channel=channel,
                phase=phase,
                situation="booking",
                facts=facts,
                voice=voice,
                at=NOW,
            )
            assert not [one for one in found if one.level is Level.BLOCK], said.text
