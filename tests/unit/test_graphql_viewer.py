"""Who is looking, and whose book may be seen?"""

import pytest

from graphql_api.errors import ForbiddenError, UnauthenticatedError
from graphql_api.viewer import Viewer, development_viewer
from projections.reading import Scope


def viewer(header: str | None = None, cookie: str | None = None) -> Viewer:
    """Return who looks with this header and cookie."""
    return development_viewer(
        {} if header is None else {"x-wattbook-user": header}, {} if cookie is None else {"wattbook-user": cookie}
    )


def test_nobody_named_is_the_desk_with_every_role() -> None:
    assert viewer() == Viewer("desk", ("TRADER", "ANALYST", "AUDITOR"))
    assert viewer(cookie="") == viewer()
    assert viewer().scope == Scope(None)


def test_analyst_and_auditor_are_roles_and_see_everybody() -> None:
    assert viewer("analyst").roles == ("ANALYST",)
    assert viewer("auditor").roles == ("AUDITOR",)
    assert viewer("auditor").scope.trader_id is None


def test_any_other_name_is_a_trader_who_sees_own_rows() -> None:
    anna = viewer("anna")
    assert (anna.roles, anna.trader_id, anna.scope) == (("TRADER",), "anna", Scope("anna"))
    anna.may_see_book_of("anna")
    for book in ("bob", None):
        with pytest.raises(ForbiddenError):
            anna.may_see_book_of(book)
    viewer("analyst").may_see_book_of(None)


def test_the_header_counts_before_the_cookie() -> None:
    assert viewer("anna", "bob").name == "anna"


def test_names_of_any_script_come_through_header_and_cookie() -> None:
    assert viewer("Jürgen".encode().decode("latin-1")).name == "Jürgen"
    assert viewer(cookie="J%C3%BCrgen%20M").name == "Jürgen M"


@pytest.mark.parametrize("name", ["", "x" * 129, "a\x00b", "a\x1fb", "a\x7fb"])
def test_a_name_that_can_be_nobodys_is_refused(name: str) -> None:
    with pytest.raises(UnauthenticatedError):
        viewer(name)


@pytest.mark.parametrize("cookie", ["%FF", "a%00b", "%0A"])
def test_a_cookie_that_is_no_name_is_refused(cookie: str) -> None:
    with pytest.raises(UnauthenticatedError):
        viewer(cookie=cookie)


def test_a_header_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(UnauthenticatedError):
        viewer("J\xfcrgen")
