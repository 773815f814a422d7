"""What the doctor finds, and the message about a function that the service lacks."""

import httpx
import pytest
from click.testing import CliRunner, Result

from autograder.cli import moodle as commands
from autograder.moodle.web.client import MoodleRefusalError
from autograder.moodle.web.doctor import Health, examine
from autograder.moodle.web.service import HELPFUL, NEEDED, missing_functions
from tests.moodle_server.sample import ABOUT, TOKEN, connect, make_site
from tests.moodle_server.site import Site


def faults(site: Site) -> dict[str, str]:
    """What will not work, each with its remedy."""
    found = examine(connect(site), "COMP47650", "Optimisers")
    return {one.what: f"{one.found} → {one.remedy}" for one in found if one.health is Health.FAULT}


def run(site: Site, monkeypatch: pytest.MonkeyPatch) -> Result:
    """The command on a site."""
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", TOKEN)
    monkeypatch.setattr(commands, "open_client", lambda *_: connect(site))
    arguments = ["doctor", "COMP47650", "Optimisers", "--site", site.url, "--maximum", "100"]
    return CliRunner().invoke(commands.moodle, arguments)


def test_a_site_where_all_works(monkeypatch: pytest.MonkeyPatch):
    """No fault: exit code 0, and nothing was saved."""
    site = make_site()
    result = run(site, monkeypatch)

    assert (0, {}) == (result.exit_code, site.saves), result.output
    assert "0 fault" in result.output


def test_each_setting_that_keeps_a_mark_back_is_named(monkeypatch: pytest.MonkeyPatch):
    """Both feedback types off: one remedy each, exit code 1; a rubric is a note with its criteria."""
    configs = [{**one, "value": "0"} for one in ABOUT["configs"]]
    site = make_site(configs=configs)
    site.modules[301].rubric = [
        {"id": 1, "description": "clarity", "levels": [{"id": 1, "score": 0}, {"id": 2, "score": 100}]}
    ]
    result = run(site, monkeypatch)

    assert {"feedback type"} == set(faults(site))
    assert 1 == result.exit_code
    assert "Feedback comments" in result.output
    assert "by a rubric with the criteria clarity" in result.output


def test_a_function_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch):
    """Needed ones are faults, helpful ones are notes."""
    missing = {"gradereport_user_get_grade_items", "mod_assign_save_grades"}
    monkeypatch.setattr("tests.moodle_server.app._FORBIDDEN", missing)
    found = list(examine(connect(make_site()), "COMP47650", "Optimisers"))

    assert {Health.FAULT, Health.NOTE} == {one.health for one in found if one.what == "function"}
    assert all(any(name in one.found for one in found if one.what == "function") for name in missing)


@pytest.mark.parametrize("name", sorted({*NEEDED, *HELPFUL} - {"core_webservice_get_site_info"}))
def test_a_refused_call_names_the_function_that_the_service_lacks(name: str, monkeypatch: pytest.MonkeyPatch):
    """Moodle itself says "Access control exception" for four different reasons."""
    monkeypatch.setattr("tests.moodle_server.app._FORBIDDEN", {name})
    site = make_site()
    site.given.clear()
    with pytest.raises(MoodleRefusalError, match=f"lacks the function {name}.*step 4"):
        connect(site).call(name)


def test_where_nothing_is_known_of_the_service_all_reasons_are_named():
    """The account may not even ask what its service has."""
    client = connect(make_site())
    refusal = {"exception": "x", "errorcode": "accessexception", "message": "Access control exception"}
    client.http._transport = httpx.MockTransport(lambda _: httpx.Response(200, json=refusal))
    with pytest.raises(MoodleRefusalError, match=r"step 5.*step 7.*step 4"):
        client.call("mod_assign_get_grades")


def test_the_list_of_functions_is_read_from_the_sites_answer():
    """All of them are missing where it lists none."""
    assert {*NEEDED, *HELPFUL} == missing_functions({})
    assert {*HELPFUL} == missing_functions({"functions": [{"name": name} for name in NEEDED]})
