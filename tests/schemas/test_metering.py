import asyncio

from schemas.metering import book, metering


def test_what_is_booked_within_the_block_is_collected() -> None:
    with metering() as elsewhere:
        book(0.25)
        book(0.5)
    book(4.0)

    assert elsewhere.seconds == 0.75


def test_an_inner_block_keeps_its_own_account() -> None:
    with metering() as outer:
        with metering() as inner:
            book(1.0)
        book(2.0)

    assert (outer.seconds, inner.seconds) == (2.0, 1.0)


async def test_tasks_book_for_the_block_they_were_started_in() -> None:
    async def work(seconds: float) -> float:
        with metering() as elsewhere:
            await asyncio.gather(*(_book_later(seconds) for _ in range(2)))
        return elsewhere.seconds

    assert list(await asyncio.gather(work(1.0), work(0.25))) == [2.0, 0.5]


async def _book_later(seconds: float) -> None:
    await asyncio.sleep(0)
    book(seconds)
