"""Words for the public: facts, questions, messages, postings, seals, promises"""

import sqlalchemy as sa
from alembic import op

from monitor.store import schema

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Words for the public: facts, questions, messages, postings, seals, promises."""
    op.create_table(
        "seal",
        sa.Column(
            "template", sa.Text(), nullable=False, comment="its name, which changes with its words"
        ),
        sa.Column("role", sa.Text(), nullable=False, comment="language or legal"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("template", "role"),
        comment="templates that were approved in advance",
    )
    op.create_table(
        "fact",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False, comment="canonical; empty: only asked"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="of the latest step"),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column(
            "until",
            schema.Instant(),
            nullable=True,
            comment="it holds no longer; null: as long as nobody says otherwise",
        ),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("corrects", sa.Text(), nullable=True, comment="the revision that was wrong"),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="what is known of an incident; every revision is kept",
    )
    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.create_index("fact_by_incident", ["incident"], unique=False)

    op.create_table(
        "fact_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "function", sa.Text(), nullable=False, comment="of the duty list, or who confirms it"
        ),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="who sees to it that it is answered"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("due_at", schema.Instant(), nullable=False),
        sa.Column(
            "reminded_at",
            schema.Instant(),
            nullable=True,
            comment="when its owner was told that nobody has answered",
        ),
        sa.Column(
            "answered_at", schema.Instant(), nullable=True, comment="or withdrawn; null: open"
        ),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="what somebody was asked about an incident",
    )
    with op.batch_alter_table("fact_request", schema=None) as batch_op:
        batch_op.create_index("fact_request_by_incident", ["incident"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False, comment="empty: free text"),
        sa.Column("uses", sa.Text(), nullable=False, comment="JSON: ids of facts"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("approvals", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False, comment="why it was returned, or is stale"),
        sa.Column("posted_at", schema.Instant(), nullable=True),
        sa.Column("posted_by", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="words for the public, each in one language for one channel",
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("message_by_incident", ["incident"], unique=False)

    op.create_table(
        "message_event",
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="of the message, after it"),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the text"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("message", "revision"),
        comment="what was done to a message; only ever appended to",
    )
    op.create_table(
        "posting",
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="how often it was asked of the message"
        ),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the text"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=True, comment="their id in the configuration"),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column(
            "tried_at",
            schema.Instant(),
            nullable=True,
            comment="the first attempt that may have arrived; null: none may",
        ),
        sa.Column(
            "not_before",
            schema.Instant(),
            nullable=True,
            comment="when it may be tried again; null: at once",
        ),
        sa.Column("outcome", sa.Text(), nullable=True, comment="null: not settled"),
        sa.Column("ended_at", schema.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("message", "number"),
        comment="what people asked to have posted: taken once, so that it is public once",
    )
    op.create_table(
        "promise",
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False, comment="the time that it names"),
        sa.Column("made_at", schema.Instant(), nullable=False),
        sa.Column("until", schema.Instant(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column(
            "offered_at",
            schema.Instant(),
            nullable=True,
            comment="when its owner was reminded, with a draft",
        ),
        sa.Column("outcome", sa.Text(), nullable=True, comment="kept or broken; null: open"),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["message"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("message"),
        comment="when the public was told that there would be more",
    )
