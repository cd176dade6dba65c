"""Every small fault that can be made in one module, as a change of its syntax tree."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_BUILTINS = {"any": "all", "all": "any", "min": "max", "max": "min"}
_CLEANING = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "casefold"})
_CONDITIONS = (ast.If, ast.While, ast.IfExp)
Members = Mapping[str, list[str]]


@dataclass(frozen=True)
class Mutant:
    """One fault. `where` is the class and function; `at_import` says that it acts when the module is loaded, not when called."""

    module: str
    path: Path
    line: int
    where: str
    before: str
    after: str
    at_import: bool
    number: int
    code: CodeType = field(repr=False, compare=False)

    @property
    def key(self) -> str:
        """The same in the next run, also after lines above it have moved."""
        again = f" #{self.number}" if self.number > 1 else ""
        return f"{self.module.rpartition('.')[2]}.{self.where or '-'}: {self.before} => {self.after}{again}"


@dataclass(frozen=True)
class _Fault:
    new: ast.AST
    before: str
    after: str


@dataclass(frozen=True)
class _Place:
    """Where a node hangs: `holder.field`, or `holder.field[index]`."""

    holder: ast.AST
    field: str
    index: int | None
    node: ast.AST

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.holder, self.field, node)
        else:
            getattr(self.holder, self.field)[self.index] = node


def enums_of(paths: list[Path]) -> dict[str, list[str]]:
    """Each enumeration of these modules with its members, in order."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and any(isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases):
                targets = [statement.targets[0] for statement in node.body if isinstance(statement, ast.Assign)]
                found[node.name] = [target.id for target in targets if isinstance(target, ast.Name)]
    return found


def mutants_of(path: Path, module: str, enums: Members) -> list[Mutant]:
    """All mutants of one module, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {**enums, **_aliases(tree)}
    found: list[Mutant] = []
    seen: dict[tuple[str, str, str], int] = {}
    for place, where, at_import, bound in list(_places(tree, "", True, set())):
        for fault in _faults(place, names, at_import=at_import, bound=bound):
            place.put(fault.new)
            code = compile(ast.fix_missing_locations(tree), str(path), "exec")
            place.put(place.node)
            same = (where, fault.before, fault.after)
            seen[same] = seen.get(same, 0) + 1
            found.append(Mutant(module, path, getattr(place.node, "lineno", 0), *same[:1], *same[1:], at_import, seen[same], code))
    return sorted(found, key=lambda mutant: mutant.line)


def _aliases(tree: ast.Module) -> dict[str, list[str]]:
    """`A, B = Kind.A, Kind.B` at the top: names that can be taken for each other."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            return {"": [name.id for name in node.targets[0].elts if isinstance(name, ast.Name)]}
    return {}


def _places(node: ast.AST, where: str, at_import: bool, bound: set[str]) -> Iterator[tuple[_Place, str, bool, frozenset[str]]]:
    """Each node that may be changed, with its function, whether it runs at import, and the names bound before it."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef) and at_import:
        where = f"{where}.{node.name}".strip(".")
    if isinstance(node, ast.FunctionDef):
        bound = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
    for name, value in ast.iter_fields(node):
        if name in ("decorator_list", "annotation", "returns", "targets", "target", "ctx"):
            continue
        now = at_import and not (isinstance(node, ast.FunctionDef) and name == "body")
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _is_wording(child):
                yield _Place(node, name, index, child), where, now, frozenset(bound)
                yield from _places(child, where, now, bound)
                if isinstance(child, ast.Assign):
                    bound |= {target.id for target in child.targets if isinstance(target, ast.Name)}


def _is_wording(node: ast.AST) -> bool:
    """Docstrings, sentences for people, and what is no behaviour of ours."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant)).count(" ") > 1
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.count(" ") > 1 or node.value.endswith(".")
    return isinstance(node, ast.Assert | ast.Import | ast.ImportFrom)


def _faults(place: _Place, names: Members, *, at_import: bool, bound: frozenset[str]) -> Iterator[_Fault]:
    node = place.node
    if isinstance(node, ast.stmt):
        yield from _of_statement(node, at_import=at_import, bound=bound)
    elif isinstance(node, ast.expr):
        yield from _of_condition(place)
        for new in (*_of_operator(node), *_of_value(node, names), *_of_call(node)):
            yield _Fault(new, _said(node), _said(new))
        yield from _of_collection(place, at_import=at_import)


def _of_statement(node: ast.stmt, *, at_import: bool, bound: frozenset[str]) -> Iterator[_Fault]:
    if isinstance(node, ast.Return) and node.value and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield _Fault(ast.copy_location(ast.Return(ast.Constant(None)), node), _said(node), "return None")
    if at_import:
        return
    kept = isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) and target.id not in bound for target in node.targets)
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Continue | ast.Break | ast.Assign) and not kept:
        yield _Fault(ast.copy_location(ast.Pass(), node), _said(node), "pass")


def _of_condition(place: _Place) -> Iterator[_Fault]:
    node = place.node
    assert isinstance(node, ast.expr)
    if place.field == "ifs":
        yield _Fault(ast.Constant(True), f"if {_said(node)}", "no filter")
    told = isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))
    if (place.field == "ifs" or (place.field == "test" and isinstance(place.holder, _CONDITIONS))) and not told:
        yield _Fault(ast.UnaryOp(ast.Not(), node), f"if {_said(node)}", "if not")


def _of_operator(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in _COMPARISONS[type(operator)]:
                yield ast.Compare(node.left, [*node.ops[:index], other(), *node.ops[index + 1 :]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        for index in range(len(node.values)):
            rest = [*node.values[:index], *node.values[index + 1 :]]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)


def _of_value(node: ast.expr, names: Members) -> Iterator[ast.expr]:
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bool):
            yield ast.Constant(not value)
        elif isinstance(value, int | float):
            yield ast.Constant(value + 1)
            if value:
                yield ast.Constant(value - 1)
        elif isinstance(value, str):
            yield ast.Constant(f"XX{value}XX")
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in names.get(node.value.id, ()):
        yield ast.Attribute(node.value, _next(names[node.value.id], node.attr), ast.Load())
    elif isinstance(node, ast.Name) and node.id in names.get("", ()):
        yield ast.Name(_next(names[""], node.id), ast.Load())


def _of_call(node: ast.expr) -> Iterator[ast.expr]:
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and node.func.id in _BUILTINS:
        yield ast.Call(ast.Name(_BUILTINS[node.func.id], ast.Load()), node.args, node.keywords)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _CLEANING and not node.args:
        yield node.func.value
    for index in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, [*node.keywords[:index], *node.keywords[index + 1 :]])


def _of_collection(place: _Place, *, at_import: bool) -> Iterator[_Fault]:
    """One element less in a set, in a table, and in what something is looked for in."""
    node = place.node
    if isinstance(node, ast.Dict):
        for index, key in enumerate(node.keys):
            rest = ast.Dict([*node.keys[:index], *node.keys[index + 1 :]], [*node.values[:index], *node.values[index + 1 :]])
            yield _Fault(rest, f"{_said(key) if key else '**'}: {_said(node.values[index])}", "no such key")
    looked_in = place.field == "comparators" or (at_import and place.field == "value")
    if isinstance(node, ast.Set) or (isinstance(node, ast.Tuple | ast.List) and looked_in):
        for index, element in enumerate(node.elts):
            fewer = [*node.elts[:index], *node.elts[index + 1 :]]
            new = ast.Set(fewer) if isinstance(node, ast.Set) else ast.Tuple(fewer, ast.Load())
            yield _Fault(new, _said(element), "no such element")


def _next(members: list[str], member: str) -> str:
    return members[(members.index(member) + 1) % len(members)]


def _said(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 110 else f"{text[:70]} ... {text[-35:]}"
