from pathlib import Path

import pytest

from monitor import reference
from monitor.configuration.models import Configuration
from monitor.configuration.shape import KINDS, fields


def test_every_option_and_every_kind_is_on_the_page() -> None:
    page = reference.page()
    for path, model in reference.sections("", Configuration):
        assert not path or f"## `{path}`" in page
        for name, _ in fields(model):
            assert f"| `{name}` |" in page
    for kinds in KINDS.values():
        for kind in kinds().values():
            assert f"### `{kind.name}`" in page
            for name, _ in fields(kind.options):
                assert f"| `{name}` |" in page


def test_the_page_is_up_to_date() -> None:
    assert reference.main(["--check"]) == 0


def test_an_outdated_page_fails_the_check_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "PAGE", tmp_path / "docs" / "configuration.md")
    assert reference.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
