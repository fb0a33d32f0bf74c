"""What somebody would look for in the offline pack, and not find."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from alerts.languages import base, name
from alerts.words.kinds import LANGUAGES
from alerts.words.playbooks import situations
from monitor.configuration import Configuration
from monitor.pack import contents, mailing, words


def of_people(configuration: Configuration, now: datetime) -> Iterator[str]:
    """People whom nobody could call, or whom it does not reach, in words."""
    people, teams = configuration.people, configuration.rosters.values()
    called = dict.fromkeys(
        person
        for team in teams
        if team.pause_from is None
        for person in mailing.getting(configuration, team, now)
    )
    silent = [people[one].name for one in called if not people[one].phone]
    if silent:
        yield (
            f"the offline pack has no number of {', '.join(silent)}: add `phone:` under `people`"
        )
    if called and not any(one.phone for one in configuration.duty_list):
        yield "the offline pack has nobody to call elsewhere: add a `duty_list` with numbers"
    if mailing.mailbox(configuration):
        without = [people[one].name for one in called if not people[one].email]
        if without:
            yield (
                f"the offline pack is not mailed to {', '.join(without)}: add `email:` under "
                "`people`"
            )


def of_words(connection: Connection, configuration: Configuration) -> Iterator[str]:
    """Languages and situations in which it has nothing to say, in words."""
    unknown = [one for one in map(base, configuration.languages) if one not in LANGUAGES]
    if unknown:
        yield f"the offline pack has no texts in {', '.join(map(name, dict.fromkeys(unknown)))}"
    spoken = contents.speakers(configuration, [b for b in configuration.brands.values() if b.ours])
    sealed = contents.sealed(connection, spoken)
    for language in dict.fromkeys(one.language for one in spoken):
        told = words.told([one for one in spoken if one.language == language], sealed)
        empty = [one.id for one in told if not any(each.texts for each in one.spoken)]
        if empty:
            which = "any situation" if len(empty) == len(situations()) else ", ".join(empty)
            yield (
                f"the offline pack has no words in {name(language)} for {which}: approve them in "
                f"advance, `seawall words seal {language}`"
            )
