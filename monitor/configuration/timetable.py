"""When customers travel: departures by the hour, for how much an incident at this hour weighs."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from alerts.duty.service_hours import weekdays
from alerts.incidents import timetable
from monitor.configuration.part import Part
from monitor.configuration.values import Zone, wrong


def _hour(value: str) -> str:
    if value not in {f"{hour:02}" for hour in range(24)}:
        raise wrong("is no hour", "two digits, `00` to `23`")
    return value


HourOfDay = Annotated[str, AfterValidator(_hour)]
Departures = dict[HourOfDay, Annotated[int, Field(ge=0, le=100_000)]]


def _each_day_once(days: dict[str, Departures]) -> dict[str, Departures]:
    named: set[int] = set()
    for each in days:
        try:
            found = set(weekdays(each))
        except ValueError:
            raise wrong(f"`{each}` is no day", "`sat`, or a range of days: `mon-fri`") from None
        if named & found:
            raise wrong(f"names a day of `{each}` twice", "name every day once")
        named |= found
    return days


class Timetable(Part):
    """Departures of an ordinary week, by days and hours."""

    timezone: Zone | None = Field(
        default=None,
        description="The zone of its hours; `timezone` of the file where it is left out.",
        examples=["Europe/Oslo"],
    )
    departures: Annotated[dict[str, Departures], AfterValidator(_each_day_once)] = Field(
        default={},
        description="How many depart in which hour, from `00` to `23`, by day or range of days. "
        "Hardly any in the next six hours make an incident less severe, very many one that grows "
        "more severe; without it the hour does not count.",
        examples=[{"mon-fri": {"06": 42, "07": 38}, "sat": {"07": 20}}],
    )

    def week(self, zone: ZoneInfo) -> timetable.Timetable | None:
        """The week as it is counted, in `zone` unless it names one; None where there is none."""
        if not self.departures:
            return None
        hours = {
            (day, int(hour)): number
            for days, departures in self.departures.items()
            for day in weekdays(days)
            for hour, number in departures.items()
        }
        return timetable.Timetable(ZoneInfo(self.timezone) if self.timezone else zone, hours)
