"""Which messages does a search for untried branches of the parser find? Each must keep the laws too.

libFuzzer ends the process that it runs in, so it gets one of its own:
``python -m tests.fuzz.coverage_guided -runs=N -seed=S FOLDER``.
"""

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Final

import atheris  # type: ignore[import-untyped]

if __name__ == "__main__":
    with atheris.instrument_imports(include=["adapters.exchange", "domain"]):
        from tests.fuzz.laws import LawBrokenError, outcome_of
else:
    from tests.fuzz.laws import LawBrokenError, outcome_of

from tests.fuzz.messages import Messages
from tests.fuzz.odd_texts import DAYS, LABELS, ODD, ODD_NUMBERS, OWN_FIELDS, TIMES

ROOT: Final = Path(__file__).parents[2]
LONGEST_MESSAGE: Final = 4_096
FIRST_MESSAGES: Final = 300
_KEYS: Final = ("deal_confirmation", "trade_confirmation", *OWN_FIELDS, "buy", "sell")


def search(seed: int, runs: int, folder: Path) -> str:
    """Try *runs* messages; return how many branches were reached, raise where a message breaks a law."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for number, raw in enumerate(_first_messages(seed)):
        (corpus / str(number)).write_bytes(raw)
    words = folder / "words"
    known = (*_KEYS, *DAYS, *LABELS, *TIMES, *ODD, *ODD_NUMBERS)
    words.write_text("".join(f"{_quoted(word)}\n" for word in known if word))
    options = (
        f"-runs={runs}", f"-seed={seed % 2**32 or 1}", f"-max_len={LONGEST_MESSAGE}", f"-dict={words}", "-timeout=20",
        f"-artifact_prefix={folder}/broken-", "-print_final_stats=1", "-verbosity=1",
    )  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.coverage_guided", *options, str(corpus)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    said = ran.stderr.decode(errors="replace") + ran.stdout.decode(errors="replace")
    for broken in folder.glob("broken-*"):
        raise LawBrokenError(f"found by coverage with seed {seed}:\n{said[-3_000:]}", broken.read_bytes())
    if ran.returncode != 0 or f"Done {runs} runs" not in said:
        raise AssertionError(f"the search with seed {seed} ended with {ran.returncode}:\n{said[-3_000:]}")
    reached = [line for line in said.splitlines() if " cov: " in line][-1]
    return " ".join(reached.split()[2:6])


def _first_messages(seed: int) -> list[bytes]:
    """Return what the exchange has sent for real, as the log's golden files keep it, and some that are made up."""
    kept = [path.read_bytes() for path in sorted((ROOT / "tests" / "golden").glob("*.json"))]
    made_up = islice((raw for raw in Messages(seed) if len(raw) <= LONGEST_MESSAGE), FIRST_MESSAGES)
    return [*kept, *made_up]


def _quoted(word: str) -> str:
    """Return *word* as libFuzzer's dictionaries write it."""
    raw = word.encode("utf-8", "surrogatepass")[:64]
    return '"' + "".join(chr(byte) if chr(byte).isalnum() and byte < 0x80 else f"\\x{byte:02x}" for byte in raw) + '"'


def _try(raw: bytes) -> None:
    outcome_of(raw)


if __name__ == "__main__":
    atheris.Setup(sys.argv, _try)
    atheris.Fuzz()
