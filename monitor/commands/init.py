"""`seawall init`: five questions, and a configuration to begin with."""

import re
import shlex
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import available_timezones

import typer
from tzlocal import get_localzone_name

from alerts import languages
from alerts.notifiers import notifier_kinds
from monitor import starter
from monitor.commands.options import program
from monitor.configuration import loads
from monitor.configuration.values import Language, Name, Terms, Zone, nearest, shortened
from monitor.language import KNOWN, normalise

Answer = TypeVar("Answer")

_USUAL = Path("seawall.yaml")
"""Where `seawall run` looks."""

_SHORT = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]+)?")
_AND = re.compile(r"\s(?:and|und|og|och)\s", re.IGNORECASE)
_TAGS = {name.casefold(): tag for tag, name in languages.NAMES.items()} | {
    "deutsch": "de",
    "svenska": "sv",
    "norsk": "nb",
    "dansk": "da",
    "nederlands": "nl",
}
"""Languages as people name them."""

_CHANNEL = re.compile(r"[A-Z0-9]{6,}")


@dataclass(frozen=True, slots=True)
class _Question:
    """One of the five: what is asked, and the options that answer it beforehand."""

    number: int
    text: str
    hint: str
    options: str


def init(
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", dir_okay=False, help="Where to write it.")
    ] = _USUAL,
    name: Annotated[
        str | None,
        typer.Option("--name", help="The brand's name; of several, with commas between."),
    ] = None,
    industry: Annotated[
        str | None, typer.Option("--industry", help="airline, railway, telecom, bank or other.")
    ] = None,
    terms: Annotated[
        str | None,
        typer.Option(
            "--terms",
            help="Its handle and the words for it; a semicolon before those of the next brand.",
        ),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="Where its customers live: Europe/Oslo.")
    ] = None,
    languages: Annotated[
        str | None, typer.Option("--languages", help="What they write in: en, de.")
    ] = None,
    sources: Annotated[
        str | None, typer.Option("--sources", help="Where posts come from: bluesky, x.")
    ] = None,
    slack: Annotated[
        str | None, typer.Option("--slack", metavar="ID", help="The Slack channel to tell.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: what is not given is as suggested.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
) -> None:
    """Make a configuration to begin with: five questions.

    Options answer them beforehand.

        seawall init --name Acme --industry railway --languages en,de --yes
    """
    if output.exists() and not force:
        raise typer.BadParameter(
            f"{output} is there already; --force replaces it, --output names another"
        )
    if not output.parent.is_dir():
        raise typer.BadParameter(f"{output.parent} is no folder; make it first")
    if not yes:
        typer.echo("Five questions; Enter takes what stands in [brackets], Ctrl-C stops.\n")
    place = ", ".join(filter(None, (timezone, languages))) or None
    ways = ", ".join(filter(None, (sources, slack and f"slack {slack}"))) or None
    answers = _asked((name, industry, terms, place, ways), yes)
    text = starter.written(answers)
    loads(text, str(output))  # what would not be right is never written
    typer.echo(_shown(answers, output))
    if not yes and not typer.confirm("Write it?", default=True):
        raise typer.Abort
    with output.open("w" if force else "x", encoding="utf-8") as file:
        file.write(text)
    typer.echo(_next(answers, output, yes and industry is None))


def _asked(given: tuple[str | None, ...], yes: bool) -> starter.Answers:
    """Every answer, from the options or the person. Raises BadParameter for an option."""

    def ask(question: _Question, default: str, read: Callable[[str], Answer]) -> Answer:
        return _ask(question, given[question.number - 1], default, read, yes)

    names = ask(
        _Question(1, "What is the brand called?", "several: with commas between", "--name"),
        "",
        _names,
    )
    industry = ask(
        _Question(2, "What is it?", ", ".join(starter.industries()), "--industry"),
        starter.industries()[-1],
        _industry,
    )
    words = "its handle and what people call it, with commas between"
    if len(names) > 1:
        words += "; those of the next brand after a semicolon"
    terms = ask(
        _Question(3, "What do people write when they mean it?", words, "--terms"),
        "; ".join(", ".join(starter.likely_terms(name)) for name in names),
        lambda text: _terms_of(text, names),
    )
    zone = _here()
    place = "a time zone, then languages: " + " ".join(starter.spoken())
    timezone, languages = ask(
        _Question(
            4,
            "Where do its customers live, and what do they write in?",
            place,
            "--timezone and --languages",
        ),
        f"{zone}, en",
        lambda text: _place(text, zone),
    )
    ways = "bluesky (free, no key), x (paid), and slack to be told there, else in the terminal"
    sources, slack = ask(
        _Question(
            5, "Where do posts come from, and where are you told?", ways, "--sources and --slack"
        ),
        starter.SOURCES[0],
        _ways,
    )
    first, *more = map(starter.Brand, names, terms)
    chosen = timezone, languages, sources, slack, tuple(more)
    return starter.Answers(first.name, industry, first.terms, *chosen)


def _ask(
    question: _Question, given: str | None, default: str, read: Callable[[str], Answer], yes: bool
) -> Answer:
    if given is not None or yes:
        answer = default if given is None else given
        if not answer:
            raise typer.BadParameter(f"give {question.options}")
        try:
            return read(answer)
        except ValueError as problem:
            raise typer.BadParameter(f"{question.options}: {problem}") from None
    typer.echo(f"{question.number}/5  {question.text}")
    if question.hint:
        typer.echo(f"     {question.hint}")
    while True:
        answer = str(typer.prompt("    ", default=default or None, prompt_suffix=" "))
        try:
            value = read(answer)
        except ValueError as problem:
            typer.echo(f"     {problem}")
        else:
            typer.echo("")
            return value


def _valid(kind: object, value: object, shown: str) -> Any:
    """Raises ValueError with what is shown of it, and what is wrong."""
    try:
        return starter.valid(kind, value)
    except ValueError as problem:
        raise ValueError(f"{shortened(shown)!r} {problem}") from None


def _names(text: str) -> tuple[str, ...]:
    names = [name for one in text.split(",") if (name := one.strip())] or [text]
    found = tuple(str(_valid(Name, name, name)) for name in names)
    ids = [starter.Brand(name, ()).id for name in found]
    if twice := [name for name, id in zip(found, ids, strict=True) if ids.count(id) > 1]:
        raise ValueError(f"{' and '.join(twice)} would have the same id: name each differently")
    return found


def _terms_of(text: str, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The terms of each brand."""
    parts = [part for part in text.split(";") if part.strip()] if len(names) > 1 else [text]
    if len(parts) != len(names):
        raise ValueError(
            f"there are {len(names)} brands: give the terms of each, with a semicolon between"
        )
    return [_terms(part) for part in parts]


def _industry(text: str) -> str:
    chosen = text.strip().lower()
    if chosen not in starter.industries():
        raise ValueError(f"{shortened(chosen)!r}: {nearest(chosen, starter.industries())}")
    return chosen


def _terms(text: str) -> tuple[str, ...]:
    terms = [" ".join(one.split()).strip("\"'") for one in text.split(",")]
    found = tuple(dict.fromkeys(term for term in terms if term))
    if not found:
        raise ValueError("one word at least: the brand's handle, or its name as people write it")
    for term in found:
        _valid(Terms, [term], term)
    return found


def _place(text: str, zone: str) -> tuple[str, tuple[str, ...]]:
    """The time zone and the languages; where one of them is not named, as suggested."""
    spoken: dict[str, None] = {}
    for part in _parts(_AND.sub(",", text)):
        if (tag := _TAGS.get(part.casefold())) is not None:
            spoken[tag] = None
        elif _SHORT.fullmatch(part) and (normalise(part) in KNOWN or part.islower()):
            _valid(Language, part, part)
            spoken[normalise(part)] = None
        else:
            try:
                zone = _zone(part)
            except ValueError as problem:
                raise ValueError(f"{problem}; languages are written like en, de, nb") from None
    return zone, tuple(spoken) or ("en",)


def _zone(text: str) -> str:
    """A time zone by its name, or by its city where there is one of that name."""
    if starter.is_valid(Zone, text):
        return text
    wanted = text.replace(" ", "_").lower()
    cities = [
        zone
        for zone in sorted(available_timezones())
        if zone.lower() == wanted or zone.lower().endswith(f"/{wanted}")
    ]
    if len(cities) == 1:
        return cities[0]
    if cities:
        raise ValueError(f"{shortened(text)!r} is in several: {', '.join(cities[:5])}")
    _valid(Zone, text, text)
    return text


def _ways(text: str) -> tuple[tuple[str, ...], str | None]:
    """Where posts come from, and the Slack channel, if any."""
    sources: list[str] = []
    slack = None
    for part in text.replace(",", " ").split():
        if part.lower() in starter.SOURCES:
            sources.append(part.lower())
        elif part.lower() == "both":
            sources.extend(starter.SOURCES)
        elif part.lower() == starter.SLACK:
            slack = slack or starter.SLACK_PLACEHOLDER
        elif _CHANNEL.fullmatch(part) or slack:
            if not starter.is_valid(notifier_kinds()["slack"].options, {"channel": part}):
                raise ValueError(
                    f"{shortened(part)!r} is no channel id: it is at the bottom of the channel's "
                    "details in Slack, like C0ABCDEFGH; `slack` alone leaves it for later"
                )
            slack = part
        elif part.lower() not in ("and", "terminal"):
            known = (*starter.SOURCES, starter.SLACK)
            raise ValueError(f"{shortened(part)!r}: {nearest(part.lower(), known)}")
    return tuple(one for one in starter.SOURCES if one in sources) or starter.SOURCES[:1], slack


def _parts(text: str) -> list[str]:
    parts = text.split(",") if "," in text else text.split()
    return [" ".join(part.split()) for part in parts if part.strip()]


def _here() -> str:
    """The time zone of this machine; UTC where it has none that is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            zone = get_localzone_name()
        except (LookupError, ValueError, OSError):
            return "UTC"
    if zone is None or zone == "Etc/UTC" or not starter.is_valid(Zone, zone):
        return "UTC"
    return str(zone)


def _shown(answers: starter.Answers, output: Path) -> str:
    """What will be written, and where."""
    chosen = starter.topics(answers.industry, answers.languages)
    posts = {"bluesky": "Bluesky, free"}
    if "x" in answers.sources:
        cost = starter.counting((len(chosen) + 1) * len(answers.brands))
        posts["x"] = (
            f"X, every {cost.minutes} minutes: about ${cost.dollars:.0f} in 30 days, "
            f"never more than ${starter.SPENDING_LIMIT} a month"
        )
    told = f"Slack, channel {answers.slack}" if answers.slack else "in the terminal"
    lines = [
        *(
            ("brand", f"{shortened(one.name, 60)}: {shortened(', '.join(one.terms), 80)}")
            for one in answers.brands
        ),
        ("topics", ", ".join(topic.name for topic in chosen)),
        ("place", f"{answers.timezone}; {', '.join(answers.languages)}"),
        *(("posts", posts[source]) for source in answers.sources),
        ("told", told),
    ]
    rows = [f"  {what:<8}{text}" for what, text in lines]
    return "\n".join([f"This goes to {output.absolute()}:", *rows])


def _next(answers: starter.Answers, output: Path, assumed: bool) -> str:
    """What to do now."""
    seawall, file = program(), shlex.quote(str(output))
    lines = [f"{output} is written; its terms are a beginning, so look through them.", ""]
    if assumed:
        known = ", ".join(starter.industries()[:-1])
        lines += [f"The topics are those of anybody; --industry has others: {known}.", ""]
    if unspoken := [one for one in answers.languages if one not in starter.spoken()]:
        lines += [f"There are no words to begin with in {', '.join(unspoken)}: add them there.", ""]
    if answers.slack == starter.SLACK_PLACEHOLDER:
        lines += [f"Put your Slack channel's id in the place of {answers.slack} there.", ""]
    if variables := starter.variables(answers):
        lines.append("Secrets come from the environment:")
        lines += [f"  export {one.name}=…  # {one.origin}" for one in variables]
        lines.append("")
    lines += [
        "Then:",
        f"  {seawall} check {file}         # what it amounts to",
        f"  {seawall} check {file} --live  # whether every source and notifier answers",
        f"  {seawall} run{'' if output == _USUAL else f' --config {file}'}",
    ]
    return "\n".join(lines)
