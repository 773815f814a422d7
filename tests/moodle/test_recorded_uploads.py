"""Every recorded upload is replayed on the importer's model, and forecast."""

import re

import pytest

from autograder.moodle.importer.forecast import Effect, UploadSettings, forecast_worksheet
from autograder.moodle.importer.forecast_files import forecast_feedback
from tests.moodle.recorded import SEPARATORS, ZONE, Experiment, experiments, state_before, worksheet_before
from tests.moodle.recordings import needs_recordings
from tests.moodle_server.importer import import_feedback, import_worksheet

pytestmark = needs_recordings
NOW = 1795500000
ALL = experiments()
SHEETS = [pytest.param(one, id=one.name) for one in ALL if not one.is_zip]
ZIPS = [pytest.param(one, id=one.name) for one in ALL if one.is_zip]


def form(experiment: Experiment) -> dict:
    """The form's fields."""
    options = experiment.options
    return {
        "encoding": options.get("encoding", "UTF-8"),
        "separator": SEPARATORS.get(options.get("separator", ""), ","),
    }


def recorded(experiment: Experiment, field: str) -> dict:
    """User to the new value of a field; gradebook columns of older attempts are not looked at."""
    return {key.partition("#")[0]: new[field][1] for key, new in experiment.changed.items() if field in new}


def same_text(recorded_text: str, text: str) -> bool:
    """Whether a stored comment is the recorded one; long ones were recorded by their beginning."""
    cut = re.fullmatch(r"(.*)… \((\d+) characters\)", recorded_text, re.DOTALL)
    return text == recorded_text if cut is None else text.startswith(cut[1]) and len(text) == int(cut[2])


@pytest.mark.parametrize("experiment", SHEETS)
def test_the_importers_model_does_what_moodle_did(experiment: Experiment):
    """The same error or counts, grades and comments, for the same people."""
    state = state_before(experiment)
    before = {one.user: (one.grade, one.comment) for one in state.students}
    ignore = bool(experiment.options.get("ignore_modified"))
    done = import_worksheet(
        state, experiment.data, now=NOW, file_name=experiment.file_name, ignore_modified=ignore, **form(experiment)
    )
    if done.error:
        assert "" == experiment.result
        assert done.error == "form" or done.error in experiment.preview
        assert done.error != "form" or "Upload grading worksheet" in experiment.preview
        assert {} == experiment.changed
        return
    assert f"Updated {done.grades} grades and {done.comments} feedback instances." in experiment.result
    after = {one.user: (one.grade, one.comment) for one in state.students}
    grades = {user: new[0] for user, new in after.items() if new[0] != before[user][0]}
    comments = {user: new[1] for user, new in after.items() if new[1] != before[user][1]}
    assert recorded(experiment, "grade") == pytest.approx(grades)
    assert set(recorded(experiment, "comment")) == set(comments)
    assert all(same_text(text, comments[user]) for user, text in recorded(experiment, "comment").items())
    said = re.findall(r"^Set grade for (.*) to (.*)$", experiment.preview, re.MULTILINE)
    assert said == [(name, value) for kind, name, value in done.changes if kind == "grade"]


@pytest.mark.parametrize("experiment", SHEETS)
def test_the_forecast_says_what_moodle_did(experiment: Experiment):
    """From the worksheet of that moment alone: who gets which grade, whose comment changes, or that nothing does."""
    state = state_before(experiment)
    known = worksheet_before(state, experiment)
    records = {str(one.number) for one in state.students if one.grade is not None and one.grade < 0}
    settings = UploadSettings(
        file_name=experiment.file_name,
        overwrite_newer=bool(experiment.options.get("ignore_modified")),
        reader_zone=ZONE,
        records=records,
        **form(experiment),
    )
    said = forecast_worksheet(experiment.data, known, settings)
    user = {str(one.number): one.user for one in state.students}
    if said.refused or not any(row.is_applied for row in said.rows):
        assert {} == experiment.changed
        return
    grades = {user[row.participant_id]: row for row in said.rows if row.grade.effect is Effect.SET}
    comments = {user[row.participant_id] for row in said.rows if row.comment.effect in (Effect.SET, Effect.ERASED)}
    expected = {name: value for name, value in recorded(experiment, "grade").items() if value >= 0}
    values = state.scale
    found = {
        name: float(values.index(row.grade.value) + 1) if values else float(row.grade.value)
        for name, row in grades.items()
    }
    assert expected == pytest.approx(found)
    assert set(recorded(experiment, "comment")) == comments
    skipped = [row for row in said.rows if Effect.SKIPPED in (row.grade.effect, row.comment.effect)]
    assert all(row.grade.why or row.comment.why for row in skipped)


@pytest.mark.parametrize("experiment", ZIPS)
def test_the_zip_importers_model_does_what_moodle_did(experiment: Experiment):
    """The same files for the same people, and the same counts."""
    state = state_before(experiment)
    before = {one.user: dict(one.files) for one in state.students}
    done = import_feedback(state, experiment.data)
    if not done.changes:
        assert "No changes" in experiment.preview
        return
    assert f"Users with updated feedback: {done.users}" in experiment.result
    assert f"Feedback files updated: {done.updated}" in experiment.result
    assert f"Feedback files added: {done.added}" in experiment.result
    after = {
        one.user: [f"{path} {len(data)}" for path, data in sorted(one.files.items()) if data != b"\0"]
        for one in state.students
        if set(one.files) != set(before[one.user])
    }
    expected = {
        name: [file for file in new if file not in ("/old.txt 5",)]
        for name, new in recorded(experiment, "files").items()
    }
    assert expected == after
    assert {user for user, grade in recorded(experiment, "grade").items() if grade == -1} == {
        one.user for one in state.students if one.grade == -1 and one.user in recorded(experiment, "grade")
    }


@pytest.mark.parametrize("experiment", ZIPS)
def test_the_forecast_of_a_zip_says_what_moodle_did(experiment: Experiment):
    """Which entry reaches whom under which path, and why the others do not."""
    state = state_before(experiment)
    owners: dict[str, list[str]] = {}
    for one in state.valid().values():
        number = one.team if state.teams else one.number
        if number:
            owners.setdefault(str(number), []).append(one.user)
    sent = {str(one.number): {path.lstrip("/"): data for path, data in one.sent.items()} for one in state.students}
    stored = {str(one.number): set(one.files) for one in state.students}
    said = forecast_feedback(experiment.data, owners.keys(), sent=sent, stored=stored)
    found = {(user, file.path) for file in said if file.effect is Effect.SET for user in owners[file.number]}
    expected = {
        (user, entry.rpartition(" ")[0])
        for user, files in recorded(experiment, "files").items()
        for entry in files
        if entry not in ("/old.txt 5", "/never_confirmed.txt 1")
    }
    modified = re.findall(r'Modified feedback file "/?([^"]*)" for student', experiment.preview)
    assert expected == {pair for pair in found if pair[1] not in {f"/{path}" for path in modified}}
    assert all(file.why for file in said if file.effect is Effect.SKIPPED)
    assert len(modified) == sum("replaces" in file.why for file in said)
