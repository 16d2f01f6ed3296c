"""How are the figures of a benchmark shown? As a table with the ratio to the first row."""

from collections.abc import Sequence


def show_rates(rows: Sequence[tuple[str, float]], unit: str) -> None:
    """Print rates and how many times the first one is of each."""
    width = max(len(name) for name, _ in rows)
    ours = rows[0][1]
    for name, rate in rows:
        print(f"  {name:<{width}}  {rate:>12,.0f} {unit}   {ours / rate:>8.2f} x")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that *share* of *values* do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
