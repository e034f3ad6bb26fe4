import sys

import pytest

from shopstream_platform.config.modules import not_found


def test_a_module_is_not_found_meanwhile() -> None:
    sys.modules.pop("colorsys", None)
    with not_found("colorsys"), pytest.raises(ImportError):
        import colorsys
    import colorsys

    assert colorsys.ONE_THIRD


def test_a_module_that_is_there_stays() -> None:
    import json

    with not_found("json"):
        assert sys.modules["json"] is json
    assert sys.modules["json"] is json
