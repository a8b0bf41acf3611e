// How each client subscribes, as its manual says: open(variables, { next, end }) gives what ends it.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import { onEnd, pipe, subscribe } from "wonka";
import WebSocket from "ws";

// Apollo asks for the browser's; node has had it since 22.
globalThis.WebSocket ??= WebSocket;

const WATCH = `
  subscription Watch($concertId: ID!, $since: SeatVersionInput) {
    seatAvailability(concertId: $concertId, since: $since) {
      __typename
      ... on SeatAvailabilitySnapshot { epoch version statuses }
      ... on SeatAvailabilityDelta { epoch fromVersion toVersion indexes statuses }
    }
  }`;

/** Frames that the websockets of all clients have got. */
export const frames = { text: 0, binary: 0 };

class CountingSocket extends WebSocket {
  constructor(...given) {
    super(...given);
    this.on("message", (_, isBinary) => frames[isBinary ? "binary" : "text"]++);
  }
}

const socketClient = (url) =>
  createWs({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: CountingSocket,
    // For as long as a restart may take; close codes that forbid it still end it.
    shouldRetry: () => true,
    retryAttempts: 600,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 200)),
  });

export const openers = {
  "graphql-ws": (url) => {
    const client = socketClient(url);
    return (variables, { next, end }) =>
      client.subscribe({ query: WATCH, variables }, {
        next: ({ data }) => (data ? next(data.seatAvailability) : end()),
        error: end,
        complete: end,
      });
  },

  "graphql-sse": (url) => {
    const client = createSse({ url, retryAttempts: 0 });
    return (variables, { next, end }) =>
      client.subscribe({ query: WATCH, variables }, {
        next: ({ data }) => (data ? next(data.seatAvailability) : end()),
        error: end,
        complete: end,
      });
  },

  "Apollo, websocket": (url) => apollo(new GraphQLWsLink(socketClient(url))),
  "Apollo, multipart": (url) => apollo(new HttpLink({ uri: url })),

  "urql, websocket": (url) => {
    const sockets = socketClient(url);
    const forwardSubscription = ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query, variables }, sink) }),
    });
    return urql(new Client({ url, exchanges: [subscriptionExchange({ forwardSubscription })] }));
  },
  "urql, server-sent events": (url) =>
    urql(new Client({ url, exchanges: [fetchExchange], fetchSubscriptions: true })),
};

function apollo(link) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const query = gql(WATCH);
  return (variables, { next, end }) => {
    const subscription = client.subscribe({ query, variables }).subscribe({
      next: ({ data }) => (data ? next(data.seatAvailability) : end()),
      error: end,
      complete: end,
    });
    return () => subscription.unsubscribe();
  };
}

function urql(client) {
  return (variables, { next, end }) => {
    const { unsubscribe } = pipe(
      client.subscription(WATCH, variables),
      onEnd(end),
      subscribe(({ data, error }) => (error || !data ? end() : next(data.seatAvailability))),
    );
    return unsubscribe;
  };
}
