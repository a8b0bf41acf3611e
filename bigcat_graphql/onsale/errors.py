"""What can be missing before one may queue or book."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from bigcat_graphql.errors import DomainError, NotDecided
from bigcat_graphql.models import ConcertStatus


@dataclass(eq=False)
class WrongConcertState(DomainError):
    """This concert has no sale queue that one could join now."""

    status: ConcertStatus
    path: tuple[str, ...] = ("input", "concertId")


class Missing(StrEnum):
    """What is needed first."""

    ADMISSION = "QUEUE_ADMISSION_REQUIRED"
    VERIFIED_EMAIL = "EMAIL_NOT_VERIFIED"
    ACCESS_CODE = "ACCESS_CODE_REQUIRED"
    PROOF_OF_WORK = "PROOF_OF_WORK_REQUIRED"


_MESSAGES = {
    Missing.ADMISSION: "A sale queue is on: join it, and book with the admission it gives you.",
    Missing.VERIFIED_EMAIL: "This sale asks for a verified e-mail: sign in with a mailed code.",
    Missing.ACCESS_CODE: "This presale asks for an access code.",
    Missing.PROOF_OF_WORK: "Very many join just now: solve the challenge, and join again with it.",
}


@dataclass(eq=False)
class AdmissionRequired(NotDecided):
    """Something is needed first."""

    missing: Missing
    concert_id: UUID
    path: tuple[str, ...] = ("input", "admission")
    challenge: str | None = None

    @property
    def code(self) -> str:
        """Name what is missing."""
        return self.missing.value

    @property
    def message(self) -> str:
        """Say what, and what to do about it."""
        return _MESSAGES[self.missing]
