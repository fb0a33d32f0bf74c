"""A bad night of an airline that does not exist, for the tests of what people read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from math import sin
from zoneinfo import ZoneInfo

from alerts.briefings.briefing import Briefing, Desk, Elsewhere
from alerts.briefings.charts import Chart
from alerts.briefings.composing import Basis, Gist, compose
from alerts.duty.service_hours import ServiceHours
from alerts.incidents.incident import Incident, Kind, LiveSurge, Reason, Severity, State, Trend
from alerts.incidents.reach import Reach
from alerts.posts import Post
from detectors import Series

START = datetime(2026, 11, 21, 22, 7, tzinfo=UTC)
DETECTED = START + timedelta(minutes=4)
BOOKING_ON_X = Series("fjordwing", "booking", "x")
BOOKING_ON_BLUESKY = Series("fjordwing", "booking", "bluesky")
CANCELLATIONS_ON_X = Series("fjordwing", "cancellations", "x")
DESK = Desk(
    brand_name="Fjordwing Air",
    timezone="Europe/Oslo",
    languages=("nb", "en"),
    topic_names={"booking": "booking"},
    situations={"booking": "booking", "cancellations": "cancellations"},
)
HOURS = ServiceHours({"mon-fri": "07:00-19:00", "sat": "09:00-17:00", "sun": "10:00-19:00"})
HOSTILE = (
    "<b>free</b> <!channel> {{ 7*7 }} [bold]tickets[/bold] \x1b[2J\x1b]0;owned\x07 \u202egnp.exe"
    "\u200b \x9b31m & `rm -rf` @everyone"
)
_SAID = {
    "en": (
        "Is the Fjordwing booking page down for everybody? Error 500 after I choose my seats",
        "Booking on the Fjordwing site fails at payment. Was my card charged? Code X7KQ2P",
        "Fjordwing app shows an error when I want to check my booking, I leave at 6 am, help!",
        "I can't open my booking since eleven, the Fjordwing site just hangs. What now?",
    ),
    "nb": (
        "Får ikke bestilt billetter hos Fjordwing, siden henger etter betaling. Er det bare meg?",
        "Fjordwing-appen virker ikke, når kommer bestilling opp igjen? Ring meg på 22 33 44 55",
        "Bestillingen min hos Fjordwing er borte fra appen! Reiser i morgen tidlig, hva gjør jeg?",
    ),
    "sv": ("Går det inte att boka hos Fjordwing? Betalningen fastnar och sidan hänger sig",),
}


def posts(count: int = 240) -> list[Post]:
    """Posts about booking that fails, in three languages on two platforms, some of them reposts."""
    made = []
    for n in range(count):
        lang = ("en", "en", "nb", "en", "nb", "sv", "en", None)[n % 8]
        said = _SAID[lang or "en"]
        made.append(
            Post(
                platform="bluesky" if n % 5 == 0 else "x",
                id=f"p{n:04}",
                created_at=START + timedelta(seconds=3 * n),
                text=said[n % len(said)],
                author=f"traveller{n % 200}",
                lang=lang,
                repost_of="p0001" if n % 11 == 7 else None,
            )
        )
    return made


def chart(*, peak: float, gap: bool = False) -> Chart:
    """Two hours and a half in minutes, quiet until START; `gap`: two of them were not observed."""
    minutes = 150
    expected = tuple(2 + sin(n / 15) for n in range(minutes))
    observed: list[float | None] = [
        round(expected[n] + (n * 7 % 3) - 1 + (0 if n < 130 else peak * min(n - 129, 8) / 8))
        for n in range(minutes)
    ]
    if gap:
        observed[100:108] = [None] * 8
    return Chart(START - timedelta(minutes=130), 60, tuple(observed), expected)


CHARTS = {
    BOOKING_ON_X: chart(peak=40, gap=True),
    BOOKING_ON_BLUESKY: chart(peak=10, gap=True),
    CANCELLATIONS_ON_X: chart(peak=6, gap=True),
}


def surge(series: Series, after: timedelta = timedelta(), factor: float = 14.0) -> LiveSurge:
    found = LiveSurge(series, START + after, DETECTED + after, factor, 22.0, 14610.0, 700)
    return replace(found, trend=Trend.GROWING)


def incident(*surges: LiveSurge, state: State = State.OPEN, revision: int = 1) -> Incident:
    return Incident(
        id="fjordwing-w6dup7qd",
        brand="fjordwing",
        state=state,
        severity=Severity.CRITICAL,
        started_at=START,
        detected_at=DETECTED,
        peak_factor=22.0,
        last_surging_at=DETECTED,
        surges=surges or (surge(BOOKING_ON_X), surge(BOOKING_ON_BLUESKY)),
        acknowledged_at=DETECTED + timedelta(minutes=12),
        acknowledged_by="Kari",
        revision=revision,
    )


@cache
def gist(posts: tuple[Post, ...]) -> Gist:
    """What they say, which takes longer to find out than all the rest of a briefing."""
    return Gist.of(Reach.of(posts), posts)


def briefing(
    reason: Reason = Reason.OPENED,
    *,
    about: Incident | None = None,
    said: Sequence[Post] | None = None,
    desk: Desk | None = None,
    after: timedelta = timedelta(minutes=12),
    charts: Mapping[Series, Chart] = CHARTS,
    told: Sequence[Series] = (),
) -> Briefing:
    found = posts() if said is None else said
    at, zone = DETECTED + after, ZoneInfo(DESK.timezone)
    open_at = replace(
        DESK, is_open=HOURS.is_open(at, zone), next_opening=HOURS.next_opening(at, zone)
    )
    said_there = gist(tuple(found))
    by_id = {(post.platform, post.id): post for post in found}
    return compose(
        Basis(
            incident=about or incident(),
            reason=reason,
            at=at,
            desk=desk or open_at,
            gist=said_there,
            charts=tuple(charts.items()),
            told=tuple((one.topic, one.platform) for one in told),
        ),
        [by_id[one] for one in said_there.examples],
    )


def silence(reason: Reason = Reason.OPENED, *, everything: bool = True) -> Briefing:
    """Nothing comes from Bluesky any more."""
    quiet = Series("fjordwing", "all", "bluesky")
    surge = LiveSurge(quiet, START, DETECTED, 0.0, 0.0, 300.0, 0)
    counts = chart(peak=0)
    observed = (*counts.observed[:130], *([0.0] * 20))
    about = replace(
        incident(surge),
        kind=Kind.SILENCE,
        severity=Severity.MINOR,
        peak_factor=0.0,
        acknowledged_at=None,
        acknowledged_by=None,
        calls_because="while it lasts, nobody hears of trouble there",
    )
    basis = Basis(
        incident=about,
        reason=reason,
        at=DETECTED + timedelta(minutes=12),
        desk=DESK,
        gist=Gist(Reach(0, 0, 0, {}, {})),
        charts=((quiet, replace(counts, observed=observed)),),
        elsewhere=Elsewhere(everything, ("Otherwing on Bluesky",), ("Fjordwing Air on X",)),
    )
    return compose(basis, [])


def talk(reason: Reason = Reason.OPENED) -> Briefing:
    """Many take part in a joke, and nobody is in trouble."""
    because = "13% of its posts tell of trouble, where 60% usually do: talk"
    about = replace(incident(), severity=Severity.MINOR, calls=False, calls_because=because)
    return briefing(reason, about=replace(about, acknowledged_at=None, acknowledged_by=None))
