"""From the parsed tree of an expression to closures of our own, typed when it is loaded.

Theory. Every node becomes a closure over a `Context`; nothing of Python's own evaluation is used. A truth value is
True, False or `Unknown`, combined by Kleene's rules: `and` is False as soon as one side is, `or` True as soon as one
side is, and what is left with an unknown side is unknown. So a result that is not unknown stays the same whatever
the missing facts turn out to be. Types are settled at load: comparing a text with a number, or misspelling a fact, is
an error of the file, never of the run. Collections of an asset's parts are open: that no seen service matches does not
say that none does, so `any` over them is never False and `all` never True.
"""

import ast
import operator
from collections.abc import Callable, Mapping

from assetctl.errors import InputError
from assetctl.facts import vocabulary
from assetctl.model import SubjectKind
from assetctl.policy.closures import (
    Code,
    Entity,
    Run,
    arithmetic,
    as_truth,
    calling,
    comparing,
    fact,
    fixed,
    kleene,
    literal,
    looking,
    negation,
    record_name,
)
from assetctl.policy.context import MOST_LOOPS
from assetctl.policy.for_each import NEEDS, SUBJECTS, Scope
from assetctl.policy.functions import FUNCTIONS
from assetctl.policy.look_ups import LOOK_UPS
from assetctl.policy.loops import Items, loop_variable, parts, quantifier, texts
from assetctl.policy.names import COLLECTIONS, FACT_KINDS, RECORDS
from assetctl.policy.watching import WITH_FLOWS, flows_of, unwatched
from assetctl.text import near

MOST_NUMBER = 10**15

_COMPARISONS: Mapping[type[ast.cmpop], tuple[str, Callable[..., bool]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.In: ("in", lambda a, b: a in b),
    ast.NotIn: ("not in", lambda a, b: a not in b),
}


class Compiler:
    """Turns nodes into closures, and notes what they read."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.keys: set[str] = set()
        self.literals: set[str | int] = set()
        self.open_reads = False
        self.loop: dict[str, Entity | Code] = {}
        self.depth = 0
        self.entities: dict[str, Entity] = {name: fixed(name, scope.for_each) for name in SUBJECTS[scope.for_each]}
        if scope.grouped:
            self.entities["group"] = fixed("group", scope.for_each)

    def value(self, node: ast.expr) -> Code:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.List() | ast.Tuple():
                return self._list(node.elts)
            case ast.BoolOp():
                return self._junction(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._sum(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.Name():
                return self._name(node)
        raise _no_such_form(node)

    def _unary(self, node: ast.UnaryOp) -> Code:
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return negation(self._flag(node.operand))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                return self._constant(ast.Constant(-number))
        raise _no_such_form(node)

    def _constant(self, node: ast.Constant) -> Code:
        value = node.value
        if not isinstance(value, str | int) or (isinstance(value, int) and abs(value) > MOST_NUMBER):
            raise InputError(f"a text, whole number or flag is expected, {node.value!r:.40} was found")
        if not isinstance(value, bool):
            self.literals.add(value)
        return literal(value)

    def _list(self, nodes: list[ast.expr]) -> Code:
        if not all(isinstance(node, ast.Constant) and isinstance(node.value, str) for node in nodes):
            raise InputError("a list holds texts in quotes only")
        texts = tuple(str(node.value) for node in nodes if isinstance(node, ast.Constant))
        self.literals.update(texts)
        return literal(texts)

    def _name(self, node: ast.Name) -> Code:
        held = self.loop.get(node.id)
        if isinstance(held, Code):
            return held
        if held or node.id in self.entities:
            raise InputError(f"{node.id} is no value by itself; name one of its facts, such as {node.id}.id")
        raise self._unknown_name(node.id)

    def _unknown_name(self, name: str) -> InputError:
        known = (*self.loop, *self.entities, "params", *COLLECTIONS, "assets", "flows", *FUNCTIONS, *LOOK_UPS)
        return InputError(f'"{name}" is not known in a check for each {self.scope.for_each}{near(name, known)}')

    def _flag(self, node: ast.expr) -> Run:
        code = self.value(node)
        if code.type != "flag":
            raise InputError(f"a flag is expected, this is a {code.type}: {ast.unparse(node)[:80]}")
        return self.settled(node, code)

    def settled(self, node: ast.expr, code: Code) -> Run:
        """A flag as a truth value; what is joined and compared gives one already."""
        return code.run if isinstance(node, ast.BoolOp | ast.Compare | ast.UnaryOp) else as_truth(code.run)

    def _junction(self, node: ast.BoolOp) -> Code:
        parts = tuple(self._flag(part) for part in node.values)
        return Code("flag", kleene(parts, decisive=isinstance(node.op, ast.Or)))

    def _sum(self, node: ast.BinOp) -> Code:
        if not isinstance(node.op, ast.Add | ast.Sub):
            raise InputError(f"only + and - are allowed: {ast.unparse(node)[:80]}")
        left, right = self.value(node.left), self.value(node.right)
        if (left.type, right.type) != ("number", "number"):
            raise InputError(f"+ and - need numbers, not {left.type} and {right.type}: {ast.unparse(node)[:80]}")
        return Code("number", arithmetic("+" if isinstance(node.op, ast.Add) else "-", left.run, right.run))

    def _comparison(self, node: ast.Compare) -> Code:
        if len(node.ops) != 1:
            raise InputError(f'one comparison at a time; join two with "and": {ast.unparse(node)[:80]}')
        if type(node.ops[0]) not in _COMPARISONS:
            raise InputError(f'"is" is not a comparison of values; write ==: {ast.unparse(node)[:80]}')
        symbol, plain = _COMPARISONS[type(node.ops[0])]
        left, right = self.value(node.left), self.value(node.comparators[0])
        if not _comparable(symbol, left.type, right.type):
            raise InputError(f"{left.type} {symbol} {right.type} cannot be compared: {ast.unparse(node)[:80]}")
        return Code("flag", comparing(symbol, plain, left.run, right.run))

    def _attribute(self, node: ast.Attribute) -> Code:
        if isinstance(node.value, ast.Name) and node.value.id == "params":
            return self._param(node.attr)
        entity = self._entity(node.value)
        record = RECORDS[entity.kind].get(node.attr)
        if record is not None:
            self.open_reads |= not record.closed
            return Code(record.type, record_name(entity.locate, record, node.attr, entity.kind))
        kind = FACT_KINDS.get(entity.kind)
        key = vocabulary().get(node.attr)
        if kind is None or key is None or key.kind is not kind:
            raise self._unknown_fact(entity, node.attr)
        self.keys.add(node.attr)
        self.open_reads = True
        return Code(key.type, fact(entity.locate, kind, node.attr))

    def _param(self, name: str) -> Code:
        if name not in self.scope.params:
            raise InputError(f'params has no "{name}"{near(name, tuple(self.scope.params))}')
        value = self.scope.params[name]
        self.literals.update(value if isinstance(value, tuple) else () if isinstance(value, bool) else (value,))
        return literal(value)

    def _unknown_fact(self, entity: Entity, name: str) -> InputError:
        kind = FACT_KINDS.get(entity.kind)
        known = (*RECORDS[entity.kind], *(key.name for key in vocabulary().values() if key.kind is kind))
        return InputError(f'{entity.kind} has no "{name}"{near(name, known)}')

    def _entity(self, node: ast.expr) -> Entity:
        match node:
            case ast.Name(id=name):
                held = self.loop.get(name) or self.entities.get(name)
                if isinstance(held, Entity):
                    return held
                raise self._unknown_name(name)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(local_key))):
                if name in COLLECTIONS and "asset" in self.entities:
                    return Entity(COLLECTIONS[name], lambda c: (c.view, local_key))
        raise InputError(f"asset.NAME or the like is expected: {ast.unparse(node)[:80]}")

    def _call(self, node: ast.Call) -> Code:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise InputError(f"a call of a known function is expected: {ast.unparse(node)[:80]}")
        name = node.func.id
        if name in ("any", "all", "count"):
            return self._quantified(name, node)
        if name in LOOK_UPS:
            return self._look_up(name, node)
        if name not in FUNCTIONS:
            raise self._unknown_name(name)
        return self._function(name, node)

    def _function(self, name: str, node: ast.Call) -> Code:
        function = FUNCTIONS[name]
        self._demand(name, function.needs)
        codes = [self.value(argument) for argument in node.args]
        fits = [code.type in wanted.split("|") for code, wanted in zip(codes, function.arguments, strict=False)]
        if len(codes) != len(function.arguments) or not all(fits):
            found = ", ".join(code.type for code in codes)
            raise InputError(f"{name}({', '.join(function.arguments)}) is expected, {name}({found}) was found")
        self.open_reads |= bool(function.needs) and not function.closed
        self.keys.update(function.reads)
        return Code(function.result, calling(function.run, tuple(code.run for code in codes)))

    def _demand(self, name: str, needs: str) -> None:
        """Refuse a function of a subject that this check does not have. The port of a certificate is no service."""
        is_of_port = needs == "service" and self.scope.for_each == "certificate"
        if is_of_port or (needs and not set(NEEDS[needs]) & set(self.entities)):
            raise InputError(f"{name}() cannot be asked in a check for each {self.scope.for_each}")

    def _look_up(self, name: str, node: ast.Call) -> Code:
        if len(node.args) != 1 or not isinstance(node.args[0], ast.Attribute):
            raise InputError(f"{name}(asset.FACT) is expected: {ast.unparse(node)[:80]}")
        entity, key = self._entity(node.args[0].value), node.args[0].attr
        kind = FACT_KINDS.get(entity.kind)
        entry = vocabulary().get(key)
        if kind is None or entry is None or (entry.kind is not kind and kind is not SubjectKind.ASSET):
            raise self._unknown_fact(entity, key)
        self.keys.add(key)
        look_up = LOOK_UPS[name]
        self._demand(name, look_up.needs)
        if look_up.type not in ("", entry.type):
            raise InputError(f"{name}() is of a {look_up.type}, {key} is a {entry.type}: {ast.unparse(node)[:80]}")
        self.open_reads |= not look_up.closed
        of_any_part = None if entry.kind is not kind else kind
        return Code(look_up.result, looking(look_up.run, entity.locate, of_any_part, key))

    def _quantified(self, name: str, node: ast.Call) -> Code:
        if len(node.args) != 1 or not isinstance(node.args[0], ast.GeneratorExp):
            raise InputError(f"{name}(condition for x in collection) is expected: {ast.unparse(node)[:80]}")
        loop = node.args[0]
        clause = loop.generators[0]
        if len(loop.generators) != 1 or clause.is_async or not isinstance(clause.target, ast.Name):
            raise InputError(f'one plain "for x in collection" is expected: {ast.unparse(node)[:80]}')
        items = self._items(clause.iter)
        slot, variable = self.depth, clause.target.id
        if variable in self.loop or variable in self.entities or slot >= MOST_LOOPS:
            raise InputError(f'"{variable}" is already in use; take another name')
        self.loop[variable] = loop_variable(items.element, slot)
        self.depth += 1
        passes = [self._flag(test) for test in clause.ifs]
        holds = self._flag(loop.elt)
        self.depth -= 1
        del self.loop[variable]
        self.open_reads |= not items.complete
        return quantifier(name, items, slot, passes, holds)

    def _items(self, node: ast.expr) -> Items:
        match node:
            case ast.Name(id="assets"):
                return Items("asset", lambda c: tuple(c.survey.views.values()), complete=True)
            case ast.Name(id="flows") if self.scope.for_each in WITH_FLOWS:
                return Items("flow", flows_of, complete=False, gap=unwatched)
            case ast.Name(id=name) if name in COLLECTIONS and "asset" in self.entities:
                return parts(COLLECTIONS[name], self.entities["asset"].locate)
            case ast.Attribute(value=ast.Name(id=variable), attr=name) if name in COLLECTIONS:
                entity = self._entity(ast.Name(variable))
                if entity.kind == "asset":
                    return parts(COLLECTIONS[name], entity.locate)
        code = self.value(node)
        if code.type != "texts":
            raise InputError(f"a collection is expected, this is a {code.type}: {ast.unparse(node)[:80]}")
        return Items("text", texts(code.run), complete=True)


def _no_such_form(node: ast.expr) -> InputError:
    return InputError(f"the language of checks has no such form: {ast.unparse(node)[:80]}")


def _comparable(symbol: str, left: str, right: str) -> bool:
    if symbol in ("in", "not in"):
        return (left, right) == ("text", "texts")
    if symbol in ("==", "!="):
        return left == right
    return left == right == "number"
