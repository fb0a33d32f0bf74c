"""What an exercise says and counts, at the desk of an incident."""

from datetime import timedelta

from alerts.incidents import Reason
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
