"""Documents that clients name by their hash instead of sending the text."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import Literal

from bigcat_graphql.server.refusals import PERSISTED_QUERY_NOT_FOUND, RequestRefused, refuse

Mode = Literal["off", "automatic", "trusted"]
_HASH_LENGTH = 64
_LEARNT_DOCUMENTS = 1_000
_LEARNT_CHARACTERS = 4 * 1024 * 1024


class PersistedDocuments:
    """Texts by the lower-case hexadecimal SHA-256 of their UTF-8.

    `automatic` learns what clients send, as Apollo's protocol has it, and forgets the least
    recently used; `trusted` takes only the documents it was made with; `off` takes texts only.
    """

    def __init__(self, mode: Mode = "automatic", trusted: Iterable[str] = ()) -> None:
        self._mode = mode
        self._trusted = {hash_text(text): text for text in trusted}
        self._learnt: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def resolve(self, query: str | None, key: str | None) -> str:
        """Find the text to run.

        Raises:
            RequestRefused: nothing was sent, the hash is wrong, unknown, or not to be trusted.
        """
        if query and key and key != hash_text(query):
            raise refuse("The SHA-256 hash that was given is not the document's.")
        if self._mode == "trusted":
            return self._resolve_trusted(query, key)
        if query:
            return query
        if key is None:
            raise refuse("There is no query in the request.")
        if self._mode == "off":
            raise refuse("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
        return self._recall(key)

    def learn(self, text: str, key: str | None) -> None:
        """Keep a valid document that came together with its hash."""
        if key is None or self._mode != "automatic" or key in self._learnt:
            return
        self._learnt[key] = text
        self._characters += len(text)
        while len(self._learnt) > _LEARNT_DOCUMENTS or self._characters > _LEARNT_CHARACTERS:
            _, forgotten = self._learnt.popitem(last=False)
            self._characters -= len(forgotten)

    def _recall(self, key: str) -> str:
        if key not in self._learnt:
            raise _not_found()
        self._learnt.move_to_end(key)
        return self._learnt[key]

    def _resolve_trusted(self, query: str | None, key: str | None) -> str:
        wanted = key or (hash_text(query) if query else None)
        if wanted is None:
            raise refuse("There is no query in the request.")
        if wanted in self._trusted:
            return self._trusted[wanted]
        if query:
            raise refuse("This server runs only the documents it knows.")
        raise _not_found()


def hash_text(text: str) -> str:
    """Name a document: the hexadecimal SHA-256 of its UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_key(document_id: object, extensions: dict[str, object] | None) -> str | None:
    """Read the hash from a request in any of its forms.

    Apollo's `extensions.persistedQuery.sha256Hash`, the draft's `documentId: "sha256:<hex>"`, or
    Relay's plain hexadecimal.

    Raises:
        RequestRefused: it has none of these forms.
    """
    asked = (extensions or {}).get("persistedQuery")
    if isinstance(asked, dict) and asked.get("version", 1) == 1:
        return _check_key(asked.get("sha256Hash"), "extensions.persistedQuery.sha256Hash")
    if asked is not None:
        raise refuse("extensions.persistedQuery must be {version: 1, sha256Hash}.")
    if document_id is None:
        return None
    plain = document_id.removeprefix("sha256:") if isinstance(document_id, str) else document_id
    return _check_key(plain, "documentId")


def _check_key(key: object, name: str) -> str:
    if not isinstance(key, str) or not key or len(key) > 2 * _HASH_LENGTH:
        raise refuse(f"{name} must be a SHA-256 hash in hexadecimal.")
    return key.lower()


def _not_found() -> RequestRefused:
    # Clients compare this message letter by letter before they send the text.
    return refuse("PersistedQueryNotFound", PERSISTED_QUERY_NOT_FOUND)
