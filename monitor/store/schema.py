"""The tables. A change here needs a migration in `migrations/versions` and a new `REVISION`."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

from alerts.posts import Post

REVISION = "0007"
"""The migration that makes this schema."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` on PostgreSQL, whole microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: D102
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: D102
        if value is None or dialect.name == "postgresql":
            return value
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: D102
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.astimezone(UTC)  # type: ignore[no-any-return]
        return EPOCH + timedelta(microseconds=value)


Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wall", Instant, nullable=False),
    Column("time", Instant, nullable=False),
    Column("rate", Float, nullable=False),
    Column("until", Instant, nullable=False),
    comment="one row where simulated time runs: time + (wall clock - wall) * rate, up to until",
)

source = Table(
    "source",
    metadata,
    Column("name", Text, primary_key=True),
    Column("cursor", Text),
    Column("until", Instant),
    Column("malformed", Integer, nullable=False),
    comment="where each source goes on",
)

observed = Table(
    "observed",
    metadata,
    Column("source", Text, primary_key=True),
    Column("brand", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("topic", Text, primary_key=True, comment="empty: all topics of the brand"),
    Column("since", Instant, primary_key=True),
    Column(
        "late", Boolean, primary_key=True, comment="learned after the detector had passed over it"
    ),
    Column("until", Instant, nullable=False),
    comment="what a source has truly seen; inside it a bucket without a sample is zero",
)

series = Table(
    "series",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("brand", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("version", Text, nullable=False, comment="of the topic's definition"),
    Column("since", Instant, comment="counts anew from here; null: from the beginning"),
    UniqueConstraint("brand", "topic", "platform", "version"),
)

post = Table(
    "post",
    metadata,
    # Scattered keys: on SQLite a BIGINT is indexed beside the rows, which stay in order of arrival.
    Column("key", BigInteger, primary_key=True, autoincrement=False, comment="of platform and id"),
    Column("platform", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("author", Text),
    Column("lang", Text, nullable=False),
    Column("asks", Boolean, nullable=False, comment="whether it asks something"),
    Column("text", Text, nullable=False),
    Column("url", Text),
    Column("repost_of", Text),
    comment="posts that mention a brand",
)
POST = tuple(post.c[name] for name in Post.__slots__ if name in post.c)
"""What is kept of a post, in the order of its fields."""

mention = Table(
    "mention",
    metadata,
    Column("series", Id, primary_key=True, autoincrement=False),
    Column("created_at", Instant, primary_key=True),
    Column("post", Id, primary_key=True, autoincrement=False),
    comment="which posts a series consists of",
    sqlite_with_rowid=False,
)

sample = Table(
    "sample",
    metadata,
    Column("series", Id, primary_key=True, autoincrement=False),
    Column("bucket", Instant, primary_key=True),
    Column("posts", Integer, nullable=False, comment="known now"),
    Column("authors", Integer, comment="known now; null: authors are not known"),
    Column("posts_at_close", Integer, comment="what the detector saw; null: the bucket is open"),
    Column("authors_at_close", Integer),
    comment="no row: zero inside observed, missing outside",
    sqlite_with_rowid=False,
)

panel = Table(
    "panel",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("closed_until", Instant, comment="every bucket before this has been judged"),
    Column("version", Text, comment="of the detector and the series that the snapshot fits"),
    Column("snapshot_at", Instant),
    Column("snapshot", LargeBinary),
    comment="the series of a platform, judged together",
)

incident = Table(
    "incident",
    metadata,
    Column("id", Text, primary_key=True),
    Column("brand", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("detected_at", Instant, nullable=False),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text),
    Column("resolved_at", Instant),
    Column("resolved_by", Text),
    Column("peak_factor", Float, nullable=False),
    Column("last_surging_at", Instant, nullable=False),
    Column("briefed_posts", Integer, nullable=False, comment="posts when it was last briefed"),
    Column("briefed_at", Instant, comment="until when its last briefing reaches"),
    Column("revision", Integer, nullable=False),
    Column("kind", Text, nullable=False, comment="what opened it; its rows in `surge` are alike"),
    Column("calls", Boolean, nullable=False, comment="false: it is shown, and nobody is called"),
    Column("calls_because", Text, nullable=False, comment="why it calls, or why not"),
    Column("subject", Text, nullable=False, comment="a safety word, a source, or a report"),
    Column("restricted", Boolean, nullable=False, comment="shown to named people only"),
    Column("acknowledged_how", Text, comment="desk or phone"),
    Column("desk_at", Instant, comment="when who has it will be at a desk"),
    Column("assigned_to", Text),
    Column("mitigated_at", Instant),
    Column("snoozed_until", Instant),
    Column("snoozed_posts", Integer, comment="snoozed until it has so many"),
    Column("severity_by", Text, comment="who set it by hand"),
    Column("verdict", Text, comment="what people found that it was"),
    Column("verdict_by", Text),
    Column("verdict_at", Instant),
    Column("merged_into", Text, comment="the incident that it is a part of now"),
    Column("silent_until", Instant, comment="decided to say nothing, looked at again then"),
    Column("pause_asked_at", Instant, comment="since when promotions should be paused"),
    Column("paused_at", Instant),
    Column("paused_by", Text),
    Column("touched_at", Instant, comment="when a person last did anything"),
    Column("assessed", Text, nullable=False, comment="the severity that was found without people"),
    Column("held_at", Instant, comment="on legal hold since then: nothing of it is purged"),
    Column("held_by", Text),
    Column("held_because", Text),
    Column("held_deleted", Boolean, nullable=False, comment="nor what authors delete"),
)
Index("incident_by_brand", incident.c.brand, incident.c.state)

surge = Table(
    "surge",
    metadata,
    Column("series", Text, primary_key=True),
    Column("detected_at", Instant, primary_key=True),
    Column("incident", Text, ForeignKey("incident.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("factor", Float, nullable=False),
    Column("peak_factor", Float, nullable=False),
    Column("evidence", Float, nullable=False, comment="days between such findings by chance alone"),
    Column("posts", Integer, nullable=False),
    Column("trend", Text, comment="growing, holding or easing"),
    Column("origin", Text, comment="the incident it was first part of; null: where it is"),
)
Index("surge_by_incident", surge.c.incident)

event = Table(
    "event",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("place", Text, comment="from where: slack, page, api, shell; null: the daemon"),
    Column("note", Text, comment="why, in the person's words"),
    comment="an incident's timeline; only ever appended to",
)

briefing = Table(
    "briefing",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("content", Text, nullable=False, comment="JSON"),
)

notification = Table(
    "notification",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("notifier", Text, primary_key=True),
    Column(
        "delivered", Boolean, nullable=False, comment="or given up, or overtaken by a later one"
    ),
    Column("outcome", Text, comment="delivered, overtaken, or why it was given up"),
    Column("settled_at", Instant),
    comment="the outbox: written with the state it reports, delivered at least once",
)
Index("notification_pending", notification.c.delivered)

telling = Table(
    "telling",
    metadata,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("notifier", Text, primary_key=True),
    Column("attempted_at", Instant, nullable=False, comment="written before it is first told"),
    Column("receipt", Text, comment="what the notifier answered; null: nobody knows if it arrived"),
    comment="which message of a notifier shows an incident",
)

notice = Table(
    "notice",
    metadata,
    Column("id", Text, primary_key=True, comment="says the same thing only once"),
    Column("notifier", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("incident", Text, ForeignKey("incident.id")),
    Column("person", Text, comment="whom it calls or asks, by id; null: everybody there"),
    Column("address", Text, comment="of that person, in the notifier's words"),
    Column("content", Text, nullable=False, comment="JSON"),
    Column("asks", Text, comment="what it asks; whoever answers that settles all that ask it"),
    Column("attempted_at", Instant, comment="written before it is sent"),
    Column("delivered", Boolean, nullable=False, comment="or given up"),
    Column("outcome", Text),
    Column("settled_at", Instant),
    Column("receipt", Text),
    comment="the outbox of what rings: calls, reminders, briefs, hand-overs; each sent once",
)
Index("notice_pending", notice.c.delivered)
Index("notice_by_asks", notice.c.asks)

spending = Table(
    "spending",
    metadata,
    Column("source", Text, primary_key=True),
    Column("month", Text, primary_key=True, comment="2026-11, in UTC"),
    Column("micros", BigInteger, nullable=False, comment="millionths of a dollar, set aside first"),
    comment="what paid sources have cost",
)

access = Table(
    "access",
    metadata,
    Column("digest", Text, primary_key=True, comment="SHA-256 of what its holder has"),
    Column("kind", Text, nullable=False, comment="link: for one use; session: a browser's cookie"),
    Column("name", Text, comment="whose; null: not said yet"),
    Column("scopes", Text, nullable=False, comment="read act"),
    Column("expires_at", Instant, nullable=False),
    comment="who may use the page",
)

lease = Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("holder", Integer, nullable=False, comment="counts those who judged and wrote"),
    comment="one row: a writer whose number is not this one has lost the store to another",
)
