"""In which bytes is a performance written, so that the same figures are the same bytes everywhere?"""

from hashlib import sha256

import rfc8785

from domain.canonical import performance_fields
from domain.performance import Performance


def performance_json(performance: Performance) -> bytes:
    """Return the RFC 8785 canonical JSON of *performance*, over which its digest is made."""
    return rfc8785.dumps(performance_fields(performance))


def digest_of(written: bytes) -> str:
    """Return the SHA-256 of a performance's canonical JSON, hexadecimal."""
    return sha256(written).hexdigest()
