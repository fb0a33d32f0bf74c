#!/usr/bin/env python3
"""Proposes, in each language, the sentences that the playbook asks for; `propose:` names it.

It reads one question from its input: brand, situation, phase, channel and how `longest` a text may
be there; `facts` that are confirmed; and per language these facts in words, what `must` be said
(with an example of how: its times are made up), and what is `never` said. It writes a draft for
each language that it has words in, or [], and nothing else.
"""

import json
import sys

PROMISE = {"de": "Mehr um {}.", "en": "More at {}."}


def proposal(language: dict) -> str:
    """What to say in a language; more is promised only at a time that is confirmed."""
    said = [words for concept, words in language["must"].items() if concept != "next_update"]
    promise, then = PROMISE.get(language["language"]), language["facts"].get("next_update")
    if promise and then:
        said.append(promise.format(then))
    return " ".join(said)


drafts = [
    {"language": one["language"], "text": proposal(one)}
    for one in json.load(sys.stdin)["languages"]
]
json.dump([one for one in drafts if one["text"]], sys.stdout)
