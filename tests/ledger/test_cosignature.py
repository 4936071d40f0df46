"""C2SP tlog-cosignature v1."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from ledger import checkpoint, cosignature, note
from ledger.checkpoint import Checkpoint
from ledger.cosignature import CosignatureInvalid, Cosigner
from ledger.note import NoteInvalid
from tests.ledger.test_checkpoint import GOOD, ORIGIN, ROOT
from tests.ledger.test_note import EXAMPLE, US, Signer

W1 = Signer(7)
COSIGNER = Cosigner("witness.example/w1", W1.public)
times = st.integers(1, cosignature.LATEST)

# Source: C2SP tlog-cosignature, the message of its example.
SPECIFIED = b"""cosignature/v1
time 1679315147
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""


def cosigned(text: str = GOOD, *, at: int = 1_800_000_000, signer: Signer = W1, name: str = COSIGNER.name) -> str:
    return text + cosignature.sign(note.parse(text).text, name, signer, at=at).line()


def test_the_message_is_the_specification_s() -> None:
    text = "".join(line + "\n" for line in SPECIFIED.decode().splitlines()[2:])
    assert cosignature.message(text, 1679315147) == SPECIFIED


def test_a_verifier_key_is_read_back_and_another_type_is_refused() -> None:
    assert cosignature.parse_vkey(COSIGNER.vkey()) == COSIGNER
    with pytest.raises(NoteInvalid, match="0x04"):
        cosignature.parse_vkey(EXAMPLE)
    with pytest.raises(NoteInvalid, match="0x01"):
        note.parse_vkey(COSIGNER.vkey())


@given(times, st.integers(1, 2**60), st.binary(min_size=32, max_size=32))
def test_a_cosignature_is_read_back_and_verifies(at: int, size: int, root: bytes) -> None:
    text = checkpoint.sign(Checkpoint(ORIGIN, size, root), US)
    found = cosignature.verify(note.parse(cosigned(text, at=at)), COSIGNER)
    assert (found.cosigner, found.at) == (COSIGNER, at)
    assert text + found.signature.line() == cosigned(text, at=at)


@given(st.data())
def test_a_changed_bit_is_refused(data: st.DataObject) -> None:
    parsed = note.parse(cosigned())
    mine = parsed.signatures[1]
    place = data.draw(st.integers(4 * 8, len(mine.data) * 8 - 1))
    changed = bytearray(mine.data)
    changed[place // 8] ^= 1 << place % 8
    spoiled = dataclasses.replace(parsed, signatures=(note.Signature(mine.name, bytes(changed)),))
    with pytest.raises(CosignatureInvalid):
        cosignature.verify(spoiled, COSIGNER)


@pytest.mark.parametrize("cut", [4 + 8, 4 + 71, 4 + 73])
def test_a_cosignature_of_another_length_is_refused(cut: int) -> None:
    parsed = note.parse(cosigned())
    data = (parsed.signatures[1].data + b"\0")[:cut]
    with pytest.raises(CosignatureInvalid, match="malformed"):
        cosignature.verify(dataclasses.replace(parsed, signatures=(note.Signature(COSIGNER.name, data),)), COSIGNER)


def test_it_holds_for_this_checkpoint_only() -> None:
    line = cosignature.sign(note.parse(GOOD).text, COSIGNER.name, W1, at=5).line()
    other = checkpoint.sign(Checkpoint(ORIGIN, 2, ROOT), US)
    with pytest.raises(CosignatureInvalid, match="does not verify"):
        cosignature.verify(note.parse(other + line), COSIGNER)


def test_absence_is_no_cosignature_and_another_name_or_key_is_absence() -> None:
    for text in (GOOD, cosigned(signer=Signer(8)), cosigned(name="witness.example/w2")):
        assert cosignature.find(note.parse(text), COSIGNER) is None
        with pytest.raises(CosignatureInvalid, match="has not cosigned"):
            cosignature.verify(note.parse(text), COSIGNER)


def test_a_plain_signature_of_the_same_key_is_no_cosignature() -> None:
    plain = note.sign(note.parse(GOOD).text, COSIGNER.name, W1)
    assert cosignature.find(note.parse(plain), COSIGNER) is None


def test_of_several_cosignatures_the_latest_counts_and_a_bad_one_beside_it_refuses() -> None:
    twice = cosigned(cosigned(at=20), at=10)
    assert cosignature.verify(note.parse(twice), COSIGNER).at == 20
    bad = note.Signature(COSIGNER.name, COSIGNER.key_id + bytes(7) + b"\1" + bytes(64)).line()
    with pytest.raises(CosignatureInvalid):
        cosignature.verify(note.parse(twice + bad), COSIGNER)


@pytest.mark.parametrize("at", [0, -1, cosignature.LATEST + 1, 2**64])
def test_no_absurd_time_is_signed(at: int) -> None:
    with pytest.raises(CosignatureInvalid):
        cosigned(at=at)


def test_a_reader_of_the_log_s_signature_ignores_cosignatures() -> None:
    text = cosigned()
    assert checkpoint.verify(text, origin=ORIGIN, keys=[US.public]) == checkpoint.unverified(GOOD)
    assert note.verify(note.parse(text), [note.Verifier(ORIGIN, US.public)])


def test_an_implementation_that_is_not_ours_accepts_it_and_refuses_what_is_spoiled() -> None:
    theirs = Vkey.from_string(COSIGNER.vkey())
    TheirCheckpoint.from_text(cosigned()).verify(theirs)
    TheirCheckpoint.from_text(cosigned()).verify(Vkey.from_string(note.vkey(ORIGIN, US.public)))
    with pytest.raises(Exception, match=r"^$"):  # theirs raises the library's bare InvalidSignature
        TheirCheckpoint.from_text(cosigned().replace("\n1\n", "\n2\n")).verify(theirs)
    with pytest.raises(RuntimeError, match="no signature matched"):
        TheirCheckpoint.from_text(GOOD).verify(theirs)
