"""`seawall lint`: is this text fit to be public?"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.cells import cell_len
from rich.console import Console

from alerts import languages
from alerts.plain_text import visible
from alerts.words import lengths
from alerts.words.facts import Fact, standing
from alerts.words.lint import LONGEST, Finding
from alerts.words.lint import lint as linted
from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import UNKNOWN, situations
from alerts.words.rulebook import Level
from alerts.words.rulebook import languages as with_rules
from alerts.words.voice import Voice
from monitor.commands import output
from monitor.commands.options import AsJson
from monitor.commands.output import counted, plain
from monitor.configuration import load
from monitor.configuration.values import nearest
from monitor.language import identify

AROUND: Final = 60
"""Characters shown on either side of a finding."""
BLOCKED: Final = 1
_ENOUGH_WORDS: Final = 5
_ALIKE: Final = frozenset({"nb", "da"})
_STYLES: Final = {Level.BLOCK: "bold red", Level.WARN: "yellow"}


def _language(tag: str) -> str:
    if languages.base(tag) not in with_rules():
        raise typer.BadParameter(f"{tag!r} is none of {', '.join(with_rules())}")
    return tag


def _situation(name: str) -> str:
    if name not in situations():
        raise typer.BadParameter(f"no playbook {name!r}; {nearest(name, situations())}")
    return name


def lint(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The text; - reads it from input.")],
    language: Annotated[
        str,
        typer.Option(
            "--lang", metavar="L", callback=_language, help="en, de, sv, nb (or no), da or nl."
        ),
    ],
    phase: Annotated[Phase, typer.Option(help="What the text is for.")],
    channel: Annotated[Channel, typer.Option(help="Where it goes.")] = Channel.X,
    situation: Annotated[
        str,
        typer.Option(metavar="S", callback=_situation, help="The playbook: booking, strike, …"),
    ] = UNKNOWN,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A configuration, for the voice and facts of a brand."),
    ] = None,
    brand: Annotated[
        str | None,
        typer.Option(metavar="B", help="Whose words they are; the first own brand by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check words before they are public.

    Too long? Asks for personal data? Names a cause, blames, denies? Is something missing that this
    phase has to say? Each finding has its place, why it is one, and a better wording.

    The exit status is 0 where nothing blocks, 1 where something does, 2 where the text cannot be
    read.

        seawall lint draft.txt --lang en --phase seen --situation booking
    """
    text = _read(file)
    voice, facts = _brand(config, brand)
    findings = linted(
        text,
        language=language,
        channel=channel,
        phase=phase,
        situation=situation,
        facts=facts,
        voice=voice,
        complete=False,
    )
    used, limit = lengths.length(text, channel), lengths.LIMITS[channel]
    warnings = list(_doubts(text, language))
    if as_json:
        told = [asdict(finding) for finding in findings]
        output.data({"length": used, "limit": limit, "warnings": warnings, "findings": told})
    else:
        _show(text, findings, f"{used:,} of {limit:,} on {channel}", warnings)
    if any(finding.level is Level.BLOCK for finding in findings):
        raise typer.Exit(BLOCKED)


def _show(text: str, findings: Sequence[Finding], length: str, warnings: Sequence[str]) -> None:
    console = plain()
    for finding in findings:
        _tell(console, text, finding)
    blocking = sum(finding.level is Level.BLOCK for finding in findings)
    verdict = f"{blocking} of {counted(len(findings), 'finding')} blocking"
    console.print(f"{length}: {verdict if findings else 'nothing found'}", soft_wrap=True)
    for warning in warnings:
        plain(stderr=True).print(warning, style="yellow", soft_wrap=True)


def _read(file: str) -> str:
    """The text without the line end that closes a file. Raises BadParameter where it is none."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = raw.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file}: this is no text in UTF-8") from None
    if not text.strip():
        raise typer.BadParameter(f"{file}: there is no text")
    if len(text) > LONGEST:
        raise typer.BadParameter(f"{file}: longer than {LONGEST:,} characters")
    return text


def _brand(config: Path | None, brand: str | None) -> tuple[Voice | None, Mapping[str, Fact]]:
    """How a brand of a configuration speaks, and its standing facts."""
    if config is None:
        if brand is not None:
            raise typer.BadParameter("--brand needs the --config that has it")
        return None, {}
    configuration = load(config)
    own = {id: one for id, one in configuration.brands.items() if one.ours}
    name = brand or next(iter(own), "")
    if name not in own:
        raise typer.BadParameter(f"no own brand {name!r} in {config}; {nearest(name, list(own))}")
    chosen = own[name]
    return chosen.voice.spoken(chosen.name, configuration.timezone), standing(chosen.facts)


def _doubts(text: str, language: str) -> list[str]:
    """Where the text plainly is in another language than it is said to be."""
    said = languages.base(language)
    found = identify(text, with_rules()) if len(text.split()) >= _ENOUGH_WORDS else said
    if found in (said, "und") or {found, said} == _ALIKE:
        return []
    return [f"this looks like {languages.name(found)}, not {languages.name(said)}"]


def _tell(console: Console, text: str, finding: Finding) -> None:
    """The line with the place marked below it, the rule, why it is one, and a better wording."""
    ends = [-1, *(place for place, sign in enumerate(text) if sign == "\n"), len(text)]
    number, (since, until) = next(
        (number, (before + 1, after))
        for number, (before, after) in enumerate(pairwise(ends), 1)
        if finding.start <= after
    )
    end = min(max(finding.end, finding.start), until)
    before = _shown(text[max(since, finding.start - AROUND) : finding.start])
    there = _shown(text[finding.start : min(end, finding.start + AROUND)])
    after = _shown(text[end : min(until, end + AROUND)]) if end - finding.start <= AROUND else "…"
    style = _STYLES[finding.level]
    missing = f" {finding.found}" if finding.start == finding.end else ""
    console.print(f"{finding.level} {finding.rule}{missing}, line {number}", style=style)
    console.print(f"  {before}{there}{after}", soft_wrap=True)
    marks = "^" * max(1, cell_len(there))
    console.print(f"  {' ' * cell_len(before)}{marks}", style=style, soft_wrap=True)
    console.print(f"  {finding.why}", soft_wrap=True)
    if finding.better:
        console.print(f"  Better: {visible(finding.better)}", soft_wrap=True)
    console.print()


def _shown(part: str) -> str:
    """A part of a line, blanks as they are, everything hidden made visible."""
    return "".join(" " if sign.isspace() else visible(sign) for sign in part)
