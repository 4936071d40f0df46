"""The rows of the videos that exist; each names the ledger entry that brought it about."""

from provenance.models.appearance import Appearance
from provenance.models.copy_review import CopyReview
from provenance.models.descent import Descent, Footing
from provenance.models.face_review import FaceReview
from provenance.models.fingerprint import Fingerprint
from provenance.models.lineage import Lineage
from provenance.models.reservation import Reservation
from provenance.models.revoked_signer import RevokedSigner
from provenance.models.stamp import Stamp
from provenance.models.stop import Stop
from provenance.models.video import Video

__all__ = [
    "Appearance",
    "CopyReview",
    "Descent",
    "FaceReview",
    "Fingerprint",
    "Footing",
    "Lineage",
    "Reservation",
    "RevokedSigner",
    "Stamp",
    "Stop",
    "Video",
]
