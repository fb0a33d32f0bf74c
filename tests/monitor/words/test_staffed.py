"""Who approves and confirms, looked at by day: words that nobody could let out at night."""

from monitor.configuration import loads
from monitor.words.staffed import warnings

TEAM = """
languages: [en, de, nb]
brands: {acme: {name: Acme, terms: [acme]}}
people:
  kari: {name: Kari}
  nora: {name: Nora, rights: [act, lead]}
  ola: {name: Ola, rights: [act, lead]}
  per: {name: Per, rights: []}
"""


def warned(words: str) -> list[str]:
    """What comes before the remedy."""
    found = list(warnings(loads(f"{TEAM}words: {words}")))
    assert all("; name somebody else under `words." in one for one in found)
    return [one.partition(";")[0] for one in found]


def test_where_two_may_approve_in_each_language_there_is_nothing_to_say() -> None:
    assert warned("{}") == []
    assert warned("{approve: {'*': [kari, ola]}, legal: [nora], confirm: {flights: [ola]}}") == []
    assert list(warnings(loads("brands: {acme: {name: Acme, terms: [acme]}}"))) == []


def test_nobody_and_whoever_may_not_act_are_told_by_language_and_kind() -> None:
    assert warned("{approve: {'*': [], de: [kari, nora]}}") == [
        "nobody approves messages in English and Norwegian"
    ]
    assert warned("{approve: {de: [per]}, legal: [per], confirm: {flights: []}}") == [
        "nobody approves messages in German",
        "nobody approves for legal",
        "nobody confirms facts of the kind flights (Flights affected)",
    ]


def test_one_pair_of_eyes_for_both_is_told() -> None:
    assert warned("{approve: {de: [nora]}, legal: [nora]}") == [
        "only Nora approves in German and for legal: one reads for both, and nobody what Nora wrote"
    ]
    assert warned("{approve: {de: [kari]}, legal: [nora, ola]}") == [
        "only Kari approves in German, and nobody what Kari wrote"
    ]
