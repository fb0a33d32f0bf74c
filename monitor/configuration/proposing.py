"""An outside program that may propose words for the public, when a person asks for it."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationInfo

from monitor.configuration.part import Part
from monitor.configuration.values import Duration, wrong

_LONGEST: Final = timedelta(minutes=2)


def _program(value: Path, info: ValidationInfo) -> Path:
    """The whole path; it must be there, and a program."""
    folder: Path = info.context["folder"] if info.context else Path()
    program = (folder / value).absolute()
    if not program.is_file():
        raise wrong("is no file", "its path is relative to the folder of this file")
    if not os.access(program, os.X_OK):
        raise wrong("is no program", f"allow to run it: chmod +x {value}")
    return program


def _bounded(value: timedelta) -> timedelta:
    if not timedelta() < value <= _LONGEST:
        raise wrong("is no time that a person would wait", "from `1s` to `2m`")
    return value


class Proposing(Part):
    """Who proposes words, and how long one waits for that."""

    program: Annotated[Path, AfterValidator(_program)] = Field(
        description="An executable file, which is run without arguments: a question in JSON goes "
        "in, an answer comes out. Its path is relative to the folder of this file.",
        examples=["propose.py"],
    )
    timeout: Annotated[Duration, AfterValidator(_bounded)] = Field(
        default=timedelta(seconds=20),
        description="How long it may take, at most `2m`; then it is ended.",
        examples=["20s"],
    )
