import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.folding import normalised, unaccented
from monitor.configuration import loads
from monitor.topics import ACCENTS_COUNT, Match, Matcher
from tests.airline import BEGIN, post

EXAMPLE = Path(__file__).parents[2] / "examples" / "us-airlines.yaml"


def matcher(
    brand: str = "[acme]", topic: str = "{}", exclude: str = "[]", no_brand: str = "[]"
) -> Matcher:
    return Matcher(
        loads(f"""\
brands: {{acme: {{name: Acme, terms: {brand}, exclude: {no_brand}}}}}
topics: {{late: {{name: Late, terms: {topic}, exclude: {exclude}}}}}
""")
    )


def mentions(term: str, text: str, language: str = "any") -> bool:
    return bool(matcher(brand=f"{{{language}: [{term!r}]}}").match(text))


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("@USAirways", "thanks @usairways!", True),
        ("@USAirways", "@USAirways2 is not us", False),
        ("@USAirways", "me@usairways.com", False),
        ("united", "@United you lost it", True),
        ("united", "reunited, and it feels so good", False),
        ("united", "united_fan", False),
        ("#fail", "#FAIL again", True),
        ("#fail", "#failure", False),
        ("cancel*", "CANCELLATIONS everywhere", True),
        ("cancel*", "uncancelled", False),
        ("on hold", "on\n\u00a0 hold since noon", True),
        ("on hold", "onhold", False),
        ("late", "late's the word", True),
        ("c++", "c++17", True),
        ("🔥", "plane🔥🔥", True),
        ("ΣΑΣ", "η σας ακύρωσε", True),
    ],
)
def test_terms_are_whole_words_in_any_case(term: str, text: str, found: bool) -> None:
    assert mentions(term, text) is found


@pytest.mark.parametrize(
    ("language", "term", "text", "found"),
    [
        ("any", "café", "CAFE closed", True),
        ("fr", "annulé", "vol annule", True),
        ("fr", "coeur", "mon cœur", True),
        ("fr", "annule", "vol annule\u0301", True),
        ("de", "verspätung", "Verspa\u0308tung!", True),
        ("de", "verspätung", "VERSPAETUNG", True),
        ("de", "verspätung", "verspatung", False),
        ("de", "grüße", "GRUESSE", True),
        ("de", "fällt aus", "fallt aus", False),
        ("sv", "försenad", "FÖRSENAD", True),
        ("sv", "försenad", "forsenad", False),
    ],
)
def test_accents_count_where_they_make_another_letter(
    language: str, term: str, text: str, found: bool
) -> None:
    assert mentions(term, text, language) is found


def test_what_a_brand_writes_itself_is_no_mention_of_it() -> None:
    both = Matcher(
        loads("""
        brands:
          acme: {name: Acme, terms: [acme], voice: {handles: ["@AcmeCare", "did:plc:acme23"]}}
          group: {name: Group, terms: [group]}
        """)
    )
    for author, brands in (
        ("acmecare", ["group"]),
        ("@ACMECARE", ["group"]),
        ("did:plc:acme23", ["group"]),
        ("acmecarpet", ["acme", "group"]),
        ("acmecares", ["group"]),
        (None, ["acme", "group"]),
    ):
        said = post(BEGIN, "@kari acme is sorry, ask the group", author=author)
        assert [one.brand for one in both.mentions(said)] == brands


def test_every_mention_is_on_the_topic_all() -> None:
    assert matcher().match("hello acme") == (Match("acme", ("all",)),)
    assert matcher().match("hello world") == ()


def test_a_post_about_two_brands_counts_for_both() -> None:
    both = Matcher(
        loads("""\
brands:
  one: {name: One, terms: [one air]}
  two: {name: Two, terms: [two air], topics: []}
topics: {late: {name: Late, terms: [late*]}}
""")
    )
    assert both.match("two air is later than one air") == (
        Match("one", ("all", "late")),
        Match("two", ("all",)),
    )


def test_exclusions_take_the_topic_or_the_whole_mention_away() -> None:
    picky = matcher(topic="[cancel*]", exclude="[cancel my card]", no_brand="[acme theatre]")
    assert picky.match("acme cancels")[0].topics == ("all", "late")
    assert picky.match("acme cancels, so cancel my card")[0].topics == ("all",)
    assert picky.match("acme theatre cancels") == ()


def test_accented_and_plain_languages_work_side_by_side() -> None:
    mixed = matcher(topic="{de: [verspätet], fr: [retardé], any: [late]}")
    for text in ("acme VERSPÄTET", "acme retarde", "acme late", "acme verspaetet"):
        assert mixed.match(text)[0].topics == ("all", "late")
    assert mixed.match("acme verspatet")[0].topics == ("all",)


def naively(term: str, language: str, text: str) -> bool:
    """The same rules as one regular expression, read off the documentation."""
    fold = normalised if language in ACCENTS_COUNT else unaccented
    stem = fold(term.removesuffix("*"))
    left = r"(?<!\w)" if re.match(r"[\w@#]", stem) else ""
    right = "" if term.endswith("*") or not re.search(r"\w$", stem) else r"(?!\w)"
    return bool(re.search(left + re.escape(stem) + right, fold(text)))


LETTERS = "abAB éÉäß_1@#-\u0301\n"
TERMS = st.text(LETTERS, min_size=1, max_size=5).filter(
    lambda term: any(c.isalnum() for c in term) and unaccented(term)
)


@given(TERMS, st.booleans(), st.sampled_from(["any", "fr", "sv"]), st.text(LETTERS, max_size=30))
@example("ab", False, "any", "ab aab ab")
def test_matching_agrees_with_a_regular_expression(
    term: str, prefix: bool, language: str, text: str
) -> None:
    written = " ".join(term.split()) + ("*" if prefix and len(" ".join(term.split())) > 1 else "")
    found = matcher(brand=f'{{{language}: ["{written}"]}}').match(text)
    assert bool(found) is naively(written, language, text)


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    assert matcher().match(text + " acme") == (Match("acme", ("all",)),)


@pytest.mark.parametrize("unit", ["a", "aé", "@united ", "cancel", "\u0301\u0316", "🔥", " ", "_"])
def test_the_work_on_hostile_text_grows_only_with_its_length(unit: str) -> None:
    """Candidates are bounded: at each place at most one for every length that a term has."""
    terms = ["a" * n for n in range(1, 60)]
    greedy = Matcher(
        loads(f"brands: {{acme: {{name: Acme, terms: [{', '.join(terms)}, cancel*, '@united']}}}}")
    )
    text = unaccented(unit * (10_000 // len(unit)))
    candidates = greedy._folded._automaton.find_matches_as_indexes(text, overlapping=True)
    lengths = {len(term) for term in [*terms, "cancel", "@united"]}
    assert len(candidates) <= len(text) * len(lengths)
    assert bool(greedy.match(text)) is (unit in ("@united ", "cancel"))


def test_long_runs_of_combining_marks_are_not_put_in_order() -> None:
    """Ordering them would take quadratic time: six seconds for this text."""
    text = "acme " + "\u0301\u0316" * 50_000
    assert unicodedata.combining(text[-1])
    assert len(normalised(text)) < 10
    assert matcher().match(text)


def test_the_six_airlines_are_found_in_what_people_write_to_them() -> None:
    airlines = Matcher(loads(EXAMPLE.read_text(encoding="utf-8")))
    found = airlines.match("@USAirways flight Cancelled Flighted, rebook me on @AmericanAir?!")
    assert found == (
        Match("us-airways", ("all", "cancellations", "booking")),
        Match("american", ("all", "cancellations", "booking")),
    )
    assert airlines.match("the united kingdom") == ()
