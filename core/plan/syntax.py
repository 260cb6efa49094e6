"""YAML's syntax errors, in the words of somebody who writes a plan.

It must not know what stands in a plan: here it is only text with a structure.
"""

from __future__ import annotations

import yaml

from core.plan.problems import Problem

# What PyYAML says, and what it means for somebody who writes a plan.
_SYNTAX = (
    ("'\\t'", "A tab stands here.", "Indent with spaces."),
    (
        "mapping values are not allowed",
        "A ':' stands where none may be.",
        "Put the text in quotes, or mend the indentation.",
    ),
    (
        "expected <block end>",
        "The indentation does not fit the lines above.",
        "Line it up with its neighbours.",
    ),
    (
        "could not find expected ':'",
        "A ':' is missing after the key.",
        "Write 'key: value', or put a longer text in quotes.",
    ),
    ("found unexpected end of stream", "A quote that opens here is never closed.", "Close it."),
    (
        "expected ',' or",
        "A bracket that opens before this is not closed, or a comma is missing.",
        "Close it, or put texts with ',' or ':' in quotes.",
    ),
    (
        "expected the node content",
        "A value is missing here, or begins with a character that means something in YAML.",
        "Put it in quotes.",
    ),
    ("that cannot start any token", "A text may not begin with this character.", "Put it in quotes."),
    (
        "found undefined alias",
        "There is no such anchor in this file.",
        "If the '*' is part of a text, put it in quotes.",
    ),
    ("expected alphabetic or numeric", "A text may not begin with '*' or '&'.", "Put it in quotes."),
    (
        "unknown escape character",
        "This is not an escape that YAML knows.",
        "Use single quotes, in which '\\' is a plain character.",
    ),
)


def explain(wrong: yaml.MarkedYAMLError) -> Problem:
    """One sentence about a syntax error, with the line where it can be mended."""
    mark = wrong.problem_mark or wrong.context_mark
    said = wrong.problem or wrong.context or "it cannot be read"
    line = mark.line + 1 if mark else 0
    if "end of stream" in said and wrong.context_mark:
        line = wrong.context_mark.line + 1  # where the quote opened is more use than the end of the file
    for token, message, suggestion in _SYNTAX:
        if token in said:
            return Problem(line, "", message, suggestion)
    return Problem(line, "", f"This is not YAML: {said}.", "Check the line and the one above it.")
