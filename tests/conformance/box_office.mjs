// A `bigcat serve` that can be ended and started again on the same port, and somebody who buys.
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { promisify } from "node:util";

const PATIENCE_MS = 120_000;
const SLUG = "la-laguna-opening-night";

const ENTER = `mutation ($input: ContinueAsGuestInput!) {
  continueAsGuest(input: $input) { session { accessToken } errors { ... on UserError { code } } } }`;
const BOOK = `mutation ($input: BookSeatsInput!) {
  bookSeats(input: $input) { booking { id } errors { ... on UserError { code message } } } }`;
const PAY = `mutation ($input: PayBookingInput!) {
  payBooking(input: $input) { booking { status } errors { ... on UserError { code message } } } }`;
const CANCEL = `mutation ($input: CancelBookingInput!) {
  cancelBooking(input: $input) { booking { status } errors { ... on UserError { code message } } } }`;

export class BoxOffice {
  #port;
  #log = "";

  constructor(python, root, dataDir) {
    this.python = python;
    this.root = root;
    this.settings = {
      ...process.env,
      BIGCAT_DATA_DIR: dataDir,
      BIGCAT_RATE_POINTS: "10000000",
      BIGCAT_SECRET_KEY: randomUUID(),
    };
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/graphql`;
  }

  get log() {
    return this.#log;
  }

  async start() {
    this.#port ??= await findPort();
    const settings = { ...this.settings, BIGCAT_PORT: String(this.#port) };
    const command = ["-P", "-m", "bigcat_graphql", "serve", "--demo"];
    this.process = spawn(this.python, command, { cwd: this.root, env: settings, stdio: ["ignore", "ignore", "pipe"] });
    this.ended = new Promise((resolve) => this.process.on("exit", (code, signal) => resolve(code ?? signal)));
    this.process.stderr.on("data", (text) => (this.#log += text));
    const ready = new URL("/readyz", this.url);
    await until("the server is ready", async () => this.#hasEnded() || (await fetch(ready).catch(() => null))?.ok);
  }

  /** End it by a signal; gives its exit code, or the signal. */
  end(signal) {
    this.process.kill(signal);
    return this.ended;
  }

  async ask(query, variables, token) {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(this.url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  async concertId() {
    return (await this.ask(`{ concert(by: { slug: "${SLUG}" }) { id } }`)).concert.id;
  }

  /** Somebody new holds three seats, and then keeps, buys or gives back; four of each. */
  async sell(concertId) {
    for (let number = 0; number < 12; number++) {
      const token = await this.#enter();
      const selection = { bestAvailable: { quantity: 3 } };
      const { booking } = await this.#change(BOOK, { concertId, selection }, token);
      if (number % 3 === 1) {
        await this.#change(PAY, { bookingId: booking.id, provider: "test", paymentMethod: "approve" }, token);
      } else if (number % 3 === 2) {
        await this.#change(CANCEL, { by: { id: booking.id } }, token);
      }
    }
  }

  /** The numbered seats' letters as the database has them. */
  async letters() {
    const command = ["-P", "-m", "tests.conformance.letters", this.settings.BIGCAT_DATA_DIR, SLUG];
    const settings = { ...this.settings, PYTHONPATH: this.root };
    return (await promisify(execFile)(this.python, command, { cwd: this.root, env: settings })).stdout.trim();
  }

  #hasEnded() {
    if (this.process.exitCode !== null) throw new Error(`the server ended:\n${this.#log}`);
    return false;
  }

  async #enter() {
    const input = { email: `${randomUUID()}@example.com`, name: "A client" };
    return (await this.ask(ENTER, { input })).continueAsGuest.session.accessToken;
  }

  async #change(mutation, input, token) {
    const data = await this.ask(mutation, { input: { ...input, idempotencyKey: randomUUID() } }, token);
    const [payload] = Object.values(data);
    if (payload.errors.length) throw new Error(JSON.stringify(payload.errors));
    return payload;
  }
}

/** A port that stays free while the server is away: below those that the system hands out. */
async function findPort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.on("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

export async function until(what, happened) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error(`it never came that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
