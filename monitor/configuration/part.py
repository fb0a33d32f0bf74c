"""What every part of a configuration is: frozen, complete, and without options nobody knows."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
