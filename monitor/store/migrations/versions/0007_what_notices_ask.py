"""What a notice asks has a column, by which it is found, and it keeps no briefing"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_PARTS = 3
"""Of the id of a notice that asks something: `submitted/<incident>/<number>`, and more."""


def upgrade() -> None:
    """What a notice asks has a column, by which it is found; so far its id began with it."""
    with op.batch_alter_table("notice") as batch:
        batch.add_column(
            sa.Column(
                "asks",
                sa.Text(),
                nullable=True,
                comment="what it asks; whoever answers that settles all that ask it",
            )
        )
    names = "id", "purpose", "asks"
    notice = sa.table("notice", *(sa.column(name, sa.Text) for name in names))
    id = notice.c.id
    about = sa.or_(id.startswith("submitted/"), id.startswith("ask/"))
    asking = sa.select(id).where(about, notice.c.purpose == "words")
    rows = [
        {"this": one, "what": "/".join(one.split("/")[:_PARTS])}
        for one in op.get_bind().scalars(asking.distinct())
    ]
    if rows:
        this = id == sa.bindparam("this")
        op.get_bind().execute(notice.update().where(this).values(asks=sa.bindparam("what")), rows)
    with op.batch_alter_table("notice") as batch:
        batch.create_index("notice_by_asks", ["asks"], unique=False)
    _without_briefings(op.get_bind())


def _without_briefings(connection: sa.Connection) -> None:
    """What strangers wrote stands in briefings alone, where it is purged."""
    names = "id", "notifier", "content"
    notice = sa.table("notice", *(sa.column(name, sa.Text) for name in names))
    n = notice.c
    keys = connection.execute(
        sa.select(n.id, n.notifier).where(n.content.contains('"briefing":{'))
    ).all()
    for id, notifier in keys:
        this = sa.and_(n.id == id, n.notifier == notifier)
        fields = json.loads(connection.scalar(sa.select(n.content).where(this)) or "{}")
        bare = json.dumps({**fields, "briefing": None}, ensure_ascii=False)
        connection.execute(notice.update().where(this).values(content=bare))
