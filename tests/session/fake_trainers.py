"""Trainers that behave badly, or well without torch: scripts for the tests of whoever runs them."""

import sys
from pathlib import Path

HEAD = """
import json, sys, time
def tell(kind, **fields):
    print(json.dumps({"protocol": 1, "type": kind, **fields}), flush=True)
job = sys.argv[-1]
"""
GOOD = """
tell("hello", program="fake", version="1", torch="none", device="cpu", device_name="test", pid=1, job=job)
tell("plan", steps=3, train=2, holdout=1, replay=0, batch=2)
tell("baseline", holdout_dice=0.5, holdout_iou=0.4, frames=1, exams=1, per_frame=[])
for step in range(1, 4):
    tell("step", step=step, steps=3, loss=1.0 / step, seconds=0.1 * step, seconds_left=0.1 * (3 - step))
tell("evaluation", step=3, train_dice=0.9, holdout_dice=0.6)
"""
SCRIPTS = {
    "talkative": "sys.stderr.write('I read ' + job)\nraise SystemExit(7)",
    "crash": GOOD + "raise SystemExit(7)",
    "silent": "tell('plan', steps=3)\ntime.sleep(60)",
    "deaf": "tell('plan', steps=3)\nwhile True:\n    tell('step', step=1, steps=3, loss=1.0)\n    time.sleep(0.05)",
    "garbage": "print('Epoch 1/5')\nprint('{not json')\nprint('{\"type\": 3}')\n" + GOOD + "raise SystemExit(0)",
    "no torch": "raise ModuleNotFoundError(\"No module named 'torch'\")",
    "error": "tell('error', code='job.leak', message='An exam stands on both sides.', cure='Group the exams.')\n"
    "sys.exit(1)",
    "obedient": "tell('plan', steps=3)\nfor line in sys.stdin:\n    break\n"
    "tell('stopped', reason='asked', step=1)\nsys.exit(3)",
    "no bundle": GOOD
    + "tell('result', bundle=job + '/bundle', digest='sha256:0', holdout_dice=0.6, baseline_dice=0.5, "
    "per_frame=[], gate={'verdict': 'passes', 'reasons': [], 'interval': [0.0, 0.1], 'exams': 5, 'frames': 30})",
    "half": GOOD + "import pathlib\npathlib.Path(job, 'bundle').mkdir()\nraise SystemExit(1)",
}


def trainer(folder: Path, behaviour: str) -> tuple[str, ...]:
    """The command of a trainer that behaves like `behaviour`; the job's folder follows."""
    path = folder / f"{behaviour.replace(' ', '_')}.py"
    path.write_text(HEAD + SCRIPTS[behaviour], "utf-8")
    return (sys.executable, str(path))
