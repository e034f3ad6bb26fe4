"""What is replaced in fakesnow is there to be replaced."""

import pytest

from shopstream_platform.localsnow import patches, upstream


def test_a_step_that_upstream_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError, match="fakesnow has no step whole_numbers"):
        upstream.replace_steps({"whole_numbers": patches.whole_numbers}, {})
    with pytest.raises(KeyError, match="fakesnow has no default of QUOTE"):
        upstream.replace_steps({}, {"QUOTE": "x"})
