"""The rows of consent, one file a noun.

Every row that records an act names the ledger entry of that act, and the
database refuses it without one.
"""

from consent.models.approval import Approval, ApprovalVoice
from consent.models.ask import Ask, AskRefusal
from consent.models.assent import Assent
from consent.models.assignment import Assignment
from consent.models.block import Block
from consent.models.breach import Breach
from consent.models.bulk import Bulk, BulkItem
from consent.models.case import Case
from consent.models.case_note import CaseNote, CaseTag
from consent.models.challenge import SpentChallenge
from consent.models.claim import Claim, ClaimDocument, ClaimReview
from consent.models.counter_notice import Appeal, CounterNotice
from consent.models.decision import Decision, DecisionLikeness
from consent.models.enrolment import Enrolment
from consent.models.enrolment_session import EnrolmentSession, EnrolmentTry
from consent.models.erasure_receipt import ErasureReceipt
from consent.models.escalation import Escalation, ScheduledAct, Snooze
from consent.models.exclusion import Exclusion
from consent.models.farewell import Farewell
from consent.models.grant import Grant
from consent.models.key_event import KeyEvent
from consent.models.letter import Letter
from consent.models.licence import Licence, LicenceOffer
from consent.models.likeness import Likeness
from consent.models.login_letter import LoginLetter
from consent.models.message import Message
from consent.models.narrowing import Narrowing
from consent.models.notice import FilingCount, Notice, NoticeDraft, NoticeEvidence
from consent.models.oauth import Authorisation, ClientSecret, DpopProof, OAuthClient
from consent.models.order import Order
from consent.models.party import Party, PartyKey
from consent.models.permit import Permit, PermitGrant
from consent.models.posting import Posting, PostingSet
from consent.models.proposal import Proposal, Viewing
from consent.models.protected_name import NameKey, ProtectedName
from consent.models.quality_sample import QualitySample
from consent.models.reach import GrantUsage, Reach
from consent.models.reasons import ReasonsStated
from consent.models.reply import ReplyTemplate
from consent.models.request_meter import RequestMeter
from consent.models.revocation_proposal import RevocationProposal
from consent.models.ruling import Ruling, Strike
from consent.models.suspension import Suspension
from consent.models.token import ApiToken
from consent.models.transparency import TransparencyReport
from consent.models.undo import Undo
from consent.models.webhook import WebhookDelivery, WebhookEndpoint
from consent.models.withdrawal import Withdrawal

__all__ = [
    "ApiToken",
    "Appeal",
    "Approval",
    "ApprovalVoice",
    "Ask",
    "AskRefusal",
    "Assent",
    "Assignment",
    "Authorisation",
    "Block",
    "Breach",
    "Bulk",
    "BulkItem",
    "Case",
    "CaseNote",
    "CaseTag",
    "Claim",
    "ClaimDocument",
    "ClaimReview",
    "ClientSecret",
    "CounterNotice",
    "Decision",
    "DecisionLikeness",
    "DpopProof",
    "Enrolment",
    "EnrolmentSession",
    "EnrolmentTry",
    "ErasureReceipt",
    "Escalation",
    "Exclusion",
    "Farewell",
    "FilingCount",
    "Grant",
    "GrantUsage",
    "KeyEvent",
    "Letter",
    "Licence",
    "LicenceOffer",
    "Likeness",
    "LoginLetter",
    "Message",
    "NameKey",
    "Narrowing",
    "Notice",
    "NoticeDraft",
    "NoticeEvidence",
    "OAuthClient",
    "Order",
    "Party",
    "PartyKey",
    "Permit",
    "PermitGrant",
    "Posting",
    "PostingSet",
    "Proposal",
    "ProtectedName",
    "QualitySample",
    "Reach",
    "ReasonsStated",
    "ReplyTemplate",
    "RequestMeter",
    "RevocationProposal",
    "Ruling",
    "ScheduledAct",
    "Snooze",
    "SpentChallenge",
    "Strike",
    "Suspension",
    "TransparencyReport",
    "Undo",
    "Viewing",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Withdrawal",
]
