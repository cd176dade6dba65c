"""Live mode: letters leave when everything is settled and signed, and only then."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.config import packaged
from pipeline.letters.texts import load_texts
from tests.cli.inputs import NEGATIVE, NONDIAGNOSTIC, oru, write

RUNNER = CliRunner()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A settled live site whose letters somebody has signed as they are."""
    shutil.copytree(packaged() / "letters", tmp_path / "config" / "letters")
    sign(tmp_path / "config" / "letters")
    people = (packaged() / "people.toml").read_text()
    (tmp_path / "config" / "people.toml").write_text(people.replace("SAMPLE ", "").replace("555-01", "44"))
    (tmp_path / "config" / "site.toml").write_text(
        '[site]\nmode = "live"\nfacility = "Harlow General Hospital"\nphone = "020 7946 0018"\nemergency_number = "999"\n'
        'time_zone = "Europe/London"\nowner = "duty consultant"\nowner_phone = "4411"\n'
        'category_map_signed_by = "Dr A. Physician"\ncategory_map_signed_on = 2025-01-31\n'
        '[decisions]\nlow = "negative"\n[destinations.desk]\nwatched_by = "nuclear medicine desk"\n'
    )
    write(tmp_path / "in", {"a.hl7": oru(NEGATIVE, number=1), "b.hl7": oru(NONDIAGNOSTIC, number=2)})
    return tmp_path


def sign(letters: Path) -> None:
    (letters / "approvals.toml").unlink(missing_ok=True)
    rows = [
        f'[[approval]]\nlanguage = "{tag}"\nsha256 = "{words.sha256}"\nreviewer = "Dr B"\ndate = 2025-02-01\nstatus = "approved"\n'
        for tag, words in load_texts(letters).languages.items()
    ]
    (letters / "approvals.toml").write_text("\n".join(rows))


def replay(place: Path, code: int) -> str:
    where = ["--config", str(place / "config" / "site.toml"), "--state", str(place / "state"), "--output", str(place / "output")]
    done = RUNNER.invoke(cli.app, ["replay", str(place / "in"), *where])
    assert done.exit_code == code, done.output
    return done.output


def letters(place: Path) -> list[Path]:
    return list((place / "output" / "notices").rglob("*.html"))


def test_a_settled_site_sends_letters_without_the_sample_mark(site: Path) -> None:
    replay(site, 0)
    assert len(letters(site)) == 2
    assert all("SAMPLE" not in letter.read_text() and "Harlow General Hospital" in letter.read_text() for letter in letters(site))


def test_words_that_changed_after_they_were_signed_stop_everything(site: Path) -> None:
    file = site / "config" / "letters" / "en.toml"
    text = file.read_text()
    changed = text.replace("care team", "care group")
    assert changed != text
    file.write_text(changed)
    told = replay(site, 2)
    assert "not signed" in told
    assert load_texts(file.parent).languages["en"].sha256 in told, "the hash that a new signature needs"
    assert not (site / "state").exists()
    assert not letters(site)


def test_the_packaged_signatures_are_for_the_demo_only(site: Path) -> None:
    shutil.copy(packaged() / "letters" / "approvals.toml", site / "config" / "letters" / "approvals.toml")
    assert "not signed" in replay(site, 2)


def test_shadow_computes_everything_and_holds_every_letter(site: Path) -> None:
    file = site / "config" / "site.toml"
    file.write_text(file.read_text().replace('mode = "live"', 'mode = "shadow"'))
    told = replay(site, 0)
    assert not letters(site)
    assert list((site / "output" / "followups").iterdir())
    assert "hold" in told
