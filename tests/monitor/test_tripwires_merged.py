"""An incident about safety that took in a flood goes on as both."""

from datetime import timedelta

from alerts.incidents.incident import Kind, Reason
from monitor.incidents import deeds
from monitor.incidents.rights import Actor
from monitor.store import Database
from monitor.watch import Watch
from tests.airline import BEGIN, configuration, days, delivery, flood, post

MINUTE = timedelta(minutes=1)
BOTH = ("fjordwing", "otherwing")


def test_another_word_about_safety_is_told_with_the_flood_that_was_taken_in(
    database: Database,
) -> None:
    begin, used = BEGIN + timedelta(days=2), configuration()
    watch = Watch.start(used, database, ["x"], ["terminal"])
    watch.take(delivery(days(2), BEGIN, begin, BOTH))
    smoke = post(begin + MINUTE, "@FjordwingAir there is smoke in the cabin")
    until = begin + 20 * MINUTE
    news = watch.take(delivery([smoke, *flood(begin, 20)], begin, until, BOTH)).news
    found = {one.kind: one.id for one, _ in news}
    who = Actor("Kari", "shell")
    with database.write() as connection:
        deeds.merge(connection, used, found[Kind.SAFETY], found[Kind.SURGE], who, until)
    fire = post(until + MINUTE, "@FjordwingAir there is fire in the cabin, we were evacuated")
    news = watch.take(delivery([fire], until, until + 5 * MINUTE, BOTH)).news
    assert (found[Kind.SAFETY], Reason.EXTENDED) in [(one.id, reason) for one, reason in news]
