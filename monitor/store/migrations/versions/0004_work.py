"""The work of people on incidents: calls, notices, agent briefs, hand-overs, who looked"""

import sqlalchemy as sa
from alembic import op

from monitor.store import schema

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The work of people on incidents: calls, notices, agent briefs, hand-overs, who looked."""
    op.create_table(
        "basis",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "spent",
            sa.BigInteger(),
            nullable=False,
            comment="millionths of a dollar, by all sources",
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="JSON, compressed by zlib"),
        sa.PrimaryKeyConstraint("incident", "revision"),
        comment="what a briefing is made of, without posts, so that it can be made again",
    )
    op.create_table(
        "blind",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", schema.Instant(), nullable=False),
        sa.Column("until", schema.Instant(), nullable=True, comment="null: it is blind now"),
        sa.PrimaryKeyConstraint("source", "since"),
        comment="when a source did not see",
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=True),
        sa.Column("taker", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("accepted_at", schema.Instant(), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="what one shift leaves to the next, which accepts it",
    )
    op.create_table(
        "adjustment",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column(
            "since",
            schema.Instant(),
            nullable=False,
            comment="with the first bucket observed from then",
        ),
        sa.Column("until", schema.Instant(), nullable=True, comment="null: it is the new normal"),
        sa.Column("factor", sa.Float(), nullable=False, comment="so many times more is expected"),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("series", "since"),
        comment="what people found to be expected; read again whenever a series is learned anew",
    )
    op.create_table(
        "call",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False, comment="of the team's ladder, from 0"),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column(
            "answer",
            sa.Text(),
            nullable=True,
            comment="desk, phone, declined, or none; null: not known yet",
        ),
        sa.Column("answered_at", schema.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident", "number"),
        comment="who was called to an incident, and what they answered",
    )
    op.create_table(
        "instruction",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident", "revision"),
        comment="agent briefs: what is true, what to say; every revision is kept",
    )
    op.create_table(
        "joint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False, comment="it goes on"),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: both, before and after"),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["other"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="which incidents people merged and split",
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Text(), nullable=False, comment="says the same thing only once"),
        sa.Column("notifier", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column(
            "person",
            sa.Text(),
            nullable=True,
            comment="whom it calls or asks, by id; null: everybody there",
        ),
        sa.Column(
            "address", sa.Text(), nullable=True, comment="of that person, in the notifier's words"
        ),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.Column(
            "attempted_at", schema.Instant(), nullable=True, comment="written before it is sent"
        ),
        sa.Column("delivered", sa.Boolean(), nullable=False, comment="or given up"),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("settled_at", schema.Instant(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("id", "notifier"),
        comment="the outbox of what rings: calls, reminders, briefs, hand-overs; each sent once",
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("notice_pending", ["delivered"], unique=False)

    op.create_table(
        "reached",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident", "function", "at"),
        comment="whom of the duty list somebody reached, and when",
    )
    op.create_table(
        "reader",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="of the agent brief"),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident", "revision", "person"),
        comment="who has read an agent brief",
    )
    op.create_table(
        "sighting",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("post", sa.BigInteger(), nullable=False, comment="key of the post"),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident", "post"),
        comment="posts with a safety word",
    )
    op.create_table(
        "view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="who looked at a restricted incident",
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "place",
                sa.Text(),
                nullable=True,
                comment="from where: slack, page, api, shell; null: the daemon",
            )
        )
        batch_op.add_column(
            sa.Column("note", sa.Text(), nullable=True, comment="why, in the person's words")
        )

    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "subject",
                sa.Text(),
                nullable=False,
                server_default="",
                comment="a safety word, a source, or a report",
            )
        )
        batch_op.add_column(
            sa.Column(
                "restricted",
                sa.Boolean(),
                nullable=False,
                server_default=sa.false(),
                comment="shown to named people only",
            )
        )
        batch_op.add_column(
            sa.Column("acknowledged_how", sa.Text(), nullable=True, comment="desk or phone")
        )
        batch_op.add_column(
            sa.Column(
                "desk_at",
                schema.Instant(),
                nullable=True,
                comment="when who has it will be at a desk",
            )
        )
        batch_op.add_column(sa.Column("assigned_to", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("mitigated_at", schema.Instant(), nullable=True))
        batch_op.add_column(sa.Column("snoozed_until", schema.Instant(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "snoozed_posts", sa.Integer(), nullable=True, comment="snoozed until it has so many"
            )
        )
        batch_op.add_column(
            sa.Column("severity_by", sa.Text(), nullable=True, comment="who set it by hand")
        )
        batch_op.add_column(
            sa.Column("verdict", sa.Text(), nullable=True, comment="what people found that it was")
        )
        batch_op.add_column(sa.Column("verdict_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("verdict_at", schema.Instant(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "merged_into",
                sa.Text(),
                nullable=True,
                comment="the incident that it is a part of now",
            )
        )
        batch_op.add_column(
            sa.Column(
                "silent_until",
                schema.Instant(),
                nullable=True,
                comment="decided to say nothing, looked at again then",
            )
        )
        batch_op.add_column(
            sa.Column(
                "pause_asked_at",
                schema.Instant(),
                nullable=True,
                comment="since when promotions should be paused",
            )
        )
        batch_op.add_column(sa.Column("paused_at", schema.Instant(), nullable=True))
        batch_op.add_column(sa.Column("paused_by", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "touched_at",
                schema.Instant(),
                nullable=True,
                comment="when a person last did anything",
            )
        )
        batch_op.add_column(
            sa.Column(
                "assessed",
                sa.Text(),
                nullable=False,
                server_default="minor",
                comment="the severity that was found without people",
            )
        )

    with op.batch_alter_table("surge", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "origin",
                sa.Text(),
                nullable=True,
                comment="the incident it was first part of; null: where it is",
            )
        )
    with op.batch_alter_table("incident") as batch_op:
        batch_op.alter_column(
            "kind",
            comment="what opened it; its rows in `surge` are alike",
            existing_type=sa.Text(),
            existing_comment="surge or silence, as are its rows in `surge`",
            existing_nullable=False,
        )
