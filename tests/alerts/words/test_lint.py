from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.words.facts import Fact
from alerts.words.grammar import PatternError, listed
from alerts.words.lint import differing, lint
from alerts.words.patterns import Patterns, folded
from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import playbook, situations
from alerts.words.rulebook import Level, entries, languages, rulebook
from alerts.words.voice import Voice

VOICE = Voice("Fjordwing", zone="Europe/Oslo", domains=("fjordwing.example",))
FOUND_BY_PROGRAM = {
    "too_long",
    "missing",
    "no_next_update",
    "no_zone",
    "mixed_address",
    "emoji",
    "foreign_link",
    "unconfirmed",
    "hidden_characters",
    "placeholder",
    "markup",
    "double_space",
    "differing",
    "apology_forbidden",
    "apology_missing",
    "house",
}


def fact(kind: str, value: str) -> dict[str, Fact]:
    return {kind: Fact(f"fw-1/{kind}/1", kind, value, confirmed_by="ops")}


def found(text: str, situation: str = "unknown", phase: str = "acknowledge", **more: object):
    more = {"language": "en", "channel": Channel.X, "voice": VOICE, **more}
    return lint(text, phase=Phase(phase), situation=situation, **more)


def rules(text: str, *where: str, **more: object) -> set[str]:
    return {one.rule for one in found(text, *where, **more)}


def blocking(text: str, *where: str, **more: object) -> list[str]:
    return [one.found for one in found(text, *where, **more) if one.level is Level.BLOCK]


BREAKS = {
    "too_long": ("word " * 60,),
    "missing": ("Hello.", "unknown", "seen"),
    "no_next_update": ("We don't know yet.", "unknown", "working"),
    "no_zone": ("More at 14:30.",),
    "emoji": ("We're aware. 🙏", "accident"),
    "foreign_link": ("Rebook: https://fjordwing.example.refunds.biz/now",),
    "hidden_characters": ("We are aw\u200bare",),
    "placeholder": ("More at [TIME].",),
    "markup": ("Hello <!channel>",),
    "double_space": ("We know.  More soon.",),
    "apology_forbidden": ("We're aware, sorry. The police lead.", "threat", "seen"),
    "apology_missing": ("We've seen your messages.", "cancellations", "seen"),
    "personal_data": ("Please tell us your booking code.",),
    "cause": ("It's down due to a server fault.",),
    "blame": ("That's the airport's fault.",),
    "deny": ("There is no problem with our website.",),
    "argue": ("As we already told you, boarding had moved.",),
    "sarcasm": ("Snow in January, who knew?",),
    "not_entitled": ("You're not entitled to anything.",),
    "voucher_only": ("All we can offer is a voucher.",),
    "promises_money": ("We'll pay you €200.",),
    "promises_time": ("You'll be in the air within the hour.",),
    "reassurance": ("Don't worry, our finances are solid.",),
    "corporate": ("We regret any inconvenience.",),
    "light_words": ("Oops, a hiccup.", "breach"),
    "scam": ("Share your WhatsApp with us.",),
    "scope": ("Only a few customers are affected.",),
    "hackers": ("It looks like hackers.", "booking"),
    "data_is_safe": ("Your data is safe.", "breach"),
    "repair_time": ("It will be fixed by tonight.", "booking"),
    "we_wait": ("Your plane will wait for you.", "checkin"),
    "delivery_date": ("Your bag arrives on Thursday.", "baggage"),
    "value_cap": ("We pay up to £1,300.", "baggage"),
    "tag_number": ("Your bag tag FW482915 is here.", "baggage"),
    "safe": ("It's perfectly safe up there.", "airspace"),
    "politics": ("Blame the regime.", "airspace"),
    "other_carriers": ("Lufthansa stopped flying, too.", "airspace"),
    "flight_aloft": ("FW88 is in the air right now.", "threat"),
    "measures": ("We asked for an escort.", "threat"),
    "hoax": ("It was just a prank.", "threat"),
    "numbers": ("Fourteen people were hurt.", "accident"),
    "names": ("Among them Captain Erik Lund.", "accident"),
    "everyone_safe": ("Everyone is safe.", "accident"),
    "own_safety": ("Our fleet is among the youngest.", "accident"),
    "passenger_conduct": ("The passenger was drunk.", "viral"),
    "health": ("He suffers from epilepsy.", "viral"),
    "crew_names": ("Our colleague Maria was there.", "viral"),
    "procedure_followed": ("Our crew followed the procedures.", "viral"),
    "union": ("The union walked out.", "strike"),
    "talks": ("Talks have broken down.", "strike"),
    "irresponsible": ("That's irresponsible.", "strike"),
    "extraordinary": ("These are extraordinary circumstances.", "strike"),
    "out_of_our_hands": ("The weather is out of our hands.", "weather"),
    "no_hotel": ("We can't offer a hotel.", "weather"),
    "tickets_are_safe": ("Your tickets are safe.", "insolvency"),
    "counts": ("40,000 customers are affected.", "breach"),
    "no_card_data": ("No card data was taken.", "breach"),
    "no_misuse": ("There's no sign of misuse.", "breach"),
    "fake_link": ("Report the fake: https://x.com/fjordwing_help1", "fakes"),
    "look_for_tick": ("Look for the blue tick.", "fakes"),
    "honoured": ("We'll honour these fares.", "price_error"),
    "fares_cancelled": ("Those tickets are void.", "price_error"),
    "obviously_wrong": ("The price was obviously wrong.", "price_error"),
}
FOUND_ELSEWHERE = {"mixed_address", "unconfirmed", "differing", "house"}
"""Rules that have tests of their own below."""


@pytest.mark.parametrize("rule", BREAKS)
def test_a_sentence_that_breaks_a_rule_is_told_what_would_be_better(rule: str) -> None:
    text, *where = BREAKS[rule]
    told = next(one for one in found(text, *where) if one.rule == rule)
    assert told.why
    assert told.better
    assert told.start == told.end or told.found == text[told.start : told.end]


def test_there_is_a_sentence_for_every_rule() -> None:
    assert set(rulebook("en").general) == {*BREAKS, *FOUND_ELSEWHERE}
    named = set(chain.from_iterable(playbook(one).never for one in situations()))
    assert named <= set(BREAKS)


@pytest.mark.parametrize("language", languages())
def test_every_language_knows_every_rule_and_whatever_must_be_said(language: str) -> None:
    book = rulebook(language)
    said = {rule.entry.id for rule in book.rules}
    musts = {
        must.concept
        for one in situations()
        for phase in Phase
        for must in playbook(one).must(phase)
    }
    assert set(book.general) - said <= FOUND_BY_PROGRAM
    assert musts | {"sorry", "condolences"} <= set(book.says)
    assert all(rule.entry.better or book.better[rule.entry.id] for rule in book.rules)
    assert all(concept.better for concept in book.says.values())


GOOD = [
    ("We've seen your messages", "unknown", "seen"),
    ("We don't know yet, update at 14:30 CET", "unknown", "working"),
    ("No news yet, still on it", "unknown", "acknowledge"),
    ("Sorry, not the trip you planned", "cancellations", "follow-up"),
    ("Flying today? App first", "weather", "seen"),
    ("Booking code by DM only", "booking", "details"),
    ("Delete that photo, your code shows", "unknown", "acknowledge"),
    ("You can rebook free", "cancellations", "pointer"),
    ("Fair point, that took too long", "delays", "acknowledge"),
    ("Working again, still stuck?", "booking", "solved"),
    ("EU261: 250–600 euro compensation may apply", "delays", "pointer"),
    ("You have the right to a refund or rerouting", "cancellations", "pointer"),
    ("Care: meals and hotel", "strike", "follow-up"),
]
BAD = [
    "any inconvenience caused",
    "operational reasons",
    "safety is our top priority",
    "extraordinary circumstances",
    "not entitled",
    "as previously stated",
    "rest assured",
    "nobody was hurt",
    "share your WhatsApp",
    "per our terms",
]


@pytest.mark.parametrize(("text", "situation", "phase"), GOOD)
def test_good_words_pass(text: str, situation: str, phase: str) -> None:
    assert blocking(text, situation, phase) == []


@pytest.mark.parametrize("text", BAD)
def test_bad_words_are_blocked_in_whatever_situation(text: str) -> None:
    for situation in situations():
        assert blocking(text, situation)


def test_only_a_cleared_fact_allows_to_name_a_cause() -> None:
    text = "Your flight is cancelled due to technical problems."
    assert "cause" in rules(text, "cancellations")
    assert "cause" not in rules(text, "cancellations", facts=fact("cause", "technical"))


def test_a_text_states_what_facts_state_and_nothing_else() -> None:
    known = fact("next_update", "2026-11-22T13:30:00Z") | fact("flights", "FW123")
    text = "FW 123 and FW456 are late by 40 minutes. More at 2:30 pm CET, not 15:30 CET."
    told = [one.found for one in found(text, facts=known) if one.rule == "unconfirmed"]
    assert told == ["FW456", "40", "15:30"]
    assert "unconfirmed" not in rules(text)


def test_a_must_that_needs_a_fact_is_one_once_it_is_confirmed() -> None:
    text = "We're aware of an incident."
    assert blocking(text, "accident", "seen") == []
    assert blocking(text, "accident", "seen", facts=fact("flight", "FW212")) == ["flight"]
    text = "We're aware of an incident with FW212."
    assert blocking(text, "accident", "seen", facts=fact("flight", "FW212")) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ brand }} is on it",
        "<b>Sorry</b>",
        "Sorry <@U0123>",
        "We \u202eknow",
        "a\u2066b",
        "&amp; more",
        "Hello \x1b[31m",
    ],
)
def test_what_would_act_or_hide_is_flagged(text: str) -> None:
    assert rules(text) & {"placeholder", "markup", "hidden_characters"}
    assert "hidden_characters" not in rules("Captain 👩‍✈️ and 🏴󠁧󠁢󠁥󠁮󠁧󠁿", voice=Voice("F", emoji=True))


def test_hidden_characters_hide_nothing_from_the_rules() -> None:
    assert "not_entitled" in rules("You are not en\u200btitled.")
    assert "personal_data" in rules("\uff33hare your \U0001d5f9ast name here.")
    assert "corporate" in rules("ANY INCONVENIENCE")


def test_letters_of_another_script_are_hidden_unless_the_brand_has_them() -> None:
    text = "Share your bo\u043eking code."
    assert [one.found for one in found(text) if one.rule == "hidden_characters"] == ["\u043e"]
    assert "hidden_characters" not in rules("Победа is on it.", voice=Voice("Победа"))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It was the pilots' fault."),
        ("en", "Our captain messed up."),
        ("de", "Der Pilot hat einen Fehler gemacht."),
        ("de", "Die Piloten sind schuld."),
        ("sv", "Det var piloternas fel."),
        ("sv", "Piloterna gjorde fel."),
        ("nb", "Det var pilotenes skyld."),
        ("nb", "Pilotene gjorde en feil."),
        ("da", "Det var piloternes skyld."),
        ("da", "Piloterne lavede en fejl."),
        ("nl", "Het was de schuld van de piloten."),
        ("nl", "De piloten maakten een fout."),
    ],
)
def test_nobody_of_the_house_is_blamed(language: str, text: str) -> None:
    assert "blame" in rules(text, "accident", language=language)


@pytest.mark.parametrize(
    ("language", "by_message", "here"),
    [
        ("en", "Send your booking code by DM, not here.", "Send your booking code here or by DM."),
        ("en", "Never share your PNR here.", "Share your PNR here, not by DM."),
        ("en", "Booking code by DM only.", "Booking code by DM only. Or share it here."),
        ("de", "Schickt den Buchungscode per DM, nicht hier.", "Buchungscode hier oder per DM."),
        ("sv", "Skicka din bokningskod i DM, inte här.", "Skriv bokningskoden här, inte i DM."),
        ("nb", "Send bookingkoden din på DM, ikke her.", "Skriv bookingkoden din her eller på DM."),
        ("da", "Send din bookingkode i DM, ikke her.", "Skriv bookingkoden her, ikke i DM."),
        (
            "nl",
            "Stuur je boekingscode via DM, niet hier.",
            "Zet je boekingscode hier, niet via DM.",
        ),
    ],
)
def test_personal_data_goes_by_direct_message_and_not_beside_it(language, by_message, here) -> None:
    assert "personal_data" not in rules(by_message, language=language)
    assert "personal_data" in rules(here, language=language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "You have the right to compensation of 250, 400 or 600 EUR under EU Regulation 261.",
        ),
        ("en", "You have the right to care after 2 hours: https://europa.eu/youreurope"),
        ("de", "Sie haben das Recht auf einen Ausgleich von 250, 400 oder 600 Euro (EU261)."),
        ("sv", "Du har rätt till ersättning på 250, 400 eller 600 euro."),
        ("nb", "Du har rett til kompensasjon på 250, 400 eller 600 euro."),
        ("da", "Du har ret til kompensation på 250, 400 eller 600 euro."),
        ("nl", "Je hebt recht op compensatie van 250, 400 of 600 euro."),
    ],
)
def test_the_amounts_of_a_right_are_no_promise(language: str, text: str) -> None:
    told = rules(text, "cancellations", language=language, facts=fact("flight", "FW123"))
    assert not told & {"unconfirmed", "promises_money", "foreign_link"}


def test_a_repair_time_may_be_said_in_words() -> None:
    assert "promises_time" in rules("Everything is back by half past two.")


def test_of_a_text_that_fits_nowhere_only_that_is_told() -> None:
    text = "It was the pilots' fault. " * 1_000
    assert rules(text) == {"too_long"}


@pytest.mark.parametrize(
    ("language", "text", "mixed"),
    [
        ("de", "Du kannst umbuchen. Wenn Sie Fragen haben, schreib uns.", True),
        ("de", "Du kannst umbuchen. Sie finden das in der App.", False),
        ("de", "Deine Freunde warten? Sie können auch umbuchen.", False),
        ("nl", "Je kunt omboeken. Heeft u vragen?", True),
        ("nl", "Je kunt omboeken. Heb je vragen?", False),
    ],
)
def test_a_text_addresses_people_in_one_way(language: str, text: str, mixed: bool) -> None:
    assert ("mixed_address" in rules(text, language=language)) is mixed


def test_a_grave_matter_is_formal() -> None:
    assert "mixed_address" in rules("Wenn du Fragen hast, schreib uns.", "accident", language="de")
    assert "mixed_address" in rules("Wenn du Fragen hast, schreib uns.", language="de-formal")


def test_languages_that_state_other_facts_are_told_apart() -> None:
    same = {"en": "Update at 2:30 pm CET: 1,500 bags", "sv": "Nytt kl. 14.30 (CET): 1 500 väskor"}
    assert differing(same) == ()
    told = differing({**same, "de": "Um 15:30 Uhr (MEZ) mehr: 1.500 Koffer"})
    assert [one.found for one in told] == ["2:30 pm", "15:30"]


def test_a_brand_has_rules_and_words_of_its_own() -> None:
    own = entries(
        [{"id": "guests", "level": "warn", "find": ["guest*"], "why": "We carry passengers."}]
    )
    voice = Voice("Fjordwing", rules={"en": own})
    [told] = found("Our guests of Fjordwing are waiting.", voice=voice)
    assert (told.rule, told.level, told.found) == ("guests", Level.WARN, "guests")
    voice = Voice("F", never={"en": ("chaos (total)",)})
    assert blocking("It's chaos, total.", voice=voice) == ["chaos, total"]


@pytest.mark.parametrize("brand", ["Oops Air", "Strike", "Rest Assured", "No Refund"])
def test_the_name_of_the_brand_breaks_no_rule(brand: str) -> None:
    voice = Voice(brand, domains=("brand.example",))
    text = f"{brand}: we're aware. {brand}'s crew is with you."
    assert blocking(text, "accident", voice=voice) == []


def test_an_exception_is_found_whatever_is_around_it() -> None:
    text = "Send us your surname and booking code, by DM please, never in a reply."
    assert "personal_data" not in rules(text)
    assert "personal_data" in rules("Send us your surname and booking code. By DM we can't help.")


def test_a_sentence_ends_after_a_number() -> None:
    ends = {
        "Call 70 10 10 10. Our refund is yours.": True,
        "Nein, am 3. Refund": True,
        "No news on 3. December refund": False,
    }
    for text, apart in ends.items():
        said = folded(text)
        assert (said.number(text.lower().index("refund")) == 1) is apart


def test_a_time_that_is_past_needs_no_zone_and_one_zone_is_enough_for_an_answer() -> None:
    assert "no_zone" not in rules("You were told at 9:10.")
    assert "no_zone" not in rules("Not at 9:10. It's 10:10 CET.")
    assert "no_zone" in rules("Not at 9:10. It's 10:10 CET.", "unknown", "update")


@pytest.mark.parametrize("said", ["FW456", "14:30", "https://other.example"])
def test_without_facts_a_time_a_code_and_a_link_are_unconfirmed(said: str) -> None:
    text, voice = f"It's {said}, London time", Voice("Fjordwing")
    assert blocking(text, facts={}, voice=voice) == [said]
    assert blocking(text, facts={}, voice=voice, complete=False) == []
    assert "unconfirmed" in rules(text, facts={}, voice=voice, complete=False)


def test_a_number_blocks_once_a_fact_of_the_incident_is_known() -> None:
    [told] = found("It's at gate 12.", facts={})
    assert (told.rule, told.level, told.found) == ("unconfirmed", Level.WARN, "12")
    [told] = found("It's at gate 12.", facts=fact("flight", "FW123"))
    assert told.level is Level.BLOCK


def test_a_fact_that_has_no_room_in_a_push_is_told_only() -> None:
    known = fact("flight", "FW212")
    text = "We're aware of an incident."
    [told] = found(text, "accident", "seen", channel=Channel.PUSH, facts=known)
    assert (told.found, told.level) == ("flight", Level.WARN)


@pytest.mark.parametrize("pattern", ["", "(open", "a)", "a|b", "<sum>", "… end", "end …"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Patterns([pattern])


def test_a_pattern_stays_in_its_sentence() -> None:
    both = Patterns(["no … refund", "voucher + only"])
    assert list(both.spans(folded("No. A refund is yours. Voucher? Only if you like."))) == []
    assert len(list(both.spans(folded("No full refund, only at 14.30 a voucher.")))) == 2


def test_a_list_of_words_is_named_in_patterns_and_in_the_lists_after_it() -> None:
    lists = listed({"others": ["airport*", "customs"], "late": ["<others> (is|was) late"]})
    [late] = Patterns(["<late>"], lists).spans(folded("Sorry, customs was late."))
    assert late == (7, 23)
    with pytest.raises(PatternError, match="<others> is none of"):
        Patterns(["<others>"])


SIGNS = st.lists(st.sampled_from([*BAD, "at 14:30", "Sie", "💥", "\n", "{{", "a."]))


@settings(deadline=None)
@given(
    text=st.text() | SIGNS.map(" ".join),
    language=st.sampled_from(languages()),
    situation=st.sampled_from(situations()),
    phase=st.sampled_from(Phase),
    channel=st.sampled_from(Channel),
)
def test_any_text_has_findings_in_its_own_places(text, language, situation, phase, channel):
    told = found(text, situation, phase, language=language, channel=channel)
    assert all(0 <= one.start <= one.end <= len(text) for one in told)
    assert list(told) == sorted(told, key=lambda one: one.start)
