"""Which reference prices should be asked for now, within the provider's limits?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RequestLimit:
    """At most ``requests`` in any window of ``seconds``."""

    requests: int
    seconds: int
