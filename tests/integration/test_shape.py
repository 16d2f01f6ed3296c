"""Is a table that is not there, or lacks a column, a finding like any other?"""

import pytest

from adapters.event_log.chain_check import Finding
from projections import READ_MODELS
from projections.read_model import AnyReadModel
from tests.desk import Desk
from tests.integration.test_verify import findings, tamper


@pytest.mark.parametrize("model", READ_MODELS, ids=lambda model: model.name)
async def test_a_table_or_a_column_that_is_gone_is_named_and_the_others_are_compared(
    trading: Desk, model: AnyReadModel
) -> None:
    table = f"read_models.{model.table}"
    column = model.columns[-1]
    tamper(trading.url, f'ALTER TABLE {table} ALTER {column} TYPE text COLLATE "POSIX" USING {column}::text')
    kind = findings(trading.url)
    tamper(trading.url, f"ALTER TABLE {table} DROP {column}")
    assert findings(trading.url) == [Finding(12, table, f"its column {column} is gone")]
    assert kind == [] or [(each.position, each.table) for each in kind] == [(12, table)]
    tamper(trading.url, f"DROP TABLE {table}")
    assert findings(trading.url) == [Finding(12, table, "the table is gone")]
    assert findings(trading.url, stretch=5) == findings(trading.url)
    tamper(trading.url, "DROP TABLE read_models.checkpoints")
    told = findings(trading.url)
    assert Finding(0, "read_models.checkpoints", "the table is gone") in told
    assert Finding(0, table, "the table is gone") in told
