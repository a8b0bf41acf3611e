"""Documents named by their hash."""

import pytest

from bigcat_graphql.server.persisted import Mode, PersistedDocuments, hash_text, read_key
from bigcat_graphql.server.refusals import RequestRefused

TEXT = "{ hello }"
KEY = hash_text(TEXT)


def refusal(mode: Mode, query: str | None, key: str | None) -> str:
    with pytest.raises(RequestRefused) as refused:
        PersistedDocuments(mode, ["{ known }"]).resolve(query, key)
    return refused.value.code


def test_a_document_that_came_with_its_hash_is_found_by_the_hash_alone() -> None:
    documents = PersistedDocuments()
    documents.learn(documents.resolve(TEXT, KEY), KEY)
    assert documents.resolve("", KEY) == TEXT


def test_an_unknown_hash_is_answered_in_the_words_that_clients_wait_for() -> None:
    with pytest.raises(RequestRefused, match=r"\APersistedQueryNotFound\Z") as refused:
        PersistedDocuments().resolve(None, KEY)
    assert refused.value.code == "PERSISTED_QUERY_NOT_FOUND"


def test_a_wrong_hash_is_refused_and_learns_nothing() -> None:
    assert refusal("automatic", TEXT, "0" * 64) == "BAD_USER_INPUT"


def test_with_persisted_documents_off_only_texts_are_taken() -> None:
    assert PersistedDocuments("off").resolve(TEXT, None) == TEXT
    assert refusal("off", None, KEY) == "PERSISTED_QUERY_NOT_SUPPORTED"


def test_in_trusted_mode_only_the_known_documents_run_by_hash_or_by_text() -> None:
    trusting = PersistedDocuments("trusted", [TEXT])
    trusting.learn("{ other }", hash_text("{ other }"))
    assert trusting.resolve(None, KEY) == trusting.resolve(TEXT, None) == TEXT
    assert refusal("trusted", "{ other }", None) == "BAD_USER_INPUT"
    assert refusal("trusted", None, hash_text("{ other }")) == "PERSISTED_QUERY_NOT_FOUND"


def test_what_is_learnt_is_bounded() -> None:
    documents = PersistedDocuments()
    documents.learn(TEXT, KEY)
    for number in range(1_000):
        documents.learn(f"{{ a{number}: hello }}", f"{number}")
    with pytest.raises(RequestRefused):
        documents.resolve(None, KEY)


@pytest.mark.parametrize(
    ("document_id", "extensions"),
    [
        (f"sha256:{KEY}", None),
        (KEY.upper(), {}),
        (None, {"persistedQuery": {"version": 1, "sha256Hash": KEY}}),
    ],
    ids=["draft", "relay", "apollo"],
)
def test_the_hash_is_read_in_any_of_its_forms(
    document_id: str | None, extensions: dict[str, object] | None
) -> None:
    assert read_key(document_id, extensions) == KEY


@pytest.mark.parametrize(
    "asked", [1, "x", [], {"version": 2}, {"version": 1}, {"version": 1, "sha256Hash": 5}]
)
def test_a_form_that_means_nothing_is_refused(asked: object) -> None:
    with pytest.raises(RequestRefused):
        read_key(None, {"persistedQuery": asked})
