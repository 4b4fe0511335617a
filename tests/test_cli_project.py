"""The whole job by commands.

New, import, propose, status, correct, finetune, export, relink; and what goes wrong in it.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.session.correcting import correct_and_accept
from polypviewer.session.frames import FrameReader
from polypviewer.session.jobs import project_for_command
from polypviewer.session.keeper import Keeper
from polypviewer.session.stored import listing
from tests.command_line import polypviewer
from tests.session.fake_trainers import trainer
from tests.session.projects import READER, write_pictures

ROOT = Path(__file__).parents[1]


def truth_of(number: int) -> LabelMap:
    """A mask for the picture of this number: two polyps, or none for every fourth."""
    mask = np.zeros((96, 128), np.uint8)
    if number % 4 != 3:
        cv2.circle(mask, (64, 48), 20, 1, -1)
        cv2.circle(mask, (20 + number, 20), 8, 2, -1)
    return mask


@pytest.fixture
def project(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """Eight pictures of two exams."""
    folder = tmp_path / "project"
    assert polypviewer(capfd, "new", folder, "--name", "Test").code == 0
    pictures = write_pictures(tmp_path / "all", 8)
    for exam, paths in (("E-A", pictures[:4]), ("E-B", pictures[4:])):
        ran = polypviewer(capfd, "import", folder, *paths, "--exam", f"one:{exam}", "--reader", READER, "--json")
        assert ran.code == 0, ran.err
        assert ran.json["added"] == 4
        assert ran.json["patient_safe"] is True
    return folder


@pytest.fixture
def corrected(project: Path) -> Path:
    """The same, every frame corrected and accepted."""
    with project_for_command(project, reader=READER, writes=True) as store:
        keeper, reader = Keeper(store), FrameReader()
        now = listing(store)
        for number, item in enumerate(now.media):
            identity = reader.load(now.paths[item.id], FrameRef(item.id, 0)).identity
            correct_and_accept(keeper, store.reader.id, identity, truth_of(number))
        reader.close()
    return project


def test_propose_says_which_device_ran_and_does_nothing_twice(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ran = polypviewer(capfd, "propose", project, "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["proposed"], ran.json["device"]) == (8, "cpu")
    again = polypviewer(capfd, "propose", project, "--json")
    assert (again.json["proposed"], again.json["skipped"]) == (0, 8)
    status = polypviewer(capfd, "status", project, "--json").json
    assert (status["frames"], status["proposed"], status["decided"], status["exams"]) == (8, 8, 0, 2)


def test_exports_equal_the_corrected_masks_bit_for_bit(
    corrected: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("kvasir", "coco"):
        ran = polypviewer(capfd, "export", corrected, tmp_path / name, "--format", name, "--json")
        assert ran.code == 0, ran.err
        assert ran.json["frames"] == 8
    card = json.loads((tmp_path / "kvasir" / "dataset.json").read_text("utf-8"))
    for number, item in enumerate(card["items"]):
        path = next(name for name in item["files"] if name.startswith("masks/"))
        mask = cv2.imread(str(tmp_path / "kvasir" / path), cv2.IMREAD_UNCHANGED)
        assert mask is not None
        assert np.array_equal(mask.reshape(96, 128, -1)[:, :, 0] > 0, truth_of(number) > 0)
        assert item["provenance"]["reader"] == READER
    refused = polypviewer(capfd, "export", corrected, tmp_path / "coco", "--format", "coco")
    assert refused.code == 1
    assert polypviewer(capfd, "export", corrected, tmp_path / "coco", "--format", "coco", "--overwrite").code == 0


def test_nothing_decided_is_nothing_to_export(project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ran = polypviewer(capfd, "export", project, tmp_path / "out", "--format", "coco")
    assert ran.code == 1
    assert "decided" in ran.err
    assert not (tmp_path / "out").exists()


def test_an_import_names_what_is_broken_and_takes_the_rest(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "with spaces é"
    folder.mkdir()
    (folder / "zero.png").write_bytes(b"")
    (folder / "text.jpg").write_text("hello", "utf-8")
    (folder / "clip.mp4").write_bytes(b"no video")
    ran = polypviewer(capfd, "import", project, folder, tmp_path / "all", tmp_path / "nowhere")
    assert ran.code == 1
    assert "8 already there, 4 cannot be read" in ran.out
    for name in ("zero.png", "text.jpg", "clip.mp4", "nowhere"):
        assert name in ran.err
    status = polypviewer(capfd, "status", project, "--json").json
    assert status["frames"] == 8
    broken = status["broken"]
    assert isinstance(broken, list)
    assert len(broken) == 3


def test_without_a_rule_and_a_terminal_the_exam_is_unknown_and_that_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    write_pictures(tmp_path / "flat", 2)
    polypviewer(capfd, "new", tmp_path / "project")
    ran = polypviewer(capfd, "import", tmp_path / "project", tmp_path / "flat")
    assert ran.code == 0
    assert "not patient-safe" in ran.err


def test_a_new_project_is_never_made_over_something(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    assert polypviewer(capfd, "new", tmp_path).code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_moved_pictures_are_found_again_by_their_content(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "elsewhere" / "renamed"
    moved.parent.mkdir()
    shutil.move(tmp_path / "all", moved)
    for path in list(moved.iterdir()):
        path.rename(moved / f"renamed {path.name}")
    assert polypviewer(capfd, "propose", project).code == 1
    ran = polypviewer(capfd, "relink", project, tmp_path / "elsewhere", "--json")
    assert ran.code == 0, ran.err
    assert (len(ran.json["found"]), ran.json["missing"]) == (8, [])  # type: ignore[arg-type]
    assert polypviewer(capfd, "propose", project).code == 0


# --- training ---


@pytest.fixture
def small_model(isolated_settings: Path) -> Path:
    """A tiny trainable bundle."""
    torch = pytest.importorskip("torch", reason="needs the [train] extra: torch is not installed here")
    from trainer.export import CardFacts, write_bundle
    from trainer.models.registry import Architecture, build_network

    torch.manual_seed(0)
    small = Architecture("unet", {"widths": [4, 8]})
    facts = CardFacts("small", "0", small, (64, 64), "tests", (), {"weights": "none", "pretraining": "none"})
    return write_bundle(isolated_settings / "bundles" / "small", build_network(small), facts).folder


@pytest.mark.torch
def test_finetune_gives_a_new_model_that_the_project_can_use(
    corrected: Path, small_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--steps", 2, "--model", small_model, "--name", "mine", "--holdout", 0.5, "--use", "--json")
    ran = polypviewer(capfd, "finetune", corrected, *arguments)
    assert ran.code == 0, ran.err
    assert (ran.json["train_frames"], ran.json["holdout_frames"]) == (4, 4)
    assert ran.json["baseline_dice"] is not None
    assert ran.json["active"] is True
    assert polypviewer(capfd, "status", corrected, "--json").json["active_model"] == ran.json["digest"]
    assert Path(str(ran.json["bundle"])).is_relative_to(corrected)
    run = next((corrected / "runs").iterdir())
    assert {path.name for path in run.iterdir()} == {"job.json", "events.jsonl"}
    job = json.loads((run / "job.json").read_text("utf-8"))
    sides = {item["exam"]: item["side"] for item in job["items"]}
    assert sorted(sides.values()) == ["holdout", "train"]


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [("crash", "ended without an answer"), ("error", "both sides"), ("no torch", "pip install"), ("half", "ended")],
)
def test_a_trainer_that_fails_is_one_sentence_and_leaves_nothing(
    behaviour: str, words: str, corrected: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("polypviewer.session.jobs.trainer_command", lambda: trainer(tmp_path, behaviour))
    ran = polypviewer(capfd, "finetune", corrected, "--steps", 2)
    assert ran.code == 1
    assert words in ran.err
    assert list((corrected / "runs").iterdir()) == []
    assert not (corrected / "models").exists()


@pytest.mark.torch
def test_ctrl_c_during_a_training_leaves_nothing_half_done(corrected: Path, small_model: Path) -> None:
    command = [sys.executable, "-m", "polypviewer", "finetune", str(corrected), "--steps", "5000"]
    process = subprocess.Popen([*command, "--model", str(small_model)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not any(b'"step"' in path.read_bytes() for path in corrected.glob("runs/*/events.jsonl")):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert list((corrected / "runs").iterdir()) == []
    with project_for_command(corrected, writes=True) as store:
        assert not store.read_only


def test_status_says_who_decided_what(corrected: Path, capfd: pytest.CaptureFixture[str]) -> None:
    own = polypviewer(capfd, "status", corrected, "--reader", READER)
    assert "8 of 8 frames decided, by all readers together" in " ".join(own.out.split())
    other = polypviewer(capfd, "status", corrected, "--reader", "R-9").out
    assert "8 of 8 frames decided, by all readers together" in " ".join(other.split())
    assert "Reader R-9: 0 decided" in other
    for raw in ("{", "None", "by_status", "False", "True"):
        assert raw not in other


def test_a_fatal_error_is_one_json_document_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ran = polypviewer(capfd, "status", tmp_path, "--json")
    assert ran.code == 1
    error = ran.json["error"]
    assert isinstance(error, dict)
    assert error["code"] == "project.none"
    assert error["happened"]
    assert error["cure"]
