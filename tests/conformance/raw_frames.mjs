// A websocket read byte by byte: which opcodes a server really sends.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";

export const CLOSE = 8;
const TEXT = 1;

/** Watches a concert; `opcodes` counts frames, and `closed` gives the close code. */
export class RawViewer {
  opcodes = {};
  #rest = Buffer.alloc(0);
  #upgraded = false;

  constructor(url, concertId) {
    const { hostname, port, pathname } = new URL(url);
    this.closed = new Promise((resolve) => (this.tellClosed = resolve));
    this.socket = connect(Number(port), hostname);
    this.socket.on("error", () => this.tellClosed(null));
    this.socket.on("close", () => this.tellClosed(null));
    this.socket.on("data", (bytes) => this.#read(bytes));
    this.socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n` +
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n" +
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
    );
    this.query = `subscription { seatAvailability(concertId: ${JSON.stringify(concertId)}) { __typename } }`;
  }

  leave() {
    this.socket.destroy();
  }

  #send(message) {
    const text = Buffer.from(JSON.stringify(message));
    const isShort = text.length < 126;
    const length = Buffer.from(isShort ? [text.length | 0x80] : [126 | 0x80, text.length >> 8, text.length & 255]);
    // The mask is four zeros, which leave the text as it is.
    this.socket.write(Buffer.concat([Buffer.from([0x80 | TEXT]), length, Buffer.alloc(4), text]));
  }

  #read(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#upgraded) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#upgraded = true;
      this.#rest = this.#rest.subarray(end + 4);
      this.#send({ type: "connection_init" });
      this.#send({ id: "1", type: "subscribe", payload: { query: this.query } });
    }
    for (let frame; (frame = this.#cut()); ) {
      this.opcodes[frame.opcode] = (this.opcodes[frame.opcode] ?? 0) + 1;
      if (frame.opcode === CLOSE) this.tellClosed(frame.body.readUInt16BE(0));
    }
  }

  #cut() {
    const rest = this.#rest;
    if (rest.length < 2) return null;
    const short = rest[1] & 127;
    const begin = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (rest.length < begin) return null;
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
    if (rest.length < begin + length) return null;
    this.#rest = rest.subarray(begin + length);
    return { opcode: rest[0] & 15, body: rest.subarray(begin, begin + length) };
  }
}
