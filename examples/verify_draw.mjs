// Checks the record of a draw without any of bigcat's code: node verify_draw.mjs RECORD [RECEIPT]
// What it can't check is that the beacon's signature is drand's own: ask any drand client for the round.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const CHAIN = '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'; // drand's quicknet
const hash = (...parts) => parts.reduce((h, part) => h.update(part), createHash('sha256')).digest();
const bytes = (hex) => Buffer.from(hex, 'hex');

const [path, receipt] = process.argv.slice(2);
const { digest, ...record } = JSON.parse(readFileSync(path, 'utf8'));
const { entries, beacon } = record;
const faults = [];
const check = (fits, fault) => fits || faults.push(fault);

check(hash(JSON.stringify(record)).toString('hex') === digest, 'the record was changed on its way');
check(hash(bytes(record.seed)).toString('hex') === record.commitment, 'not the seed committed to');
check(entries.every(([id], k) => k === 0 || entries[k - 1][0] < id), 'entries out of order, or twice');
const root = hash(...entries.map(([id, nonce]) => bytes(id + nonce)));
check(root.toString('hex') === record.entriesRoot, 'not the entries whose root was published');
if (beacon) {
  // The first round, one every 3 seconds, 6 seconds or more after the lobby closed.
  const round = Math.ceil((record.closedAt + 6 - 1692803367) / 3) + 1;
  check(beacon.chainHash === CHAIN && beacon.round === round, 'not the round of the closing time');
  check(hash(bytes(beacon.signature)).toString('hex') === beacon.randomness, 'not the randomness signed');
}
const final = hash('draw-v1', bytes(record.saleId + record.seed), root, bytes(beacon?.randomness ?? ''));
const drawn = entries.map(([id, , rank]) => ({ id, rank, key: hash(final, bytes(id)) }));
drawn.sort((a, b) => Buffer.compare(a.key, b.key) || (a.id < b.id ? -1 : 1));
check(drawn.every(({ rank }, k) => rank === k + 1), 'the ranks are not those of the draw');

console.log(faults.length ? `REFUSED: ${faults.join('; ')}` : `fair: all ${entries.length} ranks are as drawn`);
if (receipt) console.log(`${receipt} has rank ${entries.find(([id]) => id === receipt)?.[2] ?? 'none'}`);
process.exitCode = faults.length ? 1 : 0;
