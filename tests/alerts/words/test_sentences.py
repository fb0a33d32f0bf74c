from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
from ruamel.yaml import YAML

from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import playbook, situations
from alerts.words.rulebook import rulebook

LANGUAGES = ["en", "de", "sv", "nb", "da", "nl"]
HALVES = ["known", "held_out"]
MISSING = "missing:"


@cache
def half(name: str) -> list[dict[str, Any]]:
    written = (files("monitor.bench") / f"lint_{name}.yaml").read_text(encoding="utf-8")
    return list(YAML(typ="safe").load(written))


@pytest.mark.parametrize("name", HALVES)
def test_each_sentence_names_what_the_linter_knows(name: str) -> None:
    rules = rulebook("en").general
    for sentence in half(name):
        assert list(sentence) == ["text", "language", "phase", "situation", "channel", "expect"]
        assert sentence["language"] in LANGUAGES
        assert sentence["phase"] in list(Phase)
        assert sentence["channel"] in list(Channel)
        assert sentence["situation"] in situations()
        musts = playbook(sentence["situation"]).must(Phase(sentence["phase"]))
        missed = {f"{MISSING}{must.concept}" for must in musts}
        assert [one for one in sentence["expect"] if one not in missed | rules.keys()] == []


def test_no_sentence_stands_twice() -> None:
    texts = Counter(
        (sentence["language"], sentence["text"].casefold())
        for sentences in map(half, HALVES)
        for sentence in sentences
    )
    assert [said for said, times in texts.items() if times > 1] == []


@pytest.mark.parametrize(("name", "language"), list(product(HALVES, LANGUAGES)))
def test_each_half_has_as_much_that_may_go_out_as_what_may_not(name: str, language: str) -> None:
    good = Counter(not one["expect"] for one in half(name) if one["language"] == language)
    assert good.total() >= 70
    assert 0.4 <= good[True] / good.total() <= 0.6


@pytest.mark.parametrize("name", HALVES)
def test_each_half_has_every_rule_in_most_languages(name: str) -> None:
    used = {(rule, one["language"]) for one in half(name) for rule in one["expect"]}
    languages = Counter(rule for rule, _ in used if not rule.startswith(MISSING))
    whatever_the_language = {
        "too_long",
        "placeholder",
        "markup",
        "double_space",
        "hidden_characters",
    }
    assert {rule for rule, times in languages.items() if times < 4} <= whatever_the_language
