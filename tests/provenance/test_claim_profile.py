"""Only certificates that other people's engines take as a claim signer's are put in place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from provenance.certificates import CLAIM_SIGNING, key_usage
from provenance.claim_profile import CertificateUnfit, require_issuer, require_leaf
from tests.provenance import ca

KEY = ca.key()
CA, OTHER = ca.Authority(), ca.Authority("Other")
SIGNER, WEB = ca.named("signer"), ExtendedKeyUsageOID.SERVER_AUTH
OF_384 = ec.generate_private_key(ec.SECP384R1())


def leaf(public: Any = None, **changes: Any) -> x509.Certificate:  # noqa: ANN401 - keys of any kind
    return ca.certificate(SIGNER, public or KEY.public_key(), CA.middle.subject, CA.middle_key, **changes)


def judge(*chain: x509.Certificate, roots: tuple[x509.Certificate, ...] = (CA.root,)) -> None:
    require_leaf(chain, roots, at=datetime.now(UTC))


def refused(*chain: x509.Certificate) -> bool:
    try:
        judge(*chain)
    except CertificateUnfit:
        return True
    return False


def test_a_leaf_its_intermediate_and_a_root_that_is_trusted_fit() -> None:
    judge(leaf(), CA.middle)
    judge(leaf(), CA.middle, roots=(OTHER.root, CA.root))


FLAWS: dict[str, dict[str, Any]] = {
    "an authority": {"ca": True},
    "usage of an authority": {"usage": key_usage(leaf=False)},
    "for the web too": {"purposes": (*ca.GOOD, WEB)},
    "for anything": {"purposes": (*ca.GOOD, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)},
    "not for claims": {"purposes": (ExtendedKeyUsageOID.EMAIL_PROTECTION,)},
    "no purpose": {"without": (x509.ExtendedKeyUsage,)},
    "no constraints": {"without": (x509.BasicConstraints,)},
    "no usage": {"without": (x509.KeyUsage,)},
    "no own identifier": {"without": (x509.SubjectKeyIdentifier,)},
    "no issuer's identifier": {"without": (x509.AuthorityKeyIdentifier,)},
    "ended": {"begins": timedelta(days=-2), "ends": timedelta(seconds=-1)},
    "not begun": {"begins": timedelta(hours=1)},
    "two years": {"ends": timedelta(days=390)},
    "another curve": {"public": OF_384.public_key()},
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_leaf_with_a_flaw_does_not_fit(flaw: str) -> None:
    with pytest.raises(CertificateUnfit):
        judge(leaf(**FLAWS[flaw]), CA.middle)


def test_claim_signing_alone_is_enough() -> None:
    judge(leaf(purposes=(CLAIM_SIGNING,)), CA.middle)


def test_chains_that_do_not_hold_do_not_fit() -> None:
    no_authority = leaf()
    below = ca.certificate(SIGNER, KEY.public_key(), no_authority.subject, KEY)
    ended = CA.intermediate(CA.middle_key.public_key(), ends=timedelta(seconds=-1), begins=timedelta(days=-1))
    plain = CA.intermediate(CA.middle_key.public_key(), ca=False, path_length=None)
    chains: dict[str, tuple[x509.Certificate, ...]] = {
        "nothing": (),
        "no issuer": (leaf(),),
        "issuer of others": (leaf(), OTHER.middle),
        "the wrong way round": (CA.middle, leaf()),
        "the root inside": (leaf(), CA.middle, CA.root),
        "issued by a leaf": (below, no_authority, CA.middle),
        "an issuer that ended": (leaf(), ended),
        "an issuer that is none": (leaf(), plain),
        "too many": (leaf(), *[CA.middle] * 9),
    }
    assert {name for name, chain in chains.items() if not refused(*chain)} == set()
    with pytest.raises(CertificateUnfit):
        judge(leaf(), CA.middle, roots=(OTHER.root,))
    with pytest.raises(CertificateUnfit):
        judge(leaf(), CA.middle, roots=())


def test_an_issuer_with_none_below_it_issues_leaves_and_no_issuers() -> None:
    key = ca.key()
    under = ca.certificate(ca.named("below"), key.public_key(), CA.middle.subject, CA.middle_key, ca=True)
    deep = ca.certificate(SIGNER, KEY.public_key(), under.subject, key)
    with pytest.raises(CertificateUnfit, match="so many below"):
        judge(deep, under, CA.middle)
    with pytest.raises(CertificateUnfit, match="so many below"):
        require_issuer([under, CA.middle], [CA.root], at=datetime.now(UTC))
    require_issuer([CA.middle], [CA.root], at=datetime.now(UTC))


def test_a_leaf_is_no_issuer() -> None:
    with pytest.raises(CertificateUnfit, match="not an authority"):
        require_issuer([leaf(), CA.middle], [CA.root], at=datetime.now(UTC))
