"""What could be said now, as the public has read it and as the incident stands."""

from sqlalchemy import Connection

from alerts.words.approval import MessageState
from alerts.words.phases import Channel, Phase
from monitor.incidents.rights import Actor
from monitor.words import desk, looking
from tests.monitor.words.conftest import ID, Evening


def look(evening: Evening, channel: Channel | None = None) -> looking.Look:
    """What Ida sees."""

    def looks(connection: Connection) -> looking.Look:
        who = Actor("Ida Dahl", "shell", "ida")
        at = desk.looking(connection, evening.configuration, ID, who, evening.now)
        return looking.look(at, channel=channel, languages=["de"])

    return evening.read(looks)


def test_a_correction_is_looked_at_where_it_waits(evening: Evening) -> None:
    assert look(evening).channel is Channel.X
    evening.confirm("next_update", "60m")
    evening.post(channel="mastodon")
    evening.do("nora", "correct", kind="next_update", value="90m")
    there = look(evening)
    assert (there.phase, there.channel) == (Phase.CORRECTION, Channel.MASTODON)
    assert look(evening, Channel.X).phase is Phase.WORKING, "none waits there, nothing was said"


def test_what_follows_is_looked_at_where_something_was_said(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    evening.post(channel="mastodon")
    there = look(evening)
    assert (there.phase, there.channel) == (Phase.UPDATE, Channel.MASTODON)
    assert [one.phase for one in look(evening, Channel.X).proposals] == [Phase.WORKING]


def test_less_than_the_public_knows_is_not_offered_but_what_is_lacking(evening: Evening) -> None:
    evening.confirm("next_update", "30m")
    evening.post()
    evening.wait(31)
    there = look(evening, Channel.X)
    assert (there.phase, there.proposals) == (Phase.UPDATE, ())
    assert there.unlocks == {Phase.UPDATE: ("next_update",)}
    said = evening.refused("ida", "draft", phase="update", channel="x", languages=["de"])
    assert said == "update needs Next update [next_update]: confirm it, or write your own"
    assert [one.phase for one in look(evening, Channel.BLUESKY).proposals] == [Phase.SEEN]


def test_of_what_is_resolved_the_end_is_said_or_nothing(evening: Evening) -> None:
    evening.confirm("next_update", "30m")
    evening.post()
    evening.do("nora", "resolve")
    there = look(evening)
    assert (there.phase, there.proposals) == (Phase.SOLVED, ())
    assert there.unlocks == {Phase.SOLVED: ("working_again",)}
    evening.confirm("working_again", "yes")
    assert [one.phase for one in look(evening).proposals] == [Phase.SOLVED]


def test_saying_nothing_is_offered_while_few_know_and_nothing_is_said(evening: Evening) -> None:
    assert look(evening).silence == ""
    evening.do("nora", "rate", plain="minor")
    assert look(evening).silence == "say nothing, if it works again before many have noticed"
    evening.post(phase="seen")
    assert look(evening).silence == ""


def test_where_it_stands_may_be_said_later_and_once(evening: Evening) -> None:
    one = evening.submit(phase="seen")
    evening.approve("kari", one)
    link = "https://x.example/1"
    evening.do("ida", "posted", one.id, plain="")
    before = evening.message(one.id)
    evening.do("ida", "posted", one.id, plain=link)
    after = evening.message(one.id)
    assert (after.link, after.posted_at, after.state) == (
        *(link, before.posted_at, MessageState.POSTED),
    )
    assert evening.trail(one.id)[-1] == ("Ida Dahl", "posted")
    assert f"already, at {link}" in evening.refused("ida", "posted", one.id, plain=f"{link}2")
