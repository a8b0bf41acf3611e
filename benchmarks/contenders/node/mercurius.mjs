// Mercurius on Fastify, with its just-in-time compiler.
import Fastify from "fastify";
import mercurius from "mercurius";
import { DateTime, book, concerts, port, seats, typeDefs } from "./peers.mjs";

const app = Fastify();
const publish = (concertId, seatsTaken) =>
  app.graphql.pubsub.publish({ topic: concertId, payload: { seatsTaken } });

app.register(mercurius, {
  schema: typeDefs,
  jit: 1,
  subscription: true,
  resolvers: {
    DateTime,
    Query: {
      concerts: (_, wish) => concerts(wish),
      seats: (_, wish) => seats(wish),
    },
    Mutation: { book: (_, wish) => book(wish, publish) },
    Subscription: {
      seatsTaken: {
        subscribe: (_, { concertId }, { pubsub }) => pubsub.subscribe(concertId),
      },
    },
  },
});
app.get("/healthz", async () => "ok");
await app.listen({ port, host: "127.0.0.1", backlog: 2048 });
