"""The shape of the source tree: small modules, honest names, a pure centre, no addresses of package indexes."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

MODULES = sorted((ROOT / "pipeline").rglob("*.py"))
CENTRE = [path for path in MODULES if path.relative_to(ROOT / "pipeline").parts[0] in ("domain", "reading")]
HARMLESS = {"bisect", "collections", "contextlib", "dataclasses", "datetime", "enum", "functools", "hashlib", "itertools", "json", "math"}
HARMLESS |= {"operator", "re", "string", "textwrap", "tomllib", "types", "typing", "unicodedata"}


def dotted(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", CENTRE, ids=dotted)
def test_the_centre_imports_only_itself_and_harmless_things(path: Path) -> None:
    for module in imports_of(path):
        ours = re.match(r"pipeline\.(domain|reading|errors)\b", module)
        assert ours or module.split(".")[0] in HARMLESS, f"{module} has no place in the centre"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_modules_are_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    assert ast.get_docstring(ast.parse(text)), "a module says in one sentence what it is"


def test_most_modules_are_short() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[len(lengths) // 2] <= 120


def test_one_file_for_each_format_library() -> None:
    for library, home in (("pydicom", "pipeline/formats/dicom.py"), ("hl7apy", "pipeline/formats/hl7check.py")):
        users = {dotted(path) for path in MODULES if library in {module.split(".")[0] for module in imports_of(path)}}
        assert users == {home}


def tracked() -> list[Path]:
    """Files that are or would be committed; whole text files only."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def test_no_file_names_a_package_index() -> None:
    hosts = re.compile(rb"(?i)\b(?:py" + rb"pi\.org|pythonhosted\.org|index-url|registry\.npm" + rb"js\.org)")
    allowed = {ROOT / "tools/lock", ROOT / "tests/docs/test_structure.py"}
    assert [dotted(path) for path in tracked() if path not in allowed and hosts.search(path.read_bytes())] == []


def test_no_file_is_left_in_the_way() -> None:
    rubbish = re.compile(r"\.(orig|rej|bak|pyc|log)$|~$|\.DS_Store$")
    assert [dotted(path) for path in tracked() if rubbish.search(path.name)] == []
