"""A secret: where it stands is configuration, what it is never is."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.failures import Failure

_known: dict[str, None] = {}


def remember(value: str) -> None:
    """Note a value that must never be shown; logs leave it out."""
    if value:
        _known[value] = None


def known() -> tuple[str, ...]:
    """Every secret that this process has read so far."""
    return tuple(_known)


class SecretMissing(Failure):
    """A secret is not where the configuration says; the message names the place and a remedy."""


class Secret(BaseModel):
    """A token or password, kept in an environment variable or in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="The environment variable that holds it.",
    )
    file: Path | None = Field(None, description="The file that holds it, and nothing else.")

    @model_validator(mode="after")
    def _one_place(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError("name one place: `{env: NAME}` or `{file: PATH}`")
        return self

    def read(self) -> str:
        """The secret, without white space around it, which is remembered. Raises SecretMissing."""
        value = self._found()
        remember(value)
        return value

    def _found(self) -> str:
        if self.env is not None:
            value = os.environ.get(self.env, "").strip()
            if not value:
                raise SecretMissing(f"the environment has no {self.env}; export {self.env}=…")
            return value
        try:
            value = Path(str(self.file)).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or "it is no text"
            raise SecretMissing(f"{self.file} cannot be read: {reason}") from None
        if not value:
            raise SecretMissing(f"{self.file} is empty; it holds the secret and nothing else")
        return value
