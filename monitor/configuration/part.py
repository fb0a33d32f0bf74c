"""What every part of a configuration is: frozen, complete, and without options nobody knows."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class Part(BaseModel):
    """A mapping of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def wrong_within(mistakes: Mapping[str, tuple[object, PydanticCustomError]]) -> ValidationError:
    """The error of a mapping that is known as a whole: by key, the value and what is wrong."""
    details = [
        InitErrorDetails(type=error, loc=(key,), input=value)
        for key, (value, error) in mistakes.items()
    ]
    return ValidationError.from_exception_data("within", details)
