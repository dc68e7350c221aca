/** The real binary, started and stopped by tests. None outlives its test. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../../..");
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
/** How long a debug build on a busy machine may take to recover and serve, in milliseconds. */
const READY_MAX = 90_000;
const POLL = 50;

/** A user as `demo.json` tells it. */
export interface DemoUser {
  email: string;
  password: string;
  role: "admin" | "user";
  apiKey: string;
  secretKey: string;
}

function program(): string {
  const builds = ["release/rialto", "debug/rialto"].map((build) => join(TARGET, build));
  const found = process.env.RIALTO_BIN ?? builds.find((build) => existsSync(build));
  if (found === undefined) throw new Error(`no rialto under ${TARGET}: run make build`);
  return found;
}

/** One data directory and, while it runs, the server on it. */
export class Rialto {
  readonly data = mkdtempSync(join(tmpdir(), "rialto-browser-"));
  url = "";
  log = "";
  #process: ChildProcess | undefined;
  readonly #options: string[];
  readonly #environment: Record<string, string>;

  private constructor(options: string[], environment: Record<string, string>) {
    this.#options = options;
    this.#environment = environment;
  }

  /** A server on a free port, once it is ready. `options` as a person would type them. */
  static async start(options: string[], environment: Record<string, string> = {}): Promise<Rialto> {
    const server = new Rialto(options, environment);
    await server.serve("127.0.0.1:0");
    return server;
  }

  /** The users of the demo. */
  get demoUsers(): DemoUser[] {
    return JSON.parse(readFileSync(join(this.data, "demo.json"), "utf8")).users;
  }

  /** The first demo user who is no operator. */
  get trader(): DemoUser {
    const found = this.demoUsers.find((user) => user.role === "user");
    if (found === undefined) throw new Error("the demo has no trader");
    return found;
  }

  async serve(listen: string): Promise<void> {
    const words = ["serve", "--data", this.data, "--listen", listen, ...this.#options];
    const environment = { ...process.env, RIALTO_LOG: "info", ...this.#environment };
    const child = spawn(program(), words, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    let printed = "";
    child.stdout?.on("data", (bytes) => (printed += bytes));
    child.stderr?.on("data", (bytes) => (this.log += bytes));
    const address = () => /listening on (http:\/\/\S+)/.exec(printed)?.[1];
    await until(() => address() !== undefined || child.exitCode !== null, "an address", this);
    this.url = address() ?? "";
    if (this.url === "") throw new Error(`it did not start:\n${this.log.slice(-2_000)}`);
    await until(() => answers(`${this.url}/health/ready`), "readiness", this);
    // The first start draws the key for which pages encrypt: seconds, in a debug build.
    await until(() => answers(`${this.url}/api/v1/auth/public-key`), "the key of pages", this);
  }

  /** Ends it without a chance to say goodbye. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Serves again, at the address where pages look for it. */
  async serveAgain(): Promise<void> {
    await this.serve(new URL(this.url).host);
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    rmSync(this.data, { recursive: true, force: true });
  }

  /** A command of the operator on this data directory; what it printed. */
  operate(words: string[], input = ""): string {
    return execFileSync(program(), [...words, "--data", this.data], { input, encoding: "utf8" });
  }

  /** A key for somebody, made by the operator: what a page did is looked at with it. */
  keyOf(email: string, scopes = "read,trade"): { apiKey: string; secretKey: string } {
    return JSON.parse(this.operate(["api-key", "create", "--email", email, "--scopes", scopes]));
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
    if (process.env.RIALTO_KEEP_LOG) writeFileSync(process.env.RIALTO_KEEP_LOG, this.log);
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then((response) => response.ok, () => false);
}

/** Waits for something to be so; asks again every few milliseconds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  server?: Rialto,
): Promise<void> {
  const deadline = Date.now() + READY_MAX;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`not within ${READY_MAX} ms: ${what}\n${server?.log.slice(-2_000) ?? ""}`);
    }
    await new Promise((done) => setTimeout(done, POLL));
  }
}
