"""The site's settings: the packaged ones, every problem at once, and what follows from them."""

import re
import stat
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import Config, load, packaged, read
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.policy import SWITCHABLE, Mode
from pipeline.domain.reading import Category
from pipeline.errors import EnvironmentFailed, Misconfigured, Problem

LIVE = """\
    [site]
    mode = "live"
    facility = "Harlow General Hospital"
    phone = "+44 20 7946 0018"
    emergency_number = "999"
    time_zone = "Europe/London"
    owner = "duty consultant"
    owner_phone = "4411"
    category_map_signed_by = "Dr A. Physician"
    category_map_signed_on = 2025-01-31
    [decisions]
    low = "nondiagnostic"
    quiet_period = "60min"
    [destinations.desk]
    watched_by = "nuclear medicine desk"
    """


def write(folder: Path, text: str) -> Path:
    file = folder / "site.toml"
    people = (packaged() / "people.toml").read_text(encoding="utf-8")
    (folder / "people.toml").write_text(people.replace("SAMPLE ", "").replace("555-01", "44"), encoding="utf-8")
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return file


def problems(file: Path) -> list[Problem]:
    with pytest.raises(Misconfigured) as caught:
        load(file)
    return caught.value.problems


def test_the_packaged_settings_are_a_demo_without_problems() -> None:
    config = load(packaged() / "site.toml")
    assert config.site.mode is Mode.DEMO
    assert "SAMPLE" in config.site.facility
    assert config.folders.inbox == (Path("inbox"),)
    assert [destination.kind for destination in config.destinations.values()] == ["folder"]


def test_every_setting_that_exists_is_shown_in_the_packaged_file() -> None:
    text = (packaged() / "site.toml").read_text(encoding="utf-8")
    for section, info in Config.model_fields.items():
        assert re.search(rf"^#? ?\[{section}[.\]]", text, re.MULTILINE), section
        fields = getattr(info.annotation, "model_fields", {})
        for name in fields:
            if (section, name) not in (("follow_ups", "clocks"), ("holds", "expiries")):
                assert re.search(rf"^#? ?{name} = |^\[{section}\.{name}\]", text, re.MULTILINE), f"{section}.{name}"


def test_what_is_written_out_equals_the_defaults_of_the_code() -> None:
    shipped, bare = load(packaged() / "site.toml"), Config()
    assert shipped.site.model_copy(update={"time_zone": "UTC"}) == bare.site
    for section in (
        "folders",
        "store",
        "limits",
        "follow_ups",
        "holds",
        "policies",
        "logs",
        "metrics",
        "sources",
        "authorities",
        "destinations",
    ):
        if section != "follow_ups":
            assert getattr(shipped, section) == getattr(bare, section), section
    assert shipped.follow_ups.all_clocks == bare.follow_ups.all_clocks


def test_all_problems_come_at_once_with_line_and_suggestion(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """\
        [site]
        mode = "lve"
        faclity = "x"
        time_zone = "Mars/Base"

        [folders]
        inbox = [
          "a",
        ]
        settle = 3
        [follow_ups.clocks]
        postive = "60min"
        indeterminate = "4 bananas"
        [sources.ris]
        charset = "latin-99"
        accession_fields = ["OBR-18", "nope"]
        [sorces.y]
        [destinations.a]
        kind = "pigeon"
        [holds]
        off = ["positive"]
        """,
    )
    found = problems(file)
    assert {problem.file for problem in found} == {str(file)}
    assert [problem.line for problem in found] == [2, 3, 4, 10, 12, 13, 15, 16, 17, 19, 21]
    told = "\n".join(problem.message for problem in found)
    for hint in ('mean "live"', 'mean "facility"', 'mean "settle_s"', 'mean "positive"', 'mean "sources"', "known here: folder", "60min"):
        assert hint in told


def test_a_file_that_says_little_is_still_a_demo_that_runs(tmp_path: Path) -> None:
    config = load(write(tmp_path, '[folders]\ninbox = ["/somewhere/in"]\n'))
    assert config.site.mode is Mode.DEMO
    assert "SAMPLE" in config.site.facility


@pytest.mark.parametrize("name", ["facility", "phone", "emergency_number"])
def test_what_every_letter_needs_may_not_be_empty(tmp_path: Path, name: str) -> None:
    (found,) = problems(write(tmp_path, f'[site]\n{name} = " "\n'))
    assert found.line == 2
    assert "letter" in found.message


def test_holds_that_protect_the_patient_cannot_be_switched_off(tmp_path: Path) -> None:
    for code in ("positive", "identity-conflict", "status-unknown"):
        assert problems(write(tmp_path, f'[holds]\noff = ["{code}"]\n'))
    for code in sorted(SWITCHABLE):
        assert load(write(tmp_path, f'[holds]\noff = ["{code}"]\n')).policy().holds_off == {code}


def test_a_password_in_a_database_address_is_not_repeated(tmp_path: Path) -> None:
    found = problems(write(tmp_path, '[store]\nurl = "mysql://user:hunter2@host/db"\n'))
    assert "hunter2" not in str(found[0])
    assert found[0].line == 2


@pytest.mark.parametrize(
    ("text", "line"), [("[site]\nfacility = St Mary\n", 2), ("[site]\n[site]\n", 2), ('[site]\nphone = "unfinished\n', 2)]
)
def test_what_is_no_toml_is_said_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (found,) = problems(write(tmp_path, text))
    assert found.line == line
    assert "TOML" in found.message


def test_a_missing_file_a_folder_and_other_encodings_are_sentences(tmp_path: Path) -> None:
    assert "no such file" in problems(tmp_path / "nowhere.toml")[0].message
    (tmp_path / "latin.toml").write_bytes(b'[site]\nfacility = "Caf\xe9"\n')
    assert "UTF-8" in problems(tmp_path / "latin.toml")[0].message
    write(tmp_path, '[site]\nfacility = "By folder"\n')
    assert load(tmp_path).site.facility == "By folder"


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_bytes(b'\xef\xbb\xbf[site]\nfacility = "X"\n')
    assert load(tmp_path / "site.toml").site.facility == "X"


def test_without_a_path_the_working_directory_comes_before_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load().file == packaged() / "site.toml"
    (tmp_path / "config").mkdir()
    write(tmp_path / "config", '[site]\nfacility = "Mine"\n')
    assert load().site.facility == "Mine"


def test_a_site_that_has_no_file_of_its_own_uses_the_packaged_one(tmp_path: Path) -> None:
    config = load(write(tmp_path, ""))
    assert config.find("letters/en.toml") == packaged() / "letters/en.toml"
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "en.toml").write_text("")
    assert config.find("letters/en.toml") == tmp_path / "letters/en.toml"


def test_live_mode_starts_when_all_is_filled_and_signed(tmp_path: Path) -> None:
    config = load(write(tmp_path, LIVE))
    assert config.check_live() == []
    assert config.policy().low_category is Category.NONDIAGNOSTIC
    assert config.policy().quiet_period == timedelta(minutes=60)


@pytest.mark.parametrize(
    ("change", "line", "word"),
    [
        (("Harlow General Hospital", ""), 3, "name"),
        (("Harlow General Hospital", "SAMPLE General Hospital"), 3, "sample"),
        (("+44 20 7946 0018", ""), 4, "phone"),
        (("+44 20 7946 0018", "555-0100"), 4, "sample"),
        (('"999"', '""'), 5, "emergency"),
        (("duty consultant", ""), 7, "last resort"),
        (("4411", ""), 8, "phone"),
        (("Dr A. Physician", ""), 9, "signed"),
        (("category_map_signed_on = 2025-01-31", ""), 1, "date"),
        (('low = "nondiagnostic"', ""), 11, "low probability"),
        (('watched_by = "nuclear medicine desk"', ""), 14, "reaches a person"),
    ],
)
def test_live_mode_refuses_what_is_not_settled(tmp_path: Path, change: tuple[str, str], line: int, word: str) -> None:
    assert change[0] in LIVE
    (found, *more) = problems(write(tmp_path, LIVE.replace(*change)))
    assert not more
    assert found.line == line
    assert word in found.message


def test_in_live_mode_no_letter_counts_as_signed_unless_somebody_says_so(tmp_path: Path) -> None:
    config = load(write(tmp_path, LIVE))
    assert config.policy().approved_languages == frozenset()
    assert config.policy(frozenset({"en"})).approved_languages == {"en"}


def test_the_policy_hash_depends_on_the_settings_alone(tmp_path: Path) -> None:
    one = load(write(tmp_path, '[holds]\nminor_age = 16\noff = ["stale", "minor"]\n')).policy()
    same = load(write(tmp_path, '# moved\n[holds]\noff = ["minor", "stale"]\n\nminor_age = 16\n')).policy()
    other = load(write(tmp_path, "[holds]\nminor_age = 17\n")).policy()
    assert one.hash == same.hash != other.hash
    assert len(one.hash) == 64


def test_clocks_that_are_not_set_keep_their_default(tmp_path: Path) -> None:
    policy = load(write(tmp_path, '[follow_ups.clocks]\npositive = "30min"\n')).policy()
    assert policy.clocks[FollowUpReason.POSITIVE] == timedelta(minutes=30)
    assert policy.clocks[FollowUpReason.INDETERMINATE] == timedelta(hours=4)


@pytest.mark.parametrize(
    "clock", ['positive = "0min"', 'positive = "31d"', 'no-pe-question = "36h"', 'no-pe-question = "30min"', "identity = 60"]
)
def test_a_clock_that_cannot_be_meant_is_refused(tmp_path: Path, clock: str) -> None:
    (found,) = problems(write(tmp_path, f"[follow_ups.clocks]\n{clock}\n"))
    assert found.line in (1, 2)


def test_the_nearest_source_wins(tmp_path: Path) -> None:
    config = load(
        write(
            tmp_path,
            """\
            [sources.any-ris]
            sending_application = "RIS"
            [sources.north]
            sending_application = "RIS"
            sending_facility = "NORTH"
            empty_obx11 = "final"
            """,
        )
    )
    assert config.source_for("ris", "North ")[0] == "north"
    assert config.source_for("RIS", "SOUTH")[0] == "any-ris"
    name, source = config.source_for("PACS", "NORTH")
    assert (name, source.empty_obx11) == ("", "")


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, state = Config(), tmp_path / "state"
    secret = config.secret(state)
    assert len(secret) == 32
    assert config.secret(state) == secret != config.secret(tmp_path / "other")
    assert stat.S_IMODE((state / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert [file.name for file in state.iterdir()] == ["secret"]
    monkeypatch.setenv("VQROUTE_SECRET_FILE", str(tmp_path / "elsewhere"))
    with pytest.raises(EnvironmentFailed):
        config.secret(state)
    (tmp_path / "elsewhere").write_bytes(b"k" * 40 + b"\n")
    assert config.secret(state) == b"k" * 40


def test_a_secret_that_was_cut_short_is_not_replaced_silently(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(EnvironmentFailed, match="backup"):
        Config().secret(tmp_path)


def test_settings_cannot_be_changed_after_they_were_checked() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().site = Config().site  # type: ignore[misc]


def test_reading_the_settings_does_not_load_heavy_parts() -> None:
    import subprocess

    code = "import sys, pipeline.config; print(*[m for m in ('sqlalchemy', 'pydicom', 'hl7apy', 'jinja2', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_read_takes_the_site_file_alone(tmp_path: Path) -> None:
    assert read(write(tmp_path, '[site]\nmode = "live"\n')).check_live()
