"""One writer: who holds the store, who waits, and who has lost it."""

from contextlib import ExitStack, closing

import pytest
from sqlalchemy import text

from monitor.store import Database, LeaseLost, StoreBusy, StoreError
from monitor.store.database import WRITER_LOCK
from tests.prometheus import until


def test_a_second_process_is_refused_while_the_first_holds_the_store(url: str) -> None:
    with closing(Database.open(url)) as first, closing(Database.open(url)) as second:
        with first.lease(), pytest.raises(StoreBusy, match="in use by another"), second.lease():
            pass
        with second.lease(), second.write():
            pass


def test_whoever_lost_the_store_to_another_can_write_no_more(
    request: pytest.FixtureRequest,
) -> None:
    from tests.conftest import new_store

    url = new_store(request, request.getfixturevalue("tmp_path"), "postgresql")
    with closing(Database.open(url)) as first, closing(Database.open(url)) as second:
        with first.lease():
            with first.write():
                pass
            with second.write() as connection:  # as when the network between them breaks
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_locks "
                        "WHERE locktype = 'advisory' AND objid = :lock"
                    ),
                    {"lock": WRITER_LOCK},
                )
            with ExitStack() as taken:
                until(lambda: enter(taken, second), "the lock of a connection that was ended")
                with second.write():
                    pass
                with pytest.raises(LeaseLost, match="taken over"), first.write():
                    pytest.fail("it wrote")
        assert issubclass(LeaseLost, StoreError)


def enter(stack: ExitStack, store: Database) -> bool:
    """Whether nobody holds the store any more; it is held from then on."""
    try:
        stack.enter_context(store.lease())
    except StoreBusy:
        return False
    return True


def test_a_store_that_is_cleared_is_still_held(url: str) -> None:
    with closing(Database.open(url)) as store, store.lease():
        store.clear()
        with store.write():
            pass
