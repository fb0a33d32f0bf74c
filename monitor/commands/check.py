"""`seawall check`: is this configuration right, what does it amount to, and does it work?"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.plain_text import visible
from monitor import clock, logs, probes
from monitor.commands import output
from monitor.commands.notify import line, places
from monitor.commands.oncall import line_of, plain
from monitor.commands.options import (
    CONFIGURATION_VARIABLE,
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    AsJson,
    DatabaseUrl,
)
from monitor.commands.output import counted
from monitor.configuration import Checked, Choice, Configuration, Problem, Summary, lacking, load
from monitor.configuration import check as run
from monitor.pack import holes
from monitor.sources.kinds import source_kinds
from monitor.staffing import roster
from monitor.starter import monthly_dollars
from monitor.store import Database, StoreError
from monitor.words import staffed

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a paid source's counting costs, in dollars; `limit` is that of a calendar month."""

    source: str
    queries: int
    in_30_days: float
    limit: float


@dataclass(slots=True)
class Live:
    """What the daemon would do with a configuration."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    notifiers: list[dict[str, str]] = field(default_factory=list)
    publishers: list[dict[str, str]] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    on_call: list[roster.Standing] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check(
    config: Annotated[
        Path,
        typer.Argument(
            metavar="[CONFIG.yaml]", envvar=CONFIGURATION_VARIABLE, help="The configuration."
        ),
    ] = DEFAULT_CONFIGURATION,
    live: Annotated[
        bool,
        typer.Option("--live", help="Also ask the store, every source, notifier and publisher."),
    ] = False,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Check a configuration: every mistake has its place and a hint.

    The exit status is 2 where there is any, and 1 where with --live something does not answer, or
    a secret is not there; without --live that is a warning.
    Asking X costs a cent, and another one where messages can be posted there.

        seawall check seawall.yaml --live
    """
    checked, amounts = run(config), Live()
    answers: list[probes.Answered] = []
    if checked.fine:
        configuration = load(config)
        amounts, problems = _live(configuration, str(config))
        checked = _live_checked(config, configuration, problems)
        amounts.warnings += lacking.languages(configuration)
        if not live:
            amounts.warnings += lacking.secrets(configuration)
    if checked.fine and live:
        logs.configure(level="error", daemon=False)
        amounts.warnings += _unwritten(configuration, database)
        answers = asyncio.run(
            probes.everything(configuration, database, places(configuration, config, database))
        )
    if as_json:
        asked = {"checks": [asdict(one) for one in answers]} if live else {}
        output.data({**checked.as_dict(), "live": plain(asdict(amounts)), **asked})
    else:
        _tell(config, checked, amounts, answers)
    if not checked.fine:
        raise typer.Exit(2)
    if not all(one.fine for one in answers):
        raise typer.Exit(1)


def _live_checked(config: Path, configuration: Configuration, problems: list[Problem]) -> Checked:
    if problems:
        return Checked(str(config), problems, None)
    return run(config, _platforms(configuration.sources))


def _tell(
    config: Path, checked: Checked, amounts: Live, answers: Sequence[probes.Answered]
) -> None:
    if checked.summary is None:
        for problem in checked.problems:
            typer.echo(str(problem), err=True)
        return
    one = checked.summary
    most = f"{one.false_alarms:g}"
    typer.echo(
        f"{config} is fine: {counted(len(one.brands), 'brand')}, "
        f"{counted(len(one.topics), 'topic')}, {len(one.budgets)} series; "
        f"at most {most} false surge{'s' * (most != '1')} in 30 days."
    )
    for told in (*_known(one), *_described(amounts), *map(line_of, amounts.on_call)):
        typer.echo(f"  {visible(told)}")
    for warning in amounts.warnings:
        typer.echo(f"  ! {visible(warning)}")
    for answered in answers:
        typer.echo(line(answered))


def _known(summary: Summary) -> Iterator[str]:
    """What is known beforehand."""
    if summary.holidays:
        yield f"knows the public holidays of {', '.join(summary.holidays)}"
    for entry in summary.calendar:
        if not entry.factors:
            yield f"expects nothing of {entry.name}, which has no event"
            continue
        factors = " and ".join(f"×{one:g}" for one in entry.factors)
        often = f"{entry.times:,} times " if entry.times > 1 else ""
        yield f"expects {factors} for {entry.name}, {often}from {entry.since} to {entry.until}"


def _described(amounts: Live) -> Iterator[str]:
    """What a running daemon would do; nothing where there is no source to run with."""
    if not amounts.sources:
        return
    costs = {cost.source: cost for cost in amounts.costs}
    for source in amounts.sources:
        name, platforms = source["name"], source["platforms"]
        where = "" if platforms == [name] else f" ({', '.join(platforms)})"
        if cost := costs.get(name):
            asked = "1 query" if cost.queries == 1 else f"{cost.queries} queries"
            yield (
                f"from {name}{where}: {asked}, ${cost.in_30_days:,.2f} in 30 days; "
                f"never more than ${cost.limit:,g} a month"
            )
        else:
            yield f"from {name}{where}"
    yield f"to {', '.join(notifier['name'] for notifier in amounts.notifiers) or 'nobody'}"
    if amounts.publishers:
        yield f"posts, when asked, on {', '.join(one['name'] for one in amounts.publishers)}"


def _live(configuration: Configuration, file: str) -> tuple[Live, list[Problem]]:
    """What it amounts to while it runs, and the mistakes that only its sources know."""
    amounts, problems = Live(), []
    for choice in configuration.sources:
        platforms = _platforms([choice])
        amounts.sources.append({"name": choice.name, "kind": choice.kind, "platforms": platforms})
        if mistake := asyncio.run(probes.mistake(choice, configuration)):
            message, _, hint = mistake.partition("; ")
            path = f"sources.{choice.name}"
            problems.append(Problem(path, file, 1, None, message, hint or "see its options"))
        else:
            amounts.warnings += _warnings(configuration, choice)
            amounts.costs += _costs(configuration, choice)
    amounts.on_call = roster.standing(configuration, clock.wall())
    amounts.warnings += roster.warnings(configuration, clock.wall())
    amounts.warnings += staffed.warnings(configuration)
    amounts.warnings += holes.of_people(configuration, clock.wall())
    amounts.notifiers = [
        {"name": choice.name, "kind": choice.kind} for choice in configuration.notify
    ]
    amounts.publishers = [
        {"name": choice.name, "kind": choice.kind} for choice in configuration.publish
    ]
    return amounts, problems


def _unwritten(configuration: Configuration, database: str) -> list[str]:
    """What the offline pack has no words for, as far as the store is there."""
    if not configuration.people:
        return []
    try:
        with closing(Database.open(database, existing=True)) as store, store.read() as connection:
            return list(holes.of_words(connection, configuration))
    except StoreError:
        return []  # the store is asked, and says so, among the others


def _platforms(choices: Sequence[Choice]) -> list[str]:
    return [
        platform
        for choice in choices
        for platform in source_kinds()[choice.kind].platforms(choice.options)
    ]


def _warnings(configuration: Configuration, choice: Choice) -> list[str]:
    """What a kind of source has to say of a configuration, where it has anything to say."""
    module = import_module(f"monitor.sources.kinds.{choice.kind}")
    warn = getattr(module, "warnings", None)
    return [f"{choice.name}: {one}" for one in warn(configuration, choice.options)] if warn else []


def _costs(configuration: Configuration, choice: Choice) -> Iterator[Cost]:
    """What counting on X costs; whether the limit allows it is among that kind's warnings."""
    if choice.kind != "x":
        return
    from monitor.sources.kinds._x_query import questions

    options: Any = choice.options
    asked = questions(configuration, options.queries)
    dollars = sum(monthly_dollars(1, options.cadence(one.topic) / _MINUTE) for one in asked)
    yield Cost(choice.name, len(asked), round(dollars, 2), float(options.spending_limit))
