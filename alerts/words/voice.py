"""The voice of a brand: how it addresses people, signs, and calls its things."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from alerts.languages import base
from alerts.words.rulebook import Entry

FORMAL: Final = {"de": "Sie", "nl": "u"}
"""How a language says you to those whom it does not know."""


@dataclass(frozen=True, slots=True)
class Voice:
    """The house style of a brand, per language where it differs.

    `zone` is the time zone that times are told in. `address` is `du` or `Sie` in German, `je` or
    `u` in Dutch; what is grave is formal in either case. `sign_off` ends what is posted where there
    is room. `names` are the brand's words for the options of a fact, `{"app": {"en": "the Fjord
    app"}}`; `domains` and `handles` are its own; `never` are words that its house does not say, and
    `rules` are those that it adds to the linter's.
    """

    brand: str
    zone: str = "UTC"
    address: Mapping[str, str] = field(default_factory=dict)
    sign_off: Mapping[str, str] = field(default_factory=dict)
    emoji: bool = False
    domains: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    never: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def formal(self, language: str) -> bool:
        """Whether the brand is formal in a language even where nothing is grave."""
        return (
            base(language) in FORMAL and self.address.get(base(language)) == FORMAL[base(language)]
        )
