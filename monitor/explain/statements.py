"""An explanation in plain sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp

from alerts import wording
from alerts.incidents.incident import LiveSurge
from detectors.calibration import BASE_SECONDS
from monitor.calendar import under_way
from monitor.commands.output import counted
from monitor.configuration import Configuration
from monitor.explain.explanation import Bucket, Explanation, Finding, Reason

DAY_S = 86_400
YEAR = 365.25
TRUSTED = 1.005
"""A stretch up to which a series' history is no reason to say anything."""

RHYTHM = timedelta(days=2)
"""Observed for less, the rhythm of a series' days is not known."""

WHY = {
    Reason.TOPIC_GONE: "The configuration has no such topic; name the one of then with --config.",
    Reason.REDEFINED: "The topic was defined anew since: this is what its old definition counted.",
    Reason.OTHER_DETECTOR: "The store was last judged by another version of the detector, with "
    "other options or other series than this configuration has.",
    Reason.LEARNED_ANEW: "Topics had been defined anew before, and the detector had learned anew "
    "from what was known by then.",
    Reason.NOT_OBSERVED: "The store has not observed that time: it is from before its samples.",
    Reason.WENT_ON: "It was found before, and went on so long after that incident was over that it "
    "is another one.",
    Reason.OTHER_BUDGET: "The evidence is the same: another number of false alarms was allowed "
    "then, or another version of the detector judged.",
    Reason.OTHER_ONSET: "An earlier version of the detector told otherwise when a surge had begun, "
    "or a sample before it has changed since.",
    Reason.UNKNOWN: "Nothing in the store says why: a sample, the calendar, the budget or the "
    "detector itself has changed since.",
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says what an explanation holds, with the names and the clock of a configuration."""

    configuration: Configuration

    def name(self, one: Explanation) -> str:
        """What surged, as people call it; its ids where the configuration does not know it."""
        series, brands = one.series, self.configuration.brands
        if Reason.TOPIC_GONE in one.reasons:
            return str(series)
        topic = self.configuration.topic(series.topic).name
        return f"{topic} of {brands[series.brand].name} on {wording.platform(series.platform)}"

    def headline(self, one: Explanation) -> str:
        """What was seen, what was expected, how rare that is and how rare it has to be."""
        found, totals = one.found, one.totals
        chance = f"chance alone would look like this once in {days(found.evidence)}"
        since = f"Counted since {self.time(found.started_at, found.detected_at)}."
        if one.threshold is None or not one.buckets:
            return f"{self.name(one)}: {chance}. {since}"
        authors = "" if totals.authors is None else f" by {counted(totals.authors, 'author')}"
        expected = wording.number(totals.expected)
        kind = "silence" if one.silence else "alarm"
        could_be = "" if one.silence else f" (could be {wording.number(totals.could_be)})"
        return (
            f"{self.name(one)}: {counted(totals.posts, 'post')}{authors} in "
            f"{wording.span(found.detected_at - found.started_at)} where {expected} "
            f"{'was' if expected == '1' else 'were'} expected{could_be}; {chance}; you allow a "
            f"false {kind} once in {days(one.threshold)} here, out of {self._promise(one)}. {since}"
        )

    def _promise(self, one: Explanation) -> str:
        """The false alarms of which this series has its part: `4 per 30 days`."""
        own = self.configuration.topic(one.series.topic).false_alarms
        return str(own or self.configuration.false_alarms)

    def verdict(self, one: Explanation) -> str:
        """Whether the same verdict is reached again, and if not, in what it differs and why."""
        opened = self._opened(one.found)
        if one.same and one.again:
            factor = (
                f"factor {wording.number(one.again.factor)} and "
                if one.again.factor is not None
                else ""
            )
            return (
                f"The same verdict again: opened {opened} with {factor}evidence "
                f"{days(one.again.evidence)}, as stored; {self._since(one.again)}."
            )
        begin = "Not the same verdict:"
        if one.again is None:
            what = f"nothing is found now, stored is what opened {opened}"
        else:
            what = "; ".join(
                f"{said} now, stored is {was}" for said, was in self._unlike(one, one.again)
            )
        if one.differs_in_onset and one.again:
            begin = (
                f"The same verdict again, opened {opened} with evidence "
                f"{days(one.again.evidence)}, as stored; its onset is told otherwise:"
            )
        return " ".join([f"{begin} {what}.", *(WHY[why] for why in one.reasons)])

    def came_about(self, one: Explanation) -> Iterator[str]:
        """How the evidence came about, a sentence or two each."""
        opening = one.opening
        if opening is None or one.threshold is None:
            return
        if not one.silence:
            yield _weaker(opening)
        if one.stretch is not None and one.stretch > TRUSTED:
            base = BASE_SECONDS / DAY_S
            model = base * (one.threshold / base) ** one.stretch
            yield (
                "In quiet times this series has looked unusual more often than chance explains, so "
                f"its evidence counts for less: for {days(one.threshold)} the model alone has to "
                f"say {days(model)}."
            )
        off = f"; its expectation could be off by {_off(opening)}" if opening.doubt else ""
        yield f"By then it had been observed for {wording.span(one.watched)}{off}."
        if one.watched < RHYTHM:
            yield "That is too short to know the rhythm of its days: only a flood was to be found."
        planned = self.configuration.events(one.series.brand, one.series.topic)
        if known := under_way(planned, opening.at, opening.at + one.width):
            yield f"Known beforehand, and expected: {', '.join(map(str, known))}."
        if one.holiday:
            yield "It is a public holiday, which is expected to be like a Sunday."
        if any(bucket.renewed for bucket in one.buckets):
            yield "It ended because its level has stayed: that is the new normal."
        if one.came_later:
            yield (
                f"{counted(one.came_later, 'post')} of this time came later: known now, and "
                "nothing to the verdict."
            )

    def time(self, at: datetime, near: datetime) -> str:
        """A time on the reader's clock; with its day where that is not the day of `near`."""
        zone = self.configuration.zone
        if at.astimezone(zone).date() == near.astimezone(zone).date():
            return f"{at.astimezone(zone):{self.clock}}"
        return wording.moment(at, self.configuration.timezone)

    @property
    def clock(self) -> str:
        """The format of a bucket's time."""
        return "%H:%M" if self.configuration.bucket >= timedelta(minutes=1) else "%H:%M:%S"

    def _opened(self, found: Finding | LiveSurge) -> str:
        return wording.moment(found.detected_at, self.configuration.timezone)

    def _since(self, again: Finding) -> str:
        """How it went on."""
        over = (
            f"over {self.time(again.ended_at, again.detected_at)}" if again.ended_at else "going on"
        )
        return (
            over
            if again.peak_factor is None
            else f"{wording.times(again.peak_factor)} at its peak, {over}"
        )

    def _unlike(self, one: Explanation, again: Finding) -> Iterator[tuple[str, str]]:
        """What is found now and what is stored, of all that differs."""
        stored = one.stored
        for name in one.differences:
            if name == "evidence":
                now, then = exactly(again.peak_evidence, stored.evidence)
                yield f"evidence {now} at its peak", then
            elif name == "peak_factor":
                yield f"×{again.peak_factor:.4g} at its peak", f"×{stored.peak_factor:.4g}"
            else:
                label = {"detected_at": "opened", "started_at": "counted since"}.get(name, "over")
                times = getattr(again, name), getattr(stored, name)
                said, was = (self.time(at, stored.detected_at) if at else "not" for at in times)
                yield f"{label} {said}", was


def days(evidence: float) -> str:
    """Evidence as a length of time.

    >>> days(312.4), days(0.25), days(2922), days(1e30)
    ('312 days', '6 hours', '8 years', 'over 1,000 years')
    """
    if evidence > 1000 * YEAR:
        return "over 1,000 years"
    if evidence >= 2 * YEAR:
        return f"{wording.number(evidence / YEAR)} years"
    if evidence < 1:
        return counted(round(evidence * 24), "hour")
    return "1 day" if evidence < 1.05 else f"{wording.number(evidence)} days"


def exactly(now: float, then: float) -> tuple[str, str]:
    """Two pieces of evidence with enough digits to be told apart.

    >>> exactly(312.1, 312.4), exactly(240.0, 310.0)
    (('312.1 days', '312.4 days'), ('240 days', '310 days'))
    """
    if days(now) != days(then):
        return days(now), days(then)
    digits = next((n for n in range(4, 12) if f"{now:.{n}g}" != f"{then:.{n}g}"), 12)
    return f"{now:.{digits}g} days", f"{then:.{digits}g} days"


def _off(opening: Bucket) -> str:
    return wording.times(exp(opening.doubt or 0.0))


def _weaker(opening: Bucket) -> str:
    """Which of posts and authors decided."""
    if opening.weaker is None:
        return "How many people wrote is not known, so posts alone were judged."
    said = f"Posts and authors are judged apart, and the weaker decides: here the {opening.weaker}."
    if opening.weaker == "authors" and opening.posts_evidence is not None:
        return f"{said} Posts alone would have been worth {days(opening.posts_evidence)}."
    return said
