"""Files are written all or none, never over one that is there, and a kill in between is gone on from."""

from pathlib import Path, PurePosixPath

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.intake import write as writing
from shopstream_platform.intake.propose import propose
from shopstream_platform.intake.render.files import declaration_path, files, models_folder
from shopstream_platform.intake.write import check_free, write
from shopstream_platform_tests.intake.found import ALL_DAILY, NOTHING_MEASURED, inspection, relation, required

ONE = relation("public.t", required("id"), key=(1,))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in (declaration_path("src").parent, models_folder("src").parent):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def proposed() -> dict[PurePosixPath, str]:
    return files(propose("src", inspection(ONE), NOTHING_MEASURED, ALL_DAILY), "SRC_DSN")


def written(checkout: Path) -> dict[str, str]:
    return {
        path.relative_to(checkout).as_posix(): path.read_text("utf-8")
        for path in checkout.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_all_files_are_written_and_nothing_else_is_left(checkout: Path) -> None:
    write(checkout, "src", proposed())
    assert written(checkout) == {str(path): text for path, text in proposed().items()}


def test_a_declaration_that_is_there_is_kept(checkout: Path) -> None:
    write(checkout, "src", proposed())
    path = checkout / declaration_path("src")
    path.write_text("# mine")
    for again in (lambda: check_free(checkout, "src"), lambda: write(checkout, "src", proposed())):
        with pytest.raises(ShopStreamError, match=r"src\.py exists, and is yours: nothing was written.*check src"):
            again()
    assert path.read_text() == "# mine"


def test_models_that_are_there_are_kept_and_nothing_is_written(checkout: Path) -> None:
    mine = checkout / models_folder("src") / "stg_src__mine.sql"
    mine.parent.mkdir()
    mine.write_text("select 1")
    with pytest.raises(ShopStreamError, match="holds other files than would be written there: nothing was written"):
        write(checkout, "src", proposed())
    assert written(checkout) == {mine.relative_to(checkout).as_posix(): "select 1"}


def test_killed_between_the_models_and_the_declaration_it_goes_on_from_there(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing.os, "link", killed)
        with pytest.raises(KeyboardInterrupt):
            write(checkout, "src", proposed())
    assert not (checkout / declaration_path("src")).exists()
    write(checkout, "src", proposed())
    assert written(checkout) == {str(path): text for path, text in proposed().items()}


def test_a_declaration_made_meanwhile_is_kept(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move = writing._move_models

    def somebody_declares(new: Path, folder: Path) -> None:
        move(new, folder)
        (checkout / declaration_path("src")).write_text("# theirs")

    monkeypatch.setattr(writing, "_move_models", somebody_declares)
    with pytest.raises(ShopStreamError, match="exists, and is yours"):
        write(checkout, "src", proposed())
    assert (checkout / declaration_path("src")).read_text() == "# theirs"


def test_what_breaks_a_rule_of_declarations_is_not_written(checkout: Path) -> None:
    path = declaration_path("src")
    broken = proposed() | {path: proposed()[path].replace('name="src__t"', 'name="t"')}
    with pytest.raises(ShopStreamError, match="breaks a rule of declarations, so nothing was written: table t "):
        write(checkout, "src", broken)
    assert written(checkout) == {}
