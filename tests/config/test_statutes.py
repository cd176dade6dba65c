"""Statute packs: what is shipped, what a site may switch on, and what live mode refuses."""

import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import Config, load, packaged
from pipeline.config.policies import policy_hash
from pipeline.errors import Misconfigured, Problem

PA, KY = "us_pa_act112", "us_ky_tx_mt_malignancy"


def site(folder: Path, text: str = "", **packs: str) -> Path:
    file = folder / "site.toml"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    (folder / "policies").mkdir(exist_ok=True)
    for name, pack in packs.items():
        (folder / "policies" / f"{name}.toml").write_text(textwrap.dedent(pack), encoding="utf-8")
    return file


def on(*names: str) -> str:
    return f"[policies]\non = {list(names)!r}\n"


def problems(file: Path) -> list[Problem]:
    with pytest.raises(Misconfigured) as caught:
        load(file)
    return caught.value.problems


def test_nothing_is_on_until_a_site_switches_it_on() -> None:
    assert Config().policy().statutes == ()


def test_every_shipped_pack_can_be_switched_on_outside_live_mode(tmp_path: Path) -> None:
    shipped = sorted(file.stem for file in (packaged() / "policies").glob("*.toml"))
    assert shipped == sorted((PA, KY))
    pa, ky = load(site(tmp_path, on(PA, KY))).policy().statutes
    assert (pa.notify_within, pa.hold_for, pa.sentences, pa.jurisdiction) == (timedelta(days=20), None, (), "US-PA")
    assert (ky.hold_for, ky.notify_within, ky.reasons) == (timedelta(hours=72), None, frozenset({"malignancy-raised"}))
    assert "O" in pa.patient_classes
    for statute in (pa, ky):
        assert statute.title
        assert statute.citation


def test_what_is_on_is_part_of_the_policys_hash(tmp_path: Path) -> None:
    without, with_one = Config().policy(), load(site(tmp_path, on(KY))).policy()
    assert without.hash != with_one.hash
    assert with_one.hash == policy_hash(load(site(tmp_path, on(KY))).policy())


def test_live_mode_wants_the_acts_own_words(tmp_path: Path) -> None:
    refused = [problem.message for problem in load(site(tmp_path, on(PA))).check_live()]
    assert any("exact sentences of Pennsylvania Act 112 of 2018" in message for message in refused)
    own = (
        (packaged() / "policies" / f"{PA}.toml").read_text(encoding="utf-8").replace("sentences = []", 'sentences = ["Words of the Act."]')
    )
    config = load(site(tmp_path, on(PA), **{PA: own}))
    assert config.policy().statutes[0].sentences == ("Words of the Act.",)
    assert not any("exact sentences" in problem.message for problem in config.check_live())
    assert not any("exact sentences" in problem.message for problem in load(site(tmp_path, on(KY))).check_live())


@pytest.mark.parametrize(
    ("pack", "words"),
    [
        ("title = 'x'\n", "jurisdiction"),
        ("title='x'\njurisdiction='x'\ncitation='x'\nhold_for='72h'\n[applies]\nreasons=['malignancy']\n", "no reason code"),
        ("title='x'\njurisdiction='x'\ncitation='x'\nhold_for='72h'\n[applies]\n", "applies to nothing"),
        ("title='x'\njurisdiction='x'\ncitation='x'\n[applies]\nreasons=['incidental']\n", "does nothing"),
    ],
)
def test_a_pack_that_cannot_be_used_is_told(tmp_path: Path, pack: str, words: str) -> None:
    assert any(words in problem.message for problem in problems(site(tmp_path, on("own"), own=pack)))


def test_a_pack_that_is_not_there_is_told(tmp_path: Path) -> None:
    (found,) = problems(site(tmp_path, on("us_nowhere")))
    assert "no such file" in found.message


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("postive = { remind = '1h', escalate = '2h' }", "no reason that holds"),
        ("negative = { remind = '1h', escalate = '2h' }", "no reason that holds"),
        ("minor = { remind = '3h', escalate = '2h' }", "before it reminds"),
    ],
)
def test_terms_of_holds_are_checked(tmp_path: Path, setting: str, words: str) -> None:
    assert any(words in problem.message for problem in problems(site(tmp_path, f"[holds.expiries]\n{setting}\n")))


def test_terms_of_one_reason_leave_the_others_as_they_are(tmp_path: Path) -> None:
    config = load(
        site(tmp_path, "[holds]\nescalate_to = 'chief'\n[holds.expiries]\nminor = { remind = '1h', escalate = '2h', to = 'ward' }\n")
    )
    policy = config.policy()
    assert (policy.hold_terms["minor"].to, policy.hold_escalates_to) == ("ward", "chief")
    assert policy.hold_terms["positive"].escalate == timedelta(minutes=60)
