import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from streams.arriving import ArrivingLines

LONGEST = 100


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def given(pipe: tuple[int, int], text: bytes) -> ArrivingLines:
    """Return lines of which these are all."""
    os.write(pipe[1], text)
    os.close(pipe[1])
    return ArrivingLines(pipe[0], LONGEST)


def test_lines_are_taken_in_order_until_there_are_none(pipe: tuple[int, int]) -> None:
    lines = given(pipe, b"a\nb\nc\nd\ne")

    assert [lines.take(2) for _ in range(4)] == [[b"a", b"b"], [b"c", b"d"], [b"e"], []]


def test_blank_lines_and_line_ends_are_left_out(pipe: tuple[int, int]) -> None:
    assert given(pipe, b"\n \r\na\r\n\n\n b \n").take(9) == [b"a", b"b"]


def test_a_line_is_there_before_the_next_one_is_written(pipe: tuple[int, int]) -> None:
    lines = ArrivingLines(pipe[0], LONGEST)
    with ThreadPoolExecutor(1) as thread:
        os.write(pipe[1], b"a\nunfinished")
        assert thread.submit(lines.take, 64).result(10) == [b"a"]
        os.write(pipe[1], b" b\n")
        assert thread.submit(lines.take, 64).result(10) == [b"unfinished b"]
        os.close(pipe[1])
        assert thread.submit(lines.take, 64).result(10) == []


def test_what_is_there_already_is_taken_together(pipe: tuple[int, int]) -> None:
    lines = ArrivingLines(pipe[0], LONGEST)
    os.write(pipe[1], b"a\n")
    os.write(pipe[1], b"b\nc\n")
    assert lines.take(64) == [b"a", b"b", b"c"]
    os.close(pipe[1])


def test_nothing_is_kept_of_a_line_that_is_too_long(pipe: tuple[int, int]) -> None:
    long = b"x" * (LONGEST + 1)
    lines = given(pipe, b"a\n" + long + b"\n" + b"y" * LONGEST + b"\n" + long)

    assert lines.take(9) == [b"a", None, b"y" * LONGEST, None]
    assert lines.take(9) == []


def test_an_endless_line_takes_no_memory() -> None:
    with open("/dev/zero", "rb") as endless:  # noqa: PTH123 - a device
        lines = ArrivingLines(endless.fileno(), LONGEST)
        for _ in range(100):
            lines._read()
        assert len(lines._rest) <= LONGEST


def test_long_lines_are_taken_in_smaller_numbers(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("lines") / "long"
    file.write_bytes((b"x" * 50_000 + b"\n") * 8)
    with file.open("rb") as opened:
        lines = ArrivingLines(opened.fileno(), 1_000_000)
        taken = [len(lines.take(64)) for _ in range(5)]
    assert taken == [2, 2, 2, 2, 0]
