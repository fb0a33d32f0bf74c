"""What an exercise says and counts, at the desk of an incident."""

from datetime import timedelta

from alerts.incidents.incident import Reason
from monitor.drill import result, words
from monitor.drill.scenario import scenarios
from monitor.reporting import markdown
from tests.monitor.words.conftest import Evening


def test_every_scenario_says_facts_that_there_are(evening: Evening) -> None:
    for scenario in scenarios().values():
        for step in scenario.steps:
            for kind, value in step.facts.items():
                evening.do("ida", "fact", kind=kind, value=value)
        for kind, value in scenario.answers.items():
            evening.confirm(kind, value, who="nora")


def test_the_report_counts_by_team_what_was_said_promised_and_corrected(evening: Evening) -> None:
    began = evening.now
    evening.confirm("system", "booking")
    evening.confirm("next_update", "30m")
    evening.post()
    evening.wait(5)
    evening.do("nora", "correct", kind="next_update", value="40m")
    correction = evening.messages()[-1]
    evening.do("ida", "submit", correction.id)
    evening.approve("kari", evening.message(correction.id))
    evening.do("ida", "posted", correction.id)
    evening.wait(60)
    with evening.database.read() as connection:
        told = result.report(connection, evening.configuration, "Booking fails", began, evening.now)
        assert not told.incidents, "what began before belongs to no exercise"
        long_ago = began - timedelta(days=1)
        told = result.report(
            connection, evening.configuration, "Booking fails", long_ago, evening.now
        )

    [one] = told.incidents
    [german] = one.spoken
    assert german.drafted
    assert german.approved
    assert german.posted
    assert german.drafted <= german.approved <= german.posted
    assert [each.outcome for each in one.promises] == ["kept", "broken"]
    assert [(each.language, each.posted_at is None) for each in one.corrections] == [("de", False)]
    assert one.work["Customer care"][Reason.POSTED] == 2
    written = markdown.written(words.document(told))
    assert written.startswith("# EXERCISE: Booking fails, ")
    assert "| German | Mon" in written or "broken" in written
    for name in ("Ida", "Kari", "Nora"):
        assert name not in written, "teams, not persons"


def test_the_report_names_what_stayed_wrong_in_public_and_was_not_said(evening: Evening) -> None:
    began = evening.now - timedelta(days=1)

    def reported() -> tuple[str, str]:
        with evening.database.read() as connection:
            told = result.report(connection, evening.configuration, "Booking", began, evening.now)
        return markdown.written(words.document(told)), words.in_short(told)

    written, _ = reported()
    assert "never said in" not in written, "nobody knew that it works again"
    evening.confirm("system", "booking")
    evening.confirm("works", "counters, phone")
    evening.confirm("next_update", "30m")
    posted = evening.post()
    evening.wait(5)
    evening.do("ida", "fact", kind="works", value="counters")
    evening.do("ida", "fact", kind="working_again", value="yes")
    written, short = reported()
    assert f"{posted.id} (German on x): " in written
    assert "Wrong, and public to the end" in written
    assert "It worked again, and that was never said in " in written
    assert "1 × wrong in public to the end" in short

    evening.do("nora", "correct", kind="works", value="counters")
    correction = evening.messages()[-1]
    evening.do("ida", "submit", correction.id)
    evening.approve("kari", evening.message(correction.id))
    evening.do("ida", "posted", correction.id)
    assert "Wrong, and public to the end" not in reported()[0]
