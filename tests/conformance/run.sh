#!/bin/sh
# Runs what the reference implementations say of our transports: the server audits of `graphql-http`
# and our list of graphql-transport-ws cases, spoken by `ws` and `graphql-ws`; and real clients that
# watch a seat map while its server is restarted and killed.
#
#   tests/conformance/run.sh            against the toy schema of the tests, on a free port
#   tests/conformance/run.sh serve      and the audits and the clients against `bigcat serve`
#   tests/conformance/run.sh URL        the audits against a server that runs already
#
# Needs node 20 or newer and npm (what they bring is in package-lock.json); exits 1 on the first list that does not pass whole.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
work=$(mktemp -d "${TMPDIR:-/tmp}/bigcat-conformance.XXXXXX")
started=
stop() {
    for pid in $started; do kill -TERM "$pid" 2>/dev/null && wait "$pid" || :; done
    started=
}
chmod 755 "$work"  # PostgreSQL, as another account, has to get through to its data
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

cp "$here"/*.mjs "$here"/package*.json "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)

# start OUTPUT COMMAND...: start a server and wait until it has told its address
start() {
    output=$1
    shift
    "$@" >"$work/$output" 2>"$work/$output.log" &
    pid=$!
    started="$started $pid"
    for _ in $(seq 1200); do
        kill -0 "$pid" 2>/dev/null || break
        # One tells it on its output, the other in its log.
        address=$(cat "$work/$output" "$work/$output.log" | grep -om1 'http://[^ ]*:[0-9]*' || :)
        [ -n "$address" ] && return
        sleep 0.1
    done
    cat "$work/$output.log" >&2
    exit 1
}

cd "$root"
case ${1:-} in
http*) node "$work/audit.mjs" "$1" && exit ;;
esac
export BIGCAT_PORT=0
start toy "$python" -m tests.server.toy_server
node "$work/audit.mjs" "$address/graphql"
node "$work/websocket.mjs" "$(echo "$address" | sed 's/^http/ws/')/graphql"
stop
if [ "${1:-}" = serve ]; then
    BIGCAT_DATA_DIR=$work/data start serve "$python" -m bigcat_graphql serve
    node "$work/audit.mjs" "$address/graphql"
    stop
    node "$work/clients.mjs" "$python" "$root" "$work/clients"
fi
