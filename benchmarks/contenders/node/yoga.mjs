// GraphQL Yoga on Node's own HTTP server, with graphql-ws.
import { createServer } from "node:http";
import { useServer } from "graphql-ws/use/ws";
import { createPubSub, createSchema, createYoga } from "graphql-yoga";
import { WebSocketServer } from "ws";
import { DateTime, book, concerts, port, seats, typeDefs } from "./peers.mjs";

const pubsub = createPubSub();
const publish = (concertId, seatsTaken) => pubsub.publish("seatsTaken", concertId, seatsTaken);

const schema = createSchema({
  typeDefs,
  resolvers: {
    DateTime,
    Query: {
      concerts: (_, wish) => concerts(wish),
      seats: (_, wish) => seats(wish),
    },
    Mutation: { book: (_, wish) => book(wish, publish) },
    Subscription: {
      seatsTaken: {
        subscribe: (_, { concertId }) => pubsub.subscribe("seatsTaken", concertId),
        resolve: (taken) => taken,
      },
    },
  },
});
const yoga = createYoga({ schema, logging: false, graphiql: false, healthCheckEndpoint: "/healthz" });
const server = createServer(yoga);
useServer({ schema }, new WebSocketServer({ server, path: yoga.graphqlEndpoint }));
server.listen({ port, host: "127.0.0.1", backlog: 2048 });
