#!/bin/sh
# Search, come in as a guest, book the best two seats, look, and give them back: with curl alone.
#     examples/curl.sh [http://localhost:8000 [NAME-OF-A-CONCERT]]
set -eu
url=${1:-http://localhost:8000}/graphql
slug=${2:-la-laguna-opening-night}
token=

# ask QUERY: send a document, print the answer.
ask() {
  curl --silent --show-error --fail "$url" \
    --header 'content-type: application/json' \
    ${token:+--header "authorization: Bearer $token"} \
    --data "{\"query\": \"$(printf %s "$1" | sed 's/"/\\"/g' | tr '\n' ' ')\"}"
}

# pick NAME: read an answer, print its last field of that name, or say what came instead and stop.
pick() {
  answer=$(cat)
  value=$(printf %s "$answer" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p")
  [ "$value" ] || { echo "$answer" >&2; return 1; }
  echo "$value"
}

concert=$(ask "{ concert(by: {slug: \"$slug\"}) { id } }" | pick id)
echo "concert  $concert"

token=$(ask 'mutation {
  continueAsGuest(input: {email: "curl@example.org", name: "Curl"}) { session { accessToken } }
}' | pick accessToken)

booking=$(ask "mutation {
  bookSeats(input: {
    concertId: \"$concert\"
    selection: {bestAvailable: {quantity: 2}}
    idempotencyKey: \"curl-$(date +%s)-$$\"
  }) { booking { id } errors { ... on UserError { message } } }
}" | pick id)
echo "booking  $booking"

ask "{ booking(by: {id: \"$booking\"}) { reference status secondsLeft seats { label } } }"
echo

ask "mutation {
  cancelBooking(input: {by: {id: \"$booking\"}, idempotencyKey: \"curl-cancel-$$\"}) {
    booking { status } errors { ... on UserError { message } }
  }
}" | pick status
