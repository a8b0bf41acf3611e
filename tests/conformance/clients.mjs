// Real clients watch one concert through sales and restarts: node clients.mjs PYTHON ROOT DATA_DIR.
//
// Each must end with the seats that the database has: after quiet sales, after a while away, after
// a SIGTERM and after a SIGKILL. Nothing but text may come through a websocket.
import { BoxOffice, until } from "./box_office.mjs";
import { CLOSE, RawViewer } from "./raw_frames.mjs";
import { Viewer } from "./seat_map.mjs";
import { frames, openers } from "./subscribing.mjs";

const SERVICE_RESTART = 1012;
const [python, root, dataDir] = process.argv.slice(2);
const office = new BoxOffice(python, root, dataDir);
const faults = [];

function check(what, holds) {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
  if (!holds) faults.push(what);
}

async function main() {
  await office.start();
  const concertId = await office.concertId();
  const viewers = Object.entries(openers).map(([name, opener]) => new Viewer(name, concertId, opener(office.url)));
  viewers.forEach((viewer) => viewer.watch());
  await until("each client has a snapshot", () => viewers.every((viewer) => viewer.map.have));
  const raw = new RawViewer(office.url, concertId);
  await until("the raw client has a frame", () => raw.opcodes[1] > 1);

  await sellAndCompare("after sales", concertId, viewers);
  for (const { map, name } of viewers) check(`${name} got a snapshot and deltas`, map.counts.snapshots && map.counts.deltas);

  viewers.forEach((viewer) => viewer.leave());
  const before = viewers.map(({ map }) => map.counts.snapshots);
  await office.sell(concertId);
  viewers.forEach((viewer) => viewer.watch());
  await sellAndCompare("after a while away", concertId, viewers);
  viewers.forEach(({ map, name }, i) => check(`${name} resumed with a delta`, map.counts.snapshots === before[i]));

  check("SIGTERM ends the server with 0", (await office.end("SIGTERM")) === 0);
  check(`it closes websockets by ${SERVICE_RESTART}`, (await raw.closed) === SERVICE_RESTART);
  check("the raw client got text frames and one close frame, nothing else", isTextAndClose(raw.opcodes));
  await office.start();
  await sellAndCompare("after a restart", concertId, viewers);

  await office.end("SIGKILL");
  await office.start();
  await sellAndCompare("after a kill", concertId, viewers);
  for (const { map, name } of viewers) check(`${name} came back twice`, map.counts.snapshots >= 3);

  check("all frames of all websockets were text", frames.binary === 0 && frames.text > 0);
  viewers.forEach((viewer) => viewer.leave());
  check("the server ends with 0", (await office.end("SIGTERM")) === 0);
  check("the log has no traceback", !office.log.includes("Traceback"));
  console.table(Object.fromEntries(viewers.map(({ name, map, subscriptions }) => [name, { ...map.counts, subscriptions }])));
  console.log(`websocket frames: ${JSON.stringify(frames)}; opcodes of the raw client: ${JSON.stringify(raw.opcodes)}`);
}

async function sellAndCompare(when, concertId, viewers) {
  await office.sell(concertId);
  const letters = await office.letters();
  const isRight = ({ map }) => map.letters.join("") === letters;
  await until(`every client shows what the database has, ${when}`, () => viewers.every(isRight)).catch(() => {});
  for (const viewer of viewers) check(`${viewer.name} shows what the database has, ${when}`, isRight(viewer));
}

function isTextAndClose(opcodes) {
  return Object.keys(opcodes).sort().join() === `1,${CLOSE}` && opcodes[CLOSE] === 1;
}

main()
  .catch((error) => check(`the run itself: ${error.stack}`, false))
  .finally(async () => {
    if (faults.length) console.log(office.log.slice(-4000));
    office.process?.kill("SIGKILL");
    console.log(faults.length ? `FAILED: ${faults.length}` : "all clients are right");
    process.exit(faults.length ? 1 : 0);
  });
