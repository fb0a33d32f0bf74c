"""Words for the public: who confirms facts and approves messages, and how a brand speaks."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from alerts.words.grammar import PatternError
from alerts.words.kinds import KINDS, LANGUAGES
from alerts.words.patterns import Patterns
from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import situations
from alerts.words.rulebook import GRAVE, Entry, Level, entries
from alerts.words.voice import Voice as Spoken
from monitor.configuration.part import Part
from monitor.configuration.rota import Member
from monitor.configuration.values import Name, Zone, nearest, shortened, wrong

ANY = "*"
"""Every language for which nobody else is named."""

_MOST_RULES: Final = 100
_MOST_PATTERNS: Final = 50
_LONGEST_PATTERN: Final = 500
_ENTERED = tuple(id for id, kind in KINDS.items() if not kind.standing)
_OPTIONS = {option for kind in KINDS.values() for option in kind.options}


def _kind(value: str) -> str:
    if value not in _ENTERED:
        raise wrong("is no kind of fact that people confirm", nearest(value, _ENTERED))
    return value


def _situation(value: str) -> str:
    if value not in (GRAVE, *situations()):
        raise wrong("is no situation", nearest(value, [GRAVE, *situations()]))
    return value


def _tongue(value: str) -> str:
    if value not in LANGUAGES:
        raise wrong("is no language that messages are written in", f"known: {', '.join(LANGUAGES)}")
    return value


def _tongue_or_any(value: str) -> str:
    return value if value == ANY else _tongue(value)


def _option(value: str) -> str:
    if value not in _OPTIONS:
        raise wrong("is nothing that facts name", nearest(value, _OPTIONS))
    return value


def _pattern(value: str) -> str:
    try:
        Patterns((value,))
    except PatternError as error:
        _, _, why = str(error).rpartition(": ")
        hint = f"{shortened(why, 100)}; write it like `guest*`, `(one|other)` or `valued … guest`"
        raise wrong("cannot be looked for", hint) from None
    return value


Tongue = Annotated[str, AfterValidator(_tongue)]
_Handle = Annotated[
    str, StringConstraints(pattern=r"^(@[\w.@-]+|did:[a-z0-9]+:[A-Za-z0-9._:%-]+)$", max_length=250)
]
_Domain = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", to_lower=True, max_length=253)
]
_Pattern = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST_PATTERN),
    AfterValidator(_pattern),
]
_Patterns = Annotated[tuple[_Pattern, ...], Field(max_length=_MOST_PATTERNS)]
_People = tuple[Member, ...]


class Words(Part):
    """Who may do what with words for the public.

    Where nobody is named it takes the right `lead`; an empty list is nobody at all.
    """

    confirm: dict[Annotated[str, AfterValidator(_kind)], _People] = Field(
        default={},
        description="Who may confirm a kind of fact, and correct it; where it is left out, whoever "
        "has the right `lead`, and for `next_update` and `since` the right `act`.",
        examples=[{"flights": ["ola"], "injuries": ["nora"]}],
    )
    approve: dict[Annotated[str, AfterValidator(_tongue_or_any)], _People] = Field(
        default={},
        description="Who may approve free text, and templates in advance, in a language: those who "
        "read it. `*` is every language that is not named.",
        examples=[{"de": ["kari"], "*": ["nora"]}],
    )
    legal: _People | None = Field(
        default=None,
        description="Who approves for legal: templates in advance, and free text where the "
        "playbook asks it.",
        examples=[["nora"]],
    )
    break_glass: _People | None = Field(
        default=None,
        description="Who may approve alone, with a reason that everybody reads.",
        examples=[["nora"]],
    )

    def readers(self, language: str) -> _People | None:
        """Who may approve in a language, by id; None: whoever has the right `lead`."""
        return self.approve.get(language, self.approve.get(ANY))


class HouseRule(Part):
    """What a brand does not say, beside what nobody should: patterns as the linter's rules have."""

    id: Name = Field(description="What its findings are called.", examples=["guests"])
    level: Level = Field(
        default=Level.BLOCK, description="Whether it stops a message, or is only told."
    )
    find: _Patterns = Field(
        min_length=1,
        description="What breaks it: words, `guest*` for all that begin so, `(one|other)`, `…` for "
        "a few words between.",
        examples=[["guest*", "valued (customer|traveller)*"]],
    )
    excepted: _Patterns = Field(
        default=(),
        alias="except",
        description="What does not break it.",
        examples=[["guest house"]],
    )
    situations: tuple[Annotated[str, AfterValidator(_situation)], ...] = Field(
        default=(),
        description="Where it holds, `grave` for all that are so; everywhere where it is left out.",
        examples=[["strike", "grave"]],
    )
    phases: tuple[Phase, ...] = Field(default=(), description="In which phases it holds.")
    channels: tuple[Channel, ...] = Field(default=(), description="On which channels it holds.")
    why: Name = Field(description="Why it is one.", examples=["We carry passengers."])
    better: str = Field(default="", max_length=500, description="A better wording.")

    @property
    def entry(self) -> Entry:
        """The same for the linter."""
        [found] = entries([self.model_dump(by_alias=True)])
        return found


class Address(Part):
    """How a brand addresses people; what is grave is formal in any case."""

    de: Literal["du", "Sie"] = Field(default="du", description="In German.", examples=["Sie"])
    nl: Literal["je", "u"] = Field(default="je", description="In Dutch.", examples=["u"])


class Voice(Part):
    """How a brand speaks in public."""

    address: Address = Field(default=Address(), description="How it addresses people.")
    sign_off: dict[Tongue, Name] = Field(
        default={},
        description="What ends a post where there is room, per language.",
        examples=[{"en": "– Fjordwing care"}],
    )
    emoji: bool = Field(default=False, description="Whether it uses emoji at all.")
    domains: tuple[_Domain, ...] = Field(
        default=(),
        description="Its own domains; a message links to no other.",
        examples=[["fjordwing.example"]],
    )
    handles: tuple[_Handle, ...] = Field(
        default=(),
        description="Its own accounts: what they write, answers above all, is no mention of it, "
        "and neither is what accounts write whose names look like them. Bluesky's streams know an "
        "account by its DID.",
        examples=[["@fjordwing", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"]],
    )
    unapproved: Literal["noted", "alarm"] = Field(
        default="noted",
        description="What a post on its own timeline is that nobody approved here: `noted` while "
        "promotions are paused, or an `alarm` at any time, since all that it posts goes through "
        "Seawall. That is so from the first message on that was approved here; answers to people "
        "are neither.",
        examples=["alarm"],
    )
    names: dict[Annotated[str, AfterValidator(_option)], dict[Tongue, Name]] = Field(
        default={},
        description="What it calls its things, per language: the options of facts, `app` among "
        "them.",
        examples=[{"app": {"en": "the Fjord app"}}],
    )
    never: dict[Tongue, tuple[Name, ...]] = Field(
        default={},
        description="Words that it never says, per language.",
        examples=[{"en": ["guests"]}],
    )
    rules: dict[Tongue, Annotated[tuple[HouseRule, ...], Field(max_length=_MOST_RULES)]] = Field(
        default={},
        description="Rules of the house for what it says, per language, beside the linter's own.",
        examples=[{"en": [{"id": "guests", "find": ["guest*"], "why": "We carry passengers."}]}],
    )
    timezone: Zone | None = Field(
        default=None,
        description="The time zone that it tells times in; that of the file where it is left out.",
        examples=["Europe/Oslo"],
    )

    @model_validator(mode="after")
    def _has_accounts(self) -> "Voice":
        if self.unapproved == "alarm" and not self.handles:
            raise wrong("`unapproved` is about accounts of ours", "name them under `handles`")
        return self

    def spoken(self, brand: str, zone: str) -> Spoken:
        """The same for those who write; `zone` is the file's."""
        return Spoken(
            brand=brand,
            zone=self.timezone or zone,
            address=self.address.model_dump(),
            sign_off=self.sign_off,
            emoji=self.emoji,
            domains=self.domains,
            handles=self.handles,
            names=self.names,
            never=self.never,
            rules={
                language: tuple(one.entry for one in some) for language, some in self.rules.items()
            },
        )
