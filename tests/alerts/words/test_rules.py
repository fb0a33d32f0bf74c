"""The linter's rules say of each language's own phrases what a person of that country would say."""

from importlib.resources import files
from typing import Any

import pytest
from ruamel.yaml import YAML

from alerts.words.lint import lint
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.rulebook import Level, languages, rulebook
from alerts.words.stated import Sort, stated

STATED = {Sort.TIME, Sort.CODE}
MUSTS = {"missing", "no_next_update", "apology_missing"}
"""What a phrase alone cannot satisfy."""

LENGTHS_AND_SIGNS = {
    "too_long",
    "hidden_characters",
    "placeholder",
    "markup",
    "double_space",
    "differing",
    "unconfirmed",
    "foreign_link",
    "emoji",
    "no_zone",
    "mixed_address",
    "apology_forbidden",
    "house",
    *MUSTS,
}
"""Rules that the program finds, in whatever language."""

GOOD = {
    "en": (
        "We've seen your messages",
        "We don't know yet, update at 14:30 CET",
        "No news yet, still on it",
        "Sorry, not the trip you planned",
        "Flying today? App first",
        "Booking code by DM only",
        "Delete that photo, your code shows",
        "You can rebook free",
        "Fair point, that took too long",
        "Working again, still stuck?",
    ),
    "de": (
        "Wir sehen eure Nachrichten",
        "Wissen wir noch nicht, um 14:30 Uhr mehr",
        "Noch nichts Neues, wir sind dran",
        "Das tut uns leid",
        "Fliegst du heute? Erst in die App schauen",
        "Buchungscode bitte nur per DM",
        "Lösch bitte das Foto, dein Code ist lesbar",
        "Du kannst kostenlos umbuchen",
        "Stimmt, das hat zu lange gedauert",
        "Läuft wieder, hakt's noch?",
    ),
    "sv": (
        "Vi ser att många hör av sig",
        "Vi vet inte än, uppdaterar kl. 14.30",
        "Inget nytt än, vi jobbar på",
        "Förlåt för strulet",
        "Reser du i dag? Kolla appen först",
        "Bokningsnumret bara i DM",
        "Ta bort bilden, numret syns",
        "Du kan boka om gratis",
        "Håller med, det tog för lång tid",
        "Nu funkar det, strular det än?",
    ),
    "nb": (
        "Vi ser meldingene deres",
        "Vi vet ikke ennå, oppdaterer kl. 14.30",
        "Ikke noe nytt ennå, vi jobber videre",
        "Beklager trøbbelet",
        "Reiser du i dag? Sjekk appen først",
        "Referansen bare på DM",
        "Slett bildet, koden din er synlig",
        "Du kan endre gratis",
        "Enig, det tok for lang tid",
        "Nå virker det, fortsatt trøbbel?",
    ),
    "da": (
        "Vi kan se jeres beskeder",
        "Vi ved det ikke endnu, nyt kl. 14.30",
        "Ikke noget nyt endnu, vi er på sagen",
        "Beklager bøvlet",
        "Flyver du i dag? Tjek appen først",
        "Bookingnummer kun i privat besked",
        "Slet billedet, dit nummer kan ses",
        "Du kan ombooke gratis",
        "Enig, det tog for lang tid",
        "Det virker igen, driller det stadig?",
    ),
    "nl": (
        "We zien jullie berichten",
        "Weten we nog niet, om 14.30 uur meer",
        "Nog geen nieuws, we zijn ermee bezig",
        "Sorry, dat is balen",
        "Vlieg je vandaag? Check eerst de app",
        "Boekingscode alleen via DM",
        "Haal die foto weg, je code staat erop",
        "Je kunt gratis omboeken",
        "Klopt, dit duurde te lang",
        "Het werkt weer, lukt het nog niet?",
    ),
}

BAD = {
    "en": {
        "any inconvenience caused": "corporate",
        "operational reasons": "corporate",
        "safety is our top priority": "corporate",
        "extraordinary circumstances": "extraordinary",
        "not entitled": "not_entitled",
        "as previously stated": "corporate",
        "rest assured": "reassurance",
        "nobody was hurt": "everyone_safe",
        "share your WhatsApp": "scam",
        "per our terms": "corporate",
    },
    "de": {
        "etwaige Unannehmlichkeiten": "corporate",
        "aus betrieblichen Gründen": "corporate",
        "höhere Gewalt": "extraordinary",
        "kein Anspruch": "not_entitled",
        "wie bereits mitgeteilt": "corporate",
        "zeitnah": "corporate",
        "zu keinem Zeitpunkt Gefahr": "everyone_safe",
        "wenden Sie sich an den Flughafen": "blame",
        "Ihr Ticket ist sicher": "tickets_are_safe",
        "wir bitten um Verständnis": "corporate",
    },
    "sv": {
        "eventuella olägenheter": "corporate",
        "av operativa skäl": "corporate",
        "extraordinära omständigheter": "extraordinary",
        "inte rätt till ersättning": "not_entitled",
        "som tidigare meddelats": "corporate",
        "så snart som möjligt": "corporate",
        "säkerheten är vår högsta prioritet": "corporate",
        "ingen kom till skada": "everyone_safe",
        "flygplatsens fel": "blame",
        "bolaget är starkt": "reassurance",
    },
    "nb": {
        "eventuelle ulemper": "corporate",
        "operasjonelle årsaker": "corporate",
        "ekstraordinære omstendigheter": "extraordinary",
        "ikke krav på erstatning": "not_entitled",
        "som tidligere opplyst": "corporate",
        "snarest mulig": "corporate",
        "tar saken på største alvor": "corporate",
        "ingen er skadet": "everyone_safe",
        "Avinors feil": "blame",
        "streiken er uansvarlig": "irresponsible",
    },
    "da": {
        "de gener, det måtte medføre": "corporate",
        "operationelle årsager": "corporate",
        "ekstraordinære omstændigheder": "extraordinary",
        "ikke berettiget": "not_entitled",
        "som tidligere nævnt": "corporate",
        "hurtigst muligt": "corporate",
        "sikkerheden har højeste prioritet": "corporate",
        "ingen kom til skade": "everyone_safe",
        "lufthavnens skyld": "blame",
        "vi afviser alle rygter": "deny",
    },
    "nl": {
        "excuses voor het ongemak": "corporate",
        "operationele redenen": "corporate",
        "overmacht": "extraordinary",
        "geen recht op compensatie": "not_entitled",
        "zoals eerder aangegeven": "corporate",
        "zo spoedig mogelijk": "corporate",
        "veiligheid staat voorop": "corporate",
        "geen gewonden": "everyone_safe",
        "dat ligt aan Schiphol": "blame",
        "wij nemen uw klacht serieus": "corporate",
    },
}

ITS_OWN_SITUATION = {"tickets_are_safe": "insolvency", "irresponsible": "strike"}

STATUTORY = {
    "en": "You have the right to a refund or rerouting.",
    "de": "Nach EU261 beträgt die Ausgleichszahlung 250 bis 600 Euro.",
    "sv": "Du har rätt till återbetalning eller ombokning.",
    "nb": "Du har rett til refusjon eller ombooking, og til mat og hotell.",
    "da": "Du har ret til kompensation på 250-600 euro efter EU261.",
    "nl": "Je hebt recht op terugbetaling of een andere vlucht.",
}

GRAVE_LIGHT = {
    "de": "Da ist etwas Blödes passiert.",
    "sv": "Det blev lite strul i går.",
    "nb": "Det ble litt trøbbel i går.",
    "da": "Der var noget bøvl i går.",
    "nl": "Dat is balen voor de familie.",
}


@pytest.mark.parametrize("phase", [Phase.SEEN, *REPLIES])
@pytest.mark.parametrize(
    ("language", "phrase"), [(lang, phrase) for lang in GOOD for phrase in GOOD[lang]]
)
def test_what_people_would_say_may_be_said(language: str, phrase: str, phase: Phase) -> None:
    assert _blocked(phrase, language, phase=phase) == set()


@pytest.mark.parametrize(
    ("language", "phrase", "rule"),
    [(lang, phrase, rule) for lang in BAD for phrase, rule in BAD[lang].items()],
)
def test_what_nobody_should_say_is_found(language: str, phrase: str, rule: str) -> None:
    assert rule in _blocked(phrase, language, ITS_OWN_SITUATION.get(rule, "unknown"))


@pytest.mark.parametrize("situation", ["cancellations", "delays", "strike", "weather"])
@pytest.mark.parametrize("language", STATUTORY)
def test_what_the_law_says_is_never_blocked(language: str, situation: str) -> None:
    assert _blocked(STATUTORY[language], language, situation) == set()


@pytest.mark.parametrize("situation", ["threat", "accident", "viral", "insolvency", "breach"])
@pytest.mark.parametrize("language", GRAVE_LIGHT)
def test_a_light_word_is_out_of_place_in_a_grave_matter_only(language: str, situation: str) -> None:
    assert "light_words" in _blocked(GRAVE_LIGHT[language], language, situation)
    assert "light_words" not in _blocked(GRAVE_LIGHT[language], language, "baggage")


CAUSES = {
    "en": ("We had to send it back because {} failed.", "We don't know whether {} failed."),
    "de": ("Wir mussten umkehren, weil {} ausgefallen ist.", "Ob {} ausgefallen ist, ist unklar."),
    "sv": ("Vi fick vända eftersom {} gick sönder.", "Vi vet inte om {} gick sönder."),
    "nb": ("Vi måtte snu fordi {} gikk i stykker.", "Vi vet ikke om {} gikk i stykker."),
    "da": ("Vi måtte vende om, fordi {} gik i stykker.", "Vi ved ikke, om {} gik i stykker."),
    "nl": ("We moesten terug omdat {} kapot was.", "We weten niet of {} kapot was."),
}
PARTS = {
    "en": ("the gearbox", "a brake", "one of our servers"),
    "de": ("das Getriebe", "eine Bremse", "einer unserer Server"),
    "sv": ("växellådan", "en broms", "en av våra servrar"),
    "nb": ("girkassa", "en brems", "en av serverne våre"),
    "da": ("gearkassen", "en bremse", "en af vores servere"),
    "nl": ("de versnellingsbak", "een rem", "een van onze servers"),
}


@pytest.mark.parametrize("language", languages())
def test_a_cause_is_found_whatever_it_is_and_no_cause_where_none_is_known(language: str) -> None:
    told, unknown = CAUSES[language]
    for part in PARTS[language]:
        assert "cause" in _blocked(told.format(part), language, "delays")
        assert "cause" not in _blocked(unknown.format(part), language, "delays")


@pytest.mark.parametrize("language", languages())
def test_every_rule_of_words_has_its_words_in_every_language(language: str) -> None:
    common, spoken = _read("common")["rules"], _read(language)["rules"]
    wanted = {rule["id"] for rule in common} - LENGTHS_AND_SIGNS
    written = {rule["id"] for rule in (*common, *spoken) if rule.get("find")}
    assert wanted - written == set()


@pytest.mark.parametrize("language", languages())
def test_every_language_can_say_everything_that_has_to_be_said(language: str) -> None:
    said = {name for lang in languages() for name in rulebook(lang).says}
    assert said - set(rulebook(language).says) == set()


@pytest.mark.parametrize("language", languages())
def test_what_is_advised_breaks_no_rule_and_gives_no_fact_as_if_it_were_true(language: str) -> None:
    book = rulebook(language)
    advice = {
        *(rule.entry.better for rule in book.rules),
        *book.better.values(),
        *(concept.better for concept in book.says.values()),
    }
    assert {text: said for text in advice if (said := _blocked(text, language, "delays"))} == {}
    given = {text: [one.value for one in stated(text) if one.sort in STATED] for text in advice}
    assert {text: values for text, values in given.items() if values} == {}


def _blocked(
    text: str, language: str, situation: str = "unknown", *, phase: Phase = Phase.ACKNOWLEDGE
) -> set[str]:
    found = lint(text, language=language, channel=Channel.X, phase=phase, situation=situation)
    return {one.rule for one in found if one.level is Level.BLOCK} - MUSTS


def _read(name: str) -> dict[str, Any]:
    text = (files("alerts.words") / "rules" / f"{name}.yaml").read_text("utf-8")
    rules: dict[str, Any] = YAML(typ="safe").load(text)
    return rules
