"""Splits: no group on two sides, no frame that ever moves, nothing that leaks, whatever is added."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.conftest import write_data
from trainer.data.folders import find_pairs
from trainer.data.split_file import notes_of, read_split, split_of_list, write_split
from trainer.data.splits import Candidate, Rule, Split, leaks_of, make_split, sides_of
from trainer.errors import DataError

ROOT = Path(__file__).parents[2]
EVEN = Rule(validation=0.3, test=0.3)


def candidate(number: int, bits: int, *, unit: str | None = None, must_test: bool = False) -> Candidate:
    return Candidate(f"d/{number:03}", unit, f"{bits:016x}", f"{number:016x}", must_test=must_test)


def far(number: int) -> int:
    """Hashes that are near no other one."""
    return int(np.random.default_rng(number).integers(0, 2**63))


def spread(count: int, *, first: int = 0) -> list[Candidate]:
    return [candidate(number, far(number)) for number in range(first, first + count)]


# Hashes of few bits far apart in the word: neighbours bridge each other often, which is what has to be survived.
bits = st.lists(st.integers(0, 7), min_size=0, max_size=3).map(
    lambda steps: sum(0b11111 << (8 * s) for s in set(steps))
)
units = st.one_of(st.none(), st.sampled_from([f"exam:d/{n}" for n in range(6)]))
additions = st.lists(st.lists(st.tuples(bits, units), max_size=12), min_size=2, max_size=4)


@settings(max_examples=150, deadline=None)
@given(additions, st.sampled_from([0, 3]), st.text("abc", max_size=2))
def test_whatever_is_added_no_frame_moves_and_no_group_stands_on_two_sides(
    steps: list[list[tuple[int, str | None]]], folds: int, salt: str
) -> None:
    rule = Rule(validation=0.3, test=0.3, folds=folds, salt=salt)
    known: list[Candidate] = []
    split: Split | None = None
    for step in steps:
        known += [candidate(len(known) + n, hashed, unit=unit) for n, (hashed, unit) in enumerate(step)]
        after = make_split(known, rule, previous=split)
        if split is not None:
            assert {key: after.frames[key] for key in split.frames} == split.frames
        assert set(after.frames) | set(after.left_out) == {one.key for one in known}
        assert not set(after.frames) & set(after.left_out)
        assert leaks_of(after) == []
        for name in ("group", "unit"):
            places: dict[str, set[object]] = {}
            for placed in after.frames.values():
                places.setdefault(getattr(placed, name) or f"none {id(placed)}", set()).add(placed.place)
            assert all(len(found) == 1 for found in places.values())
        split = after


@given(st.integers(1, 40), st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_without_a_memory_too_other_groups_change_nothing(count: int, more: int) -> None:
    before = make_split(spread(count), EVEN).sides()
    after = make_split(spread(more, first=count) + spread(count), EVEN).sides()
    assert {key: after[key] for key in before} == before


def test_new_frames_of_an_exam_join_its_side() -> None:
    first = [candidate(n, far(n), unit=f"exam:d/{n}") for n in range(20)]
    split = make_split(first, EVEN)
    more = [candidate(100 + n, far(100 + n), unit=f"exam:d/{n}") for n in range(20)]
    after = make_split(first + more, EVEN, previous=split)
    assert [after.frames[f"d/{100 + n}"].side for n in range(20)] == [split.frames[f"d/{n:03}"].side for n in range(20)]


def test_a_new_frame_near_two_sides_is_left_out_and_said() -> None:
    split = make_split(spread(40), EVEN)
    train, test = split.keys_on("train")[0], split.keys_on("test")[0]
    a, b = (int(split.frames[key].bits, 16) for key in (train, test))
    differing = [bit for bit in range(64) if (a ^ b) >> bit & 1]
    near_a, near_b = a, b
    for bit in differing[: len(differing) // 2 - 2]:
        near_a ^= 1 << bit
    for bit in differing[len(differing) // 2 + 2 :]:
        near_b ^= 1 << bit
    assert (near_a ^ near_b).bit_count() <= 6
    chain = [candidate(900, near_a), candidate(901, near_b), candidate(902, a ^ 1), candidate(903, b ^ 1)]
    after = make_split([*spread(40), *chain], EVEN, previous=split)
    assert (after.frames["d/902"].side, after.frames["d/903"].side) == ("train", "test")
    assert leaks_of(after) == []


def test_one_bridging_frame_costs_an_exam_that_frame_only() -> None:
    exams = [candidate(n, far(n), unit=f"exam:d/{n % 10}") for n in range(40)]
    split = make_split(exams, EVEN)
    train = next(key for key in split.keys_on("train"))
    test = next(placed for placed in split.frames.values() if placed.side == "test")
    more = [candidate(200 + n, far(200 + n), unit=split.frames[train].unit) for n in range(5)]
    more.append(candidate(300, int(test.bits, 16) ^ 3, unit=split.frames[train].unit))
    after = make_split([*exams, *more], EVEN, previous=split)
    assert [after.frames[one.key].side for one in more[:5]] == ["train"] * 5
    assert after.left_out == {"d/300": "nearly repeats frames of test and train"}


def test_the_same_pixels_count_once() -> None:
    one, other = candidate(1, far(1)), Candidate("e/9", None, f"{far(1):016x}", f"{1:016x}")
    made = make_split([one, other], EVEN)
    assert made.left_out == {"e/9": "the same picture as d/001"}


def test_kvasir_under_two_names_counts_once_even_where_it_was_coded_again() -> None:
    first = Candidate("kvasir-seg/cju1", None, f"{far(1):016x}", "a" * 16)
    again = Candidate("hyper-kvasir/cju1", None, f"{far(1) ^ 5:016x}", "b" * 16)
    namesake = Candidate("elsewhere/cju1", None, f"{far(2):016x}", "c" * 16)
    made = make_split([first, again, namesake], EVEN)
    assert made.left_out == {"hyper-kvasir/cju1": "the same picture as kvasir-seg/cju1"}


def test_a_centre_that_is_left_out_is_the_whole_test_side() -> None:
    kept = spread(30)
    out = [candidate(100 + n, far(100 + n), must_test=True) for n in range(5)]
    nearly = candidate(200, far(100) ^ 7)
    made = make_split([*kept, *out, nearly], Rule(validation=0.2, test=0.1, leave_out="centre=C4"))
    assert made.keys_on("test") == [one.key for one in out]
    assert made.left_out == {"d/200": "nearly repeats a frame of centre=C4"}
    assert (made.frames["d/100"].group, made.frames["d/100"].source) == ("centre:C4", "centre")


def test_leaving_out_what_already_trains_is_refused() -> None:
    split = make_split(spread(10), Rule(validation=0, test=0))
    with pytest.raises(DataError, match="not on the test side"):
        make_split([candidate(0, far(0), must_test=True)], Rule(leave_out="centre=C4"), previous=split)


@pytest.mark.parametrize(
    ("rule", "said"), [(Rule(0.5, 0.5), "nothing to train"), (Rule(-0.1, 0.1), "nothing"), (Rule(folds=1), "1 folds")]
)
def test_numbers_that_make_no_sense_are_refused(rule: Rule, said: str) -> None:
    with pytest.raises(DataError, match=said):
        make_split(spread(3), rule)


def test_a_split_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    split = make_split(spread(30), Rule(folds=3))
    write_split(tmp_path / "split.json", split)
    assert read_split(tmp_path / "split.json") == split
    content = json.loads((tmp_path / "split.json").read_text("utf-8"))
    assert content["schema"] == "polyp-trainer/split/1"
    assert sum(content["counts"].values()) == 30
    assert content["near_duplicates_across_sides"] == 0


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "other/1"}', '{"schema": "polyp-trainer/split/1"}'])
def test_a_damaged_split_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "split.json").write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"split\.json"):
        read_split(tmp_path / "split.json")


def test_an_older_list_keeps_its_frames_on_the_test_side(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# of old\n003\n007\n", "utf-8")
    rule = Rule(validation=0.2, test=0.0)
    memory = split_of_list(tmp_path / "list.txt", spread(20), rule)
    assert make_split(spread(20), rule, previous=memory).keys_on("test") == ["d/003", "d/007"]


def test_empty_sides_and_groups_by_hash_are_said() -> None:
    notes = "\n".join(notes_of(make_split(spread(2), Rule(validation=0.01, test=0.01))))
    assert "duplicates, not patients" in notes
    assert "Nothing stands on the test side: 2 groups are too few" in notes


def test_the_pairs_of_each_side_are_found_and_a_fold_replaces_the_sides(data: Path) -> None:
    pairs = find_pairs(data, name="d")
    found = [Candidate(pair.key, None, f"{far(n):016x}", f"{n:016x}") for n, pair in enumerate(pairs)]
    split = make_split(found, Rule(validation=0.3, test=0.2, folds=2))
    sides = sides_of(pairs, split)
    assert sorted(pair.key for side in sides.values() for pair in side) == [pair.key for pair in pairs]
    folds = [sides_of(pairs, split, fold=number) for number in range(2)]
    assert folds[0]["validation"] == folds[1]["train"]
    assert folds[0]["test"] == sides["test"]
    with pytest.raises(DataError, match="no fold 2"):
        sides_of(pairs, split, fold=2)
    with pytest.raises(DataError, match="1 frames are not in the split"):
        sides_of(pairs, make_split(found[1:], EVEN))


def test_the_command_writes_a_split_and_brings_it_up_to_date(tmp_path: Path) -> None:
    folder = write_data(tmp_path / "data", frames=8)
    (folder / "exams.csv").write_text("frame,exam\n" + "".join(f"f{n:03},E{n // 2}\n" for n in range(8)), "utf-8")
    shares = ("--test", 0.3, "--validation", 0.3)
    first = command("split", f"d={folder}", "--out", tmp_path / "a.json", *shares)
    assert first.returncode == 0, first.stderr
    assert "4 by exam" in first.stdout
    write_data(folder, frames=4, first=8)
    memory = ("--previous", tmp_path / "a.json")
    again = command("split", "--data", f"d={folder}", "--out", tmp_path / "b.json", *memory, *shares)
    assert again.returncode == 0, again.stderr
    before, after = read_split(tmp_path / "a.json"), read_split(tmp_path / "b.json")
    assert len(after.frames) + len(after.left_out) == 12
    assert {key: after.frames[key] for key in before.frames} == before.frames


def test_the_command_says_what_it_cannot_leave_out(data: Path, tmp_path: Path) -> None:
    done = command("split", f"d={data}", "--out", tmp_path / "s.json", "--leave-out", "centre=C9")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No frame is of 'centre=C9'" in done.stderr


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "trainer.cli", *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
