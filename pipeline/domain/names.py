"""How names are really written: folded for comparison, and when two of them can be one person's."""

import unicodedata
from collections.abc import Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in parts, as HL7 XPN/XCN or DICOM PN give it. `type` is HL7 table 0200 (L legal, D display, ...)."""

    family: str = ""
    given: str = ""
    middle: str = ""
    prefix: str = ""
    suffix: str = ""
    type: str = ""

    @property
    def spoken(self) -> str:
        """The name in the order a letter uses: prefix, given, middle, family, suffix."""
        parts = (self.prefix, self.given, self.middle, self.family, self.suffix)
        return " ".join(part.strip() for part in parts if part.strip())


_SIGNS_TO_SPACES = {code: " " for code in range(128) if not chr(code).isalnum()}


def folded(text: str) -> str:
    """Lower case without accents, hyphens or other marks, so that the same name written twice compares equal."""
    if text.isascii():
        # A dozen times faster, and most reports are; whole report texts are folded to compare their words.
        return " ".join(text.lower().translate(_SIGNS_TO_SPACES).split())
    spread = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in spread if not unicodedata.combining(c)).split())


_PARTICLES = frozenset(
    "van von der den de del della di da do dos das du la le el al bin ibn ben ten ter zu zur zum y e o d l st mc mac".split()
)
_TITLES = frozenset("dr mr mrs ms miss mx prof md phd jr sr ii iii iv".split())
_UNLINKED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i", "ð": "d", "þ": "th"})
"""Letters that no decomposition takes apart."""
_NOBODY = frozenset("unknown unidentified unk trauma anonymous nameless noname".split())
"""Names that an emergency department gives until somebody knows better."""
_DOES = frozenset("john jane johnny janie".split())
_NEWBORN = frozenset("baby babyboy babygirl boy girl newborn infant bb bg twin".split())
_SHORT_FORMS = (
    "robert bob bobby rob",
    "william bill billy will liam",
    "elizabeth liz lizzie beth betty eliza libby",
    "james jim jimmy jamie",
    "john jack johnny jon jonathan",
    "margaret maggie meg peggy greta",
    "richard dick rick ricky rich",
    "katherine catherine kathryn kate kathy cathy katie kit",
    "michael mike mick mikey",
    "thomas tom tommy",
    "joseph joe joey",
    "charles charlie chuck",
    "edward ed eddie ted ned",
    "anthony tony",
    "daniel dan danny",
    "david dave",
    "patricia pat patty tricia",
    "susan sue susie suzanne",
    "barbara barb babs",
    "deborah debra deb debbie",
    "theodore ted teddy",
    "alexander alexandra alex sandy sasha",
    "andrew andy drew",
    "benjamin ben benny",
    "christopher chris kit",
    "christine christina chris tina",
    "dorothy dot dottie dolly",
    "francis frances frank fran",
    "frederick fred freddie",
    "gerald gerard jerry gerry",
    "gregory greg",
    "helen ellen nell nellie",
    "jacqueline jackie",
    "jennifer jen jenny",
    "lawrence laurence larry",
    "matthew matt",
    "nicholas nick",
    "pamela pam",
    "peter pete",
    "rebecca becky becca",
    "ronald ron ronnie",
    "samuel samantha sam",
    "stephen steven steve",
    "timothy tim",
    "victoria vicky tori",
    "vincent vince vinny",
    "josephine jo josie",
    "joanna joanne jo",
)


def _plain(word: str) -> str:
    """`Mueller` as `Muller`: both are how `Müller` is written without its dots."""
    return word.translate(_UNLINKED).replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _forms() -> dict[str, frozenset[int]]:
    """Each name with the numbers of the lines in which it stands."""
    lines = [[_plain(name) for name in line.split()] for line in _SHORT_FORMS]
    return {name: frozenset(number for number, line in enumerate(lines) if name in line) for line in lines for name in line}


_FORMS = _forms()


def may_be_one(one: PersonName, other: PersonName, *, same_number: bool, same_birth: bool) -> bool:
    """Whether two written names can be one person's.

    Senders swap family and given name, leave out middle names, and marriage changes one of them. With a number in common one word in
    common is enough (or an initial, where the birth dates are equal too); names in other scripts, and those that stand for a person
    nobody could ask (unknown, John Doe, trauma names; newborns with the same birth date), are then not compared. Without one, the
    given names must fit as well, and a given name alone proves nothing without a birth date.
    """
    if one == other:
        return True
    family, families, given, givens = words(one.family), words(other.family), words(one.given), words(other.given)
    mine, yours = family | given, families | givens
    if not mine or not yours:
        return True
    if same_number:
        if not (_latin(mine) and _latin(yours)) or _stands_in(mine, yours, same_birth=same_birth):
            return True
        middle = words(one.middle), words(other.middle)
        return _share(mine | middle[0], yours | middle[1]) or (same_birth and _initial(given, givens))
    if same_birth and not (_latin(mine) and _latin(yours)) and _latin(mine) is not _latin(yours):
        return True
    if not (same_birth or not family or not families):
        if not (_share(family, yours) or _share(families, mine)):
            return False
    elif not _share(mine, yours):
        return False
    return not given or not givens or _given_fit(one, other, nicknames=same_birth and _share(family, families))


def words(name: str) -> frozenset[str]:
    """The words of a name, and all of them as one: `O'Brien` is `OBRIEN`.

    Particles, titles and lone letters count only where nothing else is there.
    """
    every = [_plain(word) for word in folded(name).split()]
    telling = [word for word in every if word not in _PARTICLES and word not in _TITLES and len(word) > 1]
    untitled = [word for word in every if word not in _TITLES] or every
    return frozenset(telling or every) | ({"".join(untitled)} if len(untitled) > 1 else set())


def _share(mine: Set[str], yours: Set[str]) -> bool:
    return bool(mine & yours)


def _initial(given: Set[str], givens: Set[str]) -> bool:
    """`J` for `John`, on either side."""
    letters, others = {word for word in given if len(word) == 1}, {word for word in givens if len(word) == 1}
    return bool(letters & {word[0] for word in givens} or others & {word[0] for word in given})


def _given_fit(one: PersonName, other: PersonName, *, nicknames: bool) -> bool:
    """Whether the given names can be one person's: a word in common wherever it stands, an initial, a short form."""
    given, givens = words(f"{one.given} {one.middle}"), words(f"{other.given} {other.middle}")
    if _share(given, words(f"{other.family} {other.given} {other.middle}")) or _share(
        givens, words(f"{one.family} {one.given} {one.middle}")
    ):
        return True
    if _initial(words(one.given), words(other.given)):
        return True
    return nicknames and any(_FORMS.get(a, frozenset()) & _FORMS.get(b, frozenset()) for a in given for b in givens)


def _latin(name: Set[str]) -> bool:
    return all(word.isascii() for word in name)


def _stands_in(mine: Set[str], yours: Set[str], *, same_birth: bool) -> bool:
    for name in (mine, yours):
        # `Doe` is `do` here, as `Mueller` is `muller`.
        if name & _NOBODY or ("do" in name and name & _DOES):
            return True
        if same_birth and name & _NEWBORN:
            return True
    return False
