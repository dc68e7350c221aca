/** A bare signed client of the Binance-compatible API: what a page did is asked here. */

import { createHmac } from "node:crypto";

export interface Key {
  apiKey: string;
  secretKey: string;
}

/** An order as the Binance-compatible API tells it, as far as tests look at it. */
export interface SignedOrder {
  orderId: number;
  symbol: string;
  side: "BUY" | "SELL";
  type: string;
  status: string;
  price: string;
  stopPrice: string;
  origQty: string;
  executedQty: string;
  /** When it was placed, in milliseconds. */
  time: number;
}

interface Account {
  balances: { asset: string; free: string }[];
}

export class Signed {
  constructor(
    readonly url: string,
    readonly key: Key,
  ) {}

  /** The answer as it comes, whatever its status. */
  async ask(path: string, words: Record<string, string> = {}, method = "GET"): Promise<Response> {
    const timestamp = String(Date.now());
    const query = new URLSearchParams({ ...words, timestamp, recvWindow: "60000" }).toString();
    const signature = createHmac("sha256", this.key.secretKey).update(query).digest("hex");
    return fetch(`${this.url}${path}?${query}&signature=${signature}`, {
      method,
      headers: { "X-MBX-APIKEY": this.key.apiKey },
    });
  }

  get<T>(path: string, words: Record<string, string> = {}): Promise<T> {
    return this.#told(path, words, "GET");
  }

  post<T>(path: string, words: Record<string, string> = {}): Promise<T> {
    return this.#told(path, words, "POST");
  }

  openOrders(symbol: string): Promise<SignedOrder[]> {
    return this.get("/api/v3/openOrders", { symbol });
  }

  allOrders(symbol: string): Promise<SignedOrder[]> {
    return this.get("/api/v3/allOrders", { symbol });
  }

  /** What is free of an asset, as a number: to be compared, never to be sent. */
  async free(asset: string): Promise<number> {
    const { balances } = await this.get<Account>("/api/v3/account");
    return Number(balances.find((balance) => balance.asset === asset)?.free ?? "0");
  }

  async #told<T>(path: string, words: Record<string, string>, method: string): Promise<T> {
    const response = await this.ask(path, words, method);
    const body = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
    return body as T;
  }
}

/** The best bid of a market that anybody may ask for. */
export async function bestBid(url: string, symbol: string): Promise<number> {
  const response = await fetch(`${url}/api/v3/ticker/bookTicker?symbol=${symbol}`);
  return Number(((await response.json()) as { bidPrice: string }).bidPrice);
}
