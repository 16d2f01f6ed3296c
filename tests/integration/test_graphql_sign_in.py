"""Who may somebody be, and who is offered to choose from?"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.desk import Api, Desk, desk, serving, settings_for
from tests.notation import deal


@pytest.fixture
async def trading(database: str) -> AsyncIterator[Desk]:
    async with desk(database) as opened:
        await opened.knows(
            deal("anna buys 10 MW 08-09 at 20", deal_id="1"),
            deal("bob sells 1 MW 09-10 at 3", deal_id="2"),
        )
        yield opened


@pytest.fixture
async def api(trading: Desk, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(trading, settings_for(tmp_path)) as served:
        yield served


async def test_everybody_may_choose_who_to_be_in_the_development_sign_in(api: Api) -> None:
    answer = await api.data("{ signInOptions { name } traders }", viewer="bob")
    assert [option["name"] for option in answer["signInOptions"]] == ["desk", "analyst", "auditor", "anna", "bob"]
    assert answer["traders"] == ["bob"]


async def test_no_names_are_offered_where_people_sign_in_otherwise(trading: Desk, tmp_path: Path) -> None:
    otherwise = replace(settings_for(tmp_path), auth="oidc")  # type: ignore[arg-type]
    async with serving(trading, otherwise) as api:
        assert (await api.data("{ signInOptions { name } }"))["signInOptions"] == []


async def test_the_cookie_of_the_user_menu_signs_in(api: Api) -> None:
    headers = {"Cookie": "wattbook-user=J%C3%BCrgen"}
    body = {"query": "{ viewer { name roles } }"}
    async with api.session.post(f"{api.address}/graphql", json=body, headers=headers) as response:
        assert (await response.json())["data"]["viewer"] == {"name": "Jürgen", "roles": ["TRADER"]}
