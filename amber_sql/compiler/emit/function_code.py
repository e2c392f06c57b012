"""A query → the lines of its statement and of its function, sync or async."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amber_sql.compiler.emit.layout import WIDTH, call_lines, docstring, quoted

if TYPE_CHECKING:
    from amber_sql.compiler.bind.codegen_model import FunctionDef, OptionDef, ParameterDef

_SIMPLE = re.compile(r"[A-Za-z_]\w*(\[[A-Za-z_]\w*\])?")


def statement_lines(function: FunctionDef, hidden: dict[str, str]) -> list[str]:
    """Return the module's constant that holds the statement; `hidden` as below."""
    arguments = [quoted(function.label), "_SQL"]
    annotation = ""
    if function.row is not None and function.scalar:
        row = _visible(function.row.text, hidden)
        arguments.append(f"scalar={row.removesuffix(' | None')}")
        is_json = function.scalar_type.strip("[]") in {"json", "jsonb"}
        if is_json or not _SIMPLE.fullmatch(row) or row in {"Json", "None"}:
            annotation = f": Statement[{row}]"
        if function.scalar_type:
            arguments.append(f"scalar_type={quoted(function.scalar_type)}")
    elif function.row is not None:
        arguments.append(_visible(function.row.text, hidden))
    if function.parameters:
        types = [f"{quoted(p.name)}: {quoted(p.pg_type)}" for p in function.parameters]
        arguments.append(_listed("params={", types, "}"))
    nullable = [quoted(p.name) for p in function.parameters if p.nullable]
    nullable += [quoted(f"{p.name}[]") for p in function.parameters if p.null_elements]
    if nullable:
        arguments.append(_listed("nullable=(", nullable, ",)" if len(nullable) == 1 else ")"))
    if stated := [
        f"{quoted(p.name)}: {_visible(p.json.text, hidden)}" for p in function.parameters if p.json
    ]:
        arguments.append(_listed("json={", stated, "}"))
    if function.copy is not None:
        table, columns = function.copy
        names = "".join(f"\n            {quoted(column)}," for column in columns)
        arguments.append(
            f"copy=CopyTarget(\n        {quoted(table)},\n        ({names}\n        ),\n    )"
        )
    if function.secret:
        arguments.append("secret=True")
    if not function.options:
        return call_lines(f"_{function.name}{annotation} = Statement", arguments, "")
    inner = "\n    ".join("\n".join(call_lines("Statement", arguments, "")).splitlines())
    options = [f"{quoted(p.name)}: {_absent(option)}" for p, option in function.options]
    lines = call_lines(
        f"_{function.name}{annotation.replace(': Statement', ': Variants', 1)} = Variants",
        [inner, _listed("options={", options, "}")],
        "",
    )
    for _, option in function.options:
        if option.alias:
            labels = ", ".join(map(quoted, option.labels))
            lines += [
                f"{option.alias} = Literal[{labels}]",
                f"{option.constant}: Choices[{option.alias}] = Choices(({labels},))",
            ]
    return lines


def _absent(option: OptionDef) -> str:
    """Return what leaves lines out, or the labels of a choice."""
    return f"({', '.join(map(quoted, option.labels))},)" if option.labels else option.default


def _listed(start: str, items: list[str], end: str) -> str:
    """Return an argument of many items, on one line where they fit, otherwise an item a line."""
    one_line = f"{start}{', '.join(items)}{end}"
    if len(one_line) + len("    ,") <= WIDTH:
        return one_line
    return "\n".join([start, *(f"        {item}," for item in items), f"    {end.strip(',')}"])


def function_lines(function: FunctionDef, *, is_async: bool, hidden: dict[str, str]) -> list[str]:
    """Return a query function; `hidden` says how a type is called whose name a function has."""
    conn = "AsyncConn" if is_async else "Conn"
    streams = function.verb == "stream"
    returns = _visible(function.returns.text, hidden)
    if streams:
        returns = (
            f"AbstractAsyncContextManager[Async{returns}]"
            if is_async
            else f"AbstractContextManager[{returns}]"
        )
    parameters, names = [f"conn: {conn}"], [p.name for p in function.parameters]
    if function.params_struct:
        parameters.append(f"rows: Iterable[{_visible(function.params_struct, hidden)}]")
        passed = "rows"
    else:
        parameters += ["*"] if function.parameters else []
        parameters += [f"{p.name}: {_annotated(p, hidden)}" for p in function.parameters]
        passed = f"({', '.join(names)}{',' if len(names) == 1 else ''})" if names else ""
    head = f"{'async ' if is_async and not streams else ''}def {function.name}"
    call = f"runtime.{function.verb}(conn, _{function.name}{', ' + passed if passed else ''})"
    if function.options:
        call = f"runtime.{function.verb}(conn, *_{function.name}.chosen({', '.join(names)}))"
    result = "" if returns == "None" and function.verb == "script" else "return "
    await_ = "await " if is_async and not streams else ""
    body = [f"    {result}{await_}{call}"]
    if len(body[0]) > WIDTH and function.options:
        chosen = "\n    ".join(call_lines(f"*_{function.name}.chosen", names, "", "    "))
        start = f"{result}{await_}runtime.{function.verb}"
        body = call_lines(start, ["conn", chosen.strip()], "", "    ")
    elif len(body[0]) > WIDTH:
        start = f"{result}{await_}runtime.{function.verb}"
        arguments = ["conn", f"_{function.name}", *([_tuple(passed)] if passed else [])]
        body = call_lines(start, arguments, "", "    ")
    lines = [f"@deprecated({quoted(function.deprecated)})"] if function.deprecated else []
    lines += call_lines(head, parameters, f" -> {returns}:")
    lines.append(docstring(f"{function.doc}\n\n{function.place}".strip(), "    "))
    return [*lines, *body]


def _annotated(parameter: ParameterDef, hidden: dict[str, str]) -> str:
    """Return a parameter's type and default, as they stand behind its name."""
    option, text = parameter.option, parameter.annotation.text
    if option is not None and option.labels:
        return f"{text} = {option.default}"  # no type stands in it
    default = option.default if option is not None else "None"
    has_default = option is not None or parameter.defaults_to_none
    return _visible(text, hidden) + (f" = {default}" if has_default else "")


def _tuple(text: str) -> str:
    """Lay a long tuple of arguments out, one a line."""
    if len(text) + 9 <= WIDTH:
        return text
    names = "".join(f"\n            {name}," for name in text.strip("(,)").split(", "))
    return f"({names}\n        )"


def _visible(text: str, hidden: dict[str, str]) -> str:
    """Return an annotation with types as the module calls them: `builtins.list` where it has a `list`."""
    for name, shown in hidden.items():
        text = re.sub(rf"(?<![\w.]){name}(?!\w)", shown, text)
    return text
