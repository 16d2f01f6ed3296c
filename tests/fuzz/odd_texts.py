"""Which values does nobody expect in a field of a confirmation, each as its JSON text?"""

import json
from random import Random
from typing import Final

OWN_FIELDS: Final = (
    "id", "price", "quantity", "direction", "delivery_day", "delivery_hour", "trader_id", "execution_time",
)  # fmt: skip

DAYS: Final = (
    "2023-02-06", "2023-02-06", "2023-02-07", "2023-03-26", "2023-10-29", "2024-02-29", "2023-02-29", "2025-10-26",
    "1899-12-31", "1900-01-01", "1916-04-30", "1945-05-24", "1947-05-11", "2199-12-31", "2200-01-01", "0000-01-01",
    "0001-01-01", "9999-12-31", "2023-2-6", "2023-13-01", "20230206", "2023-W06-1", "２０２３-02-06", " 2023-02-06",
)  # fmt: skip

LABELS: Final = (
    "08-09", "08-09", "00-01", "23-24", "23-00", "02-03", "02-03A", "02-03B", "03-04B", "08:15-08:30", "08:00-09:00",
    "23:45-24:00", "23:45-00:00", "02:15-02:30", "02:15-02:30A", "02:30-03:00B", "02:00-03:00A", "24-25", "09-08",
    "8-9", "08-09C", "08-09a", "08:10-08:25", "08:00-09", "00-00", "00:00-00:00", "08-10", "０８-09", "08-09\\n", "",
)  # fmt: skip

TIMES: Final = (
    "2023-02-06T06:13:45Z", "2023-02-06T06:13:45.123456+01:00", "2023-10-29T00:30:00Z", "2023-10-29T01:00:00Z",
    "2023-10-29T03:30:00+02:00", "2023-02-06t06:13:45z", "2023-02-06 06:13:45Z", "2023-02-06T06:13:45",
    "2023-02-06T06:13:60Z", "2023-02-06T24:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
    "2023-02-06T06:13:45.1234567890123Z", "2023-02-06T06:13:45.Z", "2023-02-06T06:13:45,5Z", "2023-02-30T00:00:00Z",
    "2023-02-06T06:13:45+24:00", "2023-02-06T06:13:45+10:75", "2023-02-06T06:13:45-00:00", "2023-02-06T06:13Z",
)  # fmt: skip

ODD_NUMBERS: Final = (
    "0", "-0", "-0.0", "1", "1.0", "0.1", "0.000001", "0.0000001", "0.0000010", "1000000", "1000000.000001", "1e6",
    "1000001", "-1000000", "999999.999999", "1e-6", "1E-7", "10e-7", "1e400", "1e-400", "0e400", "0e-400", "-0e0",
    "1e999999999", "0e999999999", "1e-999999999", "1e99999999999999999999", "0e99999999999999999999", "1e+0003",
    "1." + "0" * 500, "0." + "0" * 500 + "1", "1" + "0" * 500, "1" + "0" * 500 + "e-500", "0" * 500, "9" * 5_000,
    "0." + "3" * 450, "NaN", "-Infinity", "Infinity", "-NaN", "+1", ".5", "5.", "007", "1_000", "0x10", "1,5", " 1",
    "1e", "--1", "٣", "１", "20.50000000000000000000000000000000000000000000000", "4.35", "1.1e1", "12e-1",
)  # fmt: skip

ODD: Final = (
    "null", "true", "false", '""', "[]", "{}", "[null]", '{"a": 1}', '[{"id": NaN}]', '{"x": Infinity}', "[1, [2]]",
    '"buy"', '"sell"', '"BUY"', '"bu\\u0079"', '"buy\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"', '"\U0001f600"', '"\ud800"', '"a:b%3Ac"', '"\\n"', '"\\u007f"', '"\u0085"', '"\u00a0"',
    '"\u2028"', '"\u202e"', '"\ufeff"', '"\ufffe"', '"e\u0301"', '"\u00e9"', '"İ"', '"ß"', "'a'", '"\\x41"', '"\t"',
    '"' + "x" * 128 + '"', '"' + "x" * 129 + '"', '"' + "\U0001f600" * 128 + '"', '"' + "%:" * 64 + '"', "9" * 128,
    "9" * 129, "-" + "9" * 128, "-5", "1.5", '"1.5"', "NaN", '"NaN"', '"; DROP TABLE events; --"', '"../../etc"',
    '"<script>"', '"\\\\"', '"\\""', "undefined", "nul", "\\u0031", '"' + " " * 20 + '"', '"__proto__"', '"${x}"',
    "[" * 70 + "]" * 70, '"' + "[" * 70 + '"', "{" * 70 + "}" * 70,
)  # fmt: skip


def odd_text(random: Random) -> str:
    """Return the JSON text of some value, or what is none."""
    match random.randrange(8):
        case 0:
            return random.choice(ODD_NUMBERS)
        case 1:
            return f'"{random.choice(ODD_NUMBERS)}"'
        case 2:
            return f'"{random.choice((*DAYS, *LABELS, *TIMES))}"'
        case 3:
            characters = [chr(_code_point(random)) for _ in range(random.randrange(12))]
            return json.dumps("".join(characters), ensure_ascii=random.random() < 0.5)
        case 4:
            return json.dumps(
                random.choice((random.getrandbits(70), random.uniform(-2e6, 2e6), random.random() * 1e-5))
            )
    return random.choice(ODD)


def _code_point(random: Random) -> int:
    return random.choice(
        (
            random.randrange(0x80), random.randrange(0x300), random.randrange(0x10000), random.randrange(0x110000),
            random.randrange(0xD800, 0xE000),
        )
    )  # fmt: skip
