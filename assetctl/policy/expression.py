"""The language of checks: an expression parsed with Python's grammar, within limits, and compiled.

Nothing of Python's own evaluation is used; `compiler` says what the language has.
"""

import ast
from dataclasses import dataclass

from assetctl.errors import InputError
from assetctl.policy.closures import Run
from assetctl.policy.compiler import Compiler
from assetctl.policy.for_each import Scope

MOST_CHARACTERS = 2000
MOST_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Expression:
    """One loaded expression. closed: it reads only what is always answered. literals: its texts and numbers."""

    text: str
    type: str
    run: Run
    keys: frozenset[str]
    literals: frozenset[str | int]
    closed: bool


def compile_expression(text: str, scope: Scope, *, wanted: tuple[str, ...] = ("flag",)) -> Expression:
    """A loaded expression of one of the wanted types. Raises InputError without a file name; the loader adds it."""
    tree = _parse(text)
    compiler = Compiler(scope)
    code = compiler.value(tree)
    if code.type not in wanted:
        raise InputError(f"a {' or '.join(wanted)} is expected, this is a {code.type}: {ast.unparse(tree)[:80]}")
    run = compiler.settled(tree, code) if code.type == "flag" else code.run
    return Expression(
        text, code.type, run, frozenset(compiler.keys), frozenset(compiler.literals), not compiler.open_reads
    )


def compile_name(dotted: str, scope: Scope) -> Expression:
    """A placeholder of a wording, such as asset.name or params.limit_days."""
    return compile_expression(dotted, scope, wanted=("text", "number", "flag", "texts"))


def _parse(text: str) -> ast.expr:
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"at most {MOST_CHARACTERS} characters are expected, {len(text)} were found; split the check")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        problem = f"an expression is expected, {error.msg} at column {error.offset or 0}: {text.strip()[:80]}"
    except (ValueError, RecursionError, MemoryError):
        problem = f"an expression is expected, this cannot be read: {text.strip()[:80]}"
    else:
        _limit(tree)
        return tree
    raise InputError(problem)


def _limit(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(MOST_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise InputError(f"an expression is nested at most {MOST_DEPTH} deep, this one is deeper; split the check")
