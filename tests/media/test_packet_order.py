"""The ledger of packets and pictures: losses are found, misplaced times put in order, delays mistaken for neither."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.media.packet_order import PacketOrder


def decode(decoding_order: list[int], *, delay: int, lost: frozenset[int] = frozenset()) -> list[tuple[int, int]]:
    """A decoder that holds ``delay`` pictures back and gives the earliest; lost packets give none."""
    ledger = PacketOrder()
    held: list[int] = []
    out: list[tuple[int, int]] = []
    for pts in decoding_order[:16]:
        ledger.seen(pts)
    for number, pts in enumerate(decoding_order):
        if number + 16 < len(decoding_order):
            ledger.seen(decoding_order[number + 16])
        ledger.sent()
        if pts not in lost:
            held.append(pts)
        # the delay counts packets, as frame threads do
        while number + 1 - sum(p in lost for p in decoding_order[: number + 1]) - len(out) > delay:
            held.sort()
            out.append(ledger.received(held.pop(0)))
    held.sort()
    while held:
        out.append(ledger.received(held.pop(0), more=0))
    return out


def b_frame_order(groups: int, b_frames: int) -> list[int]:
    """0, then each reference before the B-frames that are shown ahead of it."""
    order = [0]
    for group in range(groups):
        start = group * (b_frames + 1)
        order.append((start + b_frames + 1) * 10)
        order += [(start + n) * 10 for n in range(1, b_frames + 1)]
    return order


@given(st.integers(0, 4), st.integers(0, 6), st.integers(2, 30))
def test_nothing_is_lost_in_a_sound_clip(b_frames: int, threads: int, groups: int) -> None:
    order = b_frame_order(groups, b_frames)
    out = decode(order, delay=b_frames + threads)
    assert [pts for pts, _ in out] == sorted(order)
    assert sum(lost for _, lost in out) == 0


@given(st.integers(0, 4), st.integers(0, 6), st.data())
def test_a_loss_is_found_before_what_follows_it_is_shown(b_frames: int, threads: int, data: st.DataObject) -> None:
    order = b_frame_order(80, b_frames)
    missing = data.draw(st.sampled_from(sorted(order)[25:-25]))
    out = decode(order, delay=b_frames + threads, lost=frozenset({missing}))
    assert [pts for pts, _ in out] == [pts for pts in sorted(order) if pts != missing]
    found = [pts for pts, lost in out if lost]
    assert found == [min(pts for pts in order if pts > missing)]
    assert sum(lost for _, lost in out) == 1


def test_misplaced_times_change_places() -> None:
    """A recorder's slip: the seventh picture carries a time between the third and the fourth."""
    told = [0, 3003, 4004, 5005, 6006, 7007, 4505, 9009, 11011, 12012]
    ledger = PacketOrder()
    out = []
    for pts in told:
        ledger.seen(pts)
    for number in range(len(told)):
        ledger.sent()
        if number >= 4:
            out.append(ledger.received(told[number - 4]))
    out += [ledger.received(pts) for pts in told[len(out) :]]
    assert [pts for pts, _ in out] == sorted(told)
    assert not any(lost for _, lost in out)
    assert ledger.outstanding == 0


def test_frames_before_the_first_key_frame() -> None:
    ledger = PacketOrder()
    for pts in range(0, 100, 10):
        ledger.seen(pts)
        ledger.sent()
    assert ledger.received(60) == (60, 6)
    ledger.seen(100)
    ledger.sent()
    assert ledger.received(70) == (70, 0)
    assert ledger.outstanding == 3


def test_a_growing_delay_is_no_loss() -> None:
    ledger = PacketOrder()
    ledger.seen(0)
    ledger.sent()
    assert ledger.received(0) == (0, 0)
    for pts in range(10, 400, 10):
        ledger.seen(pts)
        ledger.sent()
        if pts > 30:
            assert ledger.received(pts - 30) == (pts - 30, 0)


def test_a_clock_that_jumps_back_is_neither_loss_nor_slip() -> None:
    told = [*range(1000, 1200, 10), *range(0, 200, 10)]
    ledger = PacketOrder()
    for pts in told[:16]:
        ledger.seen(pts)
    out = []
    for number, pts in enumerate(told):
        if number + 16 < len(told):
            ledger.seen(told[number + 16])
        ledger.sent()
        out.append(ledger.received(pts))
    assert out == [(pts, 0) for pts in told]
