"""A Slack channel: one message per incident, kept up to date, with buttons to take it in hand."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from alerts.notifiers import Places
from alerts.notifiers._slack_asked import Once, asked
from alerts.notifiers._slack_desk import (
    MOST,
    Chosen,
    Desk,
    Duty,
    Known,
    Standing,
    Wording,
    Words,
)
from alerts.secret import Secret

if TYPE_CHECKING:
    from alerts.notifiers._slack_notifier import SlackNotifier

__all__ = [
    "MOST",
    "Chosen",
    "Desk",
    "Duty",
    "Known",
    "Once",
    "Options",
    "Standing",
    "Wording",
    "Words",
    "asked",
    "build",
]


class Options(BaseModel):
    """Options of the Slack notifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: str = Field(
        pattern=r"^[CGD][A-Z0-9]{8,}$",
        description="The channel's id, which stays when the channel is renamed: at the bottom of "
        "its details in Slack. Invite the app there: `/invite @seawall`.",
        examples=["C0SEAWALL"],
    )
    token: Secret = Field(
        Secret(env="SLACK_BOT_TOKEN"),
        description="Where the bot token is kept (`xoxb-…`): in SLACK_BOT_TOKEN unless it is said "
        "otherwise. `docs/slack-manifest.yaml` makes the app.",
    )
    app_token: Secret | None = Field(
        Secret(env="SLACK_APP_TOKEN"),
        description="Where the app-level token is kept (`xapp-…`), by which the buttons reach "
        "Seawall without a public address: in SLACK_APP_TOKEN; `null`: not by this way.",
    )
    signing_secret: Secret | None = Field(
        None,
        description="Where the app's signing secret is kept, for buttons that reach Seawall over "
        "HTTP instead, under `/slack/`; with `app_token: null`.",
        examples=[{"env": "SLACK_SIGNING_SECRET"}],
    )
    base_url: str = Field(
        "https://slack.com/api/",
        pattern=r"^https?://\S+$",
        description="For tests and demonstrations.",
    )


def build(options: Options, *, name: str, places: Places) -> "SlackNotifier":
    """A notifier for a channel. Raises SecretMissing."""
    from alerts.notifiers._slack_notifier import SlackNotifier  # Slack's SDK takes a moment

    if options.signing_secret is not None:
        options.signing_secret.read()
    return SlackNotifier(
        name,
        channel=options.channel,
        token=options.token.read(),
        app_token=options.app_token.read() if options.app_token else None,
        base_url=options.base_url,
        places=places,
        over_http=options.signing_secret is not None,
    )
