"""Where Seawall would post a message, and what that costs."""

from dataclasses import dataclass

from alerts.publishers import publisher_kinds
from alerts.words.approval import Message
from alerts.words.phases import REPLIES, Channel
from monitor.configuration import Configuration
from monitor.configuration.publishing import account


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a message would be posted, and what it costs in millionths of a dollar."""

    publisher: str
    channel: Channel
    micros: int

    def __str__(self) -> str:
        cost = f", for ${self.micros / 1_000_000:.3f}" if self.micros else ""
        return f"on {self.channel}{cost}"


def offer(configuration: Configuration, brand: str, message: Message) -> Offer | None:
    """Where a message of a brand could be posted; None: by hand."""
    choice = account(configuration.publish, brand, message.channel)
    if choice is None or message.phase in REPLIES:
        return None
    price = publisher_kinds()[choice.kind].price(message.text)
    return Offer(choice.name, message.channel, price)
