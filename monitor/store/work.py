"""The tables of what people do: who was called and answered, what agents were told, hand-overs.

A change here needs a migration, like one in `schema`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from monitor.store.schema import Id, Instant, metadata

call = Table(
    "call",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("person", Text, nullable=False),
    Column("level", Integer, nullable=False, comment="of the team's ladder, from 0"),
    Column("at", Instant, nullable=False),
    Column("why", Text, nullable=False),
    Column("answer", Text, comment="desk, phone, declined, or none; null: not known yet"),
    Column("answered_at", Instant),
    comment="who was called to an incident, and what they answered",
)

instruction = Table(
    "instruction",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("content", Text, nullable=False, comment="JSON"),
    comment="agent briefs: what is true, what to say; every revision is kept",
)

reader = Table(
    "reader",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, comment="of the agent brief"),
    Column("person", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    comment="who has read an agent brief",
)

sighting = Table(
    "sighting",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("post", BigInteger, primary_key=True, comment="key of the post"),
    Column("word", Text, nullable=False),
    Column("at", Instant, nullable=False),
    comment="posts with a safety word",
)

view = Table(
    "view",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("person", Text, nullable=False),
    Column("place", Text, nullable=False),
    comment="who looked at a restricted incident",
)

adjustment = Table(
    "adjustment",
    metadata,
    Column("series", Text, primary_key=True),
    Column("since", Instant, primary_key=True, comment="with the first bucket observed from then"),
    Column("until", Instant, comment="null: it is the new normal"),
    Column("factor", Float, nullable=False, comment="so many times more is expected"),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False),
    comment="what people found to be expected; read again whenever a series is learned anew",
)

handover = Table(
    "handover",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("giver", Text),
    Column("taker", Text, nullable=False),
    Column("content", Text, nullable=False, comment="JSON"),
    Column("accepted_at", Instant),
    Column("accepted_by", Text),
    comment="what one shift leaves to the next, which accepts it",
)

blind = Table(
    "blind",
    metadata,
    Column("source", Text, primary_key=True),
    Column("since", Instant, primary_key=True),
    Column("until", Instant, comment="null: it is blind now"),
    comment="when a source did not see",
)

reached = Table(
    "reached",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("function", Text, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("by", Text, nullable=False),
    Column("answered", Boolean, nullable=False),
    comment="whom of the duty list somebody reached, and when",
)

joint = Table(
    "joint",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False, comment="it goes on"),
    Column("other", Text, ForeignKey("incident.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("content", Text, nullable=False, comment="JSON: both, before and after"),
    Column("undone", Boolean, nullable=False),
    comment="which incidents people merged and split",
)

basis = Table(
    "basis",
    metadata,
    # No foreign key: it is written before the revision that it is the basis of.
    Column("incident", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("spent", BigInteger, nullable=False, comment="millionths of a dollar, by all sources"),
    Column("content", LargeBinary, nullable=False, comment="JSON, compressed by zlib"),
    comment="what a briefing is made of, without posts, so that it can be made again",
)

withheld = Table(
    "withheld",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("post", BigInteger, primary_key=True, autoincrement=False, comment="key of the post"),
    Column("platform", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("author", Text),
    Column("text", Text, nullable=False),
    Column("url", Text),
    comment="deleted by their authors, kept for a legal hold alone: nothing shows them",
)

breach = Table(
    "breach",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("law", Text, comment="gdpr or nis2; null: since when it is known"),
    Column("aware_at", Instant),
    Column("outcome", Text, comment="notified or not_needed"),
    comment="what people said of a data breach; only ever appended to, the last one counts",
)
Index("breach_by_incident", breach.c.incident)
