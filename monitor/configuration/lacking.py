"""What is no mistake in a configuration, and is missing all the same where it stands now."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from alerts.secret import Secret, SecretMissing
from monitor.configuration.models import Configuration
from monitor.configuration.values import ANY_LANGUAGE, Choice


def secrets(configuration: Configuration) -> Iterator[str]:
    """Each secret that is not where the configuration says, with its place and a remedy."""
    for place, secret in _secrets("", configuration):
        try:
            secret.read()
        except SecretMissing as missing:
            yield f"{place}: {missing}; without it Seawall does not start"


def languages(configuration: Configuration) -> Iterator[str]:
    """Topics with terms in a language in which nobody answers."""
    known = {*configuration.languages, ANY_LANGUAGE}
    for id, topic in configuration.topics.items():
        for language in dict.fromkeys([*topic.terms, *topic.exclude]):
            if language not in known:
                yield (
                    f"topics.{id}: has terms in {language}, which is not among `languages` "
                    f"({', '.join(configuration.languages)}): they are looked for all the same, "
                    f"but no post is known to be in {language}; add it there"
                )


def _secrets(place: str, value: object) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield place, value
        return
    for name, part in _parts(value):
        yield from _secrets(f"{place}.{name}".lstrip("."), part)


def _parts(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, BaseModel):
        yield from value
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            choice = isinstance(one, Choice)
            yield (one.name, one.options) if choice else (number, one)
