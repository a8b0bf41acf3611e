"""Errors that more than one room raises; the others live beside their verb."""

from dataclasses import dataclass, fields


@dataclass(eq=False)
class DomainError(Exception):
    """A fact that stops a verb; its fields say what a client needs to go on."""

    @property
    def message(self) -> str:
        """What to tell a person."""
        return (type(self).__doc__ or "").partition("\n")[0]

    def __str__(self) -> str:
        """Say it with its facts, for logs."""
        facts = ", ".join(f"{fact.name}={getattr(self, fact.name)!r}" for fact in fields(self))
        return f"{self.message} ({facts})" if facts else self.message


@dataclass(eq=False)
class NotDecided(DomainError):
    """Nothing was decided: the same request with the same key may be judged anew."""


@dataclass(eq=False)
class Busy(NotDecided):
    """Too many at once: nothing was done, try again in a moment."""

    retry_after_seconds: int = 1


@dataclass(eq=False)
class OutcomeUnknown(NotDecided):
    """The connection was lost while saving: send the same again, the same key tells what became."""

    retry_after_seconds: int = 1


@dataclass(eq=False)
class NotFound(DomainError):
    """There is no such thing, or it is somebody else's: check the id, and who is signed in."""

    path: tuple[str, ...] = ()


@dataclass(eq=False)
class InvalidArgument(DomainError):
    """A query's argument breaks a rule that types cannot say."""

    argument: str
    reason: str

    @property
    def message(self) -> str:
        """Name the argument and the rule."""
        return f"{self.argument}: {self.reason}"


@dataclass(eq=False)
class InvalidInput(DomainError):
    """A mutation's input breaks a rule that types cannot say."""

    reason: str
    path: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """Say the rule."""
        return self.reason


@dataclass(eq=False)
class Unauthenticated(NotDecided):
    """Sign in, or continue as a guest, to do this."""


@dataclass(eq=False)
class Forbidden(DomainError):
    """Your account may not do this."""
