"""Facts: what is known of an incident, who confirmed it, and until when it holds. Pure.

A fact of a kind has revisions, each with a state. Only what was confirmed, has not expired and is
the newest of its kind is ever said: in every language in its own words.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from alerts import wording
from alerts.incidents.incident import Refused
from alerts.words.kinds import KINDS, Kind, Type, spoken_value, texts_of
from alerts.words.stated import Sort, stated
from alerts.words.typed import parsed as parsed  # what people type of a fact is found here


class FactState(StrEnum):
    """What is known of it; `UNKNOWN` is what nobody has asked or said.

    `DISPUTED`: incidents that became one had confirmed it differently, and nobody has said since
    which is so.
    """

    UNKNOWN = "unknown"
    ASKED = "asked"
    RUMOURED = "rumoured"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    CORRECTED = "corrected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Fact:
    """A revision of what is known of a kind; its id is `<incident>/<kind>/<revision>`.

    `value` is canonical: an instant in ISO 8601, `yes`, `FW123, FW456`, ids of options, a link;
    empty where it was only asked. `texts` are the words per language of a kind of type `words`.
    `by` is who said it, or took it back, `at` when it came to that state; `corrects` is the id of
    the revision that was wrong.
    """

    id: str
    kind: str
    value: str
    texts: Mapping[str, str] = field(default_factory=dict)
    state: FactState = FactState.CONFIRMED
    source: str = ""
    evidence: str = ""
    by: str = ""
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    until: datetime | None = None
    confirmed_by: str | None = None
    corrects: str | None = None

    @property
    def incident(self) -> str:
        """The incident in which it was entered."""
        return self.id.rsplit("/", 2)[0]

    @property
    def revision(self) -> int:
        """Counts the revisions of this kind in its incident, from 1."""
        return int(self.id.rpartition("/")[2])

    def holds(self, at: datetime) -> bool:
        """Whether it is confirmed, and has not expired."""
        return self.state is FactState.CONFIRMED and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody says of a kind: the canonical value, where they have it from, until when."""

    value: str
    source: str = ""
    evidence: str = ""
    until: datetime | None = None


def usable(facts: Iterable[Fact], at: datetime) -> dict[str, Fact]:
    """What may be said, by kind: of the revisions that were ever confirmed the last, if it holds.

    `facts` are in order. One that expired or was corrected brings none back that came before it.
    """
    newest = {fact.kind: fact for fact in facts if fact.confirmed_by is not None}
    return {kind: fact for kind, fact in newest.items() if fact.holds(at)}


def disputed(facts: Iterable[Fact], whole: str, joined_at: datetime) -> list[Fact]:
    """The facts of an incident and its parts, those in dispute as DISPUTED, until one is confirmed.

    A time of more is none: each that was promised is kept.
    """
    every = [*facts]
    held: dict[str, dict[str, Fact]] = {}
    for fact in every:
        if fact.confirmed_by is not None and fact.kind != "next_update":
            held.setdefault(fact.kind, {})[fact.incident] = fact
    ids: set[str] = set()
    for of_kind in held.values():
        settled = whole in of_kind and of_kind[whole].at > joined_at
        said = [fact for fact in of_kind.values() if fact.holds(joined_at)]
        if not settled and len({fact.value for fact in said}) > 1:
            ids |= {fact.id for fact in said}
    return [replace(one, state=FactState.DISPUTED) if one.id in ids else one for one in every]


def standing(facts: Mapping[str, str]) -> dict[str, Fact]:
    """The facts of a brand's configuration that messages may state, as confirmed, by kind.

    Those of an incident are never configured.
    """
    return {
        kind: Fact(f"standing/{kind}/0", kind, value, confirmed_by="configuration")
        for kind, value in facts.items()
        if kind in KINDS and KINDS[kind].standing
    }


def spoken(fact: Fact, language: str, zone: str, at: datetime) -> str | None:
    """A fact as a template says it, in the middle of a sentence; None where it has no words there.

    A time is on the clock of `zone`, with the day where that is not the day of `at`. What only says
    that it is so has the empty text.

    >>> update = Fact("fw-1/next_update/1", "next_update", "2026-11-22T13:30:00Z")
    >>> noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> [spoken(update, language, "Europe/Oslo", noon) for language in ("en", "de-formal", "nl")]
    ['14:30 CET', '14:30 Uhr (MEZ)', '14.30 uur (CET)']
    """
    return spoken_value(KINDS[fact.kind], fact.value, fact.texts, language, zone, at)


def known_kind(kind: str) -> Kind:
    """The kind of this id. Raises Refused, naming those that people enter."""
    found = KINDS.get(kind)
    if found is None or found.standing:
        entered = ", ".join(id for id, one in KINDS.items() if not one.standing)
        raise Refused(f"{kind!r} is no kind of fact: {entered}")
    return found


def taken_back(used: Sequence[Fact]) -> frozenset[str]:
    """Of the facts that a correction uses, in order, what it says is not so: their ids."""
    newest = {fact.kind: fact.id for fact in used}
    return frozenset(fact.id for fact in used if newest[fact.kind] != fact.id)


def states(
    text: str,
    fact: Fact,
    languages: Collection[str],
    zone: str,
    names: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> bool:
    """Whether a text states a fact, in the words of one of these languages.

    `names` are a brand's own words for options, per language.
    Of a time that is its clock, however it is written, of codes any of them. What only says that
    it is so has no words to be found by.

    >>> since = Fact("fw-1/since/1", "since", "2026-11-22T13:30:00Z")
    >>> states("Sedan 14.30", since, ["sv"], "CET"), states("Sedan 4.30", since, ["sv"], "CET")
    (True, False)
    >>> states("Since 2.30 pm", since, ["en"], "CET")
    True
    """
    said = {spoken(fact, language, zone, fact.at) for language in languages}
    own = [names.get(id, {}) for id in fact.value.split(", ")]
    said |= {one.get(language) for one in own for language in languages}
    if fact.value and KINDS[fact.kind].type is Type.TIME:
        clock = wording.clock(datetime.fromisoformat(fact.value), zone)
        said |= {clock, clock.replace(":", ".")}
        if any(one.sort is Sort.TIME and one.value == clock for one in stated(text)):
            return True
    if KINDS[fact.kind].type is Type.CODES:
        said |= {*fact.value.split(", ")}
    found = (rf"(?<!\w){re.escape(one)}(?!\w)" for one in said if one)
    return any(re.search(one, text, re.IGNORECASE) for one in found)


def ask(history: Sequence[Fact], incident: str, kind: str, by: str, at: datetime) -> Fact:
    """Somebody is asked for a fact; `history` are its revisions, in order. Raises Refused."""
    last = _open(history)
    if held := usable(history, at).get(known_kind(kind).id):
        raise Refused(f"{_name(kind)} is confirmed already, by {held.confirmed_by}")
    if last and last.state is FactState.ASKED:
        raise Refused(f"{_name(kind)} was asked already, by {last.by}")
    if last:
        raise Refused(f"{_name(kind)} is rumoured; it can be confirmed")
    return Fact(_id(history, incident, kind), kind, "", {}, FactState.ASKED, by=by, at=at)


def rumour(
    history: Sequence[Fact], incident: str, kind: str, entry: Entry, by: str, at: datetime
) -> Fact:
    """Somebody says a fact that nobody has confirmed. Raises Refused."""
    held = usable(history, at).get(known_kind(kind).id)
    if held and held.value == entry.value:
        raise Refused(f"{_name(kind)} is confirmed already, by {held.confirmed_by}")
    return _stated(history, incident, kind, entry, FactState.RUMOURED, by, at)


def confirm(
    history: Sequence[Fact],
    incident: str,
    kind: str,
    entry: Entry | None,
    by: str,
    at: datetime,
    zone: str,
) -> Fact:
    """Somebody who may confirms a fact: what was rumoured where `entry` is None. Raises Refused.

    One that says no time until when it holds, holds as long as its value can be true.
    """
    last = _open(history)
    if entry is None:
        said = [fact.value for fact in history if fact.state is FactState.DISPUTED]
        if said:
            raise Refused(f"{_name(kind)} is disputed, say which is so: {' or '.join(said)}")
        if last is None or last.state is not FactState.RUMOURED:
            raise Refused(f"{_name(kind)}: nobody has said anything that could be confirmed")
        entry = Entry(last.value, last.source, last.evidence, last.until)
    entry = replace(entry, until=entry.until or lasts(kind, entry.value, zone))
    held = usable(history, at).get(known_kind(kind).id)
    if held and (held.value, held.until) == (entry.value, entry.until):
        raise Refused(f"{_name(kind)} is confirmed already, by {held.confirmed_by}")
    if entry.until is not None and entry.until <= at:
        raise Refused(f"{_name(kind)} would be over already")
    fact = _stated(history, incident, kind, entry, FactState.CONFIRMED, by, at)
    return replace(fact, confirmed_by=by)


def correct(
    history: Sequence[Fact],
    incident: str,
    kind: str,
    entry: Entry,
    by: str,
    at: datetime,
    zone: str,
) -> tuple[Fact, Fact]:
    """What was confirmed is wrong: it as it is now, and the revision that is right.

    Also one that has expired can be corrected. Raises Refused.
    """
    said = [fact for fact in history if fact.confirmed_by is not None]
    wrong = said[-1] if said else None
    if wrong and wrong.state is FactState.DISPUTED:
        raise Refused(f"{_name(kind)} is disputed: confirm which is so")
    if wrong is None or wrong.state not in (FactState.CONFIRMED, FactState.EXPIRED):
        raise Refused(f"{_name(kind)} is not confirmed, so there is nothing to correct")
    if wrong.value == entry.value:
        raise Refused(f"{_name(kind)} says that already")
    corrected = replace(wrong, state=FactState.CORRECTED, by=by, at=at)
    others = [fact for fact in history if fact.id != wrong.id]
    right = confirm([*others, corrected], incident, kind, entry, by, at, zone)
    return corrected, replace(right, corrects=wrong.id)


def expire(fact: Fact, by: str, at: datetime) -> Fact:
    """A fact does not hold any more, though it was right. Raises Refused."""
    if fact.state is not FactState.CONFIRMED:
        raise Refused(f"{_name(fact.kind)} is {fact.state}, so that it cannot expire")
    return replace(fact, state=FactState.EXPIRED, by=by, at=at)


def withdraw(fact: Fact, by: str, at: datetime) -> Fact:
    """What was asked or said is taken back, without anything better. Raises Refused."""
    if fact.state in (FactState.CORRECTED, FactState.EXPIRED, FactState.WITHDRAWN):
        raise Refused(f"{_name(fact.kind)} is {fact.state} already")
    return replace(fact, state=FactState.WITHDRAWN, by=by, at=at)


def lasts(kind: str, value: str, zone: str) -> datetime | None:
    """Until when a value can be true by itself: a promised time until then, days to their end."""
    known = known_kind(kind)
    if kind == "next_update":
        return datetime.fromisoformat(value)
    if known.type in (Type.DATE, Type.DATES):
        last = max(date.fromisoformat(day) for day in value.split(", "))
        midnight = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone))
        return midnight.astimezone(UTC)
    return None


def _stated(
    history: Sequence[Fact],
    incident: str,
    kind: str,
    entry: Entry,
    state: FactState,
    by: str,
    at: datetime,
) -> Fact:
    """What was asked, or rumoured in these words, now says this; else the next revision does."""
    last = _open(history)
    known = known_kind(kind)
    same = last if last and last.value in ("", entry.value) else None
    return Fact(
        same.id if same else _id(history, incident, kind),
        kind,
        entry.value,
        texts_of(known, entry.value),
        state,
        entry.source,
        entry.evidence,
        by,
        at,
        entry.until,
    )


def _open(history: Sequence[Fact]) -> Fact | None:
    """The last revision, where it still waits to be confirmed."""
    last = history[-1] if history else None
    waiting = last and last.state in (FactState.ASKED, FactState.RUMOURED)
    return last if waiting else None


def _id(history: Sequence[Fact], incident: str, kind: str) -> str:
    own = [fact.revision for fact in history if fact.incident == incident]
    return f"{incident}/{kind}/{max(own, default=0) + 1}"


def _name(kind: str) -> str:
    return known_kind(kind).name
