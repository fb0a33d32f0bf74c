"""Composition: only confirmed facts, as much as there is room for, in the voice of the brand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from alerts.words.drafting import Draft, draft, lacking, silence
from alerts.words.facts import Fact, FactState, standing
from alerts.words.lengths import LIMITS, length
from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import playbook, situations
from alerts.words.sentences import Sentence, Texts
from alerts.words.voice import Voice

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FJORDWING = Voice("Fjordwing Air", "Europe/Oslo")


def fact(kind: str, value: str, revision: int = 1, **texts: str) -> Fact:
    return Fact(f"fw-1/{kind}/{revision}", kind, value, texts, confirmed_by="Kari")


UPDATE = fact("next_update", "2026-11-22T13:30:00Z")
APP = fact("system", "app")


def said(
    situation: str,
    phase: Phase,
    *facts: Fact,
    language: str = "en",
    channel: Channel = Channel.X,
    voice: Voice = FJORDWING,
    variant: int = 0,
    corrected: Sequence[tuple[Fact, Fact]] = (),
) -> Draft:
    found = draft(
        situation,
        phase,
        language,
        channel,
        {one.kind: one for one in facts},
        voice,
        NOON,
        variant=variant,
        corrected=corrected,
    )
    assert found is not None
    return found


def test_a_phase_says_what_is_confirmed_and_names_what_it_used_and_what_it_lacks() -> None:
    found = said("booking", Phase.WORKING, UPDATE, APP)
    assert found.text == (
        "The app isn't working right now. Please don't pay twice: your first payment may have "
        "gone through. Sorry about this. More at 14:30 CET."
    )
    assert found.uses == ("fw-1/next_update/1", "fw-1/system/1")
    assert found.lacks == ("works", "since", "status_url")
    assert found.template.startswith("en/booking/working@")


@pytest.mark.parametrize(
    "useless",
    [
        replace(UPDATE, state=FactState.RUMOURED, confirmed_by=None),
        replace(UPDATE, state=FactState.CORRECTED),
        replace(UPDATE, until=NOON),
    ],
    ids=["rumoured", "corrected", "expired"],
)
def test_what_does_not_hold_is_not_said_and_the_phase_gives_way_to_one_that_needs_less(
    useless: Fact,
) -> None:
    found = said("booking", Phase.WORKING, useless, APP)
    assert (found.asked, found.phase) == (Phase.WORKING, Phase.SEEN)
    assert found.unlocks == {Phase.WORKING: ("next_update",)}
    assert "14:30" not in found.text
    assert "next_update" in found.lacks


def test_solved_gives_way_step_by_step() -> None:
    again = fact("working_again", "yes")
    assert said("booking", Phase.SOLVED, UPDATE, again).phase is Phase.SOLVED
    assert said("booking", Phase.SOLVED, UPDATE).phase is Phase.UPDATE
    found = said("booking", Phase.SOLVED)
    assert (found.phase, dict(found.unlocks)) == (
        Phase.SEEN,
        {
            Phase.SOLVED: ("working_again",),
            Phase.UPDATE: ("next_update",),
            Phase.WORKING: ("next_update",),
        },
    )


def test_where_room_is_tight_the_least_needed_goes_first() -> None:
    facts = (UPDATE, APP, fact("since", "2026-11-22T09:30:00Z"), fact("works", "website, counters"))
    [x, banner, push] = [
        said("booking", Phase.WORKING, *facts, channel=channel).text
        for channel in (Channel.X, Channel.BANNER, Channel.PUSH)
    ]
    assert "It started at 10:30 CET." in x
    assert "Still working: the website and the airport counters." in banner
    assert "It started" not in banner
    assert push == (
        "The app isn't working. Still working: the website and the airport counters. "
        "Please don't pay twice. More at 14:30 CET."
    )


def test_more_flights_than_there_is_room_for_do_not_stop_the_rest() -> None:
    many = fact("flights", ", ".join(f"FW{number}" for number in range(100, 180)))
    found = said("airspace", Phase.SEEN, many)
    assert "FW100" not in found.text
    assert "checking which flights are affected" in found.text
    assert length(found.text, Channel.X) <= LIMITS[Channel.X]
    assert "FW179" in said("airspace", Phase.SEEN, many, channel=Channel.FACEBOOK).text


def test_a_link_is_not_read_out_and_a_direct_message_not_asked_for_on_the_phone() -> None:
    facts = standing({"report_url": "https://fjordwing.example/report"}).values()
    heard = said("baggage", Phase.SEEN, *facts, channel=Channel.PHONE).text
    assert "https" not in heard
    assert "DM" not in heard
    assert "Report it at the baggage desk." in heard


def test_a_reply_is_for_those_who_posted() -> None:
    assert draft("booking", Phase.DETAILS, "en", Channel.PUSH, {}, FJORDWING, NOON) is None


def test_a_brand_speaks_formally_names_its_things_and_signs_where_there_is_room() -> None:
    house = Voice(
        "Fjordwing Air",
        "Europe/Oslo",
        address={"de": "Sie"},
        sign_off={"de": "Euer Team", "en": "^Fjordwing"},
        names={"app": {"en": "the Fjord app"}},
    )
    assert said("booking", Phase.SEEN, language="de").text.startswith("Das Buchen bei")
    formal = said("booking", Phase.SEEN, language="de", voice=house)
    assert "Wir sehen Ihre Nachrichten." in formal.text
    assert formal.text.endswith(" Euer Team")
    assert formal.template.startswith("de-formal/booking/seen@")
    working = said("booking", Phase.WORKING, UPDATE, APP, voice=house)
    assert working.text.startswith("The Fjord app isn't working right now.")
    for grave in (one for one in situations() if playbook(one).grave):
        assert not said(grave, Phase.SEEN, voice=house).text.endswith("^Fjordwing")
    pushed = said("booking", Phase.SEEN, voice=house, channel=Channel.PUSH)
    assert not pushed.text.endswith("^Fjordwing")


def test_what_is_grave_is_said_formally_whatever_the_brand() -> None:
    found = said("breach", Phase.WORKING, UPDATE, language="de")
    assert "Sind Sie betroffen, hören Sie direkt von uns." in found.text


def test_a_correction_says_what_was_wrong_and_what_is_right() -> None:
    right = replace(fact("next_update", "2026-11-22T14:45:00Z", 2), corrects=UPDATE.id)
    found = said("booking", Phase.CORRECTION, right, language="de", corrected=[(UPDATE, right)])
    assert found.text.startswith(
        "Korrektur. Nächstes Update: 15:45 Uhr (MEZ), nicht 14:30 Uhr (MEZ)."
    )
    assert found.uses == (UPDATE.id, right.id)
    assert draft("booking", Phase.CORRECTION, "de", Channel.X, {}, FJORDWING, NOON) is None


def test_one_correction_names_the_subject_of_each_fact_that_was_wrong() -> None:
    early = fact("arrive_early", "90"), fact("arrive_early", "120", 2)
    flights = fact("flights", "FW123"), fact("flights", "FW124", 2)
    found = said("cancellations", Phase.CORRECTION, corrected=[early, flights])
    assert "before departure: 120, not 90. Affected flights: FW124, not FW123." in found.text
    assert found.uses == tuple(one.id for pair in (early, flights) for one in pair)
    unnamed = fact("help_url", "https://a.example"), fact("help_url", "https://b.example", 2)
    assert "part of what we said" in said("booking", Phase.CORRECTION, corrected=[unnamed]).text


def test_there_are_other_wordings_of_a_message() -> None:
    first, other = (
        draft("cancellations", Phase.SEEN, "en", Channel.X, {}, FJORDWING, NOON, variant=variant)
        for variant in (0, 1)
    )
    assert first
    assert other
    assert first.text != other.text
    assert first.template == other.template


def test_saying_nothing_is_a_choice_and_in_a_threat_the_first() -> None:
    assert silence("threat") == (
        "say nothing, because the authorities lead, and each public word can help who threatens"
    )
    assert silence("threat", spoken=True).startswith("say nothing more, because the authorities")
    defaults = {one for one in situations() if playbook(one).silence == "default"}
    assert defaults == {"threat", "insolvency"}
    for one in situations():
        said = silence(one)
        assert said.startswith(f"say nothing, {'because' if one in defaults else 'if'} "), one


def test_saying_nothing_is_no_choice_once_something_is_said_or_many_know() -> None:
    assert silence("booking") == "say nothing, if it works again before many have noticed"
    assert silence("booking", many=True) == ""
    assert silence("booking", spoken=True) == ""
    assert silence("airspace", many=True) == "say nothing, if none of our flights is affected"


def test_less_is_not_said_where_the_public_knows_more() -> None:
    place = ("booking", Phase.UPDATE, "de", Channel.X, {"system": APP}, FJORDWING, NOON)
    one = draft(*place)
    assert one
    assert one.phase is Phase.SEEN
    assert draft(*place, least=Phase.WORKING) is None
    assert lacking(*place) == ("next_update",)


@pytest.mark.parametrize(
    "odd",
    ["{{ 7*7 }}", "{% raw %}", "<b>now</b>", "<!channel>", "a\u202eb", "a\u200bb", "{{ brand }}"],
)
def test_a_fact_and_a_brand_are_text_whatever_they_look_like(odd: str) -> None:
    instead = fact("alternative", "", en=f"take\n the {odd}  train.")
    found = said("unknown", Phase.WORKING, UPDATE, instead)
    assert f"In the meantime: take the {odd} train. More at" in found.text
    assert odd in said("booking", Phase.SEEN, voice=Voice(odd)).text


def test_a_fact_without_words_in_a_language_is_not_known_there() -> None:
    instead = fact("alternative", "", en="take the train")
    assert "train" in said("unknown", Phase.WORKING, UPDATE, instead).text
    german = said("unknown", Phase.WORKING, UPDATE, instead, language="de")
    assert "train" not in german.text
    assert german.lacks == ("alternative",)


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ({"say": "{{ horoscope }}"}, "no such slot: horoscope"),
        ({"say": "{{ brand"}, "unexpected"),
        ({"say": "{% for"}, "expected"),
        ({"say": "Hello.", "where": ["luck"]}, "no such kind of fact: luck"),
        ({"say": "Hello.", "short": "{{ flights }}"}, "a slot that `say` has not: flights"),
        ({"say": "Hello.", "may": True, "on": ["pigeon"]}, "pigeon"),
    ],
)
def test_a_broken_sentence_is_refused(sentence: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Sentence.model_validate(sentence)


def test_words_for_a_situation_without_a_playbook_are_refused() -> None:
    with pytest.raises(ValidationError, match="no such situation: picnic"):
        Texts.model_validate({"picnic": {"seen": [{"say": "Rain."}]}})


def test_a_promise_is_over_when_its_time_has_come() -> None:
    kept = replace(UPDATE, until=NOON + timedelta(minutes=90))
    assert said("unknown", Phase.UPDATE, kept).phase is Phase.UPDATE
    over = draft(
        "unknown",
        Phase.UPDATE,
        "en",
        Channel.X,
        {"next_update": kept},
        FJORDWING,
        NOON + timedelta(minutes=90),
    )
    assert over is not None
    assert over.phase is Phase.SEEN
