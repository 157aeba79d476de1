/**
 * Requests in order of acceptance, to be read from either end. One that a rollback brings back gets its old place, so a
 * network that took something back reads as one that never began it.
 *
 * They stand in lists: a `Set` moves all that it has at once each time that it has twice as many, as all others of the same
 * size do at the same request, and its speaker waits for all of them.
 */
import type { Accepted } from "./accepted.ts";

export class InOrder {
  /** Undefined: it has left, and its place stays until there are many such. */
  #list: (Accepted | undefined)[] = [];
  /** The place of each in the order of acceptance, which only grows along the list. */
  #orders: number[] = [];
  #size = 0;

  add(request: Accepted): void {
    const { order } = request;
    const at = this.#placeOf(order);
    if (at === this.#list.length) {
      this.#list.push(request);
      this.#orders.push(order);
    } else if (this.#orders[at] === order) {
      if (this.#list[at] !== undefined) return;
      this.#list[at] = request;
    } else {
      this.#list = this.#list.toSpliced(at, 0, request);
      this.#orders.splice(at, 0, order);
    }
    this.#size++;
  }

  delete(request: Accepted): void {
    const at = this.#placeOf(request.order);
    if (this.#list[at] !== request) return;
    this.#list[at] = undefined;
    this.#size--;
    if (this.#list.length > 2 * this.#size + SPARE) this.#close();
  }

  /** What comes or goes meanwhile may be missed. */
  *[Symbol.iterator](): Generator<Accepted> {
    const list = this.#list;
    for (let at = 0; at < list.length; at++) {
      const one = list[at];
      if (one !== undefined) yield one;
    }
  }

  /** The same from the one accepted last to the first. */
  *latestFirst(): Generator<Accepted> {
    const list = this.#list;
    for (let at = list.length - 1; at >= 0; at--) {
      const one = list[at];
      if (one !== undefined) yield one;
    }
  }

  /** The first place whose request is not before this order. */
  #placeOf(order: number): number {
    const orders = this.#orders;
    if (orders.length === 0 || orders.at(-1)! < order) return orders.length;
    let [low, high] = [0, orders.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (orders[middle]! < order) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The lists anew, without the places of those that have left. */
  #close(): void {
    this.#list = this.#list.filter((one) => one !== undefined);
    this.#orders = this.#list.map((one) => one!.order);
  }
}

/** The lists are made anew where more than half of them, and more than this, have left. */
const SPARE = 32;
