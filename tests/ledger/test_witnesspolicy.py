"""k of n witnesses."""

import pytest

from ledger import note
from ledger.cosignature import CosignatureInvalid, Cosigner
from ledger.witnesspolicy import PolicyInvalid, QuorumMissed, WitnessPolicy
from tests.ledger.test_checkpoint import GOOD
from tests.ledger.test_cosignature import cosigned
from tests.ledger.test_note import Signer

SIGNERS = [Signer(seed) for seed in (11, 12, 13)]
COSIGNERS = tuple(Cosigner(f"w{number}.example", signer.public) for number, signer in enumerate(SIGNERS))


def by(*numbers: int) -> note.Note:
    text = GOOD
    for number in numbers:
        text = cosigned(text, signer=SIGNERS[number], name=COSIGNERS[number].name)
    return note.parse(text)


@pytest.mark.parametrize(("quorum", "numbers"), [(0, ()), (1, (2,)), (2, (2, 0)), (3, (0, 1, 2)), (2, (0, 1, 2))])
def test_enough_cosignatures_pass_whatever_their_order(quorum: int, numbers: tuple[int, ...]) -> None:
    found = WitnessPolicy(quorum, COSIGNERS).verify(by(*numbers))
    assert [one.cosigner for one in found] == [COSIGNERS[number] for number in sorted(numbers)]


@pytest.mark.parametrize(("quorum", "numbers"), [(1, ()), (2, (1,)), (2, (1, 1)), (3, (0, 2, 2))])
def test_too_few_are_refused_and_one_witness_counts_once(quorum: int, numbers: tuple[int, ...]) -> None:
    with pytest.raises(QuorumMissed):
        WitnessPolicy(quorum, COSIGNERS).verify(by(*numbers))


def test_cosignatures_of_others_do_not_count() -> None:
    with pytest.raises(QuorumMissed):
        WitnessPolicy(1, COSIGNERS[:1]).verify(by(1, 2))


def test_a_bad_cosignature_of_one_that_counts_is_no_mere_absence() -> None:
    bad = note.parse(GOOD + note.Signature(COSIGNERS[0].name, COSIGNERS[0].key_id + bytes(72)).line())
    with pytest.raises(CosignatureInvalid):
        WitnessPolicy(0, COSIGNERS).verify(bad)


@pytest.mark.parametrize("quorum", [-1, 4])
def test_a_quorum_that_nobody_could_meet_is_refused(quorum: int) -> None:
    with pytest.raises(PolicyInvalid):
        WitnessPolicy(quorum, COSIGNERS)


def test_one_witness_under_two_names_or_two_under_one_are_refused() -> None:
    for twin in (Cosigner("other.example", COSIGNERS[0].public), Cosigner(COSIGNERS[0].name, bytes(32))):
        with pytest.raises(PolicyInvalid):
            WitnessPolicy(1, (*COSIGNERS, twin))
