"""A parameter that lines depend on → its annotation and default, and what a choice is called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.codegen_model import Annotation, OptionDef
from amber_sql.compiler.files.query import OptionKind

if TYPE_CHECKING:
    from amber_sql.compiler.bind.codegen_model import FunctionDef, ModuleDef
    from amber_sql.compiler.described import Described


def optional(
    parameter: Described, annotation: Annotation, query: str = ""
) -> tuple[Annotation, OptionDef]:
    """Return how a parameter is annotated, and what leaves its lines out.

    Where NULL is a value of it, None cannot say that the lines are left out: UNSET does.
    """
    option = parameter.option
    assert option is not None  # noqa: S101  # the caller looked
    if option.kind is OptionKind.SWITCH:
        return annotation, OptionDef(name=option.name, default="False")
    if option.kind is OptionKind.CHOICE:
        labels = [json.dumps(label, ensure_ascii=False) for label in option.labels]
        alias = python_names.cap_words(f"{query}_{option.name}")
        text = Annotation(f"Literal[{', '.join(labels)}]", frozenset({("typing", "Literal")}))
        return text, OptionDef(
            name=option.name, default=labels[0], labels=option.labels, alias=alias
        )
    if not parameter.nullable:
        return annotation.optional(nullable=True), OptionDef(name=option.name, default="None")
    unset = frozenset({("msgspec", "UNSET"), ("msgspec", "UnsetType")})
    either = Annotation(
        f"{annotation.text} | None | UnsetType", annotation.imports | unset, annotation.models
    )
    return either, OptionDef(name=option.name, default="UNSET")


def with_aliases(module: ModuleDef) -> ModuleDef:
    """Return a module whose choices are called as nothing else in it."""
    taken = {function.name for function in module.functions} | {"SOURCE"}
    for function in module.functions:
        for one in (function.returns, *(p.annotation for p in function.parameters)):
            taken |= one.models | {name.split(" as ")[-1] for _, name in one.imports}
    functions: list[FunctionDef] = []
    for function in module.functions:
        parameters = []
        for parameter in function.parameters:
            option = parameter.option
            if option is not None and option.alias:
                while {option.alias, option.constant} & taken:
                    option = msgspec.structs.replace(option, alias=f"{option.alias}_")
                taken |= {option.alias, option.constant}
                parameter = msgspec.structs.replace(parameter, option=option)  # noqa: PLW2901
            parameters.append(parameter)
        functions.append(msgspec.structs.replace(function, parameters=tuple(parameters)))
    return msgspec.structs.replace(module, functions=tuple(functions))
