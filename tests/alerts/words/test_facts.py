"""Facts: only what was confirmed and still holds is said, the newest of it, in every language."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.incident import Refused
from alerts.words import facts
from alerts.words.facts import Entry, Fact, FactState, parsed, spoken, standing, usable
from alerts.words.kinds import KINDS, LANGUAGES, Kind, Type, texts_of
from alerts.words.typed import suspicious

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OSLO = "Europe/Oslo"
BAD = "en: <b>Free</b> {{ tickets }} <!channel> \u202eevil\u200b"


def fact(kind: str, typed: str) -> Fact:
    """A confirmed one, of what was typed."""
    value = parsed(kind, typed, OSLO, NOON)
    texts = texts_of(KINDS[kind], value)
    return Fact(f"fw-1/{kind}/1", kind, value, texts, confirmed_by="Kari")


def said(kind: str, typed: str) -> dict[str, str | None]:
    return {language: spoken(fact(kind, typed), language, OSLO, NOON) for language in LANGUAGES}


def test_a_time_is_told_with_its_zone_as_each_language_writes_it() -> None:
    assert said("next_update", "14:30") == {
        "en": "14:30 CET",
        "de": "14:30 Uhr (MEZ)",
        "sv": "kl. 14.30 (CET)",
        "nb": "kl. 14.30 (CET)",
        "da": "kl. 14.30 (CET)",
        "nl": "14.30 uur (CET)",
    }


def test_a_time_of_another_day_names_the_day() -> None:
    assert said("next_update", "09:15") == {
        "en": "09:15 CET on 23 November",
        "de": "09:15 Uhr (MEZ) am 23. November",
        "sv": "kl. 09.15 (CET) den 23 november",
        "nb": "kl. 09.15 (CET) 23. november",
        "da": "kl. 09.15 (CET) den 23. november",
        "nl": "09.15 uur (CET) op 23 november",
    }


def test_in_summer_the_zone_is_that_of_summer() -> None:
    july = Fact("fw-1/since/1", "since", "2026-07-01T10:00:00Z")
    assert spoken(july, "de", OSLO, july.at) == "12:00 Uhr (MESZ) am 1. Juli"
    assert spoken(july, "de-formal", "UTC", datetime(2026, 7, 1, tzinfo=UTC)) == "10:00 Uhr (UTC)"


def test_days_of_a_month_are_told_together() -> None:
    assert said("strike_dates", "2026-12-01, 2026-11-24, tomorrow")["de"] == (
        "23. und 24. November und 1. Dezember"
    )


@pytest.mark.parametrize("kind", [one for one in KINDS.values() if one.options])
def test_every_option_has_words_in_every_language(kind: Kind) -> None:
    for option, words in kind.options.items():
        assert set(words) == set(LANGUAGES), option
        for language, text in words.items():
            value = parsed(kind.id, text, OSLO, NOON)
            assert option == value, f"{text} in {language} is typed for {value}, too"


def test_words_are_only_told_in_the_languages_that_have_them() -> None:
    train = said("alternative", "en: Take the train\nde: Nehmt den Zug | nl: Neem de trein")
    assert train["de"] == "Nehmt den Zug"
    assert train["nl"] == "Neem de trein"
    assert train["sv"] is None


def test_what_acts_or_hides_in_words_is_shown_as_text_and_flagged() -> None:
    value = parsed("alternative", BAD, OSLO, NOON)
    assert value == "en: <b>Free</b> {{ tickets }} <!channel> ‹U+202E›evil‹U+200B›"
    assert suspicious(value) == ("hidden characters", "markup", "what looks like a template")
    assert suspicious(parsed("alternative", "en: Take the train", OSLO, NOON)) == ()


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k.type is not Type.WORDS])
def test_no_other_kind_takes_what_acts_or_hides(kind: Kind) -> None:
    for typed in (
        "FW123\u202e",
        "\u200bFW123",
        "<!channel>",
        "{{ brand }}",
        "<b>x</b>",
        "OSL\x1b[31m",
    ):
        with pytest.raises(Refused):
            parsed(kind.id, typed, OSLO, NOON)


@pytest.mark.parametrize(
    ("kind", "typed", "needed"),
    [
        ("next_update", "soon", "write 07:00, 2h"),
        ("flights", "the one to Oslo", "FW123, FW456"),
        ("system", "the pump", "booking, website, app"),
        ("system", "app, website", "more than one"),
        ("rebook_until", "2026-11-24, 2026-11-25", "more than one day"),
        ("alternative", "Take the train", "`en: …`"),
        ("help_url", "http://fjordwing.example", "https://"),
        ("help_url", "https://fjordwing.example@evil.example", "https://"),
        ("refund", "no", "`yes`"),
        ("weather", "bad", "next_update, since, flights"),
        ("flights", "   ", "nothing was said"),
        ("arrive_early", "two hours", "write 90"),
        ("arrive_early", "999", "between 15 and 600"),
        ("next_update", "3d", "within the next 48 hours"),
        ("next_update", "2026-11-22T12:00", "within the next 48 hours"),
        ("since", "2026-11-22T14:00", "within the last 30 days"),
        ("airports", "Everyone on board is safe", "names in Latin letters"),
        ("airports", "\u041eslo", "names in Latin letters"),
        ("airports", "evil.example/login", "names in Latin letters"),
        ("route", "Oslo–Bergen @fjordwing", "from where to where"),
        ("route", "https://evil.example", "from where to where"),
        ("flights", "FW\u0661\u0662\u0663", "FW123, FW456"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_needed(
    kind: str, typed: str, needed: str
) -> None:
    with pytest.raises(Refused, match=needed.replace("…", ".")):
        parsed(kind, typed, OSLO, NOON)


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("since", "14:30", "2026-11-21T13:30:00Z"),
        ("since", "2h", "2026-11-22T10:00:00Z"),
        (
            "airports",
            "osl, Tromsø, Frankfurt am Main, Évora",
            "OSL, Tromsø, Frankfurt am Main, Évora",
        ),
        ("route", "OSL-BGO, Malmö Sturup – Luleå", "OSL-BGO, Malmö Sturup – Luleå"),
        ("route", "osl–bgo", "OSL–BGO"),
    ],
)
def test_what_people_type_at_night_is_read_as_they_mean_it(
    kind: str, typed: str, value: str
) -> None:
    assert parsed(kind, typed, OSLO, NOON) == value


def test_what_is_configured_of_a_brand_is_confirmed() -> None:
    known = standing({"help_url": "https://fjordwing.example/help", "slogan": "Fly"})
    assert list(known) == ["help_url"]
    assert known["help_url"].holds(NOON)


def confirmed(past: Sequence[Fact], value: str, at: datetime = NOON) -> Fact:
    return facts.confirm(past, "fw-1", "arrive_early", Entry(value), "Kari", at, OSLO)


def test_a_rumour_is_never_said_until_somebody_confirms_it() -> None:
    rumour = facts.rumour([], "fw-1", "arrive_early", Entry("90"), "Ola", NOON)
    assert usable([rumour], NOON) == {}
    sure = facts.confirm([rumour], "fw-1", "arrive_early", None, "Kari", NOON, OSLO)
    assert (sure.id, sure.value, sure.confirmed_by) == (rumour.id, "90", "Kari")
    assert usable([sure], NOON) == {"arrive_early": sure}


def test_a_corrected_fact_is_never_said_again_not_even_when_the_right_one_is_over() -> None:
    wrong = confirmed([], "90")
    corrected, right = facts.correct(
        [wrong], "fw-1", "arrive_early", Entry("120", until=NOON + MINUTE), "Kari", NOON, OSLO
    )
    assert (corrected.state, right.corrects) == (FactState.CORRECTED, wrong.id)
    assert usable([corrected, right], NOON) == {"arrive_early": right}
    assert usable([corrected, right], NOON + MINUTE) == {}


def test_a_promised_time_and_a_last_day_are_over_by_themselves() -> None:
    update = facts.confirm(
        [], "fw-1", "next_update", Entry("2026-11-22T13:30:00Z"), "Kari", NOON, OSLO
    )
    assert update.until == datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
    day = facts.confirm([], "fw-1", "rebook_until", Entry("2026-11-24"), "Kari", NOON, OSLO)
    assert day.until == datetime(2026, 11, 24, 23, tzinfo=UTC), "midnight in Oslo"
    with pytest.raises(Refused, match="over already"):
        facts.confirm([], "fw-1", "rebook_until", Entry("2026-11-20"), "Kari", NOON, OSLO)


def test_steps_that_make_no_sense_are_refused_with_the_reason() -> None:
    sure = confirmed([], "90")
    asked = facts.ask([], "fw-1", "arrive_early", "Kari", NOON)
    gone = facts.withdraw(sure, "Kari", NOON)
    entry = Entry("90")
    kind = ("fw-1", "arrive_early")
    steps: dict[str, Callable[[], object]] = {
        "confirmed already, by Kari": lambda: confirmed([sure], "90"),
        "already, by Kari": lambda: facts.ask([sure], *kind, "Ola", NOON),
        "asked already, by Kari": lambda: facts.ask([asked], *kind, "Ola", NOON),
        "says that already": lambda: facts.correct([sure], *kind, entry, "Kari", NOON, OSLO),
        "nothing to correct": lambda: facts.correct([asked], *kind, entry, "Kari", NOON, OSLO),
        "nobody has said": lambda: facts.confirm([asked], *kind, None, "Kari", NOON, OSLO),
        "asked, so that it cannot expire": lambda: facts.expire(asked, "Kari", NOON),
        "withdrawn already": lambda: facts.withdraw(gone, "Kari", NOON),
        "no kind of fact": lambda: facts.ask([], "fw-1", "help_url", "Kari", NOON),
    }
    for reason, step in steps.items():
        with pytest.raises(Refused, match=reason):
            step()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "rumour", "confirm", "correct", "expire", "withdraw", "wait"]),
        st.integers(1, 3),
        st.integers(0, 4),
    ),
    max_size=25,
)


def after(past: Sequence[Fact], verb: str, value: int, at: datetime) -> Sequence[Fact]:
    """What a step makes; one of a rumour or a confirmation holds for so many minutes."""
    who, entry = ("fw-1", "arrive_early"), Entry(str(value), until=at + value * MINUTE)
    match verb:
        case "ask":
            return [facts.ask(past, *who, "Ola", at)]
        case "rumour":
            return [facts.rumour(past, *who, entry, "Ola", at)]
        case "confirm":
            return [facts.confirm(past, *who, entry, "Kari", at, OSLO)]
        case "correct":
            return facts.correct(past, *who, entry, "Kari", at, OSLO)
        case "expire" if past:
            return [facts.expire(past[-1], "Kari", at)]
        case "withdraw" if past:
            return [facts.withdraw(past[-1], "Kari", at)]
    return []


@given(STEPS)
def test_whatever_happens_what_is_said_was_confirmed_holds_and_is_the_newest(
    steps: list[tuple[str, int, int]],
) -> None:
    past: dict[str, Fact] = {}
    at = NOON
    newest: str | None = None
    for verb, value, minutes in steps:
        at += minutes * MINUTE
        try:
            made = after([*past.values()], verb, value, at)
        except Refused:
            continue
        past |= {one.id: one for one in made}
        if verb in ("confirm", "correct"):
            newest = made[-1].id
        for one in usable(past.values(), at).values():
            assert one.state is FactState.CONFIRMED
            assert one.confirmed_by == "Kari"
            assert one.until is None or at < one.until
            assert one.id == newest
