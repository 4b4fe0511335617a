"""Every bundle that comes along against its bars: size, quality, shortcuts, speed. `python -m benchmarks.model`.

Quality is measured only on frames that the bundle's card proves it never learned from; figures of hospitals left out in
turn belong to fold models (benchmarks/folds), not to the bundle that ships, and are told as its card states them
(`..._fold_...`). Speed is measured beside a plain 31 M U-Net in the same run. `--quick` looks at a sample of the
frames, which is held to no bar.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import resources
from benchmarks.folds.plan import Sources
from benchmarks.report import Figure, note, print_report
from benchmarks.shipped.bars import barred
from benchmarks.shipped.quality import Judge, quality_figures
from benchmarks.shipped.shortcuts import shortcut_figures
from benchmarks.shipped.speed import cpu_figures, export_plain_unet, gpu_figures
from benchmarks.shipped.stated import stated_figures
from polypviewer.segmentation import ModelBundle, search_bundles
from trainer.bundle import NETWORK, Bundle, load_network, read_bundle
from trainer.models.registry import parameter_count

MEGABYTE = 1e6


def main() -> None:
    """Measure each bundle, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a sample of the frames; ends within a minute")
    parser.add_argument("--only", nargs="*", choices=("quality", "speed"), help="these figures beside the sizes")
    options = parser.parse_args()
    parts = tuple(options.only or ("quality", "speed"))
    found = search_bundles(resources.path("models"))
    figures: dict[str, Figure] = {}
    for problem in found.problems:
        figures[f"{problem.fields['bundle']}_loads"] = Figure(ours=None, better="higher", why=str(problem))
    with tempfile.TemporaryDirectory(prefix="polypviewer-bench-") as folder:
        unet = export_plain_unet(Path(folder)) if "speed" in parts else None
        for bundle in found.bundles:
            named = figures_of(bundle, unet, quick=options.quick, quality="quality" in parts)
            figures |= {f"{bundle.name.replace('-', '_')}_{name}": figure for name, figure in named.items()}
    print_report("model", figures)


def figures_of(bundle: ModelBundle, unet: Path | None, *, quick: bool, quality: bool) -> dict[str, Figure]:
    """The figures of one bundle. `unet`: folder of the plain U-Net; no speed without it."""
    note(f"{bundle.title}: size")
    trained = read_bundle(bundle.folder)
    figures = {**sizes(trained), **stated_figures(trained.card)}
    if quality:
        note(f"{bundle.title}: quality")
        judge = Judge.of(trained, Sources(), quick=quick)
        figures |= {**quality_figures(judge), **shortcut_figures(judge)}
    if unet is not None:
        note(f"{bundle.title}: speed")
        seconds = 6.0 if quick else 60.0
        figures |= {**cpu_figures(bundle, unet, seconds=seconds), **gpu_figures(bundle, seconds=seconds / 2)}
    return figures


def sizes(bundle: Bundle) -> dict[str, Figure]:
    """Parameters, and the bytes of the network that the application loads."""
    parameters = parameter_count(load_network(bundle))
    megabytes = (bundle.folder / NETWORK).stat().st_size / MEGABYTE
    return {
        "parameters": barred(bundle.name, "parameters", parameters, better="lower"),
        "onnx_mb": barred(bundle.name, "onnx_mb", megabytes, better="lower"),
    }


if __name__ == "__main__":
    main()
