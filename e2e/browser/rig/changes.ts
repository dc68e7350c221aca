/** Somebody who changes one market's book many times a second: small orders come and go. */

import { bestBid, type Key, Signed } from "./signed.ts";

/** Orders that rest at once, and how far from the best bid they may be, in steps of a basis point. */
const RESTING_MAX = 60;
const STEPS = 25;
const STEP = 0.0001;
/** Requests under way at once. */
const UNDER_WAY_MAX = 8;

export class Changes {
  /** Changes that the server took. */
  done = 0;
  readonly #signed: Signed;
  readonly #resting: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #underWay = 0;
  #number = 0;
  #bid = 0;

  constructor(
    readonly url: string,
    key: Key,
    readonly symbol: string,
  ) {
    this.#signed = new Signed(url, key);
  }

  async start(perSecond: number): Promise<void> {
    this.#bid = await bestBid(this.url, this.symbol);
    this.#timer = setInterval(() => this.#next(), 1_000 / perSecond);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#signed.ask("/api/v3/openOrders", { symbol: this.symbol }, "DELETE");
  }

  #next(): void {
    if (this.#underWay >= UNDER_WAY_MAX) return;
    this.#underWay += 1;
    this.#number += 1;
    if (this.#number % 200 === 0) void this.#look();
    const oldest = this.#resting.length > RESTING_MAX ? this.#resting.shift() : undefined;
    const change = oldest === undefined ? this.#place() : this.#cancel(oldest);
    // A refusal is no change: the market moved past its price.
    void change.catch(() => undefined).finally(() => (this.#underWay -= 1));
  }

  async #look(): Promise<void> {
    this.#bid = await bestBid(this.url, this.symbol);
  }

  async #place(): Promise<void> {
    const buys = this.#number % 2 === 0;
    const away = (1 + (this.#number % STEPS)) * STEP;
    const price = this.#bid * (buys ? 1 - away : 1.0005 + away);
    const { orderId } = await this.#signed.post<{ orderId: number }>("/api/v3/order", {
      symbol: this.symbol,
      side: buys ? "BUY" : "SELL",
      type: "LIMIT_MAKER",
      quantity: (0.001 * (1 + (this.#number % 17))).toFixed(5),
      price: price.toFixed(2),
    });
    this.done += 1;
    this.#resting.push(orderId);
  }

  async #cancel(order: number): Promise<void> {
    const words = { symbol: this.symbol, orderId: String(order) };
    const { ok } = await this.#signed.ask("/api/v3/order", words, "DELETE");
    if (ok) this.done += 1;
  }
}
