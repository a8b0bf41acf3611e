"""Log lines: JSON for machines or coloured for people, one for each operation, never a secret."""

import logging
import sys
from collections.abc import Callable, Mapping

import orjson
import structlog

from bigcat_graphql.server.callers import Caller
from bigcat_graphql.server.documents import Operation
from bigcat_graphql.server.masking import Answer
from bigcat_graphql.server.refusals import RequestRefused
from bigcat_graphql.settings import Settings

_log = structlog.get_logger("bigcat.operation")


def set_up_logs(settings: Settings) -> None:
    """Send everything, the libraries' lines too, to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # The default traceback shows the values of variables: passwords and tokens among them.
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    last: list[structlog.typing.Processor] = [console]
    if settings.log_format == "json":
        renderer = structlog.processors.JSONRenderer(serializer=_dump)
        last = [structlog.processors.format_exc_info, renderer]
    structlog.configure(
        # Not by way of the standard library, which takes four times as long; and a line that
        # nobody wants is dropped before it is put together.
        processors=[*shared, *last],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    # They would write lines for every websocket, and for every call to a payment provider;
    # operations, start and stop have lines of ours.
    for name in ("uvicorn.access", "uvicorn.error", "httpx", "stripe"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _dump(event: Mapping[str, object], default: Callable[[object], object]) -> str:
    return orjson.dumps(event, default=default).decode()


def log_operation(
    caller: Caller, operation: Operation, answer: Answer, *, cost: int, duration_ms: float
) -> None:
    """Write the line of an operation that ran; its variables are nobody's business."""
    if not _log.is_enabled_for(logging.INFO):
        return
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", ())}
    _log.info(
        "operation",
        request_id=caller.request_id,
        operation=operation.name,
        kind=operation.kind.value,
        duration_ms=duration_ms,
        cost=cost,
        client=caller.client_name,
        outcome=",".join(sorted(str(code) for code in codes)) or "ok",
    )


def log_refusal(caller: Caller, refusal: RequestRefused) -> None:
    """Write the line of a request that was not executed."""
    _log.info(
        "operation refused",
        request_id=caller.request_id,
        client=caller.client_name,
        outcome=refusal.code,
        reason=refusal.errors[0].message[:200],
    )
