"""The tables of words for the public: facts, questions, messages, postings, seals, promises.

A change here needs a migration, like one in `schema`.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from monitor.store.schema import Instant, metadata

fact = Table(
    "fact",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("value", Text, nullable=False, comment="canonical; empty: only asked"),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("by", Text, nullable=False, comment="of the latest step"),
    Column("at", Instant, nullable=False),
    Column("until", Instant, comment="it holds no longer; null: as long as nobody says otherwise"),
    Column("confirmed_by", Text),
    Column("corrects", Text, comment="the revision that was wrong"),
    comment="what is known of an incident; every revision is kept",
)
Index("fact_by_incident", fact.c.incident)

fact_request = Table(
    "fact_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("function", Text, nullable=False, comment="of the duty list, or who confirms it"),
    Column("question", Text, nullable=False),
    Column("owner", Text, nullable=False, comment="who sees to it that it is answered"),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("reminded_at", Instant, comment="when its owner was told that nobody has answered"),
    Column("answered_at", Instant, comment="or withdrawn; null: open"),
    Column("answered_by", Text),
    comment="what somebody was asked about an incident",
)
Index("fact_request_by_incident", fact_request.c.incident)

message = Table(
    "message",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("situation", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("authors", Text, nullable=False, comment="JSON"),
    Column("at", Instant, nullable=False),
    Column("template", Text, nullable=False, comment="empty: free text"),
    Column("uses", Text, nullable=False, comment="JSON: ids of facts"),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("approvals", Text, nullable=False, comment="JSON"),
    Column("submitted_by", Text),
    Column("because", Text, nullable=False, comment="why it was returned, or is stale"),
    Column("posted_at", Instant),
    Column("posted_by", Text),
    Column("link", Text, nullable=False),
    comment="words for the public, each in one language for one channel",
)
Index("message_by_incident", message.c.incident)

message_event = Table(
    "message_event",
    metadata,
    Column("message", Text, ForeignKey("message.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, comment="of the message, after it"),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sha256", Text, nullable=False, comment="of the text"),
    Column("text", Text, nullable=False),
    Column("note", Text, nullable=False),
    comment="what was done to a message; only ever appended to",
)

posting = Table(
    "posting",
    metadata,
    Column("message", Text, ForeignKey("message.id"), primary_key=True),
    Column("number", Integer, primary_key=True, comment="how often it was asked of the message"),
    Column("publisher", Text, nullable=False),
    Column("sha256", Text, nullable=False, comment="of the text"),
    Column("by", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("member", Text, comment="their id in the configuration"),
    Column("at", Instant, nullable=False),
    Column("tried_at", Instant, comment="the first attempt that may have arrived; null: none may"),
    Column("not_before", Instant, comment="when it may be tried again; null: at once"),
    Column("outcome", Text, comment="null: not settled"),
    Column("ended_at", Instant),
    comment="what people asked to have posted: taken once, so that it is public once",
)

seal = Table(
    "seal",
    metadata,
    Column("template", Text, primary_key=True, comment="its name, which changes with its words"),
    Column("role", Text, primary_key=True, comment="language or legal"),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    comment="templates that were approved in advance",
)

promise = Table(
    "promise",
    metadata,
    Column("message", Text, ForeignKey("message.id"), primary_key=True),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False),
    Column("language", Text, nullable=False),
    Column("fact", Text, nullable=False, comment="the time that it names"),
    Column("made_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("owner", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("offered_at", Instant, comment="when its owner was reminded, with a draft"),
    Column("outcome", Text, comment="kept or broken; null: open"),
    comment="when the public was told that there would be more",
)
