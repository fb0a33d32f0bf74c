"""The store, on SQLite and PostgreSQL alike."""

from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from alerts.incidents.incident import Kind
from alerts.incidents.reach import Reach
from alerts.posts import Post
from detectors import Series
from monitor.clock import SimulatedClock
from monitor.sources.delivery import Observed
from monitor.store import Database, StoreBusy, StoreError, newest, schema, situations, volume
from monitor.store.volume import Changes, SampleRow
from tests.alerts import scenes

NOON = datetime(2026, 3, 14, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOOKING = Series("fjordwing", "booking", "x")


def test_the_migrations_make_the_schema_that_the_code_uses(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    migrations = ScriptDirectory("monitor/store/migrations")
    assert migrations.get_current_head() == schema.REVISION


def test_incidents_of_the_version_before_were_surges_and_called(place: str) -> None:
    surge = scenes.surge(scenes.BOOKING_ON_X)
    one = scenes.incident(surge)
    rows = (
        (schema.incident, asdict(one)),
        (schema.surge, asdict(surge) | {"incident": one.id, "series": str(surge.series)}),
    )
    engine = create_engine(place)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "monitor.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for table, row in rows:
            old = {column["name"] for column in inspect(connection).get_columns(table.name)}
            connection.execute(table.insert().values({name: row[name] for name in old}))
    engine.dispose()
    with closing(Database.open(place)) as database, database.read() as connection:
        [found] = situations.incidents(connection)
        assert (found.kind, found.calls, found.surges[0].trend) == (Kind.SURGE, True, None)
        assert replace(found, surges=one.surges) == one


def test_what_an_incident_is_and_whether_it_calls_is_kept(database: Database) -> None:
    quiet = replace(scenes.surge(scenes.BOOKING_ON_BLUESKY), factor=0.0, trend=None)
    for surge in (scenes.surge(scenes.BOOKING_ON_X), quiet):
        one = replace(
            scenes.incident(surge), kind=Kind.SILENCE, calls=False, calls_because="it is talk"
        )
        with database.write() as connection:
            connection.execute(schema.surge.delete())
            situations.put_incident(connection, one)
            assert situations.incidents(connection) == [one]


def test_times_come_back_to_the_microsecond(database: Database) -> None:
    clock = SimulatedClock(NOON, NOON - HOUR, 60.0, NOON + HOUR)
    with database.write() as connection:
        assert volume.clock_of(connection) is None
        volume.put_clock(connection, clock)
    with database.read() as connection:
        assert volume.clock_of(connection) == clock


def test_a_post_is_stored_once_whoever_delivers_it_again(database: Database) -> None:
    one = Post("x", "1", NOON, "hello", lang="en")
    elsewhere = replace(one, platform="bluesky")
    with database.write() as connection:
        new = volume.unknown(connection, [one, replace(one, text="again"), elsewhere])
        assert list(new.values()) == [one, elsewhere]
        volume.register_series(connection, [("fjordwing", "booking", "x", "v1")], None)
        posts = [(key, one, "en", False) for key, one in new.items()]
        volume.add_posts(connection, posts, [(1, key, NOON) for key in new])
    with database.write() as connection:
        assert volume.unknown(connection, [one]) == {}
        stored = volume.some_posts(connection, [BOOKING], NOON, NOON + HOUR, share=1)
        assert {(post.platform, post.text) for post in stored} == {
            ("x", "hello"),
            ("bluesky", "hello"),
        }
        assert volume.reach(connection, [BOOKING], NOON, NOON + HOUR) == Reach.of(stored)


def test_of_many_posts_the_newest_are_read_and_none_that_was_taken_back(database: Database) -> None:
    bluesky = replace(BOOKING, platform="bluesky")
    with database.write() as connection:
        for n, one in enumerate((BOOKING, bluesky)):
            name = ("fjordwing", "booking", one.platform, "v1")
            [(id, _)] = volume.register_series(connection, [name], None)
            said = [
                Post(one.platform, str(m), NOON + (2 * m + n) * HOUR, f"{m}" if m != 3 else "")
                for m in range(5)
            ]
            rows = [(key, p, "en", False) for key, p in volume.unknown(connection, said).items()]
            volume.add_posts(connection, rows, [(id, key, p.created_at) for key, p, *_ in rows])
    with database.read() as connection:

        def texts(since: datetime | None, until: datetime, limit: int) -> list[str]:
            found = newest.posts(connection, [BOOKING, bluesky], since, until, limit)
            return [f"{one.text}{one.platform[0]}" for one in found]

        assert texts(None, NOON + 9 * HOUR, 3) == ["2x", "2b", "4x"]
        assert texts(NOON + HOUR, NOON + 5 * HOUR, 9) == ["0b", "1x", "1b", "2x"]


def test_what_a_source_observes_without_a_gap_is_one_interval(database: Database) -> None:
    def seen(since: int, until: int) -> Observed:
        return Observed("fjordwing", "x", NOON + since * HOUR, NOON + until * HOUR)

    with database.write() as connection:
        for piece in (seen(0, 1), seen(1, 3), seen(2, 3), seen(5, 6)):
            volume.put_observed(connection, "test", [piece])
        assert volume.observed_intervals(connection, "x") == [
            ("fjordwing", "", NOON, NOON + 3 * HOUR, False),
            ("fjordwing", "", NOON + 5 * HOUR, NOON + 6 * HOUR, False),
        ]


def test_late_posts_change_what_is_known_now_and_not_what_was_seen(database: Database) -> None:
    with database.write() as connection:
        volume.put_samples(connection, Changes([SampleRow(1, NOON, 4, 3, 4, 3)], {}, {}))
        late = {(1, NOON): (2, 1), (2, NOON): (1, None)}
        volume.put_samples(connection, Changes([], late, {(3, NOON): (9, None)}))
        assert volume.samples(connection, [1, 2, 3], NOON, NOON + HOUR) == [
            SampleRow(1, NOON, 6, 4, 4, 3),
            SampleRow(2, NOON, 1, None, 0, 0),
            SampleRow(3, NOON, 9, None, 0, 0),
        ]


def test_a_changed_topic_is_a_new_series_that_counts_from_now(database: Database) -> None:
    old, new = ("fjordwing", "booking", "x", "v1"), ("fjordwing", "booking", "x", "v2")
    with database.write() as connection:
        [(first, since)] = volume.register_series(connection, [old], None)
        assert since is None
        [(second, since)] = volume.register_series(connection, [new], NOON)
        assert (second == first, since) == (False, NOON)
        assert volume.register_series(connection, [old], NOON) == [(first, None)]


def test_only_one_process_is_the_writer(url: str) -> None:
    with closing(Database.open(url)) as one, closing(Database.open(url)) as two:
        with one.lease(), pytest.raises(StoreBusy, match="another seawall"), two.lease():
            pass
        with two.lease():
            pass


def test_a_failed_transaction_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:  # noqa: PT012
        volume.put_clock(connection, SimulatedClock.standing(NOON))
        raise ZeroDivisionError
    with database.read() as connection:
        assert volume.clock_of(connection) is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////no/such/folder/s.db", "is no folder; make it first"),
        ("sqlite://", "would forget; name a file"),
        ("mysql://h/d", "sqlite:///FILE or postgresql"),
        ("seawall.db", "is no store; write sqlite:///FILE"),
        ("postgresql://seawall:s3cret@127.0.0.1:1/none", "127.0.0.1"),
    ],
)
def test_a_store_that_cannot_be_opened_says_why_and_hides_the_password(
    url: str, message: str
) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        Database.open(url)
    assert "s3cret" not in str(caught.value)


def test_a_store_of_something_else_or_of_the_future_is_left_alone(place: str) -> None:
    engine = create_engine(place)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (id INTEGER)"))
    with pytest.raises(StoreError, match="holds tables of something else"):
        Database.open(place)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE accounts"))
    Database.open(place).close()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="made by a newer Seawall"):
        Database.open(place)
    engine.dispose()


def test_a_command_that_only_reads_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        Database.open(f"sqlite:///{tmp_path}/none.db", existing=True)
    assert list(tmp_path.iterdir()) == []


def test_what_proves_that_a_store_is_written_leaves_nothing_behind(database: Database) -> None:
    database.prove()
    database.prove()
    assert "room" not in inspect(database.engine).get_table_names()
