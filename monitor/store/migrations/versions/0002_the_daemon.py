"""The daemon: receipts, spending, access, the writer's number, late observation"""

import sqlalchemy as sa
from alembic import op

from monitor.store import schema

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The daemon: receipts, spending, access, the writer's number, late observation."""
    op.create_table(
        "telling",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("notifier", sa.Text(), nullable=False),
        sa.Column(
            "attempted_at",
            schema.Instant(),
            nullable=False,
            comment="written before it is first told",
        ),
        sa.Column(
            "receipt",
            sa.Text(),
            nullable=True,
            comment="what the notifier answered; null: nobody knows if it arrived",
        ),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"]),
        sa.PrimaryKeyConstraint("incident", "notifier"),
        comment="which message of a notifier shows an incident",
    )
    op.create_table(
        "spending",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False, comment="2026-11, in UTC"),
        sa.Column(
            "micros",
            sa.BigInteger(),
            nullable=False,
            comment="millionths of a dollar, set aside first",
        ),
        sa.PrimaryKeyConstraint("source", "month"),
        comment="what paid sources have cost",
    )
    op.create_table(
        "access",
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of what its holder has"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="link: for one use; session: a browser's cookie",
        ),
        sa.Column("name", sa.Text(), nullable=True, comment="whose; null: not said yet"),
        sa.Column("scopes", sa.Text(), nullable=False, comment="read act"),
        sa.Column("expires_at", schema.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        comment="who may use the page",
    )
    op.create_table(
        "lease",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "holder", sa.Integer(), nullable=False, comment="counts those who judged and wrote"
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="one row: a writer whose number is not this one has lost the store to another",
    )
    with op.batch_alter_table("incident") as batch:
        batch.add_column(
            sa.Column(
                "briefed_at",
                schema.Instant(),
                nullable=True,
                comment="until when its last briefing reaches",
            )
        )
    with op.batch_alter_table("notification") as batch:
        batch.alter_column(
            "delivered",
            existing_type=sa.Boolean(),
            existing_nullable=False,
            comment="or given up, or overtaken by a later one",
        )
        batch.add_column(
            sa.Column(
                "outcome",
                sa.Text(),
                nullable=True,
                comment="delivered, overtaken, or why it was given up",
            )
        )
        batch.add_column(sa.Column("settled_at", schema.Instant(), nullable=True))
    op.rename_table("observed", "observed_before")
    op.create_table(
        "observed",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False, comment="empty: all topics of the brand"),
        sa.Column("since", schema.Instant(), nullable=False),
        sa.Column(
            "late",
            sa.Boolean(),
            nullable=False,
            comment="learned after the detector had passed over it",
        ),
        sa.Column("until", schema.Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "source", "brand", "platform", "topic", "since", "late", name="observed_by_source"
        ),
        comment="what a source has truly seen; inside it a bucket without a sample is zero",
    )
    op.execute(
        "INSERT INTO observed (source, brand, platform, topic, since, late, until) "
        "SELECT source, brand, platform, topic, since, false, until FROM observed_before"
    )
    op.drop_table("observed_before")
