"""An example has the shape that its schema describes, whatever that is."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from config import examples

LEAVES = st.one_of(
    st.sampled_from([{"type": "integer"}, {"type": "boolean"}, {"type": "null"}, {"type": "number"}]),
    st.sampled_from(
        [{"type": ["string", "null"]}, {"enum": ["a", "b"]}, {"type": "string", "pattern": "^[a-z]{2,3}$"}]
    ),
    st.builds(lambda low: {"type": "string", "minLength": low, "maxLength": low + 3}, st.integers(0, 40)),
)
NAMES = st.text("abc", min_size=1, max_size=3)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda part: {"type": "array", "items": part}, inner),
        st.builds(lambda parts: {"type": "object", "properties": parts, "required": list(parts)},
                  st.dictionaries(NAMES, inner, max_size=3)),
        st.builds(lambda one, two: {"oneOf": [one, two]}, inner, st.just({"const": "only this"})),
        st.builds(lambda part: {"allOf": [part], "description": "words"}, inner),
    ),
    max_leaves=6,
)  # fmt: skip


@given(SCHEMAS)
def test_an_example_is_valid(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema).validate(examples.of(schema, {}))


def test_a_schema_that_holds_itself_ends() -> None:
    named = {"Tree": {"type": "object", "properties": {"below": {"$ref": "#/components/schemas/Tree"}}}}
    assert examples.of({"$ref": "#/components/schemas/Tree"}, named)["below"]["below"]
