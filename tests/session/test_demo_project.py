"""The demo project in small: rendered, imported by exam, corrected, trained on, judged on held-out exams, exported."""

import json
from pathlib import Path

import pytest

from polypviewer.core.errors import DatasetError
from polypviewer.core.review import ReviewStatus
from polypviewer.segmentation import load_bundle
from polypviewer.session.demo_project import correct_stills, is_project, make_demo, run_demo_loop
from polypviewer.session.jobs import project_for_command, status_of
from polypviewer.session.settings import home_folder
from polypviewer.session.store_door import JobStopped
from polypviewer.session.stored import activate, listing
from polypviewer.session.values import Progress
from tests.session.projects import quiet


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def test_the_demo_is_imported_with_its_exams_given(demo: Path) -> None:
    place = make_demo(demo, tell=quiet, exams=2, stills=2, clip_frames=4)
    assert is_project(demo)
    with project_for_command(demo, writes=True) as store:
        status = status_of(store)
        assert (status["media"], status["frames"], status["exams"]) == (5, 8, 3)
        assert status["patient_safe"] is True
        assert correct_stills(store, place, tell=quiet, exams=["E-0001"]) == 2
        lights = list(listing(store).statuses.values())
        assert sorted(lights) == [ReviewStatus.CORRECTED, ReviewStatus.NO_POLYP]


def test_the_demo_is_never_made_over_something(demo: Path) -> None:
    demo.mkdir()
    (demo / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(DatasetError):
        make_demo(demo, tell=quiet)
    assert [path.name for path in demo.iterdir()] == ["mine.txt"]


@pytest.mark.torch
@pytest.mark.slow
def test_the_whole_loop_runs_headless(demo: Path) -> None:
    import torch

    from trainer.export import CardFacts, write_bundle
    from trainer.models.registry import Architecture, build_network

    place = make_demo(demo, tell=quiet, exams=3, stills=2, clip_frames=4)
    torch.manual_seed(0)
    small = Architecture("unet", {"widths": [4, 8]})
    facts = CardFacts("small", "0", small, (64, 64), "tests", (), {"weights": "none", "pretraining": "none"})
    folder = write_bundle(home_folder() / "models" / "small", build_network(small), facts).folder
    with project_for_command(demo, writes=True) as store:
        activate(store, load_bundle(folder))
    said: list[str] = []
    outcome = run_demo_loop(place, tell=quiet, watch=quiet, say=said.append, steps=2)
    assert len(said) == 4
    assert outcome.proposed.proposed == 10
    assert outcome.corrected == 6
    assert outcome.training.state.holdout_exams >= 1
    for export in outcome.exports:
        card = json.loads((export / "dataset.json").read_text("utf-8"))
        assert card["counts"]["frames"] == 6
        assert card["patient_safe"] is True


def test_a_demo_that_is_stopped_on_the_way_leaves_nothing_and_can_be_made_again(tmp_path: Path) -> None:
    def stop_after_rendering(progress: Progress) -> None:
        if progress.text != "rendering":
            raise JobStopped

    demo = tmp_path / "demo"
    with pytest.raises(JobStopped):
        make_demo(demo, tell=stop_after_rendering, exams=1, stills=1, clip_frames=2)
    assert not list(tmp_path.iterdir())
    place = make_demo(demo, tell=quiet, exams=1, stills=1, clip_frames=2)
    assert is_project(place.folder)
    with project_for_command(demo, reader="demo", writes=False) as store:
        assert all(path.is_file() for path in store.paths().values())
