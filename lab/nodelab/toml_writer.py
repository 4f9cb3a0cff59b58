"""Writes plain values as TOML, which the standard library only reads."""

import json


def dump(table, path=()):
    """Text of a table: its values first, then the tables in it."""
    lines = []
    deep = {key: value for key, value in table.items() if is_table(value) or is_table_array(value)}
    for key, value in table.items():
        if key not in deep:
            lines.append(f"{key} = {literal(value)}")
    for key, value in deep.items():
        name = ".".join((*path, key))
        for item in value if is_table_array(value) else [value]:
            lines.append(f"\n[[{name}]]" if is_table_array(value) else f"\n[{name}]")
            lines.append(dump(item, (*path, key)).strip("\n"))
    return "\n".join(lines) + "\n"


def is_table(value):
    return isinstance(value, dict)


def is_table_array(value):
    return isinstance(value, list) and bool(value) and all(map(is_table, value))


def literal(value):
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    # JSON's strings, numbers, true and false are TOML's too.
    return json.dumps(value)
