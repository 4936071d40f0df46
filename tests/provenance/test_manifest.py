"""What is written into a manifest, and how strictly the consent assertion is read back."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid1, uuid4

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url
from provenance import manifest
from provenance.consent_assertion import AssertionMalformed, BindingDocument, ConsentAssertion
from provenance.manifest import Ingredient, Renderer, SoftBlock, bound, composed, created, label_of, remixed, video_of
from tests.provenance.workshop import INPUTS, RENDERER, SmallLog, permit_for, plain_manifest

ROOT = Path(__file__).parents[2]
SCHEMAS = {v: json.loads((ROOT / f"provenance/schemas/consent-assertion-{v}.json").read_text()) for v in (1, 2)}

digests = st.binary(min_size=32, max_size=32).map(base64url.encode)
assertions = st.builds(
    ConsentAssertion,
    origin=st.text(min_size=1),
    entry=st.binary(min_size=1),
    index=st.integers(0, 2**53 - 1),
    proof=st.text(min_size=1),
    salt=st.binary(min_size=32, max_size=32),
    document=st.builds(
        BindingDocument,
        video=st.uuids(version=4),
        permit=st.uuids(version=4),
        grants=st.lists(digests, min_size=1, max_size=5).map(tuple),
        prompt=digests,
    ),
    status_url=st.text(min_size=1),
    receipt=st.none() | st.binary(min_size=1),
)


def consent(video: UUID) -> ConsentAssertion:
    return permit_for(video, SmallLog())


@given(assertions)
def test_an_assertion_reads_back_as_it_was_written(assertion: ConsentAssertion) -> None:
    assert ConsentAssertion.parse(json.loads(json.dumps(assertion.data()))) == assertion


@given(assertions)
def test_every_assertion_that_we_write_fits_the_published_schema(assertion: ConsentAssertion) -> None:
    data = assertion.data()
    jsonschema.validate(data, SCHEMAS[data["v"]])
    other = SCHEMAS[3 - data["v"]]
    assert not jsonschema.Draft202012Validator(other).is_valid(data)


@pytest.mark.parametrize("version", SCHEMAS)
def test_the_schema_is_itself_sound(version: int) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[version])
    assert SCHEMAS[version]["$id"] == f"/schemas/consent-assertion-{version}.json"


def members(data: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:  # noqa: ANN401  JSON
    """Return the path of every member of nested objects."""
    if not isinstance(data, dict):
        return []
    return [path for name, value in data.items() for path in ((*at, name), *members(value, (*at, name)))]


MEMBERS = members(permit_for(uuid4(), SmallLog()).data())


@pytest.mark.parametrize("path", MEMBERS, ids=".".join)
@pytest.mark.parametrize("spoil", ["missing", "null", "number", "object", "beside it another"])
def test_each_member_of_an_assertion_is_held_by_the_schema(path: tuple[str, ...], spoil: str) -> None:
    data = consent(uuid4()).data()
    jsonschema.validate(data, SCHEMAS[2])
    *way, last = path
    holder = data
    for name in way:
        holder = holder[name]
    if spoil == "missing":
        del holder[last]
    elif spoil == "beside it another":
        holder[f"{last}2"] = holder[last]
    else:
        holder[last] = {"null": None, "number": -1, "object": {}}[spoil]
    assert not jsonschema.Draft202012Validator(SCHEMAS[2]).is_valid(data)
    with pytest.raises(AssertionMalformed):
        ConsentAssertion.parse(data)


SPOILERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a version that we do not know": lambda data: data.update(v=3),
    "a version that is true, which equals 1": lambda data: data.update(v=True),
    "an unknown member": lambda data: data.update(extra=1),
    "a missing member": lambda data: data.pop("status"),
    "no grants": lambda data: data["permit"]["binding"]["document"].update(grants=[]),
    "a grant that is no digest": lambda data: data["permit"]["binding"]["document"].update(grants=["AAAA"]),
    "a padded salt": lambda data: data["permit"]["binding"].update(salt="A" * 43 + "="),
    "a short salt": lambda data: data["permit"]["binding"].update(salt="AAAA"),
    "an index below zero": lambda data: data["permit"].update(index=-1),
    "an index that is a text": lambda data: data["permit"].update(index="1"),
    "an id that is no UUID": lambda data: data["permit"].update(id="1"),
    "two permits": lambda data: data["permit"].update(id=str(uuid4())),
    "a list for an object": lambda data: data.update(permit=[]),
    "a receipt in a version that has none": lambda data: data.update(v=1),
    "a version without the receipt that it has": lambda data: data["permit"].pop("receipt"),
    "a receipt that is no text": lambda data: data["permit"].update(receipt=[1]),
    "nothing for a proof": lambda data: data["permit"].update(proof=""),
}


@pytest.mark.parametrize("flaw", SPOILERS)
def test_an_assertion_with_a_flaw_is_refused(flaw: str) -> None:
    data = copy.deepcopy(consent(uuid4()).data())
    ConsentAssertion.parse(data)
    SPOILERS[flaw](data)
    with pytest.raises(AssertionMalformed):
        ConsentAssertion.parse(data)


@pytest.mark.parametrize("junk", [None, 1, "text", [], {}, {"v": 1}])
def test_what_is_no_assertion_at_all_is_refused(junk: object) -> None:
    with pytest.raises(AssertionMalformed):
        ConsentAssertion.parse(junk)


def test_the_label_carries_the_video_and_gives_it_back() -> None:
    video = uuid4()
    assert label_of(video) == f"urn:c2pa:{video}:countenance"
    assert video_of(label_of(video)) == video


@pytest.mark.parametrize(
    "label",
    [
        "",
        "urn:c2pa:1:countenance",
        "urn:c2pa:2f9c0b7e-6f0c-4c58-9a51-6a3f5b1f0d11:other",
        "x urn:c2pa:2f9c0b7e-6f0c-4c58-9a51-6a3f5b1f0d11:countenance",
        "urn:uuid:2f9c0b7e-6f0c-4c58-9a51-6a3f5b1f0d11",
    ],
)
def test_a_label_of_somebody_else_names_no_video(label: str) -> None:
    assert video_of(label) is None


def test_an_id_that_is_not_random_is_refused() -> None:
    with pytest.raises(ValueError, match="version 4"):
        label_of(uuid1())


def test_a_permit_for_another_video_is_refused() -> None:
    with pytest.raises(ValueError, match="another video"):
        created(video=uuid4(), renderer=RENDERER, ingredients=INPUTS, consent=consent(uuid4()))


def test_a_parent_makes_a_remix_and_only_one_parent_does() -> None:
    video, parent = uuid4(), Ingredient.parent(Path("parent.mp4"))
    with pytest.raises(ValueError, match="remixed"):
        created(video=video, renderer=RENDERER, ingredients=[parent], consent=consent(video))
    for ingredients in (INPUTS, (parent, parent)):
        with pytest.raises(ValueError, match="exactly one parent"):
            remixed(video=video, renderer=RENDERER, ingredients=ingredients, consent=consent(video))


def test_a_renderer_without_a_trained_model_does_not_claim_one() -> None:
    video = uuid4()
    plain = Renderer("reference", "1", "reference", generative=False)
    text = json.dumps(created(video=video, renderer=plain, ingredients=INPUTS, consent=consent(video)))
    assert "trainedAlgorithmicMedia" not in text
    assert "c2pa.ai-disclosure" not in text


def test_the_manifest_names_the_version_of_this_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert manifest.GENERATOR["version"] == project["version"]


blocks = st.builds(
    lambda start, length, value: SoftBlock(start, start + length, value),
    st.integers(0, 10**7),
    st.integers(1, 10**6),
    st.binary(min_size=1, max_size=32),
)


@given(st.lists(blocks, min_size=1, max_size=5))
def test_a_fingerprint_is_bound_block_by_block_in_milliseconds(blocks: list[SoftBlock]) -> None:
    plain = plain_manifest(uuid4())
    found = bound(plain, blocks)
    assertion = found["assertions"][-1]
    assert found["assertions"][:-1] == plain["assertions"]
    assert (assertion["label"], assertion["created"], assertion["data"]["alg"]) == (
        "c2pa.soft-binding",
        True,
        "io.iscc.v0",
    )
    read = [(b["scope"]["timespan"], bytes(b["value"])) for b in json.loads(json.dumps(assertion["data"]["blocks"]))]
    assert read == [({"start": b.start, "end": b.end}, b.value) for b in blocks]


def test_without_a_fingerprint_no_binding_is_claimed() -> None:
    plain = plain_manifest(uuid4())
    assert bound(plain, ()) == plain


@pytest.mark.parametrize("block", [SoftBlock(5, 5, b"x"), SoftBlock(-1, 5, b"x"), SoftBlock(0, 5, b"")], ids=str)
def test_a_block_without_length_or_value_is_refused(block: SoftBlock) -> None:
    with pytest.raises(ValueError, match="a length and a value"):
        bound(plain_manifest(uuid4()), [block])


def test_a_composition_has_several_components_each_placed() -> None:
    video = uuid4()
    parts = [Ingredient.component(Path(f"{number}.mp4"), number) for number in (1, 2)]
    found = composed(video=video, renderer=RENDERER, ingredients=[*parts, *INPUTS], consent=consent(video))
    made, *placed = found["assertions"][0]["data"]["actions"]
    assert made["action"] == "c2pa.created"
    assert [one["action"] for one in placed] == ["c2pa.placed", "c2pa.placed"]
    assert [one["parameters"]["ingredientIds"] for one in placed] == [["component-1"], ["component-2"]]
    for wrong in (parts[:1], [*parts, Ingredient.parent(Path("p.mp4"))], INPUTS):
        with pytest.raises(ValueError, match="at least two components"):
            composed(video=video, renderer=RENDERER, ingredients=wrong, consent=consent(video))
    with pytest.raises(ValueError, match="composed"):
        created(video=video, renderer=RENDERER, ingredients=parts, consent=consent(video))
