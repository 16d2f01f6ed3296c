"""Is whatever stands after a flag that cannot be used told in a sentence?"""

import os

import pytest

from wattbook.commands import parser

NOT_UTF_8 = os.fsdecode(b"a\xff")


@pytest.mark.parametrize(
    "flags",
    [
        "report --day 2023-02-06 --trader",
        "replay --day 2023-02-06 --trader",
        "explain --day 2023-02-06 --from 1 --trader",
        "publish --day 2023-02-06 --trader",
        "publish --day 2023-02-06 --author",
        "reports --trader",
        "prove --deal",
        "prove --deal 1 --trader",
        "export deals --to deals.csv --trader",
        "export deals --to deals.csv --label",
        "resolve 1 --reason why --period",
        "resolve 1 --accept --reason",
        "resolve 1 --accept --reason why --author",
        "report --day",
        "report --day 2023-02-06 --position",
        "report --day 2023-02-06 --at",
        "explain --day 2023-02-06 --from",
        "rebuild",
    ],
)
def test_text_that_is_no_utf_8_is_wrong_use(flags: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*flags.split(), NOT_UTF_8])
    assert ended.value.code == 2
    assert "error: argument" in capsys.readouterr().err
