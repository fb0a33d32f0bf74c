"""People, teams and rotas as they are configured: what is wrong is said, with its place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.configuration import Configuration, ConfigurationError, load, loads
from monitor.staffing import roster

PLAIN = """
timezone: Europe/Oslo
brands: {fjordwing: {name: Fjordwing Air, terms: [fjordwing]}}
notify: [{kind: terminal}, {kind: slack, channel: C0CUSTCARE, token: {env: T}}]
people:
  kari: {name: Kari Nygård, slack: U0KARI1, reach: [slack, terminal]}
  ola: {name: Ola Berg, email: ola@fjordwing.example, reach: [terminal], rights: [act, lead]}
  per: {name: Per Dahl}
teams:
  care: {CARE}
"""


def care(written: str) -> str:
    return PLAIN.replace("{CARE}", "{name: Care, " + written + "}")


def told(text: str) -> dict[str, tuple[str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        loads(text, "seawall.yaml")
    return {one.path: (one.message, one.hint) for one in caught.value.problems}


OVERRIDE = "{from: 2026-11-24, to: 2026-11-24, person: ola}"
ROTATION = "on_call: {people: [kari, ola], from: 2026-11-16T09:00}"


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ("people: [kari]", "teams.care", "tells nobody"),
        ("on_call: {}", "teams.care.on_call", "names nobody"),
        ("on_call: {people: [kari]}", "teams.care.on_call", "is a rotation without `from`"),
        (
            "on_call: {from: 2026-11-16, overrides: [" + OVERRIDE + "]}",
            "teams.care.on_call.from",
            "begins a rotation, and nobody is in it",
        ),
        (
            "on_call: {people: [per], from: 2026-11-16T09:00}",
            "teams.care.on_call.people[0]",
            "is somebody who cannot be reached",
        ),
        (
            "on_call: {people: [kira], from: 2026-11-16T09:00}",
            "teams.care.on_call.people[0]",
            "is no person of this file",
        ),
        (
            "on_call: {people: [kari], from: 2026-11-16T09:00, every: 30m}",
            "teams.care.on_call.every",
            "is too short for a shift",
        ),
        (
            "on_call: {overrides: [{from: 2026-11-17, to: 2026-11-16, person: ola}]}",
            "teams.care.on_call.overrides[0].to",
            "is not after `from`",
        ),
        (
            "on_call: {overrides: [{from: 2026-11-16T09:00Z, to: 2026-11-17T09:00, person: ola}]}",
            "teams.care.on_call.overrides[0].to",
            "has an offset from UTC, or `from` has: one of them only",
        ),
        (
            ROTATION + ", ladder: [{after: 20m, to: [next]}, {after: 10m, to: [kari]}]",
            "teams.care.ladder",
            "has a rung after 10m that is not later than the one before",
        ),
        (ROTATION + ", ladder: [{after: 10m, to: []}]", "teams.care.ladder[0].to", "names nobody"),
        (
            ROTATION + ", ladder: [{after: 10m, to: [everyone]}]",
            "teams.care.ladder[0].to[0]",
            "is no person of this file",
        ),
        (
            "channel: [terminal], ladder: [{after: 10m, to: [next]}]",
            "teams.care.ladder",
            "calls who is on call, and there is no `on_call`",
        ),
        (
            ROTATION + ", people: [kari], ladder: [{after: 10m, to: [leads]}]",
            "teams.care.ladder",
            "calls `leads`, and nobody of the team's `people` is one",
        ),
        (
            ROTATION + ", ladder: [{after: 10m, to: [everybody]}]",
            "teams.care.ladder",
            "calls `everybody`, and there are no `people`",
        ),
        (
            ROTATION + ', holiday_hours: "10:00-16:00"',
            "teams.care.holiday_hours",
            "is given, and there are no `holidays`",
        ),
        (
            ROTATION + ", holidays: NO, holiday_hours: 10-16",
            "teams.care.holiday_hours",
            "is no span of hours",
        ),
        ("on_call: {file: none.ics}", "teams.care.on_call", "has a file that cannot be read"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_a_remedy(
    written: str, path: str, message: str
) -> None:
    found = told(care(written))
    assert list(found) == [path]
    assert message in found[path][0]
    assert found[path][1]


@pytest.mark.parametrize(
    ("before", "after", "path", "message"),
    [
        ("slack: U0KARI1, ", "", "people.kari.reach", "names `slack`, and there is no `slack`"),
        ("[act, lead]", "[act, restricted]", "people.ola.rights[1]", "is no right any more"),
        ("reach: [slack, terminal]", "reach: [sms]", "people.kari.reach[0]", "is no name under"),
        ("rights: [act, lead]", "quiet: 22-6", "people.ola.quiet", "is no span of hours"),
    ],
)
def test_a_person_must_be_able_to_be_reached_as_it_says(
    before: str, after: str, path: str, message: str
) -> None:
    found = told(care("channel: [terminal]").replace(before, after))
    assert message in found[path][0]


def test_what_parts_of_a_team_have_to_do_with_each_other_is_told_with_all_else() -> None:
    found = told(
        care(
            "people: [kira], channel: [slak], holiday_hours: 10:00-16:00, "
            "on_call: {people: [kira], every: 1m, "
            "overrides: [{from: 2026-11-17, to: 2026-11-16, person: kira}]}, "
            "ladder: [{after: 20m, to: [kari]}, {after: 10m, to: [kari]}]"
        )
    )
    assert {path.removeprefix("teams.care.") for path in found} == {
        *("people[0]", "channel[0]", "holiday_hours", "ladder"),
        *("on_call", "on_call.people[0]", "on_call.every"),
        *("on_call.overrides[0].to", "on_call.overrides[0].person"),
    }
    assert "rotation without `from`" in found["teams.care.on_call"][0]


def test_a_brand_is_not_given_to_a_team_that_only_pauses_promotions() -> None:
    text = care("channel: [terminal], pause_from: major")
    found = told(text.replace("[fjordwing]}", "[fjordwing], team: care}"))
    assert "only pauses promotions" in found["brands.fjordwing.team"][0]


def calendar(folder: Path, *summaries: str) -> Path:
    events = "".join(
        f"BEGIN:VEVENT\nUID:{n}\nDTSTART:2026112{n}T090000\nDTEND:2026112{n + 1}T090000\n"
        f"SUMMARY:{summary}\nEND:VEVENT\n"
        for n, summary in enumerate(summaries, 2)
    )
    head = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Fjordwing//EN\n"
    (folder / "rota.ics").write_text(f"{head}{events}END:VCALENDAR\n", "utf-8")
    (folder / "seawall.yaml").write_text(care("on_call: {file: rota.ics}"), "utf-8")
    return folder / "seawall.yaml"


def test_a_calendar_names_people_by_id_name_or_address(tmp_path: Path) -> None:
    team = load(calendar(tmp_path, "kari", "OLA BERG", "Kari Nygård", "ola@fjordwing.example"))
    noons = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (22, 23, 24, 25, 26)]
    found = [team.rosters["care"].on_call(noon) for noon in noons]
    assert found == ["kari", "ola", "kari", "ola", None]


@pytest.mark.parametrize(
    ("summary", "message", "hint"),
    [
        (
            "Olaf Berg",
            "has a file with an event `Olaf Berg` on 2026-11-23 09:00, who is nobody of this file",
            "known: `kari`, `ola`, `per`",
        ),
        (
            "Per Dahl",
            "has a file with an event `Per Dahl` on 2026-11-23 09:00, who cannot be reached",
            "say how: `people.per.reach`",
        ),
    ],
)
def test_an_event_of_nobody_is_an_error_with_its_time(
    tmp_path: Path, summary: str, message: str, hint: str
) -> None:
    file = calendar(tmp_path, "kari", summary)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    [problem] = caught.value.problems
    assert (problem.path, problem.message, problem.hint) == ("teams.care.on_call", message, hint)


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def configured(rota: str) -> Configuration:
    hours = 'service_hours: {mon-fri: "07:00-19:00"}'
    return loads(care(f"channel: [terminal], {hours}, {rota}"))


def test_a_check_says_who_is_on_call_and_where_nobody_is() -> None:
    whole, patchy = configured(ROTATION), configured("on_call: {overrides: [" + OVERRIDE + "]}")
    [one] = roster.standing(whole, NOW)
    assert (one.on_call, one.next) == ("Kari Nygård", "Ola Berg")
    assert one.until == NOW.replace(day=23, hour=8)
    assert one.next_opening == NOW.replace(day=23, hour=6)
    assert list(roster.warnings(whole, NOW)) == []
    [warning] = roster.warnings(patchy, NOW)
    assert warning.startswith(
        "Care: nobody is on call from Sun 22 Nov, 13:00 CET to Mon 23 Nov, 07:00 CET, and"
    )


@pytest.mark.parametrize(
    ("people", "warned"),
    [("[per]", ["Care: nobody is called while its desks are closed"]), ("[per, kari]", [])],
)
def test_a_check_says_where_nobody_is_called_at_night(people: str, warned: list[str]) -> None:
    assert list(roster.warnings(configured(f"people: {people}"), NOW)) == warned


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({"19:00": "24:00"}, []),
        ({"07:00-19:00": "16:00-08:00"}, ["Care: mon-fri 16:00-08:00 ends at 08:00 the next day"]),
        (
            {"people: [kari]": "people: [], pause_from: major"},
            ["Care: nobody is in it; name under `people` who pauses promotions"],
        ),
        (
            {"{kind: slack,": "{kind: apprise, name: phone, urls: {env: T}}, {kind: slack,"}
            | {"[slack, terminal]": "[slack, phone]"},
            ["Kari Nygård: the link in a call opens on this machine only; say under `http.url`"],
        ),
        (
            {"{kind: slack,": "{kind: apprise, name: phone, urls: {env: T}}, {kind: slack,"}
            | {
                "[slack, terminal]": "[slack, phone]",
                "\nteams:": "\nhttp: {url: 'https://a.b'}\nteams:",
            },
            [],
        ),
    ],
)
def test_a_check_says_what_may_not_be_meant_so(changes: dict[str, str], warned: list[str]) -> None:
    hours = 'service_hours: {mon-fri: "07:00-19:00"}'
    text = care(f"people: [kari], channel: [terminal], {hours}, {ROTATION}")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    found = list(roster.warnings(loads(text), NOW))
    assert [one.partition(" where")[0] for one in found] == warned


def test_a_team_has_the_hours_and_zone_of_the_file_where_it_has_none() -> None:
    text = care(ROTATION).replace("timezone:", 'service_hours: {mon-sun: "08:00-10:00"}\ntimezone:')
    team = loads(text).rosters["care"]
    assert team.zone.key == "Europe/Oslo"
    assert team.next_opening(NOW) == NOW.replace(day=23, hour=7)
    assert team.answer_within == timedelta(minutes=10)
