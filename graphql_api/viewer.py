"""Who is looking? In the development sign-in whoever the request says; everything else hangs on the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

from domain.canonical import Fields
from graphql_api.errors import ForbiddenError, UnauthenticatedError
from projections.reading import Scope

Role = Literal["TRADER", "ANALYST", "AUDITOR"]

DEVELOPMENT: Final = "dev"
"""The mode of signing in where whoever looks chooses a name."""

HEADER: Final = "x-wattbook-user"
COOKIE: Final = "wattbook-user"


@dataclass(frozen=True)
class Viewer:
    """Somebody who is signed in. A trader sees own rows, the other roles see everybody's."""

    name: str
    roles: tuple[Role, ...]
    trader_id: str | None = None

    @property
    def scope(self) -> Scope:
        """Whose rows this viewer may see."""
        return Scope(self.trader_id)

    def may_see_book_of(self, trader_id: str | None) -> None:
        """Raise :class:`ForbiddenError` unless this viewer may see a trader's book, or the desk's (``None``)."""
        if not self.scope.shows(trader_id):
            whose = "the whole desk" if trader_id is None else "another trader"
            raise ForbiddenError(f"{self.name} sees own figures only, not those of {whose}")

    def may_settle(self) -> None:
        """Raise :class:`ForbiddenError` unless this viewer may settle rejections.

        Whose deals they are must not decide what they are, and who examines the books changes nothing in them.
        """
        if "ANALYST" not in self.roles:
            raise ForbiddenError(f"{self.name} may not settle rejections: the desk or an analyst does")


ROLES: Final = (
    Viewer("desk", ("TRADER", "ANALYST", "AUDITOR")),
    Viewer("analyst", ("ANALYST",)),
    Viewer("auditor", ("AUDITOR",)),
)
"""The users that are no traders; the first one looks when nobody is named."""


def development_viewer(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Viewer:
    """Return who a request says is looking: by its header, else by its cookie, else the desk.

    Raises :class:`UnauthenticatedError` for a name that can be nobody's.
    """
    name = headers.get(HEADER)
    if name is not None:
        return named(_utf8(name))
    if cookie := cookies.get(COOKIE):
        try:
            return named(unquote(cookie, errors="strict"))
        except UnicodeDecodeError as error:
            raise UnauthenticatedError(f"the cookie {COOKIE} is no UTF-8") from error
    return ROLES[0]


def named(name: str) -> Viewer:
    """Return the viewer of that name: a role, or a trader."""
    for viewer in ROLES:
        if viewer.name == name:
            return viewer
    if not 1 <= len(name) <= 128 or any(ord(character) < 32 or 127 <= ord(character) < 160 for character in name):
        raise UnauthenticatedError("a user is named by 1 to 128 characters, none of them a control character")
    return Viewer(name, ("TRADER",), name)


def viewer_fields(viewer: Viewer) -> Fields:
    """Return the fields of the schema's ``Viewer``."""
    return {"name": viewer.name, "roles": list(viewer.roles), "traderId": viewer.trader_id}


def _utf8(header: str) -> str:
    """Return a header as the text its bytes are in UTF-8: servers hand headers on as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except ValueError as error:
        raise UnauthenticatedError(f"the header {HEADER} is no UTF-8") from error
