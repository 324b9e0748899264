"""What bin/check finds: nothing. Format, lint, types and who may import whom."""

import pytest
from _checks import CHECKS


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_finds_nothing(name):
    process = CHECKS[name].start()
    output, _ = process.communicate()
    assert process.returncode == 0, output
