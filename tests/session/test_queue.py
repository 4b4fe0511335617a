"""Frame order, status lights, queues and pace, also with 10,000 frames."""

import time
from uuid import UUID, uuid4

import pytest

from polypviewer.core.identity import FrameRef
from polypviewer.core.media_item import MediaItem
from polypviewer.core.review import ReviewStatus
from polypviewer.session.frame_order import FrameOrder
from polypviewer.session.queue import Pace, StatusLights, find_in_queue, view_queue
from polypviewer.session.values import QueueName


def medium(frames: int, *, kind: str = "image", broken: str = "") -> MediaItem:
    return MediaItem(uuid4(), f"M-{frames:04}", kind, f"file1:{uuid4()}", 8, 8, frames, broken=broken)  # type: ignore[arg-type]


def test_frames_come_in_the_order_of_import_and_a_video_s_frames_one_after_another() -> None:
    still, clip = medium(1), medium(3, kind="video")
    order = FrameOrder([still, clip])
    assert list(order) == [FrameRef(still.id, 0), *(FrameRef(clip.id, index) for index in range(3))]
    assert order[-1] == FrameRef(clip.id, 2)
    assert order.index(FrameRef(clip.id, 1)) == 2
    assert list(order[1:3]) == [FrameRef(clip.id, 0), FrameRef(clip.id, 1)]


def test_a_broken_medium_has_no_frames_and_the_others_go_on() -> None:
    first, broken, last = medium(1), medium(1, broken="cut off"), medium(1)
    order = FrameOrder([first, broken, last])
    assert [ref.media_id for ref in order] == [first.id, last.id]
    assert len(order.media) == 3
    assert FrameRef(broken.id, 0) not in order
    with pytest.raises(ValueError, match="not in this project"):
        order.index(FrameRef(broken.id, 0))


def test_ten_thousand_frames_are_found_at_once() -> None:
    order = FrameOrder([medium(1) for _ in range(5_000)] + [medium(5_000, kind="video")])
    lights = StatusLights(frames=len(order))
    began = time.perf_counter()
    for position in range(0, 10_000, 100):
        assert order.index(order[position]) == position
    assert find_in_queue(order, lights, name=QueueName.NEEDS_WORK, start=-1, step=1) is None
    assert time.perf_counter() - began < 0.5


def test_enter_goes_to_the_next_frame_that_nobody_has_decided() -> None:
    order = FrameOrder([medium(6, kind="video")])
    lights = StatusLights(frames=6)
    lights.change(order[1], ReviewStatus.ACCEPTED)
    lights.change(order[2], ReviewStatus.NO_POLYP)
    lights.change(order[3], ReviewStatus.NEEDS_WORK)
    lights.change(order[4], ReviewStatus.PROPOSED)
    assert find_in_queue(order, lights, name=QueueName.TO_REVIEW, start=0, step=1) == order[4]
    assert find_in_queue(order, lights, name=QueueName.TO_REVIEW, start=4, step=-1) == order[0]
    assert find_in_queue(order, lights, name=QueueName.NEEDS_WORK, start=0, step=1) == order[3]
    assert find_in_queue(order, lights, name=QueueName.TO_REVIEW, start=5, step=1) is None


def test_lights_are_counted_as_they_change() -> None:
    order = FrameOrder([medium(4, kind="video")])
    lights = StatusLights(frames=4)
    assert lights.change(order[0], ReviewStatus.PROPOSED)
    assert not lights.change(order[0], ReviewStatus.PROPOSED)
    lights.change(order[0], ReviewStatus.ACCEPTED)
    lights.change(order[1], ReviewStatus.PROPOSED)
    lights.change(order[1], ReviewStatus.UNREVIEWED)
    assert lights.count(ReviewStatus.ACCEPTED) == 1
    assert lights.count(ReviewStatus.PROPOSED) == 0
    assert lights.count(ReviewStatus.UNREVIEWED) == 3
    assert lights[FrameRef(UUID(int=1), 0)] is ReviewStatus.UNREVIEWED


def test_the_pace_is_the_median_of_the_decisions_and_pauses_do_not_count() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    assert Pace().seconds is None
    for seconds in (4.0, 6.0, 5_000.0, 5.0):
        pace.frame_shown()
        now[0] += seconds
        pace.decided()
    assert pace.seconds == 5.0
    lights = StatusLights(frames=10)
    view = view_queue(lights, name=QueueName.TO_REVIEW, pace=pace)
    assert (view.waiting, view.decided, view.seconds_left) == (10, 0, 50.0)
