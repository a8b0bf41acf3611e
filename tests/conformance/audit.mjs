// The server audits of graphql-http: node audit.mjs URL. Every one must be ok, a warning is a fault.
import { serverAudits } from "graphql-http";

const url = process.argv[2];
const counts = {};
for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const result = await audit.fn();
  counts[result.status] = (counts[result.status] ?? 0) + 1;
  if (result.status !== "ok") console.log(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
}
console.log(`graphql-http audits of ${url}: ${JSON.stringify(counts)}`);
process.exit(counts.ok === 61 && Object.keys(counts).length === 1 ? 0 : 1);
