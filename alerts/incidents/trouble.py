"""Whether a post tells of trouble: by plain words of need, refusal, complaint and grief.

They are the words that people use whatever it is that fails, so nobody has to think of it before.
There are many on purpose: one too many costs a look at something harmless.
"""

import re

_WORDS = {
    "en": """
        not no never nothing nobody none cannot cant can't wont won't dont don't doesnt
        doesn't didnt didn't isnt isn't wasnt wasn't couldnt couldn't wouldnt wouldn't
        havent haven't hasnt hasn't arent aren't unable impossible without why when help
        need* wait* hour hours hrs minutes mins still yet again since stuck stranded hold
        late delay* cancel* postpone* reschedul* rebook* refund* charge* compensat*
        reimburse* problem* issue* error* fail* broke* down outage* offline crash* freez*
        frozen fix* wrong lost lose losing miss missed missing close* stop* respond*
        response repl* answer* contact* call* phone* complain* worst worse bad terrible
        horrible awful disgust* unaccept* disappoint* frustrat* ridiculous shame* rude angry
        sucks poor* avoid scam* fraud* fake hack* stolen steal* leak* breach* privacy unsafe
        danger* safe safety emergency evacuat* accident* fire smoke bomb* threat* police
        arrest* assault* attack* injur* hurt bleed* blood* dragg* dead death* die died kill*
        victim* pray* condolence* grief sick ill recall* contaminat* strike* bankrupt*
        insolven* collapse* lawsuit* sue sued boycott* racis* discriminat* sexis* resign*
        apolog* sorry urgent* asap anyone else
    """,
    "de": """
        nicht nichts nie niemals niemand kein* ohne unmöglich warum wieso weshalb wann hilf*
        brauch* wart* stunde* minuten noch wieder seit* hänge* fest verspät* spät* annull*
        storn* gestrichen ausfall* ausgefallen fällt umbuch* erstatt* rückerstatt* abgebucht
        entschädig* problem* fehler* fehlgeschlagen kaputt defekt* down offline störung*
        gestört abgestürzt absturz falsch verloren verpass* fehlt fehlen geschlossen
        antwort* erreich* anruf* telefon* hotline beschwer* schlecht* schlimm* furchtbar
        schrecklich katastroph* unverschämt* enttäusch* frech* peinlich schande gehackt
        gestohlen datenleck unsicher gefahr* gefährlich notfall* notland* evakuier* unfall*
        unglück* feuer brand rauch bombe* drohung polizei angriff* verletz* blut* tot tote
        toten gestorben getötet opfer bet* beileid krank rückruf* streik* pleite insolven*
        konkurs klage* verklag* boykott* rassis* diskriminier* dringend hängt liegt lädt
        nirgends abgelehnt
    """,
    "sv": """
        inte inga ingen inget aldrig utan omöjligt varför när hjälp* behöv* vänt* timm*
        minuter fortfarande ännu igen sedan fast försen* sen sent inställ* ställt ställer
        ombok* återbetal* ersätt* problem* fel felet trasig* nere ligger funkar fungerar
        hänger krasch* störning* borta förlorat missa* saknas stängt stängd svar svara*
        kontakt* ring* telefon* klag* dålig* sämst* sämre hemsk* fruktansvärd* skandal*
        besvik* skam* bedrägeri* bluff* hack* stulen stulet läck* osäker* farlig* nöd*
        evakuer* olyck* brand eld rök bomb* hot polis* attack* skad* blod* död* dog offer be
        ber kondoleans* sjuk* återkall* strejk* konkurs* boykott* bojkott* rasis*
        diskriminer* stäm* brådskande fastnat
    """,
    "nb": """
        ikke ingen ingenting intet aldri uten umulig hvorfor når hjelp* treng* vent* timer
        minutter fortsatt ennå enda igjen siden står fast forsink* sen sent innstil*
        kansell* ombook* refu* tilbakebetal* erstat* kompensa* problem* feil feilet ødelagt
        nede virker fungerer henger krasj* borte mistet mangler stengt svar* kontakt* ring*
        telefon* klag* dårlig* verst* verre forferdelig* skandal* skuffe* skam* svindel*
        hack* stjålet lekkasje* lekket utrygg* farlig* nød* evakuer* ulykke* brann røyk
        bombe* trussel politi* angrep* skade* skadd* blod* død* omkom* drept ofre be ber
        kondoler* syk* tilbakekall* streik* konkurs* boikott* rasis* diskriminer* saksøk*
        haster evighet
    """,
    "da": """
        ikke ingen intet ingenting aldrig uden umulig* hvorfor hvornår hjælp* brug* vent*
        timer minutter stadig endnu igen siden sidder fast forsink* sen sent aflys* ombook*
        refunder* tilbagebetal* erstat* kompensa* problem* fejl* virker fungerer hænger gået
        ned* crash* væk mistet mangler lukket svar* kontakt* ring* telefon* klag* dårlig*
        værst* værre forfærdelig* skandal* skuffe* skam* svindel* hack* stjålet læk*
        usikker* farlig* nød* evakuer* ulykke* brand røg bombe* trussel politi* angreb*
        skade* blod* død* dræbt omkom* ofre beder kondoler* syg* tilbagekald* strejke*
        konkurs* boykot* racis* diskrimin* sagsøg* haster
    """,
    "nl": """
        niet niets nooit niemand geen zonder onmogelijk waarom wanneer hulp help* nodig
        wacht* uur uren minuten nog weer sinds vast vertrag* vertraagd laat geannuleerd
        annuler* omboek* terugbetal* vergoed* compensat* probleem problemen fout* storing*
        kapot stuk werkt doet plat offline crash* vastgelopen kwijt verloren gemist mist
        ontbreekt gesloten dicht antwoord* reageer* reactie contact* bel* telefoon* klacht*
        klagen slecht* erger* vreselijk schandalig* schande teleurgesteld teleurstell*
        oplicht* fraude gehackt gestolen datalek lek onveilig gevaar* nood* evacu* ongeluk*
        ongeval* brand rook bom* dreiging politie aanval* gewond* bloed* dood* overleden
        gedood slachtoffer* bid* condole* ziek* terugroep* staking* staak* failliet* boycot*
        racis* discrimin* aanklag* dringend eruit lukt
    """,
}
"""By language; a * finds every word that begins so."""

LANGUAGES = frozenset(_WORDS)
"""Those whose words are known."""

_WORD = re.compile(r"[^\W_]+(?:'\w+)?")


def _split(words: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole words, and beginnings of words."""
    each = words.split()
    beginnings = tuple(word[:-1] for word in each if word.endswith("*"))
    return frozenset(word for word in each if not word.endswith("*")), beginnings


_TELLING = {language: _split(words) for language, words in _WORDS.items()}
_ANY = _split(" ".join(_WORDS.values()))


def tells_of_trouble(text: str, language: str) -> bool:
    """Whether it has a word of trouble of its language; of any, where that is none of ours.

    >>> tells_of_trouble("seats won't load, anyone?", "en"), tells_of_trouble("yes please!", "en")
    (True, False)
    """
    words, beginnings = _TELLING.get(language, _ANY)
    said = _WORD.findall(text.lower().replace("\u2019", "'"))
    return any(word in words or word.startswith(beginnings) for word in said)
