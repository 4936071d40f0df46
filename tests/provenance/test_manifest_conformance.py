"""The rules of the C2PA conformance programme (0.2, against specification 2.4), restated over crJSON.

The engine does not enforce them. Each rule is a function that yields what breaks it, so that the tests can also show
that a manifest which breaks a rule is caught.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from provenance.verify import Integrity, verify
from tests.provenance.test_stamp import assert_trusted, second_opinion
from tests.provenance.workshop import Workshop, active_manifest, one_media_byte_changed, workshop

SCHEMA = json.loads((Path(__file__).parents[2] / "provenance/schemas/consent-assertion-2.json").read_text())

Manifest = dict[str, Any]
NO_SOURCE_TYPE = frozenset(
    {
        "c2pa.placed",
        "c2pa.converted",
        "c2pa.published",
        "c2pa.repackaged",
        "c2pa.transcoded",
        "c2pa.resized.proportional",
        "c2pa.enhanced",
        "c2pa.edited.metadata",
        "c2pa.redacted",
        "c2pa.watermarked",
        "c2pa.watermarked.bound",
        "c2pa.watermarked.unbound",
        "c2pa.opened",
    }
)
KNOWN_LABELS = frozenset(
    {"c2pa.actions.v2", "c2pa.ai-disclosure", "c2pa.hash.bmff.v3", "c2pa.ingredient.v3", "c2pa.soft-binding"}
)
KNOWN_ACTIONS = frozenset({"c2pa.created", "c2pa.opened", "c2pa.edited", "c2pa.placed"})
DEPRECATED = re.compile(r"stds\..*|c2pa\.(actions|ingredient|ingredient\.v2|hash\.bmff\.v2|asset-type|claim)")
OPENED_INGREDIENTS = 1
FATAL = re.compile(r".*(malformed|missing|mismatch|invalid)$|claim\.multiple|manifest\.multipleParents", re.IGNORECASE)


def assertions(manifest: Manifest) -> Iterator[tuple[str, Any]]:
    for label, data in manifest["assertions"].items():
        yield re.sub(r"__\d+$", "", label), data


def actions(manifest: Manifest) -> list[dict[str, Any]]:
    return [each for label, data in assertions(manifest) if "actions" in label for each in data["actions"]]


def spec_version(manifest: Manifest) -> Iterator[str]:  # rule 1
    version = manifest["claim.v2"]["claim_generator_info"].get("specVersion")
    if not isinstance(version, str) or not version.startswith("2.4"):
        yield "claim_generator_info.specVersion"
    if "specVersion" in manifest["claim.v2"]:
        yield "specVersion in the claim itself"


def all_actions_included(manifest: Manifest) -> Iterator[str]:  # rule 2
    for label, data in assertions(manifest):
        if "actions" in label and data.get("allActionsIncluded") is not True:
            yield "allActionsIncluded"


def actions_are_created(manifest: Manifest) -> Iterator[str]:  # rule 3
    created = [each["url"].rpartition("/")[2] for each in manifest["claim.v2"]["created_assertions"]]
    if "c2pa.actions.v2" not in created:
        yield "actions are not created"
    if actions(manifest)[0]["action"] not in {"c2pa.created", "c2pa.opened"}:
        yield "first action"


def source_types(manifest: Manifest) -> Iterator[str]:  # rules 4 and 5
    for action in actions(manifest):
        name, typed = action["action"], "digitalSourceType" in action
        if name.startswith("c2pa.") and typed == (name in NO_SOURCE_TYPE):
            yield f"digitalSourceType of {name}"
        if name == "c2pa.opened" and len(action["parameters"]["ingredients"]) != OPENED_INGREDIENTS:
            yield "ingredients of c2pa.opened"


def names(manifest: Manifest) -> Iterator[str]:  # rules 6 and 7
    for label, _ in assertions(manifest):
        if DEPRECATED.fullmatch(label) or (label.startswith("c2pa.") and label not in KNOWN_LABELS) or "." not in label:
            yield label
    for action in actions(manifest):
        if action["action"] not in KNOWN_ACTIONS:
            yield action["action"]


def parameters(manifest: Manifest) -> Iterator[str]:  # rule 8
    for action in actions(manifest):
        yield from {"description", "ingredient"} & set(action.get("parameters", {}))


def manifest_label(manifest: Manifest) -> Iterator[str]:  # rule 9
    if not manifest["label"].startswith("urn:c2pa:"):
        yield manifest["label"]


def ingredients(manifest: Manifest) -> Iterator[str]:  # rule 10
    for label, data in assertions(manifest):
        if label != "c2pa.ingredient.v3":
            continue
        if data["relationship"] not in {"parentOf", "inputTo", "componentOf"}:
            yield "relationship"
        if ("activeManifest" in data) != ("validationResults" in data):
            yield "activeManifest without validationResults, or the other way round"
        if "activeManifest" in data and "digitalSourceType" in data:
            yield "activeManifest with a digital source type"


def nothing_external(manifest: Manifest) -> Iterator[str]:  # rule 11
    for label, data in assertions(manifest):
        if ".hash." in label and "url" in data:
            yield f"url in {label}"
        if label == "c2pa.external-reference":
            yield label


def results(manifest: Manifest) -> Iterator[str]:  # rule 12
    found = manifest.get("validationResults")
    if found is None:
        yield "no validationResults"
    else:
        yield from (each["code"] for each in found["failure"] if FATAL.fullmatch(each["code"]))


RULES: dict[str, Callable[[Manifest], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        spec_version,
        all_actions_included,
        actions_are_created,
        source_types,
        names,
        parameters,
        manifest_label,
        ingredients,
        nothing_external,
        results,
    )
}


KINDS = ("created", "remix", "remix of a remix", "with a fingerprint", "large", "composed")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("conformance"), "ours")


@pytest.fixture(scope="module")
def files(shop: Workshop) -> dict[str, Path]:
    parent, bound, large = shop.created(), shop.bound(), shop.large()
    remix = shop.remixed(parent)
    made = (parent, remix, shop.remixed(remix, seed=2), bound, large, shop.composed(parent, bound))
    return dict(zip(KINDS, made, strict=True))


@pytest.fixture(scope="module")
def manifests(files: dict[str, Path], shop: Workshop) -> dict[str, Manifest]:
    return {name: active_manifest(path, shop.chain.anchors_pem) for name, path in files.items()}


@pytest.mark.parametrize("which", KINDS)
def test_both_engines_agree_on_the_file(files: dict[str, Path], shop: Workshop, which: str) -> None:
    clocks = shop.clock.roots_pem
    report = verify(files[which], anchors_pem=shop.chain.anchors_pem, time_anchors_pem=clocks, log=shop.log.trust)
    assert report.ok
    assert report.own.permit is not None
    assert report.own.permit.receipt == "verified"
    assert_trusted(second_opinion(files[which], shop.chain.anchors_pem))


@pytest.mark.parametrize("which", KINDS)
def test_both_engines_see_a_changed_byte_of_the_media(
    files: dict[str, Path], shop: Workshop, which: str, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(one_media_byte_changed(files[which].read_bytes()))
    assert verify(changed, anchors_pem=shop.chain.anchors_pem).integrity.verdict is Integrity.TAMPERED
    assert second_opinion(changed, shop.chain.anchors_pem)["hard_binding"] == "mismatch"


@pytest.mark.parametrize("which", KINDS)
def test_the_consent_in_the_file_fits_the_published_schema(manifests: dict[str, Manifest], which: str) -> None:
    jsonschema.validate(manifests[which]["assertions"]["org.countenance.consent"], SCHEMA)


@pytest.mark.parametrize("which", KINDS)
@pytest.mark.parametrize("rule", RULES)
def test_our_manifests_keep_the_rule(manifests: dict[str, Manifest], which: str, rule: str) -> None:
    assert list(RULES[rule](manifests[which])) == []


def actions_data(manifest: Manifest) -> Any:  # noqa: ANN401  crJSON
    return manifest["assertions"]["c2pa.actions.v2"]


SPOILERS: dict[str, Callable[[Manifest], object]] = {
    "spec_version": lambda it: it["claim.v2"]["claim_generator_info"].update(specVersion="2.2"),
    "all_actions_included": lambda it: actions_data(it).pop("allActionsIncluded"),
    "actions_are_created": lambda it: it["claim.v2"].update(created_assertions=[]),
    "source_types": lambda it: actions(it)[0].update(digitalSourceType="any"),
    "names": lambda it: actions(it)[1].update(action="c2pa.produced"),
    "parameters": lambda it: actions(it)[0]["parameters"].update(description="words"),
    "manifest_label": lambda it: it.update(label="xmp:iid:1"),
    "ingredients": lambda it: it["assertions"]["c2pa.ingredient.v3"].pop("validationResults"),
    "nothing_external": lambda it: it["assertions"]["c2pa.hash.bmff.v3"].update(url="http://127.0.0.1/"),
    "results": lambda it: it["validationResults"]["failure"].append({"code": "assertion.bmffHash.mismatch"}),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_manifest_that_breaks_the_rule_is_caught(manifests: dict[str, Manifest], rule: str) -> None:
    spoilt = copy.deepcopy(manifests["remix"])
    SPOILERS[rule](spoilt)
    assert list(RULES[rule](spoilt)) != []
