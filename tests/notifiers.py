"""What notifiers in tests have in common."""

from alerts.duty.notices import Notice
from alerts.notifiers import Act, NotNews


class Unheard:
    """The parts of a notifier that no test is about: nobody answers there, and all is well."""

    async def notify(
        self,
        _notice: Notice,
        *,
        address: str | None,  # noqa: ARG002
        thread: str | None,  # noqa: ARG002
        uncertain: bool,  # noqa: ARG002
    ) -> str | None:
        return None

    async def amend(self, _notice: Notice, _receipt: str) -> str:
        raise NotNews

    async def listen(self, act: Act) -> None:
        pass

    async def check(self) -> str:
        return "here"

    async def test(self) -> None:
        pass

    async def close(self) -> None:
        pass
