"""What README.md shows is run, in its order, against the demo.

A ```graphql block runs with the variables of the ```json block behind it, where there is one; of a
```sh block, every command that begins with `curl`.
"""

import asyncio
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, parse

from tests.journeys.serving import Server
from tests.journeys.visitor import Visitor

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\s*(?:\$ )?(curl\b(?:[^\n]*\\\n)*[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    query: str
    variables: Any

    @property
    def is_subscription(self) -> bool:
        operations = [
            one for one in parse(self.query).definitions if isinstance(one, OperationDefinitionNode)
        ]
        return operations[0].operation is OperationType.SUBSCRIPTION


def find_documents(text: str) -> list[Document]:
    blocks = [*_BLOCK.findall(text), ("", "")]
    return [
        Document(body, json.loads(after) if next_kind == "json" else {})
        for (kind, body), (next_kind, after) in pairwise(blocks)
        if kind == "graphql"
    ]


def find_commands(text: str) -> list[str]:
    return [
        command
        for kind, body in _BLOCK.findall(text)
        if kind in {"sh", "bash", "console"}
        for command in _COMMAND.findall(body)
    ]


@pytest.fixture(scope="module")
def readme() -> str:
    if not README.exists():
        pytest.skip("README.md is not written yet")
    return README.read_text("utf-8")


async def test_its_documents_run(readme: str, visitor: Visitor) -> None:
    await visitor.come_in()
    examples = await find_examples(visitor)
    for document in find_documents(readme):
        request = fill({"query": document.query, "variables": document.variables}, examples)
        run = visitor.first_event if document.is_subscription else visitor.send
        answer = await run(request)
        assert "errors" not in answer, (document.query, answer)
        for value in answer["data"].values():
            assert not (isinstance(value, dict) and value.get("errors")), (document.query, value)


async def find_examples(visitor: Visitor) -> dict[str, Any]:
    """Find what stands for `{{concertId}}` and `{{planVersion}}`, as the explorer's tabs do."""
    answer = await visitor.ask(
        '{ concert(by: {slug: "la-laguna-opening-night"}) { id seatMap { plan { version } } } }'
    )
    concert = answer["concert"]
    return {
        "{{concertId}}": concert["id"],
        "{{planVersion}}": concert["seatMap"]["plan"]["version"],
    }


def fill(value: Any, examples: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: fill(one, examples) for name, one in value.items()}
    if isinstance(value, list):
        return [fill(one, examples) for one in value]
    return examples.get(value, value) if isinstance(value, str) else value


async def test_its_commands_run(readme: str, demo: Server) -> None:
    commands = find_commands(readme)
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    for command in commands:
        here = command.replace("http://localhost:8000", demo.address)
        done = await asyncio.to_thread(
            subprocess.run,
            ["/bin/sh", "-c", here.replace("localhost:8000", demo.address)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout, command
        assert '"errors":[{' not in done.stdout.replace(" ", ""), (command, done.stdout)


def test_blocks_are_found_with_their_variables() -> None:
    text = """
```graphql
query ($first: Int) { concerts(first: $first) { totalCount } }
```
```json
{"first": 3}
```
```graphql
{ me { id } }
```
```sh
./run
curl localhost:8000/healthz
curl http://localhost:8000/graphql \\
  --data '{}'
```
"""
    assert [document.variables for document in find_documents(text)] == [{"first": 3}, {}]
    assert find_commands(text) == [
        "curl localhost:8000/healthz",
        "curl http://localhost:8000/graphql \\\n  --data '{}'",
    ]
