"""What an exercise says and counts, at the desk of an incident."""

from datetime import timedelta

from alerts.incidents.incident import DAEMON, Reason
from alerts.incidents.milestones import Milestone
from alerts.words.facts import Fact, FactState
from monitor.drill import result, words
from monitor.drill.scenario import scenarios
from monitor.drill.setting import OPERATIONS_NAME
from monitor.reporting import markdown
from monitor.store import facts
from tests.monitor.words.conftest import ID, Evening


def test_every_scenario_says_facts_that_there_are(evening: Evening) -> None:
    for scenario in scenarios().values():
        for step in scenario.steps:
            for kind, value in step.facts.items():
                evening.do("ida", "fact", kind=kind, value=value)
        for kind, value in scenario.answers.items():
            evening.confirm(kind, value, who="nora")


def operations_say(evening: Evening, kind: str, value: str, who: str = OPERATIONS_NAME) -> None:
    """What operations say and nobody has confirmed."""
    said = Fact(f"{ID}/{kind}/99", kind, value, {}, FactState.RUMOURED, by=who, at=evening.now)
    evening.write(lambda connection: facts.put(connection, said))


def test_a_time_that_is_only_proposed_makes_nothing_wrong_that_was_promised(
    evening: Evening,
) -> None:
    began = evening.now - timedelta(days=1)
    evening.confirm("system", "booking")
    evening.confirm("next_update", "60m")
    evening.post()
    evening.wait(45)
    [*_, proposed] = evening.read(lambda connection: facts.history(connection, ID, "next_update"))
    assert (proposed.by, proposed.state) == (DAEMON, FactState.RUMOURED)
    evening.do("nora", "confirm", kind="next_update", value="45m")
    with evening.database.read() as connection:
        told = result.report(connection, evening.configuration, "Booking", began, evening.now)
    [one] = told.incidents
    assert not one.uncorrected


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
    assert german.posted == timedelta(days=1), "from when it began, as on the screen"
    assert one.clock[Milestone.ONSET].at == long_ago
    assert one.clock[Milestone.FIRST_WORD].after == german.posted
    assert [each.outcome for each in one.promises] == ["moved", "broken"]
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
    evening.do("ida", "fact", kind="works", value="phone")
    evening.do("ida", "fact", kind="working_again", value="yes")
    written, short = reported()
    assert "Wrong, and public" not in written, "a rumour of the team's own is nothing known"
    assert "never said in" not in written
    operations_say(evening, "works", "counters")
    operations_say(evening, "working_again", "yes")
    written, short = reported()
    assert f"{posted.id} (German on x): " in written
    assert "Wrong, and public to the end" in written
    assert "It worked again, and that was never said in " in written
    assert "1 × wrong in public to the end" in short
    assert "Next update" not in written
    assert written.startswith("# EXERCISE: Booking, Fjordwing Air\n")

    evening.do("nora", "correct", kind="works", value="counters")
    correction = evening.messages()[-1]
    evening.do("ida", "submit", correction.id)
    evening.approve("kari", evening.message(correction.id))
    evening.do("ida", "posted", correction.id)
    assert "Wrong, and public to the end" not in reported()[0]
