"""Silences are incidents; incidents that call nobody; where a surge is going"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Silences are incidents; incidents that call nobody; where a surge is going.

    What was stored before were surges, and called people.
    """
    with op.batch_alter_table("incident") as batch:
        batch.add_column(
            sa.Column(
                "kind",
                sa.Text(),
                nullable=False,
                server_default="surge",
                comment="surge or silence, as are its rows in `surge`",
            )
        )
        batch.add_column(
            sa.Column(
                "calls",
                sa.Boolean(),
                nullable=False,
                server_default=sa.true(),
                comment="false: it is shown, and nobody is called",
            )
        )
        batch.add_column(
            sa.Column(
                "calls_because",
                sa.Text(),
                nullable=False,
                server_default="",
                comment="why it calls, or why not",
            )
        )
    with op.batch_alter_table("surge") as batch:
        batch.add_column(
            sa.Column("trend", sa.Text(), nullable=True, comment="growing, holding or easing")
        )
