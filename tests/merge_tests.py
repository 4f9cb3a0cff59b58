#!/usr/bin/python3
"""Makes one CTest project of several, so that one run of ctest, with one summary, covers all presets.

usage: merge_tests.py --output DIR build/PRESET/tests.json...   (from: ctest --show-only=json-v1)
       merge_tests.py --require-all-run RESULTS.xml             (from: ctest --output-junit)

Tests are named PRESET/NAME in the merged project; a test of the tree itself that several presets have runs once. One
that hangs is ended after its TIMEOUT, or after DEFAULT_TIMEOUT: CTest has no limit of its own in such a project.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree

# Properties that a merged test keeps, and how CTest's JSON writes their values.
KEPT = ("LABELS", "TIMEOUT", "RUN_SERIAL", "PROCESSORS", "WORKING_DIRECTORY", "ENVIRONMENT", "WILL_FAIL",
        "PASS_REGULAR_EXPRESSION", "FAIL_REGULAR_EXPRESSION", "SKIP_RETURN_CODE", "RESOURCE_LOCK", "DISABLED")


DEFAULT_TIMEOUT = 600  # s


def quote(value):
    """A CMake bracket argument: nothing in it is special."""
    return f"[==[{value}]==]"


def property_text(value):
    if isinstance(value, list):
        return quote(";".join(map(str, value)))
    return quote({True: "ON", False: "OFF"}.get(value, value) if isinstance(value, bool) else value)


def merge(files):
    lines, commands = [], set()
    for file in map(pathlib.Path, files):
        for test in json.loads(file.read_text())["tests"]:
            command = tuple(test.get("command", ()))
            if not command:
                raise SystemExit(f"merge_tests.py: {test['name']} of {file.parent.name} has not been built")
            if command in commands:
                continue
            commands.add(command)
            lines += test_lines(f"{file.parent.name}/{test['name']}", command, test.get("properties", []))
    return lines


def test_lines(name, command, properties):
    yield f"add_test({quote(name)} {' '.join(map(quote, command))})"
    kept = {"TIMEOUT": DEFAULT_TIMEOUT} | {entry["name"]: entry["value"] for entry in properties
                                           if entry["name"] in KEPT}
    values = " ".join(f"{key} {property_text(value)}" for key, value in kept.items())
    yield f"set_tests_properties({quote(name)} PROPERTIES {values})"


def require_all_run(path):
    """Exits with an error that names the tests that did not run."""
    cases = xml.etree.ElementTree.parse(path).getroot().iter("testcase")
    missed = [case.get("name") for case in cases if case.get("status") not in ("run", "fail")]
    if missed:
        raise SystemExit(f"merge_tests.py: skipped, which counts as a failure here: {', '.join(missed)}")


def main(arguments):
    if len(arguments) >= 3 and arguments[0] == "--output":
        folder = pathlib.Path(arguments[1])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "CTestTestfile.cmake").write_text("\n".join(merge(arguments[2:])) + "\n")
    elif len(arguments) == 2 and arguments[0] == "--require-all-run":
        require_all_run(arguments[1])
    else:
        raise SystemExit(__doc__.strip())


if __name__ == "__main__":
    main(sys.argv[1:])
