"""Notices about words are found by what they ask, and are taken back from where all read."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, select

from alerts.duty.notices import Notice, Purpose
from alerts.notifiers import Notification
from monitor.daemon.discreet import Discreet
from monitor.daemon.dispatch import deliver
from monitor.incidents import rights
from monitor.store import Database, schema
from tests.alerts import scenes
from tests.monitor.words.conftest import BOTH, ID, NOW, Evening
from tests.notifiers import Unheard
from tests.service import tell

OTHER = "fjordwing-other"


@dataclass
class Place(Unheard):
    """Where people read notices, which can be changed: what stands there, by id, as JSON."""

    name: str
    replaces: bool = True
    stands: dict[str, str] = field(default_factory=dict)

    async def send(self, _notification: Notification) -> str:
        return "message"

    async def notify(self, notice: Notice, **_: object) -> str:
        self.stands[notice.id] = notice.to_json()
        return f"receipt of {notice.id}"

    async def amend(self, notice: Notice, receipt: str) -> str:
        assert receipt == f"receipt of {notice.id}"
        self.stands[notice.id] = notice.to_json()
        return receipt

    def reads(self) -> str:
        return "\n".join(self.stands.values())


def bring(evening: Evening, *places: Place) -> None:
    shown = [Discreet(place, evening.configuration) for place in places]
    asyncio.run(deliver(evening.database, shown, lambda: evening.now))


@BOTH
def test_what_was_told_of_words_is_taken_from_where_all_read_once_it_is_restricted(
    evening: Evening,
) -> None:
    evening.do("ida", "ask", kind="flights", question="Is it FW123?")
    evening.do("ola", "confirm", kind="flights", value="FW123")
    words = evening.draft(phase="seen").text
    one = evening.submit(phase="seen", text=f"{words} Es geht um FW123.")
    evening.do("kari", "return", one.id, "not FW123, I think")
    desk, ida, crisis = Place("desk"), Place("ida"), Place("crisis")
    bring(evening, desk, ida)
    told = {*desk.stands}
    assert desk.reads().count("FW123") >= 3
    evening.wait(30)
    evening.do("nora", "restrict", note="FW123 is under investigation")
    evening.do("ida", "submit", one.id)
    bring(evening, desk, ida, crisis)
    assert {*desk.stands} == told, "nothing rings there again"
    for place in (desk, ida):
        assert "FW123" not in place.reads()
        assert {Notice.from_json(it).title for it in place.stands.values()} <= {
            "Restricted incident"
        }
    assert "FW123" in crisis.reads()


def test_what_was_told_of_two_is_taken_back_where_one_that_is_restricted_takes_in_the_other(
    evening: Evening,
) -> None:
    about = replace(scenes.incident(), id=OTHER, surges=(), restricted=True)
    tell(evening.database, about, scenes.briefing(about=about, charts={}))
    evening.submit(phase="seen")
    desk = Place("desk")
    bring(evening, desk)
    assert "Fjordwing Air" in desk.reads()
    evening.do("nora", rights.MERGE, OTHER, plain=ID)
    bring(evening, desk)
    assert {Notice.from_json(it).title for it in desk.stands.values()} == {"Restricted incident"}


def test_what_waits_of_a_part_is_not_sent_once_it_is_one_of_a_restricted_incident(
    evening: Evening,
) -> None:
    about = replace(scenes.incident(), id=OTHER, surges=(), restricted=True)
    tell(evening.database, about, scenes.briefing(about=about, charts={}))
    evening.submit(phase="seen")
    evening.do("nora", rights.MERGE, OTHER, plain=ID)
    desk = Place("desk")
    bring(evening, desk)
    assert not desk.stands


def test_what_is_shown_anew_arrived_when_it_was_sent(evening: Evening) -> None:
    one = evening.submit(phase="seen")
    desk = Place("desk")
    bring(evening, desk)

    def settled() -> object:
        return evening.read(
            lambda c: c.execute(
                select(schema.notice.c.outcome, schema.notice.c.settled_at).where(
                    schema.notice.c.notifier == "desk"
                )
            ).all()
        )

    before = settled()
    evening.wait(30)
    evening.approve("kari", one)
    bring(evening, desk)
    assert "Approved by Kari" in desk.reads()
    assert settled() == before


def test_what_strangers_wrote_is_sent_with_a_notice_and_not_kept_in_it(evening: Evening) -> None:
    [example, *_] = scenes.briefing().examples
    evening.submit(phase="seen")
    kept = evening.read(lambda c: c.scalars(select(schema.notice.c.content)).all())
    assert not [one for one in kept if example.id in one]
    desk = Place("desk")
    bring(evening, desk)
    assert example.id in desk.reads()


@contextmanager
def plans(database: Database) -> Iterator[list[str]]:
    """How SQLite looks for what it is asked about notices."""
    found: list[str] = []

    def ask(
        connection: Connection, _cursor: object, statement: str, values: object, *_: object
    ) -> None:
        if " notice" in statement and not statement.startswith(("EXPLAIN", "INSERT")):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
            found.extend(row[3] for row in rows)

    event.listen(database.engine, "before_cursor_execute", ask)
    yield found
    event.remove(database.engine, "before_cursor_execute", ask)


def test_what_is_answered_is_found_without_reading_every_notice(evening: Evening) -> None:
    one = evening.submit(phase="seen")
    with plans(evening.database) as found:
        evening.approve("kari", one)
    assert [plan for plan in found if "notice_by_asks" in plan]
    assert not [plan for plan in found if plan.startswith("SCAN notice")]


def test_what_notices_of_the_version_before_ask_is_known(place: str) -> None:
    incident = replace(scenes.incident(), revision=1, surges=())
    ids = [f"ask/{ID}/1", f"ask/{ID}/1/late/ida", f"submitted/{ID}/1/2", f"returned/{ID}/1/3"]
    engine = create_engine(place)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "monitor.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        connection.execute(
            schema.incident.insert().values(
                {
                    name: getattr(incident, name)
                    for name in incident.__slots__
                    if name in schema.incident.c
                }
            )
        )
        for id in ids:
            connection.execute(
                schema.notice.insert().values(
                    id=id,
                    notifier="desk",
                    at=NOW,
                    purpose=Purpose.WORDS,
                    urgent=False,
                    incident=ID,
                    content=Notice(
                        id, Purpose.WORDS, NOW, "title", briefing=scenes.briefing()
                    ).to_json(),
                    delivered=True,
                )
            )
    engine.dispose()
    n = schema.notice.c
    with closing(Database.open(place)) as database, database.read() as connection:
        asks = dict(connection.execute(select(n.id, n.asks)).all())  # type: ignore[arg-type]
        kept = [Notice.from_json(one) for one in connection.scalars(select(n.content))]
    assert [asks[id] for id in ids] == [f"ask/{ID}/1", f"ask/{ID}/1", f"submitted/{ID}/1", None]
    assert {(one.title, one.briefing) for one in kept} == {("title", None)}, "no posts are in it"
