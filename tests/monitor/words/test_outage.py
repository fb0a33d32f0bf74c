"""A booking outage from the first word to the last, in four languages, with one fact corrected."""

from alerts.words.approval import MessageState
from alerts.words.phases import Phase
from tests.monitor.words.conftest import Evening

LANGUAGES = ["de", "en", "nb", "sv"]


def say(evening: Evening, phase: str) -> None:
    """Draft a phase in every language that is being written, and bring it out."""
    evening.wait(1)
    evening.do("ida", "draft", phase=phase, channel="x")
    bring_out(evening, phase)


def bring_out(evening: Evening, phase: str) -> None:
    """What was drafted last is submitted, approved by a reader of its language, and posted."""
    drafted = evening.messages()[-len(LANGUAGES) :]
    assert [(one.language, one.phase) for one in drafted] == [
        (language, Phase(phase)) for language in LANGUAGES
    ]
    for one in drafted:
        evening.do("ida", "submit", one.id)
        evening.approve("kari" if one.language == "de" else "nora", evening.message(one.id))
        evening.do("ida", "posted", one.id)


def test_everything_that_is_said_is_approved_kept_and_corrected(evening: Evening) -> None:
    say(evening, "seen")
    for kind, value in {
        "system": "booking",
        "works": "counters, phone",
        "next_update": "60m",
    }.items():
        evening.confirm(kind, value)
    say(evening, "working")
    evening.wait(5)
    evening.do("nora", "correct", kind="next_update", value="90m")
    bring_out(evening, "correction")
    evening.wait(70)
    evening.confirm("next_update", "3h")
    say(evening, "update")
    evening.confirm("working_again", "yes")
    say(evening, "solved")
    evening.wait(200)

    posted = [one for one in evening.messages() if one.posted_at]
    assert len(posted) == 5 * len(LANGUAGES)
    last = [one for one in posted if one.state is MessageState.POSTED]
    assert [(one.phase, one.language) for one in last] == [
        (Phase.SOLVED, language) for language in LANGUAGES
    ]
    assert not any("was broken" in one for one in evening.notices())
