"""What the report of an incident says of its words."""

from pydantic_core import to_json

from alerts.incidents.incident import Reason
from alerts.words.phases import Channel, Phase
from monitor.reporting import html, incident_words, markdown, pdf
from monitor.reporting.document import Table
from monitor.reporting.incident import IncidentReport, report
from monitor.store import situations
from tests.monitor.words.conftest import ID, Evening
from tests.papers import words_of

OSLO = "Europe/Oslo"
TWO_LINES = "Das Buchen klappt nicht?\nWir schauen uns das an."


def reported(evening: Evening) -> IncidentReport:
    return evening.read(
        lambda c: report(
            c, evening.configuration, situations.one_incident(c, ID), evening.now, OSLO
        )
    )


def test_what_is_public_stands_first_among_the_words_of_a_report_to_the_letter(
    evening: Evening,
) -> None:
    evening.post(phase="seen", text=TWO_LINES)
    evening.wait(2)
    alone = evening.submit(phase="seen", text="Das Buchen klappt nicht?", channel="bluesky")
    evening.do("nora", "break_glass", alone.id, "Kari sleeps", plain=alone.sha256)
    evening.do("ida", "posted", alone.id)
    evening.post(phase="details", approver="ola")
    evening.draft(phase="seen", languages=["en"])

    told = reported(evening)
    first, second = told.said
    assert (first.text, first.language, first.channel, first.phase) == (
        *(TWO_LINES, "de", Channel.X, Phase.SEEN),
    )
    assert (first.by, first.link) == ("Ida Dahl", "https://x.example/1")
    assert [(one.by, one.alone) for one in first.approved] == [("Kari Nygård", "")]
    assert [(one.by, one.alone) for one in second.approved] == [("Nora Lie", "Kari sleeps")]
    assert TWO_LINES in to_json(told).decode().replace("\\n", "\n")

    document = incident_words.document(told)
    text, page = markdown.written(document), html.written(document)
    titles = [one.title for one in document.sections]
    assert titles.index("What was said in public") < titles.index("What happened")
    said = "> Das Buchen klappt nicht?\\\n> Wir schauen uns das an.\\\n> — German on X, seen"
    assert said in text
    assert "by Ida Dahl · approved " in text
    assert "by Nora Lie alone, because Kari sleeps" in text
    assert "Das Buchen klappt nicht?<br>Wir schauen uns das an.<br>" in page
    assert 'href="https://x.example/1"' in page
    on_paper = words_of(pdf.written(document))
    assert "DasBuchenklapptnicht?Wirschauenunsdasan.GermanonX" in on_paper
    assert "https://x.example/1" in on_paper


def test_a_report_says_each_thing_once(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    for language in ("de", "en", "sv"):
        evening.submit(languages=[language])
    told = reported(evening)
    assert [one.kind for one in told.timeline].count(Reason.SUBMITTED) == 3
    document = incident_words.document(told)
    text = markdown.written(document)
    [happened] = [one.blocks[0] for one in document.sections if one.title == "What happened"]
    assert isinstance(happened, Table)
    [asked] = [row[-1] for row in happened.rows if "asks for approval" in row[-1]]
    assert asked.startswith("Ida Dahl asks for approval: German message (working, x)")
    assert asked.count("; ") == 2
    for message in told.newest.holding_messages.values():
        assert text.count(markdown.escaped(message)) == 1
    assert len(told.revisions) > 3
    assert len({one.headline for one in told.revisions}) == 1
    [new] = [one.blocks[0] for one in document.sections if "something new" in one.title]
    assert isinstance(new, Table)
    assert len(new.rows) == 1
