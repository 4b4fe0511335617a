"""Nothing that a file's name, folder or tags say of a person stands anywhere but in `identity.db`."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pytestqt.qtbot import QtBot

from polypviewer.app import make_window
from polypviewer.core.errors import MediaError
from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.review import ReviewStatus
from polypviewer.session.crash import log_error, start_log, stop_log
from polypviewer.session.exporting import FormatName
from polypviewer.session.job_writer import JobOrder, write_job
from polypviewer.session.jobs import model_for_command, project_for_command, status_of
from polypviewer.session.messages import message_of
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from polypviewer.session.store_door import direct_door
from polypviewer.session.values import TrainingPhase
from polypviewer.storage import create_project
from tests.session.fake_trainers import trainer
from tests.session.projects import go, make_project, opened, paint, picture, quiet, until_saved

PERSON, BIRTHDAY, DAY, PLACE = "Qvistgaard_Annegrethe", "1937-04-23", "2019-08-17", "Oeresundhospital"
TELLING = ("qvistgaard", "annegrethe", "oeresundhospital", "1937-04-23", "2019-08-17", "2019:08:17", "haugaard")
WORDS = tuple(word.encode(coding) for word in TELLING for coding in ("utf-8", "utf-16-le"))
TITLE = f"{PERSON} {BIRTHDAY} {PLACE}"
ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A clinic's folder: a photograph, a drawing with its mask, a video and a broken file, all telling who it was."""
    root = tmp_path / "in" / PLACE / f"{PERSON}_{BIRTHDAY}"
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    (root / DAY).mkdir()
    photograph(root / DAY / f"{PERSON}_{DAY}.jpg")
    drawing(root / "images" / f"{PERSON}_1.png")
    mask = np.zeros((96, 128), np.uint8)
    mask[30:60, 40:90] = 255
    cv2.imwrite(str(root / "masks" / f"{PERSON}_1.png"), mask)
    video(root / DAY / f"{PERSON} {DAY}.mp4")
    (root / DAY / f"{PERSON}_broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + TITLE.encode())
    return root


def photograph(path: Path) -> None:
    image = Image.fromarray(picture(1))
    exif = image.getexif()
    exif[0x010E], exif[0x013B], exif[0x8298] = TITLE, PERSON, PLACE
    exif[0x0132] = exif[0x9003] = f"{DAY.replace('-', ':')} 10:11:12"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[29] = "N", (55.0, 41.0, 3.0), DAY.replace("-", ":")
    xmp = f"<x:xmpmeta><creator>{PERSON}</creator><date>{DAY}</date></x:xmpmeta>".encode()
    image.save(path, quality=95, exif=exif, comment=TITLE.encode(), xmp=xmp)
    assert TITLE.encode() in path.read_bytes()


def drawing(path: Path) -> None:
    tags = PngInfo()
    tags.add_text("Author", PERSON)
    tags.add_text("Description", TITLE, zip=True)
    tags.add_itxt("Comment", f"{TITLE} {DAY}", zip=True)
    Image.fromarray(picture(2)).save(path, pnginfo=tags)


def video(path: Path) -> None:
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update({"title": TITLE, "comment": f"Dr. Haugaard {DAY}", "date": DAY, "artist": PERSON})
        container.metadata["creation_time"] = f"{DAY}T10:11:12.000000Z"
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for number in range(6):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(20 + number), format="rgb24")))
        container.mux(stream.encode(None))
    assert TITLE.encode() in path.read_bytes()


@pytest.fixture
def log() -> Iterator[Path | None]:
    yield start_log()
    stop_log()


def told_by(data: bytes) -> set[str]:
    """The telling words in some bytes, also in what is packed inside them."""
    found = {word.decode("utf-8", "replace") for word in WORDS if word in data.lower()}
    for match in ZLIB.finditer(data):
        try:
            inside = zlib.decompressobj().decompress(data[match.start() :], 1 << 16)
        except zlib.error:
            continue
        found |= {f"packed {word!r}" for word in WORDS if word in inside.lower()}
    return found


def leaks(*folders: Path) -> dict[str, set[str]]:
    """What each file tells in its name or bytes, except the store that is there for it."""
    told: dict[str, set[str]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            found = told_by(name.encode())
            if path.is_file() and not path.name.startswith("identity.db"):
                found |= told_by(path.read_bytes())
            if found:
                told[name] = found
    return told


def test_the_words_are_found_where_they_are(archive: Path) -> None:
    assert len(leaks(archive)) == len([path for path in archive.rglob("*") if PERSON in path.name or DAY in path.name])
    assert any("packed" in word for word in told_by((archive / "images" / f"{PERSON}_1.png").read_bytes()))


@pytest.mark.timeout(180)
def test_nothing_tells_who_it_was_but_the_store_for_that(
    archive: Path, log: Path | None, tmp_path: Path, isolated_settings: Path, qtbot: QtBot
) -> None:
    project, out = tmp_path / "study" / "project", tmp_path / "study" / "out"
    create_project(project, name="Study 7")
    titles = work_on(project, archive, out, qtbot)
    with project_for_command(project, reader="R-1", writes=True) as store:
        bundle = model_for_command("", project, store)
        job = write_job(direct_door(store), JobOrder(project, bundle), tell=quiet)
        assert job.train + job.holdout >= 3
        titles.append(str(status_of(store)))
        assert store.paths()
    assert told_by((project / "identity.db").read_bytes())
    assert log is not None
    assert log.stat().st_size > 0
    assert len(list(out.rglob("*.json"))) >= 2
    assert leaks(project, out, isolated_settings) == {}
    assert [text for text in titles if told_by(text.encode())] == []


def work_on(project: Path, archive: Path, out: Path, qtbot: QtBot) -> list[str]:
    """A reader's sitting in the window; returns what the window said of the frames."""
    settings = Settings()
    settings.reader = "R-1"
    session = Session(settings=settings)
    window, wiring = make_window(session)
    qtbot.addWidget(window)
    window.show()
    said: list[str] = []
    try:
        with qtbot.waitSignal(session.project_opened, timeout=20_000):
            wiring.project.open(project)
        session.import_paths([archive], ExamRule("folder"))
        qtbot.waitUntil(lambda: len(session.frames) == 8, timeout=30_000)
        qtbot.waitUntil(lambda: session.proposal is not None, timeout=60_000)
        with qtbot.waitSignal(session.message, timeout=60_000, check_params_cb=lambda one: one.code == "propose.done"):
            session.propose_all()
        decide(session, qtbot)
        export(session, out, qtbot)
        go(qtbot, session, session.frames[0])
        until_saved(qtbot, session)
        meet_errors(session, archive)
        said += [window.windowTitle(), *(item.name for item in session.frames.media)]
        said += [item.broken for item in session.frames.media]
        said += [session.frames.name(ref) for ref in session.frames]
    finally:
        wiring.close()
    return said


def decide(session: Session, qtbot: QtBot) -> None:
    for number, ref in enumerate(session.frames):
        go(qtbot, session, ref)
        if number % 3 == 0:
            paint(session, (30, 30), (50, 40))
            session.set_comment("flat, hard to see")
        if session.draft is not None and session.draft.label_map.any():
            session.accept(stay=True)
        else:
            session.state_no_polyp(stay=True)
    decided = (ReviewStatus.CORRECTED, ReviewStatus.NO_POLYP, ReviewStatus.ACCEPTED)
    assert all(session.statuses[ref] in decided for ref in session.frames)


def export(session: Session, out: Path, qtbot: QtBot) -> None:
    formats: tuple[FormatName, ...] = ("kvasir", "coco")
    for name in formats:
        with qtbot.waitSignal(session.message, timeout=30_000, check_params_cb=lambda one: one.code == "export.done"):
            session.export(out / name, name)


def meet_errors(session: Session, archive: Path) -> None:
    """What is written down of errors: an expected one, and a defect whose words hold a path."""
    log_error(MediaError("media.empty", name=f"{PERSON}.jpg"))
    try:
        raise FileNotFoundError(str(archive / f"{PERSON}.jpg"))
    except FileNotFoundError as error:
        log_error(error)
        told = message_of(error)
        assert told_by(told.details.encode()) == set()
        assert "FileNotFoundError" in told.details
        session.message.emit(told)


@pytest.mark.timeout(120)
def test_the_log_does_not_tell_in_which_folder_a_trainer_failed(
    log: Path | None, tmp_path: Path, isolated_settings: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / PERSON
    folder.mkdir()
    session = opened(qtbot, make_project(folder, pictures=2))
    try:
        qtbot.waitUntil(lambda: session.bundle is not None, timeout=30_000)
        paint(session, (50, 50))
        session.accept(stay=True)
        session.finetuning.command = trainer(tmp_path, "talkative")
        session.fine_tune()
        qtbot.waitUntil(lambda: session.training.phase is TrainingPhase.FAILED, timeout=60_000)
    finally:
        session.close()
    assert log is not None
    assert "I read PROJECT" in log.read_text("utf-8")
    assert leaks(isolated_settings) == {}
