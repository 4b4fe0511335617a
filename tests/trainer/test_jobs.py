"""Jobs: what may train, what is refused, and by which sentence."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trainer.conftest import MakeJob, write_grey
from trainer.errors import DataError, JobError, TrainerError
from trainer.job import read_frame, read_job


def rewrite(folder: Path, number: int, **changes: Any) -> None:
    """Change one item of a written job."""
    content = json.loads((folder / "job.json").read_text("utf-8"))
    content["items"][number] |= changes
    (folder / "job.json").write_text(json.dumps(content), "utf-8")


def test_a_job_is_read_with_its_paths_made_whole(make_job: MakeJob) -> None:
    folder = make_job(train=2, holdout=1, replay=1)
    job = read_job(folder)
    assert read_job(folder / "job.json") == job
    assert [len(job.on(side)) for side in ("train", "holdout", "replay")] == [2, 1, 1]
    assert job.items[0].image == folder / "frames" / "000000.png"
    assert read_frame(job.items[0]).image.shape == (96, 96, 3)


def test_an_exam_on_both_sides_is_a_leak(make_job: MakeJob) -> None:
    folder = make_job(train=2, holdout=2)
    rewrite(folder, 3, exam="T-0")
    with pytest.raises(JobError, match="T-0 is both trained on and held out") as caught:
        read_job(folder)
    assert caught.value.code == "job.leak"


def test_replayed_frames_of_a_held_out_exam_are_a_leak_too(make_job: MakeJob) -> None:
    folder = make_job(train=1, holdout=1, replay=1)
    rewrite(folder, 2, exam="H-0")
    with pytest.raises(JobError, match="held out"):
        read_job(folder)


def test_a_frame_of_unknown_exam_trains_but_is_never_held_out(make_job: MakeJob) -> None:
    folder = make_job(train=2, holdout=2)
    rewrite(folder, 0, exam=None)
    assert read_job(folder).items[0].exam is None
    rewrite(folder, 2, exam=None)
    with pytest.raises(JobError) as caught:
        read_job(folder)
    assert caught.value.code == "job.leak"


@pytest.mark.parametrize("decision", ["needs_work", "undecided", "dismissed", None])
def test_what_nobody_decided_does_not_train(make_job: MakeJob, decision: str | None) -> None:
    folder = make_job()
    rewrite(folder, 1, decision=decision)
    with pytest.raises(JobError) as caught:
        read_job(folder)
    assert caught.value.code == "job.decision"


def test_a_frame_without_a_polyp_may_train(make_job: MakeJob) -> None:
    folder = make_job()
    rewrite(folder, 1, decision="no_polyp")
    assert len(read_job(folder).on("train")) == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"schema": "polypviewer/job/2"}, "job.schema"),
        ({"kind": "distil"}, "job.schema"),
        ({"steps": "many"}, "job.broken"),
        ({"batch": 0}, "job.broken"),
        ({"base": None}, "job.broken"),
        ({"items": []}, "job.empty"),
    ],
    ids=["newer", "other kind", "steps", "batch", "no base", "no items"],
)
def test_a_job_that_is_not_one_is_refused(make_job: MakeJob, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(JobError) as caught:
        read_job(make_job(**changes))
    assert caught.value.code == code


def test_a_folder_without_a_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no readable job"):
        read_job(tmp_path)


def test_a_missing_label_is_named(make_job: MakeJob) -> None:
    folder = make_job()
    (folder / "labels" / "000001.png").unlink()
    with pytest.raises(JobError, match=r"000001\.png of frames/000001\.png is missing"):
        read_frame(read_job(folder).items[1])


def test_a_label_of_another_grid_is_refused(make_job: MakeJob) -> None:
    folder = make_job()
    write_grey(folder / "labels" / "000001.png", np.zeros((48, 48), np.uint8))
    with pytest.raises(DataError, match="48x48 pixels, its image 96x96"):
        read_frame(read_job(folder).items[1])


def test_a_field_of_view_that_the_application_drew_is_kept_to(make_job: MakeJob) -> None:
    folder = make_job()
    seen = np.zeros((96, 96), np.uint8)
    seen[10:90, 20:80] = 255
    write_grey(folder / "fov" / "000000.png", seen)
    field = read_frame(read_job(folder).items[0]).field
    assert tuple(field.box) == (20, 10, 80, 90)
    assert np.array_equal(field.seen(), seen > 0)


def test_every_refusal_names_a_cure(make_job: MakeJob, tmp_path: Path) -> None:
    shutil.rmtree(make_job(), ignore_errors=True)
    with pytest.raises(TrainerError) as caught:
        read_job(tmp_path / "job")
    assert caught.value.cure.endswith(".")
    assert caught.value.message.endswith(".")
