"""Worksheets are read in six languages, whatever the screen's settings, and never by guessing."""

import re
from decimal import Decimal

import pytest

from autograder.moodle.files.csvtext import parse_csv, write_csv
from autograder.moodle.files.datetext import parse_date, zone_of
from autograder.moodle.files.moodle_writer import Person, build_worksheet
from autograder.moodle.files.vocabulary import load_vocabulary
from autograder.moodle.files.worksheet import WorksheetError, parse_worksheet, require_complete, require_maximum

HEADERS = {
    "en": "Identifier,Status,Grade,Maximum grade,Last modified (submission),Last modified (grade),Feedback comments",
    "de": "ID,Status,Bewertung,Bestwertung,Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),"
    "Feedback als Kommentar",
    "fr": "Identifiant,Statut,Note,Note maximale,Dernière modification (travail remis),Dernière modification (note),"
    "Feedback par commentaires",
    "es": "Identificador,Estado,Calificación,Calificación máxima,Última modificación (entrega),"
    "Última modificación (calificación),Comentarios de retroalimentación",
    "pl": "Identyfikator,Status,Ocena,Maksymalna ocena,Ostatnio modyfikowane (zadanie),Ostatnio modyfikowane (ocena),"
    "Komentarze zwrotne",
    "ga": "Aitheantóir,Stádas,Grád,Grád uasta,Athrú deireanach (aighneacht),Athrú deireanach (grád),Tuairimí aiseolais",
}
ROWS = {
    "en": ("Participant 7", "Draft (not submitted)", "Thursday, 12 February 2026, 3:04 PM"),
    "de": ("Teilnehmer/in7", "Entwurf (nicht abgegeben)", "Donnerstag, 12. Februar 2026, 15:04"),
    "fr": ("Participant 7", "Brouillon (non remis)", "jeudi 12 février 2026, 15:04"),
    "es": ("Participante7", "Borrador (no enviado)", "jueves, 12 de febrero de 2026, 15:04"),
    "pl": ("Uczestnik 7", "Szkic (nieprzesłany)", "czwartek, 12 lutego 2026, 15:04"),
    "ga": ("Rannpháirtí 7", "Dréacht (níl sé curtha isteach)", "Déardaoin, 12 Feabhra 2026, 3:04 i.n."),
}


@pytest.mark.parametrize("language", HEADERS)
def test_each_language_says_the_same(language: str):
    """Header, identifier, status, decimals and dates of six languages have one meaning."""
    identifier, status, date = ROWS[language]
    text = f'\ufeff{HEADERS[language]}\n"{identifier}","{status} -  - ","71,50","100,00","{date}","{date}",\n'
    sheet = parse_worksheet(text.encode())
    row = sheet.rows[0]
    when = parse_date(row.graded, zone_of("Europe/Dublin"), sheet.words)

    assert ("7", "draft", Decimal("71.50"), Decimal("100.00")) == (
        row.participant_id,
        row.status,
        row.grade,
        row.maximum,
    )
    assert "2026-02-12T15:04:00+00:00" == (when.isoformat() if when else None)
    assert (language == "en") == sheet.english


def test_no_word_has_two_meanings():
    """The vocabulary of all languages together is unambiguous; loading it checks that."""
    words = load_vocabulary()

    assert set(range(1, 13)) == set(words.months.values())


def test_a_sites_own_words_can_be_added(tmp_path):
    """A file named by --words makes an unknown language readable."""
    extra = tmp_path / "words.toml"
    extra.write_text('[xx]\nidentifier = ["Nr"]\ngrade = ["Pkt"]\ngraded = ["Zeit"]\n')
    data = b"Nr,Pkt,Zeit\nX 7,3,-\n"

    assert "7" == parse_worksheet(data, words=load_vocabulary(extra)).rows[0].participant_id
    with pytest.raises(WorksheetError, match="--words"):
        parse_worksheet(data)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_separators_encodings_and_line_ends_do_not_matter(separator: str, encoding: str, line_end: str):
    """A spreadsheet may have saved the file again."""
    cells = [["Identifier", "Grade", "Last modified (grade)"], ["Participant 7", '"1,5"', "-"]]
    text = "".join(separator.join(row) + line_end for row in cells)

    assert Decimal("1.5") == parse_worksheet(text.encode(encoding)).rows[0].grade


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no grading worksheet"),
        ("a,b\n1,2\n", "no grading worksheet"),
        ("Identifier,Grade,Status\n", r"no column 'Last modified \(grade\)'"),
        ("Identifier,Grade,Last modified (grade)\nParticipant 7,1\n", ":2: 2 cells, the header has 3"),
        ("Identifier,Grade,Last modified (grade)\nParticipant x,1,-\n", ":2: identifier"),
        ("Identifier,Grade,Last modified (grade)\nParticipant 7,,-\nParticipant 7,,-\n", ":3: .* line 2 already"),
        ("Identifier,Grade,Last modified (grade)\nParticipant 7,abc,-\n", "not a number"),
        ("Identifier,Status,Grade,Last modified (grade)\nParticipant 7,Odesláno,,-\n", "status_submitted"),
        ('Identifier,Grade,Last modified (grade)\n"Participant 7,,-\n', ":2: .* quotation mark missing"),
        ("Identifier,Grade,Grade can be changed,Last modified (grade)\nParticipant 7,,Ano,-\n", "neither yes nor no"),
    ],
)
def test_what_is_not_understood_is_an_error_that_says_what_to_do(text: str, words: str):
    """Line and cause are named; nothing is read by halves."""
    with pytest.raises(WorksheetError, match=words):
        parse_worksheet(text.encode())


def test_bytes_that_are_no_utf8_are_an_error():
    """Windows-1252 would lose letters in silence."""
    with pytest.raises(WorksheetError, match="not UTF-8"):
        parse_worksheet("Identifier,Grade\nÜ".encode("cp1252"))


def test_scales_and_statuses_of_a_row():
    """Items stand between runs of spaces; the ragged Status holds lateness and extension."""
    extension = "Extension granted until: Tuesday, 18 February 2025, 5:00 PM"
    status = f"Submitted for grading - 2 days 17 hours late - Graded - {extension} -  - "
    scale = "No submission    Fail    Pass    Distinction"
    text = f'Identifier,Status,Grade,Scale,Last modified (grade)\nParticipant 7,"{status}",Pass,"{scale}",-\n'
    row = parse_worksheet(text.encode()).rows[0]

    assert ("No submission", "Fail", "Pass", "Distinction") == row.scale
    assert (None, "Pass") == (row.grade, row.grade_text)
    assert (True, "Tuesday, 18 February 2025, 5:00 PM") == (row.late, row.extension)


@pytest.mark.parametrize("text", ["31 February 2026, 10:00", "12 Smarch 2026, 10:00", "12 February 2026", "yesterday"])
def test_what_is_no_date_raises(text: str):
    """Neither today's date nor half of one is taken."""
    with pytest.raises(ValueError, match=r"date|day"):
        parse_date(text, zone_of("UTC"), load_vocabulary())


def test_quoted_line_ends_count_for_line_numbers():
    """A comment of three lines moves the next row's number by three."""
    assert [(1, ["a"]), (2, ["b\n\nc"]), (5, ["d"])] == parse_csv('a\n"b\n\nc"\nd')


@pytest.mark.parametrize(
    "column",
    ["Status", "Maximum grade", "Grade can be changed", "Last modified (submission)"],
)
def test_a_missing_column_that_matters_is_named(column: str):
    """Without it everybody would count as submitted, in time, or out of any number of points."""
    table = [list(cells) for _, cells in parse_csv(build_worksheet([Person(7, "A")]).decode("utf-8-sig"))]
    place = table[0].index(column)
    sheet = parse_worksheet(write_csv([[*cells[:place], *cells[place + 1 :]] for cells in table]))
    with pytest.raises(WorksheetError, match=re.escape(f"no column '{column}'")):
        require_complete(sheet)


def test_a_column_in_another_spelling_is_shown():
    """The message has what was found beside what is wanted."""
    text = build_worksheet([Person(7, "A")]).decode().replace("Maximum grade", "Max grade")
    with pytest.raises(WorksheetError, match="no column 'Maximum grade'; not understood: 'Max grade'"):
        require_complete(parse_worksheet(text.encode()))


@pytest.mark.parametrize(
    ("maximum", "words"),
    [
        ("7.00", "Maximum grade: Participant 7 has 7.00, grading.yml has moodle.grade_maximum: 10;"),
        ("", "Participant 7 has none, grading.yml has moodle.grade_maximum: 10;"),
    ],
)
def test_another_maximum_than_the_courses_is_an_error(maximum: str, words: str):
    """10 points sent to an assignment of 7 would be wrong for everybody."""
    with pytest.raises(WorksheetError, match=re.escape(words)):
        require_maximum(parse_worksheet(build_worksheet([Person(7, "A")], maximum=maximum)), Decimal(10))


def test_the_same_maximum_in_another_form_is_none():
    """10.00 is 10."""
    require_maximum(parse_worksheet(build_worksheet([Person(7, "A")], maximum="10.00")), Decimal(10))


def test_a_scale_is_another_kind_of_grading():
    """Numbers cannot be sent to it."""
    text = "Identifier,Grade,Scale,Last modified (grade)\nParticipant 7,,Poor   Good,-\n"
    with pytest.raises(WorksheetError, match="graded by words"):
        require_maximum(parse_worksheet(text.encode()), Decimal(10))
