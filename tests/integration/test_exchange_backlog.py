"""What if the disk takes less than the exchange sends? The rest waits outside, and nothing is dropped."""

from collections.abc import Sequence
from dataclasses import replace

from websockets.frames import Opcode

from adapters.journal.entries import LineDisconnected, MessageHeard, Noted, size_of
from tests.exchanges import RawLine, raw_exchange, say
from tests.held_line import QUICK, Notebook, held, now
from tests.waiting import eventually

NARROW = replace(QUICK, most_unwritten_bytes=1_000_000, silence_s=1, ping_interval_s=0.05)
SENT = [b"%07d" % number * 1_000 for number in range(3_000)]


class SlowDisk(Notebook):
    """A journal that writes nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = False
        self.most = 0

    def append_many(self, noted: Sequence[Noted]) -> None:
        super().append_many(noted)
        self.unwritten_bytes = 0 if self.writes else self.unwritten_bytes + sum(map(size_of, noted))
        self.most = max(self.most, self.unwritten_bytes)

    def go_on(self) -> None:
        self.writes, self.unwritten_bytes = True, 0


async def send_all(line: RawLine) -> None:
    await line.shake_hands()
    for message in SENT:
        line.send(Opcode.TEXT, message)
        await line.writer.drain()
    await line.until_hung_up()


async def test_a_line_ahead_of_the_disk_is_left_unread_and_loses_nothing() -> None:
    disk = SlowDisk()
    async with raw_exchange(send_all) as url, held(url, NARROW, disk) as notebook:
        await eventually(lambda: disk.unwritten_bytes > NARROW.most_unwritten_bytes)
        before = now()
        # Far longer than a line may be silent: it is this end that does not listen.
        await eventually(lambda: (now() - before).total_seconds() > 3 * NARROW.silence_s)
        assert disk.most < sum(map(len, SENT)) / 4
        disk.go_on()
        await eventually(lambda: len(notebook.messages) == len(SENT))
        assert notebook.messages == SENT
        assert notebook.losses == []


async def test_a_stop_while_the_disk_is_behind_waits_for_what_the_exchange_has_sent() -> None:
    disk = SlowDisk()
    async with raw_exchange(send_all) as url:
        async with held(url, NARROW, disk) as notebook:
            await eventually(lambda: disk.unwritten_bytes > NARROW.most_unwritten_bytes)
            disk.go_on()
        (lost,) = [each for each in notebook.noted if isinstance(each, LineDisconnected)]
        assert lost.reason == "receiver stopped"
        heard = [each for each in notebook.noted if isinstance(each, MessageHeard)]
        assert [each.payload for each in heard] == SENT[: len(heard)]


async def test_messages_right_behind_the_handshake_are_noted_in_their_place() -> None:
    async with raw_exchange(lambda line: say(line, b"first", b"second")) as url, held(url) as notebook:
        await eventually(notebook.has(b"first", b"second"))


async def test_a_message_in_thousands_of_pieces_is_one_message() -> None:
    async def talk(line: RawLine) -> None:
        await line.shake_hands()
        line.send(Opcode.TEXT, b"", False)
        for _ in range(20_000):
            line.send(Opcode.CONT, b"x", False)
        line.send(Opcode.CONT, b"", True)
        await line.until_hung_up()

    async with raw_exchange(talk) as url, held(url) as notebook:
        await eventually(notebook.has(b"x" * 20_000))
        assert notebook.losses == []
