"""A store of the version before is brought up to date with all that is in it."""

from contextlib import closing
from dataclasses import replace

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

from alerts.words.facts import Fact
from monitor.store import Database, facts, schema, situations
from tests.alerts import scenes


def test_a_store_of_the_version_before_keeps_its_incidents_and_has_no_facts(place: str) -> None:
    incident = replace(scenes.incident(), revision=1, surges=())
    engine = create_engine(place)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "monitor.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        columns = {one["name"] for one in inspect(connection).get_columns("incident")}
        row = {name: getattr(incident, name) for name in columns}
        connection.execute(schema.incident.insert().values(row))
    engine.dispose()
    fact = Fact(f"{incident.id}/flights/1", "flights", "FW123", confirmed_by="Ola")
    with closing(Database.open(place)) as database, database.write() as connection:
        assert situations.incidents(connection) == [incident]
        assert facts.of(connection, incident.id) == []
        facts.put(connection, fact)
        assert facts.of(connection, incident.id) == [fact]
