// What a viewer has of a seat map, by the rule that the schema describes.

export class SeatMap {
  have = null; // { epoch, version }
  letters = [];
  counts = { snapshots: 0, deltas: 0, repeats: 0, gaps: 0 };

  /** Take an event; false is a gap: subscribe again, with `since: have`. */
  take(event) {
    if (event.__typename === "SeatAvailabilitySnapshot") {
      this.counts.snapshots++;
      this.letters = [...event.statuses];
      this.have = { epoch: event.epoch, version: event.version };
      return true;
    }
    const { epoch, fromVersion, toVersion, indexes, statuses } = event;
    if (this.have?.epoch === epoch && this.have.version === fromVersion) {
      this.counts.deltas++;
      indexes.forEach((index, position) => (this.letters[index] = statuses[position]));
      this.have = { epoch, version: toVersion };
      return true;
    }
    const known = this.have?.epoch === epoch && toVersion <= this.have.version;
    this.counts[known ? "repeats" : "gaps"]++;
    return known;
  }
}

/** Somebody who watches with one of the clients, and comes back whenever a stream ends. */
export class Viewer {
  map = new SeatMap();
  subscriptions = 0;
  #leave = () => {};
  #left = false;
  #again;

  /** `open(variables, { next, end })` subscribes, and gives what ends the subscription. */
  constructor(name, concertId, open) {
    this.name = name;
    this.concertId = concertId;
    this.open = open;
  }

  watch() {
    this.#left = false;
    const number = ++this.subscriptions;
    const isThis = () => !this.#left && number === this.subscriptions;
    const variables = { concertId: this.concertId, since: this.map.have };
    this.#leave = this.open(variables, {
      next: (event) => isThis() && !this.map.take(event) && this.#comeBack(),
      end: () => isThis() && this.#comeBack(),
    });
  }

  leave() {
    this.#left = true;
    clearTimeout(this.#again);
    this.#leave();
  }

  #comeBack() {
    this.#leave();
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.watch(), 200);
  }
}
