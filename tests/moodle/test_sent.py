"""What a person typed in Moodle is kept, and said, unless --overwrite."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.intake import OutgoingGrade
from autograder.model import Submission
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.outgoing import flatten, write_worksheet
from autograder.moodle.files.publication import publication
from autograder.moodle.files.sent import dump_sent, is_typed_by_hand, read_sent, sent_mark
from autograder.moodle.files.worksheet import Worksheet, parse_worksheet

DATE = "Monday, 22 February 2027, 9:00 AM"


def worksheet_of(grade: str, comment: str) -> Worksheet:
    """Moodle's worksheet with one participant."""
    one = Person(52001, "Ann", grade=grade, comment=comment, graded=DATE if grade or comment else "-")
    return parse_worksheet(build_worksheet([one]))


def publish(
    folder: Path, sheet: Worksheet, mark: OutgoingGrade, *, overwrite: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Write the files of one run into a folder; returns the worksheet and the notes."""
    earlier = read_sent(folder / "sent.json")
    sent = publication((), sheet, {}, {"52001": mark}, {}, time_zone="UTC", earlier=earlier, overwrite=overwrite)
    for file in sent.files:
        with (folder / file.name).open("wb") as stream:
            file.write(stream)
    return (folder / "worksheet.csv").read_text("utf-8-sig"), sent.notes


OURS = OutgoingGrade(Decimal("86.00"), "<p>Well <b>done</b></p>")
NEW = OutgoingGrade(Decimal(90), "<p>Very well done</p>")


def test_what_we_sent_ourselves_is_replaced(tmp_path: Path) -> None:
    """Moodle has our grade, and our comment without its HTML: a regrade may change both."""
    publish(tmp_path, worksheet_of("", ""), OURS)
    text, notes = publish(tmp_path, worksheet_of("86.00", flatten(OURS.comment_html)), NEW)

    assert '"90.00"' in text
    assert not [note for note in notes if "a person set" in note]


@pytest.mark.parametrize(
    ("grade", "comment", "old"),
    [
        ("88.00", "appeal   ", '88.00, "appeal"'),
        ("88.00", "Well done   ", '88.00, "Well done"'),
        ("86.00", "appeal   ", '86.00, "appeal"'),
        ("", "see me", 'no grade, "see me"'),
        ("88.00", "", "88.00"),
    ],
)
def test_what_a_person_set_is_kept_and_said(tmp_path: Path, grade: str, comment: str, old: str) -> None:
    """Grade or comment: the row is left out, with old and new value; --overwrite writes it and says so."""
    publish(tmp_path, worksheet_of("", ""), OURS)
    moodles = worksheet_of(grade, comment)
    text, notes = publish(tmp_path, moodles, NEW)

    assert "52001" not in text
    new = '90.00, "Very well done"'
    expected = f"Participant 52001: a person set this in Moodle: {old}; it was kept; --overwrite replaces it with {new}"
    assert [expected] == [note for note in notes if "a person set" in note]

    text, notes = publish(tmp_path, moodles, NEW, overwrite=True)
    assert '"90.00"' in text
    assert any(f'{old}; worksheet.csv replaces it with 90.00, "Very well done"' in note for note in notes)
    assert "52001" in publish(tmp_path, worksheet_of("90.00", "Very well done"), OURS)[0]


def test_an_earlier_grade_that_a_person_put_back_is_kept(tmp_path: Path) -> None:
    """Both values were ours, but of two runs: the last comment says another grade than Moodle has."""
    publish(tmp_path, worksheet_of("", ""), OURS)
    publish(tmp_path, worksheet_of("86.00", "Well done"), NEW)
    moodles = worksheet_of("86.00", "Very well done")
    text, notes = publish(tmp_path, moodles, OutgoingGrade(Decimal(91), "<p>Fine</p>"))

    assert "52001" not in text
    assert any('86.00, "Very well done"; it was kept' in note for note in notes)


def test_a_mark_that_a_person_removed_is_not_sent_again(tmp_path: Path) -> None:
    """It had arrived; now there is none, or a comment alone. A new attempt has no date, and is marked."""
    publish(tmp_path, worksheet_of("", ""), OURS)
    assert "52001" in publish(tmp_path, worksheet_of("", ""), OURS)[0]  # the worksheet was not uploaded
    publish(tmp_path, worksheet_of("86.00", "Well done"), OURS)
    removed = parse_worksheet(build_worksheet([Person(52001, "Ann", graded=DATE)]))
    text, notes = publish(tmp_path, removed, OURS)

    assert "52001" not in text
    assert any("a person set this in Moodle: no grade; it was kept" in note for note in notes)
    assert "52001" not in publish(tmp_path, worksheet_of("", "Well done"), OURS)[0]
    assert "52001" in publish(tmp_path, worksheet_of("", ""), OURS)[0]
    assert "52001" in publish(tmp_path, removed, OURS, overwrite=True)[0]


def test_a_run_without_comments_leaves_those_of_earlier_ones(tmp_path: Path) -> None:
    """Its grade beside an earlier run's comment is the kit's own."""
    publish(tmp_path, worksheet_of("", ""), OURS)
    earlier = read_sent(tmp_path / "sent.json")
    earlier = {"52001": (*earlier["52001"], sent_mark("87.00", ""))}

    assert not is_typed_by_hand(worksheet_of("87.00", "Well done").rows[0], earlier)
    assert is_typed_by_hand(worksheet_of("87.00", "appeal").rows[0], earlier)


def test_without_a_list_every_mark_in_moodle_counts_as_typed(tmp_path: Path) -> None:
    """Another output folder, or a list that was deleted: nothing is taken for ours; an older kit's worksheet counts."""
    assert "52001" not in publish(tmp_path, worksheet_of("86.00", "Well done"), NEW)[0]
    older = write_worksheet(worksheet_of("", ""), {"52001": OURS}).data
    (tmp_path / "sent.json").unlink()
    (tmp_path / "worksheet.csv").write_bytes(older)

    assert "52001" in publish(tmp_path, worksheet_of("86.00", "Well done"), NEW)[0]


def test_what_was_written_before_last_still_counts(tmp_path: Path) -> None:
    """A worksheet that was never uploaded does not make the mark before it anybody else's."""
    for mark in (OURS, NEW):
        publish(tmp_path, worksheet_of("", ""), mark)

    assert "52001" in publish(tmp_path, worksheet_of("86.00", "Well done"), OutgoingGrade(91, "<p>x</p>"))[0]


def test_a_damaged_list_is_an_error(tmp_path: Path) -> None:
    """Nobody guesses what was sent."""
    for text in ("{", "[]", '{"1": [1]}', '{"1": [["a", "b", "c"]]}', '{"1": [["a"]]}'):
        (tmp_path / "sent.json").write_text(text)
        with pytest.raises(UsageError, match="move it away"):
            read_sent(tmp_path / "sent.json")


@settings(deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[1-9]\d{0,6}", fullmatch=True), st.tuples(st.text(max_size=9), st.text(max_size=9)))
)
def test_the_list_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, marks: dict[str, tuple[str, str]]
) -> None:
    """Whatever was written."""
    path = tmp_path_factory.mktemp("sent") / "sent.json"
    written = {key: sent_mark(grade, comment) for key, (grade, comment) in marks.items()}
    path.write_bytes(dump_sent({}, written))

    assert {key: (mark,) for key, mark in written.items()} == read_sent(path)


def test_a_grade_counts_as_ours_to_the_places_that_moodle_shows() -> None:
    """A site may show one decimal."""
    earlier = {"52001": (sent_mark("86.04", ""),)}

    assert not is_typed_by_hand(worksheet_of("86.0", "").rows[0], earlier)
    assert is_typed_by_hand(worksheet_of("86.1", "").rows[0], earlier)


def test_a_scales_word_is_compared_as_it_is() -> None:
    """Words have no places."""
    text = "Identifier,Grade,Scale,Last modified (grade)\nParticipant 52001,Good,Poor   Good,-\n"
    row = parse_worksheet(text.encode()).rows[0]

    assert not is_typed_by_hand(row, {"52001": (sent_mark("Good", ""),)})
    assert is_typed_by_hand(row, {"52001": (sent_mark("Poor", ""),)})


def test_pages_without_a_worksheet_still_go_back() -> None:
    """A class in folders has no worksheet, and so no list."""
    sent = publication((Submission("41210", "Ann"),), None, {}, {}, {"41210": {"f.html": b"x"}}, time_zone="UTC")
    stream = io.BytesIO()
    sent.files[0].write(stream)

    assert ("feedback.zip", True) == (sent.files[0].name, b"Ann_41210_assignfeedback_file/f.html" in stream.getvalue())


@pytest.mark.parametrize("key", ["0000", "007", "0", "²", "٤١", "ann", "", "9" * 19])
def test_a_folder_without_a_number_of_moodle_s_ends_no_run(key: str) -> None:
    """Folders can be called anything: their page is not in Moodle's zip, the others' are."""
    pages = {key: {"f.html": b"x"}, "41210": {"f.html": b"x"}}
    sent = publication((Submission(key, "Bob"), Submission("41210", "Ann")), None, {}, {}, pages, time_zone="UTC")
    stream = io.BytesIO()
    sent.files[0].write(stream)

    assert ["Ann_41210_assignfeedback_file/f.html"] == zipfile.ZipFile(stream).namelist()
