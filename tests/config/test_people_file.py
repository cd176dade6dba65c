"""people.toml and the ladders: everything that does not fit is told at once, with file and line."""

from pathlib import Path

import pytest

from pipeline.config import load, packaged, read
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.policy import Policy
from pipeline.domain.rungs import DEFAULT_LADDERS, Since
from pipeline.errors import Misconfigured
from tests.config.test_site import LIVE, write


def told(site: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(Misconfigured) as caught:
        load(site)
    return [(Path(problem.file).name, problem.line, problem.message) for problem in caught.value.problems]


def test_the_packaged_people_are_invented_and_fit_the_default_ladders() -> None:
    config = load(packaged() / "site.toml")
    assert config.policy().ladders == DEFAULT_LADDERS
    assert all(role.phone.startswith("555-01") for role in config.directory_of_people.roles.values())
    assert config.policy().next_steps == Policy().next_steps


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    site = write(
        tmp_path, '[follow_ups.ladders]\npositive = [{ after = "5min", to = "chef-on-call" }]\n[follow_ups.owners]\nrejected = "nobody"\n'
    )
    people = (tmp_path / "people.toml").read_text()
    (tmp_path / "people.toml").write_text(
        people.replace('phone = "4420"', 'phone = ""')
        .replace('"quill", "marsh"]', '"quill", "gone"]')
        .replace("[roles.patient-safety]", "[roles.safety]")
    )
    found = told(site)
    assert ("site.toml", 2, '"chef-on-call" is no role of people.toml; did you mean "chief-on-call"?') in found
    assert any(file == "site.toml" and line == 4 and '"nobody"' in said for file, line, said in found)
    ward = next(number for number, line in enumerate(people.splitlines(), 1) if line == "[roles.ward-team]")
    assert ("people.toml", ward, "roles.ward-team: a role needs a phone: it answers when a person cannot") in found
    assert ("people.toml", ward, 'roles.ward-team: "gone" is not a person here') in found
    assert any("[roles.patient-safety]" in said for _, _, said in found)
    assert len(found) == 5


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('from = "08:00"', 'from = "8 am"', "time of day"),
        ('name = "Dr. Dora Quillfeather"', 'name = " "', "empty"),
        ("deputy =", "depty =", "deputy"),
        ('days = ["mon"', 'days = ["montag"', "mon"),
    ],
)
def test_what_no_people_file_may_hold(tmp_path: Path, old: str, new: str, word: str) -> None:
    site = write(tmp_path, "")
    people = (tmp_path / "people.toml").read_text()
    assert old in people
    (tmp_path / "people.toml").write_text(people.replace(old, new))
    ((file, line, said),) = told(site)
    assert (file, line > 0) == ("people.toml", True)
    assert word in said


def test_a_rung_that_comes_before_the_one_below_it_is_refused(tmp_path: Path) -> None:
    rungs = '{ after = "4h", to = "owner" }, { after = "1h", to = "duty" }'
    (tmp_path / "site.toml").write_text(f"[follow_ups.ladders]\nindeterminate = [{rungs}]\n", encoding="utf-8")
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path / "site.toml")
    assert "comes before the one below it" in str(caught.value)


def test_a_site_writes_its_own_ladder(tmp_path: Path) -> None:
    site = write(
        tmp_path,
        '[follow_ups]\nremind = "12h"\n[follow_ups.ladders]\nindeterminate = [{ after = "1h", to = "team", since = "due" }]\n'
        '[follow_ups.next_steps]\nindeterminate = "Call us."\n',
    )
    policy = load(site).policy()
    (rung,) = policy.ladders[FollowUpReason.INDETERMINATE]
    assert (rung.to, rung.since) == ("team", Since.DUE)
    assert policy.next_steps[FollowUpReason.INDETERMINATE] == "Call us."
    assert policy.hash != load(write(tmp_path, "")).policy().hash


def test_the_hash_of_the_policy_knows_the_people(tmp_path: Path) -> None:
    site = write(tmp_path, "")
    before = load(site).policy().hash
    assert load(site).policy().hash == before
    people = (tmp_path / "people.toml").read_text()
    (tmp_path / "people.toml").write_text(people.replace("2026-08-03", "2026-08-04"))
    assert load(site).policy().hash != before


def test_live_mode_wants_the_sites_own_people(tmp_path: Path) -> None:
    site = write(tmp_path, LIVE)
    assert load(site).check_live() == []
    real = (tmp_path / "people.toml").read_text()
    (tmp_path / "people.toml").write_text(real.replace('phone = "4423"', 'phone = "555-0123"'))
    assert any('"chief-on-call"' in said for _, _, said in told(site))
    (tmp_path / "people.toml").write_text("[[")
    assert not any("chief" in problem.message for problem in read(site).check_live())
    (tmp_path / "people.toml").unlink()
    assert any("people.toml" in said for _, _, said in told(site))
