"""The project's enums and structs → models.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amber_sql.compiler.emit.layout import START, docstring, import_lines, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.compiler.bind.codegen_model import (
        Annotation,
        EnumDef,
        FieldDef,
        PackageDef,
        StructDef,
    )

_BUILT_IN = {"bool", "bytes", "dict", "float", "int", "list", "str", "tuple"}


def models_text(package: PackageDef) -> str:
    """Return the module of every enum and every struct."""
    imports = {
        pair for struct in package.structs for f in struct.fields for pair in f.annotation.imports
    }
    secret = [bool(struct.secrets) for struct in package.structs]
    names = sorted([*(e.name for e in package.enums), *(s.name for s in package.structs)])
    base = "Row" if "Row" not in names else "AmberRow"
    while base in names:
        base += "_"
    if not all(secret):
        imports.add(("amber_sql.runtime", "Row" if base == "Row" else f"Row as {base}"))
    if any(secret):
        imports.add(("amber_sql.runtime", "RedactedStruct"))
    if package.enums:
        imports.add(("amber_sql.runtime", "OpenEnum"))
    if any(_has_types(struct) or struct.secrets for struct in package.structs):
        imports.add(("typing", "ClassVar"))
    if any(f.key for struct in package.structs for f in struct.fields):
        imports.add(("msgspec", "field"))
    fields = {f.name for struct in package.structs for f in struct.fields}
    lines = [
        START,
        '"""The rows: enums, and one struct for each table and for each named shape."""',
        "",
        "from __future__ import annotations",
        "",
    ]
    hidden = {
        name: _other(name, names)
        for name in sorted(fields & {*_BUILT_IN, *names, *(name for _, name in imports)})
    }
    if hidden.keys() & _BUILT_IN:
        lines += ["import builtins"]
    # A field named `date` would hide the type in its class: such a type goes by another name.
    lines += import_lines((m, f"{n} as {hidden[n]}" if n in hidden else n) for m, n in imports)
    lines += [
        "",
        "__all__ = [",
        *(f'    "{name}",' for name in sorted([*names, *(name for name, _ in package.aliases)])),
        "]",
    ]
    for enum in package.enums:
        lines += ["", "", *_enum_lines(enum)]
    for struct in package.structs:
        lines += ["", "", *_struct_lines(struct, base, hidden)]
    if hidden.keys() & set(names):
        lines += ["", "", *(f"{hidden[name]} = {name}" for name in names if name in hidden)]
    if package.aliases:
        lines += ["", "", *(f"{name} = {of}" for name, of in package.aliases)]
    return "\n".join(lines) + "\n"


def _enum_lines(enum: EnumDef) -> list[str]:
    lines = [f"class {enum.name}(OpenEnum):"]
    lines.append(docstring(enum.doc or f"The labels of {enum.name}.", "    "))
    return [*lines, "", *(f"    {member} = {quoted(label)}" for member, label in enum.labels)]


def _struct_lines(struct: StructDef, row: str, hidden: dict[str, str]) -> list[str]:
    base = "RedactedStruct" if struct.secrets else row
    more = ", kw_only=True" if any(field.default for field in struct.fields) else ""
    lines = [f"class {struct.name}({hidden.get(base, base)}, frozen=True, gc=False{more}):"]
    lines += [docstring(struct.doc or f"A row: {struct.name}.", "    "), ""]
    for field in struct.fields:
        lines.append(
            f"    {field.name}: {_visible(field.annotation, hidden)}{_default(field, hidden)}"
        )
        if field.comment:
            lines.append(docstring(field.comment, "    "))
    if _has_types(struct):
        lines += _class_variable(
            "__pg_types__", [field.built_in for field in struct.fields], hidden
        )
    if struct.secrets:
        lines += _class_variable("__secret__", struct.secrets, hidden)
    return lines


def _default(field: FieldDef, hidden: dict[str, str]) -> str:
    """Return what follows a field's annotation: its default, and its key in JSON."""
    if not field.key:
        return f" = {field.default}" if field.default else ""
    default = f"default={field.default}, " if field.default else ""
    return f" = {hidden.get('field', 'field')}({default}name={quoted(field.key)})"


def _has_types(struct: StructDef) -> bool:
    """Tell whether the reader of a struct has to know types that the server does not name."""
    return struct.composite or any(field.built_in for field in struct.fields)


def _class_variable(name: str, texts: Iterable[str], hidden: dict[str, str]) -> list[str]:
    return [
        "",
        f"    {name}: {_visible_text('ClassVar[tuple[str, ...]]', hidden)} = (",
        *(f"        {quoted(text)}," for text in texts),
        "    )",
    ]


def _visible(annotation: Annotation, hidden: dict[str, str]) -> str:
    """Return an annotation whose types no field hides."""
    return _visible_text(annotation.text, hidden)


def _visible_text(text: str, hidden: dict[str, str]) -> str:
    for name, shown in hidden.items():
        text = re.sub(rf"(?<![\w.]){name}(?!\w)", shown, text)
    return text


def _other(name: str, names: list[str]) -> str:
    """Return how a type is called where a field has its name."""
    if name in _BUILT_IN:
        return f"builtins.{name}"
    return f"{name}__" if f"{name}_" in names else f"{name}_"
