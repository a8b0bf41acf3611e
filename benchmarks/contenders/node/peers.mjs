// What Mercurius and Yoga share: the schema, and the database work behind it.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { GraphQLScalarType } from "graphql";
import pg from "pg";

// bigint as a number, as the other contenders have it.
pg.types.setTypeParser(20, Number);
const pool = new pg.Pool({ max: 16 });
const reserve = readFileSync(new URL("reserve.sql", import.meta.url), "utf8");

export const port = Number(process.argv[2]);
export const typeDefs = readFileSync(new URL("schema.graphql", import.meta.url), "utf8");
export const DateTime = new GraphQLScalarType({
  name: "DateTime",
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
  parseValue: (value) => value,
});

const conditions = [
  ["artist", (n) => `c.artists_folded LIKE $${n}`, (text) => `%${text.toLowerCase()}%`],
  ["city", (n) => `v.city_folded = $${n}`, (text) => text.toLowerCase()],
  ["startsFrom", (n) => `c.starts_at >= $${n}`, (time) => time],
  ["startsTo", (n) => `c.starts_at < $${n}`, (time) => time],
];

export async function concerts({ filter, first }) {
  const where = ["c.status <> 'DRAFT'"];
  const values = [];
  let name = "search";
  for (const [key, write, read] of conditions) {
    if (filter?.[key] == null) continue;
    values.push(read(filter[key]));
    where.push(write(values.length));
    name += `-${key}`;
  }
  values.push(first);
  const text = `SELECT c.id, c.name, c.artists, c.starts_at, v.name AS venue_name, v.city
    FROM concert c JOIN venue v ON v.id = c.venue_id
    WHERE ${where.join(" AND ")} ORDER BY c.starts_at, c.id LIMIT $${values.length}`;
  const { rows } = await pool.query({ name, text, values });
  const edges = rows.map((row) => ({
    node: {
      id: row.id,
      name: row.name,
      artists: row.artists,
      startsAt: row.starts_at,
      venue: { name: row.venue_name, city: row.city },
    },
  }));
  return { edges };
}

export async function seats({ concertId }) {
  const text = `SELECT "index", tier_code AS tier, status FROM seat
    WHERE concert_id = $1 ORDER BY "index"`;
  const { rows } = await pool.query({ name: "seats", text, values: [concertId] });
  return rows;
}

export async function book({ concertId, indexes, accountId }, publish) {
  const bookingId = randomUUID();
  const reference = bookingId.replaceAll("-", "").slice(0, 10).toUpperCase();
  const values = [concertId, bookingId, indexes, accountId, reference];
  const { rows } = await pool.query({ name: "book", text: reserve, values });
  if (rows.length === 0) return { ok: false };
  publish(concertId, { indexes, status: "RESERVED" });
  const { total_minor: totalMinor, reserved_until: reservedUntil } = rows[0];
  return { ok: true, bookingId, totalMinor, reservedUntil };
}
