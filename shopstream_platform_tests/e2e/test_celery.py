"""The steps of one run on two celery workers, by the script in deploy/."""

import re
import shutil

import pytest

from shopstream_platform_tests.e2e.shop import ROOT, Shop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="apt-get install redis-server"),
]


def test_the_steps_of_a_run_spread_over_two_workers(shop: Shop) -> None:
    before = shop.contents()
    ran = shop.shell(f'eval "$(shopstream env)" && python {ROOT}/deploy/celery/two_workers.py {shop.yesterday}')
    assert ran.code == 0, ran.everything
    spread = dict(re.findall(r"^worker (\w+): (.+)$", ran.out, re.MULTILINE))
    assert spread.keys() == {"one", "two"}
    steps = {step for steps in spread.values() for step in steps.split(", ")}
    assert {"oltp", "lake", "raw", "dbt", "dashboards", "docs"} <= steps
    assert shop.contents() == before
