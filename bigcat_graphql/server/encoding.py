"""Answers as JSON, always in UTF-8."""

import json
from typing import Any

import orjson


def encode(answer: Any) -> bytes:  # noqa: ANN401 - JSON is anything
    """Encode an answer."""
    try:
        return orjson.dumps(answer)
    except TypeError:  # a lone surrogate, which JSON can only escape
        return json.dumps(answer).encode()
