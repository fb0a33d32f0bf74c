"""What happened, in words: the same wherever it is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.briefings.news import news
from alerts.briefings.standing import standing
from alerts.incidents.incident import Answer, Kind, Reason, Severity, Verdict
from tests.alerts import scenes

SOON = scenes.DETECTED + timedelta(minutes=40)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("reason", Reason)
def test_whatever_happens_to_whatever_kind_there_are_words_for_it(
    reason: Reason, kind: Kind
) -> None:
    told = replace(
        scenes.briefing(),
        reason=reason,
        kind=kind,
        subject="smoke",
        by="Kari",
        assigned_to="IT",
        paused_by="Ola",
    )
    for one in (told, replace(told, note="why"), replace(told, topics=(), observed=0)):
        words = news(one)
        assert words.strip()
        assert [odd for odd in ("None", "Reason", "  ", "_", "0 posts") if odd in words] == []
        assert words.endswith(": why") == (one.note == "why")


@pytest.mark.parametrize(
    ("reason", "changes", "words"),
    [
        (Reason.ACKNOWLEDGED, {"desk_at": SOON}, "acknowledged by Kari, at a desk by 23:51"),
        (Reason.ACKNOWLEDGED, {"acknowledged_how": Answer.PHONE}, "acknowledged by Kari, by phone"),
        (
            Reason.ASSIGNED,
            {"assigned_to": "IT", "note": "outage"},
            "assigned to IT by Kari: outage",
        ),
        (Reason.ASSIGNED, {"assigned_to": "Kari"}, "taken on by Kari"),
        (Reason.SNOOZED, {"snoozed_until": SOON}, "snoozed until Sat 21 Nov, 23:51 CET by Kari"),
        (Reason.SNOOZED, {"snoozed_posts": 90}, "snoozed until it doubles by Kari"),
        (Reason.WOKEN, {"by": "", "note": "it has doubled"}, "no longer snoozed: it has doubled"),
        (Reason.RATED, {"severity": Severity.MINOR}, "MINOR, says Kari"),
        (Reason.JUDGED, {"verdict": Verdict.NOT_OURS}, "Kari finds that it is not ours"),
        (Reason.RESOLVED, {}, "resolved by Kari"),
        (Reason.RESOLVED, {"by": ""}, "resolved"),
        (Reason.RESOLVED, {"by": "", "kind": Kind.BLINDNESS}, "sees again"),
        (Reason.MERGED, {"merged_into": "acme-b"}, "a part of acme-b now, says Kari"),
        (Reason.OPENED, {"kind": Kind.REPORTED, "subject": "fog"}, "reported by Kari: fog"),
        (Reason.OPENED, {"kind": Kind.SAFETY, "subject": "smoke"}, "opened, people write of smoke"),
    ],
)
def test_the_words_say_who_what_and_why(
    reason: Reason, changes: dict[str, object], words: str
) -> None:
    told = replace(scenes.briefing(), reason=reason, by="Kari")
    assert news(replace(told, **changes)) == words  # type: ignore[arg-type]


def test_how_people_have_it_is_told_by_label_and_nothing_of_what_they_have_not() -> None:
    told = scenes.briefing()
    assert standing(told) == {}
    decided = replace(
        told,
        desk_at=SOON,
        assigned_to="IT",
        snoozed_posts=1400,
        verdict=Verdict.HOAX,
        verdict_by="Ola",
        severity_by="Ola",
        silent_until=SOON,
        pause_asked_at=SOON,
        restricted=True,
    )
    assert standing(decided) == {
        "Answered": "Kari is at a desk by 23:51",
        "Assigned to": "IT",
        "Snoozed": "until 1,400 posts have come",
        "Found to be": "a hoax, says Ola",
        "Severity": "critical, says Ola",
        "In public": "nothing is said; looked at again Sat 21 Nov, 23:51 CET",
        "Promotions": "to be paused, asked Sat 21 Nov, 23:51 CET",
        "Restricted": "only named people see it",
    }
