"""Documents produced and kept, the signatures collected on them, the paper that came back."""

from .bilan_text import BilanText
from .campaign import ReportStep
from .circuit import (
    CircuitEvent,
    Delegation,
    OneTimeCode,
    SignatureCircuit,
    SignatureEvidence,
    SignatureStep,
    SignedFile,
    SigningLink,
)
from .contribution import Contribution, ContributionAct
from .document import Document
from .forecast import ForecastStatement
from .scan import PaperCopy, ScanBatch, ScanPage

__all__ = [
    "BilanText",
    "CircuitEvent",
    "Contribution",
    "ContributionAct",
    "Delegation",
    "Document",
    "ForecastStatement",
    "OneTimeCode",
    "PaperCopy",
    "ReportStep",
    "ScanBatch",
    "ScanPage",
    "SignatureCircuit",
    "SignatureEvidence",
    "SignatureStep",
    "SignedFile",
    "SigningLink",
]
