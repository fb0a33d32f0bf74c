"""What goes wrong, told to programs as RFC 9457 has it: `application/problem+json`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from alerts.plain_text import shortened, visible

PROBLEM = "application/problem+json"
_LONGEST = 300


class Mistake(BaseModel):
    """One thing that is wrong with a request."""

    at: str = Field(description="Where: `body.platform`, `query.since`.")
    problem: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(frozen=True)

    title: str
    status: int
    detail: str = Field(description="What is wrong, and what to do.")
    mistakes: list[Mistake] = Field(default=[], description="One by one, where there are several.")


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    mistakes: Sequence[Mistake] = (),
) -> JSONResponse:
    """The answer that tells a program of it."""
    told = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, mistakes=list(mistakes)
    )
    content = told.model_dump(exclude_defaults=True)
    return JSONResponse(content, status, headers=headers, media_type=PROBLEM)


def mistakes_of(error: RequestValidationError) -> list[Mistake]:
    """What is wrong with a request; what was sent is not repeated."""
    return [Mistake(at=place(one["loc"]), problem=plain(one)) for one in error.errors()]


def place(loc: Sequence[str | int]) -> str:
    """Where in a request: `body.mentions.3.id`."""
    return shortened(visible(".".join(map(str, loc))), _LONGEST)


def plain(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in our words."""
    if error["type"] == "extra_forbidden":
        return "is not known here; leave it out, or check its spelling"
    if error["type"] == "missing":
        return "is required"
    message = str(error["msg"]).removeprefix("Value error, ")
    return shortened(message[:1].lower() + message[1:], _LONGEST)
