"""`report.html`: the report as one page that opens offline, for engineers and doctors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import cast

from trainer.evaluation.charts import charts_of, training_charts
from trainer.evaluation.pictures import Gallery, Picture
from trainer.evaluation.plots import Chart, draw
from trainer.evaluation.runs import Run
from trainer.evaluation.wording import SECTIONS, figure, span

Values = Mapping[str, object]
STYLE = Path(__file__).with_name("page.css")
FEW_FRAMES, FEW_GROUPS = 30, 5
WORDS = "what it is"


def write_page(path: Path, values: Values, *, run: Run | None, gallery: Gallery | None) -> None:
    """Write the page of a report."""
    parts = [
        _head(values),
        _warnings(values),
        _tiles(values),
        _protocol(values),
        _plots(values),
        _training(run),
        _definitions(values),
        _strata(values),
        _leaks(values),
        _pictures(gallery),
        _footer(values),
    ]
    path.write_text(whole_page(f"{_model_name(values)} on {values['on']}", parts), "utf-8")


def whole_page(title: str, parts: Iterable[str]) -> str:
    """A page with the style inside; `parts`: HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>\n{STYLE.read_text('utf-8')}</style></head>\n"
        f"<body><main>\n{chr(10).join(part for part in parts if part)}\n</main></body></html>\n"
    )


def table(head: Sequence[str], rows: Iterable[str], *, numbers_from: int = 1) -> str:
    """An HTML table in a card; columns from `numbers_from` on are numbers. `rows`: whole `<tr>` elements."""
    cells = "".join(
        f"<th{' class=n' if n >= numbers_from and name != WORDS else ''}>{name}</th>" for n, name in enumerate(head)
    )
    return f'<div class="card wide"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def row(cells: Sequence[str], *, numbers_from: int = 1) -> str:
    """One row of such a table; cells are HTML."""
    return (
        "<tr>"
        + "".join(f"<td{' class=n' if n >= numbers_from else ''}>{cell}</td>" for n, cell in enumerate(cells))
        + "</tr>"
    )


def chart_card(chart: Chart) -> str:
    """A chart with its title and, where there is more than one series, a legend."""
    legend = ""
    if len(chart.series) > 1:
        keys = "".join(f'<span><i class="k{one.colour}"></i>{escape(one.name)}</span>' for one in chart.series)
        legend = f'<div class="legend">{keys}</div>'
    return f'<div class="card"><h3>{escape(chart.title)}</h3>{legend}{draw(chart)}</div>'


def _head(values: Values) -> str:
    model = cast("Values", values["model"])
    return (
        f"<h1>{escape(_model_name(values))} on {escape(str(values['on']))}</h1>"
        f'<p class="quiet">Judged {escape(str(values["created"])[:10])} on {values["frames"]} frames, '
        f"{values['frames_with_polyp']} of them with a polyp, at the threshold {model['threshold']}. "
        "For research; no statement about the diagnosis of a patient.</p>"
    )


def _model_name(values: Values) -> str:
    model = cast("Values", values["model"])
    name = str(model["name"])
    if model["kind"] == "masks":
        return f"Masks in {name}"
    return f"{name} {model['version']}".strip()


def _warnings(values: Values) -> str:
    return "".join(f'<div class="warn"><b>Mind:</b> {escape(text)}</div>' for text in warnings_of(values))


def warnings_of(values: Values) -> list[str]:
    """What a reader must know before the numbers, as sentences."""
    leaks, found = cast("Values", values["leaks"]), []
    learned = cast("Sequence[str]", leaks["judged_frames_in_the_run"])
    if learned:
        found.append(f"The run learned from judged frames, such as {learned[0]}: these numbers are not held out.")
    near = leaks["near_duplicates_of_training"]
    if near:
        found.append(f"{near} training frames look like a judged frame (see Leaks): these numbers may be too good.")
    if cast("int", values["frames_with_polyp"]) < FEW_FRAMES:
        found.append(f"Fewer than {FEW_FRAMES} frames with a polyp: the numbers say little.")
    if not _groups_tell(values):
        found.append(f"Fewer than {FEW_GROUPS} groups: intervals by group say little.")
    chosen = values["chosen"]
    if isinstance(chosen, Mapping) and chosen["by_judged_frames"]:
        found.append(f"{chosen['by_judged_frames']} judged frames helped to choose the threshold: optimistic.")
    return found


def _tiles(values: Values) -> str:
    shown = [
        ("per_image_dice", "Dice, per image"),
        ("per_image_iou", "IoU, per image"),
        ("lesion_sensitivity", "lesions found"),
        ("false_proposals_per_frame", "false proposals a frame"),
    ]
    tiles = [_tile(figure(name, _value(values, name)), title, _spans(values, name)) for name, title in shown]
    empty = cast("int", values["frames"]) - cast("int", values["frames_with_polyp"])
    if empty:
        share = figure("false_proposals", _value(values, "false_proposals"))
        tiles.append(_tile(share, f"of {empty} frames without a polyp got a proposal", ""))
    time = values["milliseconds"]
    if isinstance(time, Mapping):
        model = cast("Values", values["model"])
        tiles.append(
            _tile(f"{time['p50']:g} ms", "a frame, median", f"95 % within {time['p95']:g} ms; {model['device_name']}")
        )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _tile(number: str, title: str, below: str) -> str:
    return f'<div class="card tile"><span>{escape(title)}</span><b>{number}</b><span>{escape(below)}</span></div>'


def _spans(values: Values, name: str) -> str:
    told = cast("Mapping[str, Values]", values["metrics"])[name]
    by_frame, by_group = span(name, told["interval"]), span(name, told["interval_by_group"])
    if by_group and _groups_tell(values):
        return f"{by_group} (by group)"
    return f"{by_frame} (by frame)" if by_frame else ""


def _groups_tell(values: Values) -> bool:
    groups = cast("Values", cast("Values", values["protocol"])["groups"])
    return cast("int", groups["number"]) >= FEW_GROUPS


def _value(values: Values, name: str) -> object:
    return cast("Mapping[str, Values]", values["metrics"])[name]["value"]


def _protocol(values: Values) -> str:
    protocol, model = cast("Values", values["protocol"]), cast("Values", values["model"])
    groups = cast("Values", protocol["groups"])
    sources = ", ".join(
        f"{n} by {source}" for source, n in cast("Mapping[str, int]", groups["frames_by_source"]).items()
    )
    dropped = cast("Sequence[Values]", protocol["dropped"])
    rows = {
        "Frames": protocol["chosen_frames"],
        "Counted once": f"{len(dropped)} frames left out, such as {dropped[0]['key']} ({dropped[0]['why']})"
        if dropped
        else "no frame came twice (Kvasir-SEG and HyperKvasir's segmented images are one source)",
        "Lesions": f"{values['lesions']}, {values['frames_with_polyp']} frames with and "
        f"{cast('int', values['frames']) - cast('int', values['frames_with_polyp'])} without a polyp",
        "Groups": f"{groups['number']} ({sources})",
        "One patient, one group": values["patient_safe"],
        "Intervals": protocol["intervals"],
        "Frames without a polyp": protocol["empty_frames"],
        **_model_rows(model),
        **_chosen_rows(values["chosen"]),
    }
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(text))}</dd>" for name, text in rows.items())
    return f"<h2>Protocol</h2><dl>{items}</dl>"


def _model_rows(model: Values) -> dict[str, str]:
    cut = f"threshold {model['threshold']}, smallest part {cast('float', model['minimum_area']):.4g} of the field"
    if model["kind"] == "masks":
        kind = (
            "grey values as probabilities" if model["graded"] else "cut above 127, so nothing needs probabilities here"
        )
        return {"Masks": f"folder {model['name']}, {kind}", "Cut": cut}
    height, width = cast("Sequence[int]", model["size"])
    flips = ", mean of four mirror images" if model["test_time_flips"] else ""
    return {
        "Model": f"{model['name']} {model['version']}, {width} x {height} pixels, {model['digest']}",
        "Ran on": f"{model['engine']}, {model['device']} ({model['device_name']}){flips}",
        "Cut": f"{cut}, temperature {cast('float', model['temperature']):.3g}",
    }


def _chosen_rows(chosen: object) -> dict[str, str]:
    if not isinstance(chosen, Mapping):
        return {}
    return {"Chosen on validation": f"{chosen['on']}, {chosen['measured']['frames']} frames: {chosen['why']}"}


def _plots(values: Values) -> str:
    cards = [chart_card(chart) for chart in charts_of(values)]
    cards.insert(1, _confusion(values))
    return f'<h2>Curves</h2><p class="quiet">At the images\' own size.</p><div class="plots">{"".join(cards)}</div>'


def _confusion(values: Values) -> str:
    counts = cast("Mapping[str, Mapping[str, int]]", values["confusion"])["frame"]
    rows = []
    for truth, names in (("polyp", ("tp", "fn")), ("background", ("fn_", "tn"))):
        pair = [counts["fp" if name == "fn_" else name] for name in names]
        cells = "".join(_shaded(value, sum(pair)) for value in pair)
        rows.append(f"<tr><th>{truth}</th>{cells}</tr>")
    head = "<tr><th>truth</th><th>proposed polyp</th><th>proposed background</th></tr>"
    matrix = f'<table class="matrix">{head}{"".join(rows)}</table>'
    return f'<div class="card"><h3>Confusion matrix of pixels</h3>{matrix}</div>'


def _shaded(value: int, whole: int) -> str:
    share = value / max(1, whole)
    shade = f'style="background: rgba(var(--shade), {0.06 + 0.4 * share:.2f})"'
    return f"<td {shade}><b>{share:.1%}</b><span>{value / 1e6:.2f} million</span></td>"


def _training(run: Run | None) -> str:
    charts = training_charts(run) if run is not None else []
    if not charts:
        return ""
    return f'<h2>Training</h2><div class="plots">{"".join(chart_card(chart) for chart in charts)}</div>'


def _definitions(values: Values) -> str:
    metrics = cast("Mapping[str, Values]", values["metrics"])
    rows = []
    for section, names in SECTIONS.items():
        rows.append(f'<tr class="part"><td colspan="6">{escape(section)}</td></tr>')
        rows += [_definition(name, title, metrics[name]) for name, title in names.items()]
    head = ("metric", "image size", "95 % by frame", "95 % by group", "network size", WORDS)
    return (
        "<h2>Every definition</h2><p>The same masks, judged by each definition that papers and programs use. Compare a "
        "number of another paper only with the same definition. A difference under .01 means nothing without three "
        f"seeds or a paired comparison.</p>{table(head, rows)}"
    )


def _definition(name: str, title: str, told: Values) -> str:
    small = told["at_network_size"]
    there = figure(name, small["value"]) if isinstance(small, Mapping) else ""
    arrow = " (lower is better)" if told["better"] == "lower" else ""
    return (
        f"<tr><td>{escape(title)}</td><td class=n>{figure(name, told['value'])}</td>"
        f"<td class=n>{span(name, told['interval'])}</td><td class=n>{span(name, told['interval_by_group'])}</td>"
        f'<td class=n>{there}</td><td class="is">{escape(str(told["is"]))}{arrow}</td></tr>'
    )


def _strata(values: Values) -> str:
    rows = [
        row([
            escape(str(one["area"])), str(one["frames"]), figure("", one["per_image_dice"]), span("", one["interval"]),
            figure("", one["per_image_iou"]), figure("", one["lesion_sensitivity"]),
            "–" if one["missed"] is None else str(one["missed"]),
        ])
        for one in cast("Sequence[Values]", values["strata"])
    ]  # fmt: skip
    head = ("lesion, share of the field", "frames", "Dice", "95 % by frame", "IoU", "lesions found", "frames missed")
    return f"<h2>By size of the lesion</h2>{table(head, rows)}"


def _leaks(values: Values) -> str:
    leaks = cast("Values", values["leaks"])
    compared = leaks["training_frames_compared"]
    against = (
        "No training data was named (--train), so it was not compared with the judged frames."
        if compared is None
        else f"{compared} training frames were compared: {leaks['near_duplicates_of_training']} look like a judged one."
    )
    names = _alike(cast("Sequence[Values]", leaks["training"]))
    inside = _alike(cast("Sequence[Values]", leaks["inside"]))
    if inside:
        names += f"<details><summary>Judged frames that look alike (each pair in one group)</summary>{inside}</details>"
    return (
        f"<h2>Leaks</h2><p>{against} {leaks['near_duplicates_inside']} pairs of judged frames look alike. A perceptual "
        f"hash finds duplicates, not patients: none found is no proof that patients stand apart.</p>{names}"
    )


def _alike(pairs: Sequence[Values]) -> str:
    rows = [row([escape(str(n["judged"])), escape(str(n["other"])), str(n["bits"])], numbers_from=2) for n in pairs]
    return table(("judged frame", "looks like", "bits apart of 64"), rows, numbers_from=2) if rows else ""


def _pictures(gallery: Gallery | None) -> str:
    if gallery is None:
        return ""
    parts = [
        ("Worst frames", gallery.worst),
        ("Frames without a polyp that got a proposal", gallery.false),
        ("Best frames", gallery.best),
    ]
    shown = "".join(
        f'<h2>{title}</h2><div class="gallery">{"".join(_figure(picture) for picture in pictures)}</div>'
        for title, pictures in parts
        if pictures
    )
    note = (
        '<p class="quiet">Truth outlined in teal, the proposal in white; what the endoscope does not see is black.</p>'
    )
    return shown.replace("</h2>", f"</h2>{note}", 1)


def _figure(picture: Picture) -> str:
    return (
        f'<figure><img src="data:image/jpeg;base64,{picture.jpeg}" alt="{escape(picture.key)}" loading="lazy">'
        f"<figcaption>{escape(picture.said)}<span>{escape(picture.key)}</span></figcaption></figure>"
    )


def _footer(values: Values) -> str:
    return (
        f'<p class="quiet small">Written by polyp-trainer {escape(str(values["version"]))}, '
        f"{escape(str(values['created']))}. All figures: metrics.json; one row a frame: per_image.csv. "
        "Pictures of patients are inside this page: treat it as the data itself.</p>"
    )
