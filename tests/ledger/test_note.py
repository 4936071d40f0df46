"""C2SP signed-note."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import note
from ledger.note import NoteInvalid, Verifier

# Source: C2SP signed-note v1.0.0, the example verifier key.
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NAME = "example.com/log"


class Signer:
    """An Ed25519 key from a number."""

    def __init__(self, seed: int = 1) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self.private.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


US = Signer()
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(lambda text: text + "\n")


def test_the_specification_s_key_is_read_and_written_back() -> None:
    verifier = note.parse_vkey(EXAMPLE)
    assert verifier.name == "example.com/foo"
    assert verifier.key_id.hex() == "530d903a"
    assert note.vkey(verifier.name, verifier.public) == EXAMPLE


@pytest.mark.parametrize(
    "spoiled",
    [
        EXAMPLE.replace("foo", "fop"),
        EXAMPLE.replace("530d903a", "530d903b"),
        EXAMPLE[:-1] + "l",
        EXAMPLE[:-4],
        EXAMPLE.replace("+Aek", "+Bek"),
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo",
        "",
    ],
)
def test_a_key_whose_parts_do_not_belong_together_is_refused(spoiled: str) -> None:
    with pytest.raises(NoteInvalid):
        note.parse_vkey(spoiled)


@given(texts)
def test_a_signed_text_is_read_back_and_verifies(text: str) -> None:
    parsed = note.parse(note.sign(text, NAME, US))
    assert parsed.text == text
    assert note.verify(parsed, [Verifier(NAME, US.public)]) == (Verifier(NAME, US.public),)


@given(texts, st.data())
def test_a_changed_text_is_refused(text: str, data: st.DataObject) -> None:
    signed = note.sign(text, NAME, US)
    place = data.draw(st.integers(0, len(text) - 1))
    changed = signed[:place] + ("y" if signed[place] == "x" else "x") + signed[place + 1 :]
    with pytest.raises(NoteInvalid):
        note.verify(note.parse(changed), [Verifier(NAME, US.public)])


def test_signatures_of_unknown_keys_are_ignored() -> None:
    text = "hello\n"
    both = note.sign(text, NAME, US) + note.sign(text, "grease.invalid", Signer(2)).removeprefix(text + "\n")
    assert note.verify(note.parse(both), [Verifier(NAME, US.public)])


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    signed = note.parse(note.sign("hello\n", NAME, US))
    for verifiers in ([], [Verifier(NAME, Signer(2).public)], [Verifier("example.com/other", US.public)]):
        with pytest.raises(NoteInvalid):
            note.verify(signed, verifiers)


def test_a_bad_signature_of_a_known_key_refuses_the_note_even_beside_a_good_one() -> None:
    good = note.sign("hello\n", NAME, US)
    bad = note.sign("other\n", NAME, US).removeprefix("other\n\n")
    with pytest.raises(NoteInvalid):
        note.verify(note.parse(good + bad), [Verifier(NAME, US.public)])


@pytest.mark.parametrize(
    "data",
    [
        "",
        "hello\n",
        "hello\n\n",
        "hello\n\n- name AAAAAAAA\n",
        "hello\n\n\u2014 name AAAAAAAA",
        "hello\n\n\u2014 na+me AAAAAAAA\n",
        "hello\n\n\u2014 name AAAA\n",
        "hello\n\n\u2014 name !!!!!!!!\n",
        "hello\n\n\u2014 name AAAAAAB=\n",
        "hel\tlo\n\n\u2014 name AAAAAAAA\n",
        "hello\n\n" + "\u2014 name AAAAAAAA\n" * 65,
    ],
)
def test_what_is_not_a_note_is_refused(data: str) -> None:
    with pytest.raises(NoteInvalid):
        note.parse(data)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b"])
def test_a_name_with_spaces_or_plus_is_refused(name: str) -> None:
    with pytest.raises(NoteInvalid):
        note.sign("hello\n", name, US)


@pytest.mark.parametrize("text", ["hello", "hel\rlo\n", "hel\0lo\n"])
def test_a_text_with_control_characters_is_not_signed(text: str) -> None:
    with pytest.raises(NoteInvalid):
        note.sign(text, NAME, US)
