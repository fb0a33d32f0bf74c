"""A legal hold: nothing of an incident grows old; what its author takes back is hidden anyway."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident, Refused, State
from alerts.notifiers import Pressed
from alerts.posts import Post
from detectors import Series
from monitor.configuration import loads
from monitor.incidents import pressing
from monitor.incidents.rights import Forbidden
from monitor.reporting import incident as of_incident
from monitor.store import Database, schema, situations, volume
from monitor.store.retention import forget, purge
from monitor.store.work import withheld
from tests.airline import CONFIGURATION
from tests.alerts import scenes
from tests.monitor.command_line import in_process
from tests.service import tell

HOUR = timedelta(hours=1)
NOW = scenes.START + timedelta(days=60)
BEFORE = NOW - timedelta(days=30)
BOOKING = Series("fjordwing", "booking", "x")
CONFIGURED = loads(
    CONFIGURATION
    + """
people:
  kari: {name: Kari Nygård, rights: [act, lead]}
  ola: {name: Ola Berg}
"""
)


def posts(*hours: int) -> list[Post]:
    """A post about booking so many hours after the start."""
    return [
        Post("x", f"p{hour}", scenes.START + hour * HOUR, f"text {hour}", f"author {hour}", "en")
        for hour in hours
    ]


def store(database: Database, made: list[Post]) -> None:
    with database.write() as connection:
        [(id, _)] = volume.register_series(connection, [("fjordwing", "booking", "x", "v")], None)
        new = [(volume.post_key("x", one.id), one, "en", False) for one in made]
        members = [(id, volume.post_key("x", one.id), one.created_at) for one in made]
        volume.add_posts(connection, new, members)


def over(id: str, database: Database, shown: list[Post]) -> Incident:
    """An incident that lasted three hours, long ago, with these posts in its briefing."""
    one = replace(
        scenes.incident(scenes.surge(BOOKING), state=State.RESOLVED),
        id=id,
        resolved_at=scenes.START + 3 * HOUR,
        resolved_by="Kari",
    )
    tell(database, one, replace(scenes.briefing(about=one, said=[]), examples=tuple(shown)))
    return one


def press(database: Database, verb: str, by: str = "kari", **more: str) -> str:
    pressed = Pressed(
        verb, "fjordwing-held", by, "shell", more.get("value", ""), more.get("note", "")
    )
    with database.write() as connection:
        return str(pressing.do(CONFIGURED, pressed, NOW, connection))


def left(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(schema.post.c.id).where(schema.post.c.text != "")))


def shown(database: Database) -> list[str]:
    """The posts in every briefing of it."""
    b = schema.briefing.c
    with database.read() as connection:
        contents = connection.scalars(select(b.content).where(b.incident == "fjordwing-held"))
        return [post.id for one in contents for post in Briefing.from_json(one).examples]


def purged(database: Database) -> None:
    number = 1
    while number:
        with database.write() as connection:
            number = purge(connection, BEFORE)


@pytest.fixture
def held(database: Database) -> Database:
    made = posts(-1, 0, 1, 2, 5)
    store(database, made)
    over("fjordwing-held", database, made[1:3])
    press(database, "hold", note="claim of 40 passengers")
    return database


def test_what_is_held_outlives_keep_posts_and_the_rest_does_not(held: Database) -> None:
    purged(held)
    assert left(held) == {"p0", "p1", "p2"}, "what was written while it lasted"
    assert set(shown(held)) == {"p0", "p1"}


def test_once_released_it_grows_old_like_anything(held: Database) -> None:
    said = press(held, "release")
    assert said == "fjordwing-held: released from legal hold by Kari Nygård"
    purged(held)
    assert not left(held)
    assert not shown(held)


def test_what_an_author_deletes_is_gone_unless_the_hold_says_otherwise(held: Database) -> None:
    with held.write() as connection:
        forget(connection, [("x", "p1")])
    assert "p1" not in left(held)
    assert "p1" not in shown(held)
    with held.read() as connection:
        assert connection.execute(select(withheld)).all() == []


def test_kept_aside_it_is_in_no_view_and_gone_with_the_hold(held: Database) -> None:
    press(held, "hold", value="deleted", note="ordered by the court")
    for _ in range(2):  # told twice that they were deleted
        with held.write() as connection:
            forget(connection, [("x", "p1"), ("x", "p5")])
    assert left(held) == {"p-1", "p0", "p2"}
    assert "p1" not in shown(held)
    with held.read() as connection:
        [kept] = connection.execute(select(withheld)).mappings()
    assert (kept["id"], kept["text"], kept["author"]) == ("p1", "text 1", "author 1")
    press(held, "hold", note="the claim alone, the court has decided")
    with held.read() as connection:
        assert connection.execute(select(withheld)).all() == []


def test_who_holds_it_and_why_is_on_record_and_in_the_report(held: Database) -> None:
    with held.read() as connection:
        told = situations.timeline(connection, "fjordwing-held")[-1]
        one = situations.one_incident(connection, "fjordwing-held")
        report = of_incident.report(connection, CONFIGURED, one, NOW, "UTC")
    assert (told["kind"], told["actor"], told["note"]) == (
        "held",
        "Kari Nygård",
        "claim of 40 passengers",
    )
    assert report.timeline[-1].words == "put on legal hold by Kari Nygård: claim of 40 passengers"


@pytest.mark.parametrize(
    ("verb", "by", "note", "why"),
    [
        ("hold", "ola", "so that it stays", "Ola Berg may not put an incident on legal hold"),
        ("release", "ola", "", "Ola Berg may not release an incident"),
        ("hold", "kari", "", "say why it is held"),
        ("hold", "kari", "claim of 40 passengers", "Kari Nygård holds fjordwing-held already"),
    ],
)
def test_only_who_leads_holds_and_says_why(
    held: Database, verb: str, by: str, note: str, why: str
) -> None:
    with pytest.raises((Refused, Forbidden), match=why):
        press(held, verb, by, note=note)


def of_whole(database: Database, verb: str, value: str = "", note: str = "") -> None:
    with database.write() as connection:
        pressed = Pressed(verb, "fjordwing-whole", "kari", "shell", value, note)
        pressing.do(CONFIGURED, pressed, NOW, connection)


def merged(database: Database, note: str = "") -> None:
    """It is a part of an incident that is held for this reason, if any."""
    whole = replace(scenes.incident(scenes.surge(BOOKING, HOUR)), id="fjordwing-whole")
    tell(database, whole, scenes.briefing(about=whole, said=[]))
    if note:
        of_whole(database, "hold", note=note)
    press(database, "reopen")
    of_whole(database, "merge", "fjordwing-held")


def aside(database: Database) -> list[tuple[str, str]]:
    """What was kept aside: for which incident, and the post."""
    with database.read() as connection:
        return [(row.incident, row.id) for row in connection.execute(select(withheld))]


@pytest.mark.parametrize("note", ["", "another claim"])
def test_kept_aside_for_the_whole_it_is_kept_for_the_part_until_that_is_released(
    held: Database, note: str
) -> None:
    press(held, "hold", value="deleted", note="ordered by the court")
    merged(held, note)
    with held.write() as connection:
        forget(connection, [("x", "p1")])
    of_whole(held, "undo")
    assert aside(held) == [("fjordwing-held", "p1")]
    press(held, "release")
    assert aside(held) == []


def test_released_nothing_of_its_parts_is_held_either(held: Database) -> None:
    press(held, "hold", value="deleted", note="ordered by the court")
    with held.write() as connection:
        forget(connection, [("x", "p1")])
    merged(held)
    of_whole(held, "release")
    assert aside(held) == []
    of_whole(held, "undo")
    with held.read() as connection:
        assert not situations.one_incident(connection, "fjordwing-held").held_at


def test_who_holds_the_whole_anew_holds_it_when_it_is_parted(held: Database) -> None:
    merged(held)
    of_whole(held, "hold", note="ordered by the court")
    of_whole(held, "undo")
    with held.read() as connection:
        parted = [situations.one_incident(connection, f"fjordwing-{x}") for x in ("whole", "held")]
    assert all(one.held_at for one in parted)
    assert parted[0].held_because == "ordered by the court"


def test_thousands_of_holds_keep_nothing_else_from_growing_old(held: Database) -> None:
    [surge] = scenes.incident(scenes.surge(BOOKING)).surges
    for number in range(1, 1_100):
        since = timedelta(seconds=number)
        other = replace(
            scenes.incident(replace(surge, detected_at=surge.detected_at + since)),
            id=f"fjordwing-{number}",
            state=State.RESOLVED,
            started_at=scenes.START + since,
            resolved_at=scenes.START + 3 * HOUR,
            resolved_by="Kari",
            held_at=NOW,
        )
        with held.write() as connection:
            situations.put_incident(connection, other)
    purged(held)
    assert left(held) == {"p0", "p1", "p2"}


def test_merged_and_parted_again_it_stays_held(held: Database) -> None:
    merged(held)
    with held.read() as connection:
        assert situations.one_incident(connection, "fjordwing-whole").held_by == "Kari Nygård"
    purged(held)
    assert set(shown(held)) == {"p0", "p1"}, "the briefings of a part of it are held, too"
    of_whole(held, "undo")
    with held.read() as connection:
        assert situations.one_incident(connection, "fjordwing-held").held_at
        assert not situations.one_incident(connection, "fjordwing-whole").held_at


def test_it_is_held_and_released_from_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = f"sqlite:///{tmp_path / 'a.db'}"
    database = Database.open(file)
    over("fjordwing-held", database, [])
    database.close()
    (tmp_path / "c.yaml").write_text(CONFIGURATION)
    where = ("--by", "kari", "--database", file, "--config", tmp_path / "c.yaml")
    call = in_process(monkeypatch, capsys)
    assert call("hold", "fjordwing-held", *where).err.count("say why it is held") == 1
    assert (
        "put on legal hold by kari: a claim"
        in call("hold", "fjordwing-held", "--because", "a claim", *where).out
    )
    assert "Legal hold" in call("incidents", "show", "fjordwing-held", *where).out
    told = call("check", tmp_path / "c.yaml", "--live", "--database", file).out
    assert "a.db opens; on legal hold, not purged: fjordwing-held" in told
    assert call("hold", "fjordwing-held", "--release", *where).status == 0
