"""Row 6 of the fault matrix, its ten minutes: how often is an exchange asked that refuses all the while?"""

from random import Random

import pytest

from adapters.exchange.line import LineOptions

REFUSES_S = 600.0


@pytest.mark.parametrize("seed", range(20))
def test_an_exchange_that_refuses_for_ten_minutes_is_stormed_by_no_line(seed: int) -> None:
    options, random = LineOptions(), Random(seed)
    attempts, passed_s = 0, 0.0
    while passed_s < REFUSES_S:
        passed_s += options.delay_s(attempts, random)
        attempts += 1
    longest_s = options.reconnect_delays_s[-1]
    growing = len(options.reconnect_delays_s)
    assert attempts <= growing + REFUSES_S / (longest_s * (1 - options.jitter))
    assert attempts >= REFUSES_S / (longest_s * (1 + options.jitter)), "nor is it given up"
