"""Should this process be asked anything? Yes when its database answers and its figures are current."""

from typing import Final, TypedDict

from domain.errors import WattbookError
from graphql_api.ports import Store

ALLOWED_LAG_S: Final = 5.0


class Check(TypedDict):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


async def checks(store: Store) -> list[Check]:
    """Return what was looked at."""
    try:
        lag_s = await store.lag_s()
        new = (await store.positions()).new
    except WattbookError as error:
        return [
            {"name": "database", "ok": False, "detail": str(error)},
            {"name": "projections", "ok": False, "detail": "not known without the database"},
        ]
    detail = f"{lag_s:.1f} s behind the log"
    if new:
        detail = f"being filled from the log, without a figure yet: {', '.join(new)}"
    return [
        {"name": "database", "ok": True, "detail": "answers"},
        {"name": "projections", "ok": lag_s <= ALLOWED_LAG_S and not new, "detail": detail},
    ]
