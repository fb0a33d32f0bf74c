"""The first schema"""

import sqlalchemy as sa
from alembic import op

from monitor.store import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The first schema."""
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wall", schema.Instant(), nullable=False),
        sa.Column("time", schema.Instant(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("until", schema.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="one row where simulated time runs: time + (wall clock - wall) * rate, up to until",
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("started_at", schema.Instant(), nullable=False),
        sa.Column("detected_at", schema.Instant(), nullable=False),
        sa.Column("acknowledged_at", schema.Instant(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("resolved_at", schema.Instant(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("peak_factor", sa.Float(), nullable=False),
        sa.Column("last_surging_at", schema.Instant(), nullable=False),
        sa.Column(
            "briefed_posts", sa.Integer(), nullable=False, comment="posts when it was last briefed"
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("incident_by_brand", "incident", ["brand", "state"], unique=False)
    op.create_table(
        "mention",
        sa.Column(
            "series",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("created_at", schema.Instant(), nullable=False),
        sa.Column(
            "post",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("series", "created_at", "post"),
        comment="which posts a series consists of",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "observed",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False, comment="empty: all topics of the brand"),
        sa.Column("since", schema.Instant(), nullable=False),
        sa.Column("until", schema.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("source", "brand", "platform", "topic", "since"),
        comment="what a source has truly seen; inside it a bucket without a sample is zero",
    )
    op.create_table(
        "panel",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column(
            "closed_until",
            schema.Instant(),
            nullable=True,
            comment="every bucket before this has been judged",
        ),
        sa.Column(
            "version",
            sa.Text(),
            nullable=True,
            comment="of the detector and the series that the snapshot fits",
        ),
        sa.Column("snapshot_at", schema.Instant(), nullable=True),
        sa.Column("snapshot", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("platform"),
        comment="the series of a platform, judged together",
    )
    op.create_table(
        "post",
        sa.Column(
            "key",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="of platform and id",
        ),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", schema.Instant(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False, comment="whether it asks something"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("repost_of", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        comment="posts that mention a brand",
    )
    op.create_table(
        "sample",
        sa.Column(
            "series",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("bucket", schema.Instant(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False, comment="known now"),
        sa.Column(
            "authors", sa.Integer(), nullable=True, comment="known now; null: authors are not known"
        ),
        sa.Column(
            "posts_at_close",
            sa.Integer(),
            nullable=True,
            comment="what the detector saw; null: the bucket is open",
        ),
        sa.Column("authors_at_close", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("series", "bucket"),
        comment="no row: zero inside observed, missing outside",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "series",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False, comment="of the topic's definition"),
        sa.Column(
            "since",
            schema.Instant(),
            nullable=True,
            comment="counts anew from here; null: from the beginning",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("brand", "topic", "platform", "version"),
    )
    op.create_table(
        "source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("until", schema.Instant(), nullable=True),
        sa.Column("malformed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        comment="where each source goes on",
    )
    op.create_table(
        "briefing",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident", "revision"),
    )
    op.create_table(
        "event",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident", "number"),
        comment="an incident's timeline; only ever appended to",
    )
    op.create_table(
        "notification",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("notifier", sa.Text(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident", "revision", "notifier"),
        comment="the outbox: written with the state it reports, delivered at least once",
    )
    op.create_index("notification_pending", "notification", ["delivered"], unique=False)
    op.create_table(
        "surge",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("detected_at", schema.Instant(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("started_at", schema.Instant(), nullable=False),
        sa.Column("ended_at", schema.Instant(), nullable=True),
        sa.Column("factor", sa.Float(), nullable=False),
        sa.Column("peak_factor", sa.Float(), nullable=False),
        sa.Column(
            "evidence",
            sa.Float(),
            nullable=False,
            comment="days between such findings by chance alone",
        ),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("series", "detected_at"),
    )
    op.create_index("surge_by_incident", "surge", ["incident"], unique=False)
