"""A brand's accounts on the doubles of X, Bluesky and Mastodon, and what they are opened with."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pytest

from monitor.doubles.accounts import Account, BlueskyAccount, MastodonAccount, XAccount
from monitor.doubles.serving import serving

HANDLE = "fjordwing.example"
SECRETS = {
    "X_API_KEY": "kEy0api9",
    "X_API_SECRET": "sEcret&of=the+key",
    "X_ACCESS_TOKEN": "2244994945-tOken",
    "X_ACCESS_SECRET": "sEcret/of the token%",
    "BLUESKY_APP_PASSWORD": "abcd-efgh-ijkl-mnop",
    "MASTODON_TOKEN": "mAstodonTokenOfFjordwing",
}


def accounts(secrets: Mapping[str, str] = SECRETS) -> dict[str, Account]:
    """One account of every kind of publisher, with these credentials."""
    return {
        "x": XAccount(
            key=secrets["X_API_KEY"],
            secret=secrets["X_API_SECRET"],
            token=secrets["X_ACCESS_TOKEN"],
            token_secret=secrets["X_ACCESS_SECRET"],
        ),
        "bluesky": BlueskyAccount(handle=HANDLE, password=secrets["BLUESKY_APP_PASSWORD"]),
        "mastodon": MastodonAccount(token=secrets["MASTODON_TOKEN"]),
    }


def keep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the credentials into the environment."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@contextmanager
def open_accounts() -> Iterator[tuple[dict[str, Account], str]]:
    """Every account on a server, and the configuration that posts on them."""
    there = accounts()
    with ExitStack() as stack:
        at = {name: stack.enter_context(serving(one.app)) for name, one in there.items()}
        more = {"bluesky": f", handle: {HANDLE}"}
        lines = [
            f'  - {{kind: {name}, base_url: "{url}"{more.get(name, "")}}}'
            for name, url in at.items()
        ]
        yield there, "\n".join(["publish:", *lines, ""])
