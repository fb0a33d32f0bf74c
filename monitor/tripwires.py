"""The tripwires of a configuration: posts with a word about safety, as they come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from alerts.incidents.tripwires import Lists, Tripwires, shipped
from alerts.posts import Post
from monitor.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Sighting:
    """A post on a brand that has a safety word; `language` is that of the list with the word."""

    brand: str
    post: Post
    word: str
    language: str


class Wires:
    """The words that are shipped and those of a configuration; none where they are switched off."""

    def __init__(self, configuration: Configuration) -> None:
        own = configuration.tripwires
        lists = {
            language: Lists(own.words.get(language, ()), harmless=own.harmless.get(language, ()))
            for language in {**own.words, **own.harmless}
        }
        self._tripwires = (_extended(lists) if lists else _standard()) if own.enabled else None

    def look(self, posts: Sequence[tuple[str, Post]]) -> list[Sighting]:
        """The posts, each with the brand that it mentions, in which a word trips, in order."""
        if self._tripwires is None:
            return []
        return [
            Sighting(brand, post, found.word, found.language)
            for brand, post in posts
            if (found := self._tripwires.find(post.text))
        ]


@cache
def _standard() -> Tripwires:
    return Tripwires(shipped())


def _extended(lists: Mapping[str, Lists]) -> Tripwires:
    known = shipped()
    own = {language: known.get(language, Lists()) + lists[language] for language in lists}
    return Tripwires({**known, **own})
