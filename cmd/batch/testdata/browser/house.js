// A folder of offers, its accounts, and batch serve --console over it: what each test works with.
import { execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { appendFile, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { test as base, request } from "@playwright/test";
import { harbor } from "./harbor.js";

const run = promisify(execFile);
const program = process.env.BATCH;
const fixtures = process.env.FIXTURES;

// freePort is a port below those that the system itself gives to connections, so that the service can be started at it
// again, and above those at which browsers refuse to open pages.
async function freePort() {
  for (;;) {
    const port = randomInt(11_000, 32_768);
    const probe = createServer();
    const free = await new Promise((done) => probe.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true)));
    if (!free) continue;
    await new Promise((done) => probe.close(done));
    return port;
  }
}

export class House {
  constructor(folder) {
    this.folder = folder;
    this.accounts = {};
  }

  // open makes a house with offers: of the fixtures by their names, and harbor.
  static async open(...offers) {
    const house = new House(await mkdtemp(join(tmpdir(), "console-")));
    for (const name of offers) {
      if (name === harbor.name) await harbor.write(house.offer(name));
      else await cp(join(fixtures, name), house.offer(name), { recursive: true });
    }
    await house.start();
    return house;
  }

  offer(name) {
    return join(this.folder, name);
  }

  // batch calls the program and returns what it prints; others are exit codes that are meant.
  async batch(args, others = []) {
    try {
      return (await run(program, args)).stdout;
    } catch (failed) {
      if (others.includes(failed.code)) return failed.stdout;
      throw new Error(`batch ${args.join(" ")}: exit code ${failed.code}\n${failed.stderr}`);
    }
  }

  // start serves the folder; again at the same address after an end.
  async start() {
    this.log = "";
    this.address ??= `127.0.0.1:${await freePort()}`;
    this.server = spawn(program, ["serve", this.folder, "--console", this.address, "--poll", "300ms",
      "--quiet-period", "200ms", "--grace", "1m", "--log", "json"], { stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((done) => this.server.once("exit", (code, signal) => done({ code, signal })));
    const heard = new Promise((done, failed) => {
      const hear = (part) => {
        this.log += part;
        const at = /"msg":"console","address":"([^"]+)"/.exec(this.log);
        if (at) done(at[1]);
      };
      this.server.stdout.on("data", hear);
      this.server.stderr.on("data", hear);
      this.ended.then(() => failed(new Error(`batch serve ended:\n${this.log}`)));
    });
    this.address = await heard;
    this.url = `http://${this.address}`;
  }

  async kill(signal) {
    this.server.kill(signal);
    return this.ended;
  }

  async close() {
    await this.kill("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  // add adds an account on the command line, and returns its password for one use.
  async add(name, fullName, ...roles) {
    const said = await this.batch(["users", "add", name, "--full-name", fullName, "--in", this.folder,
      ...roles.flatMap((r) => ["--role", r])]);
    return said.trim().split(" ").at(-1);
  }

  // session is the cookies of a new account that logged in and chose a password.
  async session(name, fullName, ...roles) {
    const once = await this.add(name, fullName, ...roles);
    const asked = await request.newContext({ baseURL: this.url });
    await post(asked, "/login", { name, password: once });
    await post(asked, "/me/password", { old: once, new: password, again: password });
    const state = await asked.storageState();
    await asked.dispose();
    return state;
  }

  // ledger is the history of an offer as the command line shows it.
  async runs(offer) {
    return JSON.parse(await this.batch(["runs", this.offer(offer), "--json"], [3])).runs;
  }
}

export const password = "four quiet harbour lamps";

async function post(asked, path, form) {
  const answer = await asked.post(path, { form });
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()}\n${await answer.text()}`);
}

// people are the four roles, each with a name of its own.
export const people = {
  viewer: ["vera", "Vera Issuer", "viewer"],
  preparer: ["paul", "Paul Preparer", "preparer"],
  approver: ["anna", "Anna Approver", "approver"],
  admin: ["adam", "Adam Administrator", "admin"],
};

// test has a house for the tests of one file, and as(role), a page of a person.
export const test = base.extend({
  offers: [["level3-2004", "harbor"], { option: true, scope: "worker" }],
  house: [async ({ offers }, use) => {
    const house = await House.open(...offers);
    await use(house);
    await house.close();
  }, { scope: "worker", timeout: 60_000 }],
  as: async ({ house, browser }, use, info) => {
    const opened = [];
    await use(async (role, options = {}) => {
      house.accounts[role] ??= house.session(...people[role]);
      const { locale, timezoneId, viewport, colorScheme } = info.project.use;
      const context = await browser.newContext({ baseURL: house.url, locale, timezoneId, viewport, colorScheme,
        ...options, storageState: await house.accounts[role] });
      opened.push(context);
      return context.newPage();
    });
    for (const context of opened) await context.close();
    if (info.status !== info.expectedStatus) {
      await info.attach("what batch serve logged", { body: house.log.slice(-6000), contentType: "text/plain" });
    }
  },
});

export { expect } from "@playwright/test";
export { appendFile, join, mkdir, readFile, readdir, writeFile };
