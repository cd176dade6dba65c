"""The line of a setting is the line that a person sees it on."""

import tomllib

from pipeline.config.lines import line_of, lines_of

TEXT = '''\
# a comment = not a key
[site]
name = "a # b = c"   # and a comment with [brackets]
text = """
inside = "no key"
[nor.a.table]
"""
list = [
  "one",  # ] not the end
  { x = 1 },
]
after = 1
a.b.c = 2
"quoted key" = 3

[[rows]]
id = 1
[[rows]]
id = 2
[deep.er."and so".on]
z = '''
TEXT += "'it = \\'\nlast = 1\n"


def test_every_key_is_found_on_its_line() -> None:
    lines = lines_of(TEXT)
    wanted = {
        ("site",): 2,
        ("site", "name"): 3,
        ("site", "text"): 4,
        ("site", "list"): 8,
        ("site", "after"): 12,
        ("site", "a", "b", "c"): 13,
        ("site", "quoted key"): 14,
        ("rows", 0, "id"): 17,
        ("rows", 1, "id"): 19,
        ("deep", "er", "and so", "on", "z"): 21,
        ("deep", "er", "and so", "on", "last"): 22,
    }
    assert {path: lines.get(path) for path in wanted} == wanted
    assert ("site", "inside") not in lines
    assert ("nor",) not in lines


def test_the_locator_and_the_parser_agree_on_the_keys() -> None:
    def keys(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
        if isinstance(value, dict):
            return {path} | {found for key, item in value.items() for found in keys(item, (*path, key))}
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value) and path != ("site", "list"):
            return {found for index, item in enumerate(value) for found in keys(item, (*path, index))}
        return {path}

    parsed = keys(tomllib.loads(TEXT)) - {()}
    assert parsed - set(lines_of(TEXT)) <= {("site", "list")}


def test_an_element_of_a_list_stands_with_its_key_and_a_missing_key_with_its_table() -> None:
    lines = lines_of(TEXT)
    assert line_of(("site", "list", 0), lines) == 8
    assert line_of(("site", "missing"), lines) == 2
    assert line_of(("nowhere", "missing"), lines) == 0


def test_a_broken_text_does_not_break_the_locator() -> None:
    assert lines_of('[a\nb = "unfinished\nc = 1\n')[("c",)] == 3
