"""The command line as people and scripts meet it: real processes, exit codes, one sentence for each trouble."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainer.conftest import write_data
from trainer.bundle import Bundle

ROOT = Path(__file__).parents[2]


def run(*arguments: object, timeout: float = 100) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trainer.cli", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_help_does_not_load_torch() -> None:
    code = "import sys, trainer.cli; print(sorted({'torch', 'onnx', 'onnxruntime', 'cv2'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "[]"
    listed = run("--help")
    assert listed.returncode == 0
    assert all(name in listed.stdout for name in ("fit", "finetune", "evaluate", "export", "serve", "split"))


def test_a_missing_torch_is_one_sentence_and_its_cure(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('No module named torch')", "utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "trainer.cli", "finetune", str(tmp_path)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    (line,) = done.stdout.splitlines()
    assert (done.returncode, json.loads(line)["code"]) == (1, "torch.missing")
    assert "pip install" in json.loads(line)["cure"]


def test_split_fit_export_and_evaluate_follow_one_another(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", frames=10)
    (tmp_path / "r.toml").write_text(
        'size = 32\nbatch = 4\nvalidation = 0.3\n[[stages]]\nepochs = 2\nrate = 1e-3\n[architecture]\nname = "unet"\n'
        "arguments = { widths = [4, 8] }\n",
        "utf-8",
    )
    (tmp_path / "w.toml").write_text(
        'intended_use = "tests"\nknown_failures = []\n[licences]\nweights = "none"\n[data.d]\nname = "D"\n', "utf-8"
    )
    named = f"d={data}"
    assert run("split", "--data", named, "--frames", 2, "--out", tmp_path / "list.txt").returncode == 0
    fitted = run(
        "fit", "--data", named, "--out", tmp_path / "run", "--recipe", tmp_path / "r.toml", "--holdout",
        tmp_path / "list.txt",
    )  # fmt: skip
    assert fitted.returncode == 0, fitted.stderr
    events = [json.loads(line) for line in (tmp_path / "run" / "events.jsonl").read_text("utf-8").splitlines()]
    assert events[-1]["type"] == "result"
    assert next(event for event in events if event["type"] == "plan")["train"] <= 8
    exported = run(
        "export", "--run", tmp_path / "run", "--out", tmp_path / "b", "--words", tmp_path / "w.toml", "--data", named,
        "--name", "b", "--version", "1",
    )  # fmt: skip
    assert exported.returncode == 0, exported.stderr
    judged = run("evaluate", "--model", tmp_path / "b", "--data", data, "--out", tmp_path / "report")
    assert judged.returncode == 0, judged.stderr
    assert "per_image_dice" in judged.stdout
    card = json.loads((tmp_path / "b" / "card.json").read_text("utf-8"))
    assert card["data"][0]["frames"] == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fit", "--data", "d=x", "--data", "d=y", "--out", "{tmp}/run"), "Two folders are called 'd'"),
        (("fit", "--data", "d={tmp}/none", "--out", "{tmp}/run"), "There is no folder"),
        (("fit", "--data", "d={tmp}", "--out", "{tmp}/run", "--recipe", "none"), "There is no recipe"),
        (("evaluate", "--model", "{tmp}", "--data", "{tmp}", "--out", "{tmp}/r"), "There is no model bundle"),
        (("export", "--run", "{tmp}", "--out", "{tmp}/b", "--words", "{tmp}/w", "--data", "d={tmp}", "--name", "n",
          "--version", "1"), "no words for a card"),
    ],
    ids=["one name", "no folder", "no recipe", "no bundle", "no words"],
)  # fmt: skip
def test_a_mistake_is_one_sentence_and_exit_code_one(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run(*(argument.replace("{tmp}", str(tmp_path)) for argument in arguments))
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_sentence(data: Path, bundle: Bundle) -> None:
    done = run("evaluate", "--model", bundle.folder, "--data", data, "--out", "/dev/full/report")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
