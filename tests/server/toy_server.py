"""`python -m tests.server.toy_server`: the toy schema on a free port, which it prints."""

import sys
from types import SimpleNamespace

from bigcat_graphql.server.budget import Standing
from bigcat_graphql.server.callers import Caller
from bigcat_graphql.server.run import run
from bigcat_graphql.server.services import Services
from bigcat_graphql.settings import load_settings
from tests.server.toy import authenticate, schema


def make_context(caller: Caller, standing: Standing) -> SimpleNamespace:
    return SimpleNamespace(viewer=caller.viewer, caller=caller, standing=standing)


SERVICES = Services(authenticate=authenticate, make_context=make_context)


def tell(address: str) -> None:
    sys.stdout.write(address + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run(load_settings(), schema, SERVICES, on_started=tell)
