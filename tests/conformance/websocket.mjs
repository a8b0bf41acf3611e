// graphql-transport-ws, case by case: node websocket.mjs URL, of a server with the toy schema.
import { createHash } from "node:crypto";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const url = process.argv[2];
const PROTOCOL = "graphql-transport-ws";
const PATIENCE_MS = 30_000;
const ENDLESS = "subscription { count(to: 100000, pause: 0.01) }";
const SLOW = "subscription { count(to: 3, pause: 30) }";

class Talk {
  constructor(protocol = PROTOCOL, options = {}) {
    this.heard = [];
    this.waiting = [];
    this.socket = new WebSocket(url, protocol, options);
    this.socket.on("message", (data, binary) => this.note({ binary, ...JSON.parse(data) }));
    this.socket.on("close", (code) => this.note({ close: code }));
    this.socket.on("unexpected-response", (_, response) => this.note({ http: response.statusCode }));
    this.socket.on("error", (error) => this.note({ error: error.message }));
    this.opened = new Promise((resolve) => {
      this.socket.on("open", resolve);
      this.socket.on("close", resolve);
      this.socket.on("error", resolve);
      this.socket.on("unexpected-response", resolve);
    });
  }
  note(event) {
    this.heard.push(event);
    this.waiting = this.waiting.filter((tell) => !tell());
  }
  say(message) {
    const raw = typeof message === "string" || Buffer.isBuffer(message);
    this.socket.send(raw ? message : JSON.stringify(message));
  }
  hear(wanted) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
      const tell = () => {
        const found = this.heard.find(wanted);
        if (found) clearTimeout(timer), resolve(found);
        return found !== undefined;
      };
      if (!tell()) this.waiting.push(tell);
    });
  }
  async closeCode() {
    return (await this.hear((event) => event.close !== undefined))?.close;
  }
  async init(message = { type: "connection_init" }) {
    await this.opened;
    this.say(message);
    return this.hear((event) => event.type === "connection_ack" || event.close !== undefined);
  }
  subscribe(query, id = "1", rest = {}) {
    this.say({ id, type: "subscribe", payload: { query, ...rest } });
  }
  of(id, type) {
    return this.hear((event) => event.id === id && event.type === type);
  }
  async isAlive() {
    this.say({ type: "ping", payload: { alive: Math.random() } });
    return (await this.hear((event) => event.type === "pong" || event.close !== undefined))?.type === "pong";
  }
}

let passed = 0;
const failed = [];
async function test(name, scene, { protocol = PROTOCOL, options, init = true } = {}) {
  const talk = new Talk(protocol, options);
  let verdict;
  try {
    await talk.opened;
    if (init) await talk.init();
    verdict = await scene(talk);
  } catch (error) {
    verdict = error.message;
  }
  talk.socket.terminate();
  if (verdict === true) passed += 1;
  else failed.push(`${name}: ${JSON.stringify(verdict) ?? "nothing came"}`);
}
const bare = { init: false };
const is = (found, wanted) => found === wanted || found;

// Connecting
await test("ack without a payload", async (t) => is((await t.init()).type, "connection_ack"), bare);
await test("ack of an empty payload", async (t) => is((await t.init({ type: "connection_init", payload: {} })).type, "connection_ack"), bare);
await test("ack of a null payload", async (t) => is((await t.init({ type: "connection_init", payload: null })).type, "connection_ack"), bare);
await test("4400 on a payload of another kind", async (t) => is((await t.init({ type: "connection_init", payload: [] })).close, 4400), bare);
await test("ack of a good token", async (t) => is((await t.init({ type: "connection_init", payload: { authorization: "Bearer good" } })).type, "connection_ack"), bare);
await test("4403 on a bad token", async (t) => is((await t.init({ type: "connection_init", payload: { authorization: "Bearer bad" } })).close, 4403), bare);
await test("4403 when the token ends", async (t) => {
  await t.init({ type: "connection_init", payload: { authorization: "Bearer short-0.2" } });
  return is(await t.closeCode(), 4403);
}, bare);
await test("4406 without a subprotocol", async (t) => is(await t.closeCode(), 4406), { protocol: [], init: false });
await test("no talk in the legacy subprotocol", async (t) => [4406, 1006].includes(await t.closeCode()), { protocol: "graphql-ws", init: false });
await test("ours chosen among several", async (t) => is(t.socket.protocol, PROTOCOL), { protocol: ["graphql-ws", PROTOCOL], init: false });
await test("4429 on a second init", async (t) => (t.say({ type: "connection_init" }), is(await t.closeCode(), 4429)));
await test("4401 on subscribe before init", async (t) => (t.subscribe("{ hello }"), is(await t.closeCode(), 4401)), bare);
await test("403 to a page of a foreign origin", async (t) => is((await t.hear((e) => e.http))?.http, 403), { options: { origin: "https://evil.example" }, init: false });
await test("ack to a page of our own", async (t) => is((await t.init()).type, "connection_ack"), { options: { origin: new URL(url.replace("ws", "http")).origin }, init: false });

// Operations
await test("a query: next and complete", async (t) => {
  t.subscribe("{ hello }");
  const next = await t.of("1", "next");
  return next.payload.data.hello === "Hello world" && is((await t.of("1", "complete"))?.type, "complete");
});
await test("a mutation: next and complete", async (t) => {
  t.subscribe('mutation { setName(name: "Felix") }');
  return is((await t.of("1", "next")).payload.data.setName, "Felix");
});
await test("a subscription: each event, then complete", async (t) => {
  t.subscribe("subscription { count(to: 3) }");
  await t.of("1", "complete");
  return is(t.heard.filter((e) => e.type === "next").length, 3);
});
await test("variables arrive", async (t) => {
  t.subscribe("query($t: String!) { echo(text: $t) }", "1", { variables: { t: "hi" } });
  return is((await t.of("1", "next")).payload.data.echo, "hi");
});
await test("null variables and extensions are none", async (t) => {
  t.subscribe("{ hello }", "1", { variables: null, extensions: null, operationName: null });
  return is((await t.of("1", "next"))?.type, "next");
});
await test("operationName chooses", async (t) => {
  t.subscribe("query A { hello } query B { echo(text: \"b\") }", "1", { operationName: "B" });
  return is((await t.of("1", "next")).payload.data.echo, "b");
});
await test("errors of fields come with the data", async (t) => {
  t.subscribe('{ hello fail(how: "busy") }');
  const { payload } = await t.of("1", "next");
  return payload.data.hello === "Hello world" && is(payload.errors[0].extensions.code, "THROTTLED");
});
await test("every frame is text", async (t) => {
  t.subscribe("{ hello }");
  await t.of("1", "complete");
  return t.heard.every((event) => event.binary === false);
});
await test("two operations at once", async (t) => {
  t.subscribe(ENDLESS, "a");
  t.subscribe("{ hello }", "b");
  await t.of("b", "complete");
  return is((await t.of("a", "next"))?.id, "a");
});
await test("4409 on an id in use", async (t) => {
  t.subscribe(SLOW);
  t.subscribe(SLOW);
  return is(await t.closeCode(), 4409);
});
await test("4409 with a reason that fits, however long the id", async (t) => {
  t.subscribe(SLOW, "é".repeat(500));
  t.subscribe(SLOW, "é".repeat(500));
  return is(await t.closeCode(), 4409);
});
await test("an id again after complete", async (t) => {
  t.subscribe("{ hello }");
  await t.of("1", "complete");
  t.subscribe('{ echo(text: "again") }');
  return is((await t.hear((e) => e.payload?.data?.echo))?.id, "1");
});
await test("an id again after an error", async (t) => {
  t.subscribe("{ nope }");
  await t.of("1", "error");
  t.subscribe("{ hello }");
  return is((await t.of("1", "next"))?.type, "next");
});
await test("an id again at once after the client's complete", async (t) => {
  t.subscribe(ENDLESS);
  await t.of("1", "next");
  t.say({ id: "1", type: "complete" });
  t.subscribe('{ echo(text: "again") }');
  return is((await t.hear((e) => e.payload?.data?.echo))?.id, "1");
});
await test("the client's complete stops the events", async (t) => {
  t.subscribe(ENDLESS);
  await t.of("1", "next");
  t.say({ id: "1", type: "complete" });
  await t.isAlive();
  const before = t.heard.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  return is(t.heard.length - before, 0);
});
await test("complete of an unknown id does nothing", async (t) => (t.say({ id: "x", type: "complete" }), t.isAlive()));
for (const [name, query, rest] of [
  ["a syntax error", "{"],
  ["a validation error", "{ nope }"],
  ["a missing variable", "query($t: String!) { echo(text: $t) }"],
  ["a wrong variable", "query($t: String!) { echo(text: $t) }", { variables: { t: 1 } }],
  ["an unknown operationName", "query A { hello }", { operationName: "B" }],
  ["a subscription that is refused", "subscription { refused }"],
  ["a subscription that breaks", "subscription { broken }"],
  ["a persisted document nobody knows", "", { extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } }],
]) {
  await test(`${name}: error, and the socket stays open`, async (t) => {
    t.subscribe(query, "1", rest);
    const error = await t.of("1", "error");
    return Array.isArray(error?.payload) && !/secret/.test(JSON.stringify(error)) && t.isAlive();
  });
}
await test("a persisted document: missed, sent, found", async (t) => {
  const query = '{ echo(text: "by hash") }';
  const sha256Hash = createHash("sha256").update(query).digest("hex");
  const rest = { extensions: { persistedQuery: { version: 1, sha256Hash } } };
  t.subscribe("", "miss", rest);
  if ((await t.of("miss", "error")).payload[0].message !== "PersistedQueryNotFound") return "no miss";
  t.subscribe(query, "send", rest);
  await t.of("send", "complete");
  t.subscribe("", "find", rest);
  return is((await t.of("find", "next"))?.payload.data.echo, "by hash");
});
await test("more than 100 operations: errors, and the others go on", async (t) => {
  for (let n = 0; n < 120; n += 1) t.subscribe(SLOW, `s${n}`);
  await t.of("s119", "error");
  return is(t.heard.filter((e) => e.type === "error").length, 20) === true && t.isAlive();
});

// Ping and pong
await test("ping: pong", async (t) => (t.say({ type: "ping" }), is((await t.hear((e) => e.type === "pong"))?.type, "pong")));
await test("ping before init: pong", async (t) => (t.say({ type: "ping" }), is((await t.hear((e) => e.type === "pong"))?.type, "pong")), bare);
await test("the payload of a ping comes back", async (t) => (t.say({ type: "ping", payload: { a: 1 } }), is((await t.hear((e) => e.type === "pong"))?.payload?.a, 1)));
await test("a pong that nobody asked for", async (t) => (t.say({ type: "pong" }), t.isAlive()));
await test("20,000 pings are all answered", async (t) => {
  for (let n = 0; n < 20000; n += 1) t.say({ type: "ping" });
  await t.hear(() => t.heard.length > 20000);
  return is(t.heard.filter((e) => e.type === "pong").length, 20000);
});

// What the protocol does not know
const q = "{ hello }";
for (const [name, message] of [
  ["no JSON", "xx"],
  ["null", "null"],
  ["an array", "[]"],
  ["a number", "1"],
  ["a string", '"a"'],
  ["30,000 arrays in each other", "[".repeat(30000) + "]".repeat(30000)],
  ["a binary frame", Buffer.from('{"type":"ping"}')],
  ["no type", {}],
  ["an unknown type", { type: "foo" }],
  ["a type that is no string", { type: {} }],
  ["a server's message", { type: "connection_ack" }],
  ["a ping with a list", { type: "ping", payload: [] }],
  ["subscribe without an id", { type: "subscribe", payload: { query: q } }],
  ["subscribe with a number as id", { type: "subscribe", id: 1, payload: { query: q } }],
  ["subscribe with an object as id", { type: "subscribe", id: {}, payload: { query: q } }],
  ["subscribe with an empty id", { type: "subscribe", id: "", payload: { query: q } }],
  ["subscribe without a payload", { type: "subscribe", id: "1" }],
  ["subscribe with null", { type: "subscribe", id: "1", payload: null }],
  ["subscribe with a string", { type: "subscribe", id: "1", payload: "x" }],
  ["subscribe without a query", { type: "subscribe", id: "1", payload: {} }],
  ["a query that is no string", { type: "subscribe", id: "1", payload: { query: 1 } }],
  ["variables in a list", { type: "subscribe", id: "1", payload: { query: q, variables: [1] } }],
  ["extensions in a list", { type: "subscribe", id: "1", payload: { query: q, extensions: [] } }],
  ["operationName as a number", { type: "subscribe", id: "1", payload: { query: q, operationName: 5 } }],
  ["complete without an id", { type: "complete" }],
  ["complete with an object as id", { type: "complete", id: {} }],
]) {
  await test(`4400 on ${name}`, async (t) => (t.say(message), is(await t.closeCode(), 4400)));
}
await test("1009 on a message over 64 kB", async (t) => (t.say(" ".repeat(70000)), is(await t.closeCode(), 1009)));

// The client that people use
const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
await test("graphql-ws iterates a subscription", async () => {
  const seen = [];
  for await (const event of client.iterate({ query: "subscription { count(to: 3) }" })) seen.push(event.data.count);
  return is(seen.join(), "0,1,2");
}, bare);
await test("graphql-ws throws what the server refuses", async () => {
  try {
    for await (const _ of client.iterate({ query: "{ nope }" })) return "an answer";
  } catch (errors) {
    return is(errors[0].extensions.code, "BAD_USER_INPUT");
  }
}, bare);
await client.dispose();

for (const one of failed) console.log(`FAILED ${one}`);
console.log(`graphql-transport-ws at ${url}: ${passed} passed, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
