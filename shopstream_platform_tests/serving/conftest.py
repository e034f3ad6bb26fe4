"""The Power BI project as it would be written now."""

from pathlib import Path

import pytest

from shopstream_platform.serving.power_bi.build import write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write(folder)
    return folder
