"""Legal holds, and what people say of data breaches"""

import sqlalchemy as sa
from alembic import op

from monitor.store import schema

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Legal holds, and what people say of data breaches: nothing was held or said before."""
    with op.batch_alter_table("incident") as batch:
        batch.add_column(
            sa.Column(
                "held_at",
                schema.Instant(),
                nullable=True,
                comment="on legal hold since then: nothing of it is purged",
            )
        )
        batch.add_column(sa.Column("held_by", sa.Text(), nullable=True))
        batch.add_column(sa.Column("held_because", sa.Text(), nullable=True))
        batch.add_column(
            sa.Column(
                "held_deleted",
                sa.Boolean(),
                nullable=False,
                server_default=sa.false(),
                comment="nor what authors delete",
            )
        )
    op.create_table(
        "withheld",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column(
            "post", sa.BigInteger(), autoincrement=False, nullable=False, comment="key of the post"
        ),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", schema.Instant(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"]),
        sa.PrimaryKeyConstraint("incident", "post"),
        comment="deleted by their authors, kept for a legal hold alone: nothing shows them",
    )
    op.create_table(
        "breach",
        sa.Column("id", schema.Id, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", schema.Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column(
            "law", sa.Text(), nullable=True, comment="gdpr or nis2; null: since when it is known"
        ),
        sa.Column("aware_at", schema.Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True, comment="notified or not_needed"),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"]),
        sa.PrimaryKeyConstraint("id"),
        comment="what people said of a data breach; only ever appended to, the last one counts",
    )
    with op.batch_alter_table("breach", schema=None) as batch_op:
        batch_op.create_index("breach_by_incident", ["incident"], unique=False)
