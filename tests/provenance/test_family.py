"""What a video was made from is drawn so that sixty generations and fifty parents can still be read."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from provenance import family
from provenance.family import Node

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"svg", "title", "desc", "g", "circle", "path", "rect", "text"}


def drawn(found: list[family.Row]) -> ET.Element:
    text = family.picture(found, title="A <title>", description="A & description")
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - our own


def laid_out(parents: dict[str, list[str]]) -> list[family.Row]:
    names = {"0", *parents, *(each for above in parents.values() for each in above)}
    return family.rows("0", {name: Node(f"video {name}", "good") for name in names}, parents)


def test_sixty_generations_run_straight_down() -> None:
    found = laid_out({str(number): [str(number + 1)] for number in range(59)})
    assert [(row.number, row.column, row.parent_of) for row in found] == [(n, 0, n - 1) for n in range(1, 61)]
    assert len(drawn(found).findall(f"{SVG}text")) == 60


def test_fifty_parents_have_a_row_each_inside_the_picture() -> None:
    found = laid_out({"0": [str(number) for number in range(1, 51)]})
    assert [row.column for row in found] == [0, *[1] * 50]
    texts = drawn(found).findall(f"{SVG}text")
    assert len({text.get("y") for text in texts}) == 51
    assert max(int(str(text.get("x"))) + 7 * len(str(text.text)) for text in texts) <= family.WIDTH


def test_one_that_several_were_made_from_is_named_again_and_not_repeated() -> None:
    found = laid_out({"0": ["1", "2"], "1": ["3"], "2": ["3"], "3": ["4"]})
    assert [(row.node.text, row.again) for row in found] == [
        ("video 0", 0), ("video 1", 0), ("video 3", 0), ("video 4", 0), ("video 2", 0), ("video 3", 3),
    ]  # fmt: skip


def test_a_loop_and_a_multitude_end() -> None:
    assert len(laid_out({"0": ["1"], "1": ["0"]})) == 3
    wide = laid_out({"0": [str(number) for number in range(1, 1000)]})
    assert len(wide) == family.MOST_ROWS
    assert family.is_cut(wide)


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S"))), st.text())
def test_no_text_leaves_its_place_in_the_picture(text: str, state: str) -> None:
    clean = "".join(character for character in state if character.isprintable())
    root = drawn(family.rows("0", {"0": Node(f"<script>{text}</script>&", clean)}, {}))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= TAGS
    assert root.find(f"{SVG}title").text == "A <title>"  # type: ignore[union-attr]  # it is always there
