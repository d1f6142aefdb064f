// What goes wrong on a day on which money is paid.
import { createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { once } from "node:events";
import { test, expect, join, password, people } from "./house.js";
import { harbor } from "./harbor.js";
import { accept, approval, send, submit, until } from "./steps.js";

test.use({ offers: ["harbor"] });
test.describe.configure({ mode: "serial" });

let minute = 1;
const next = () => harbor.fileOf(minute++);

async function typeTotal(page) {
  await page.goto(approval);
  await page.getByLabel("Type the total").fill(`USD ${await page.locator(".sum").innerText()}`);
}

const approve = (page) => page.getByRole("button", { name: "Approve", exact: true }).click();

test("two approvers approve at the same time: one approval is noted, and both see which", async ({ house, as }) => {
  const [preparer, one] = [await as("preparer"), await as("approver")];
  house.accounts.second = house.session("olga", "Olga Other", "approver");
  const two = await as("second");
  const name = next();
  await send(preparer, name, harbor.report());
  await accept(preparer, name);
  await submit(preparer);
  await Promise.all([typeTotal(one), typeTotal(two)]);
  await Promise.all([approve(one), approve(two)]);
  const late = [];
  for (const page of [one, two]) {
    const said = page.getByRole("status").or(page.getByRole("alert"));
    await expect(said).toBeVisible();
    if (!(await said.innerText()).includes("The run is approved")) late.push(await page.locator("main").innerText());
  }
  expect(late).toHaveLength(1);
  expect(late[0]).toContain("approved");
  await one.goto(approval);
  await expect(one.getByRole("heading", { name: "Approvals" }).locator("+ ul > li")).toHaveCount(1);
  await preparer.goto(approval);
  await preparer.getByLabel("Take it back").fill("only a test of two approvers");
  await preparer.getByRole("button", { name: "Withdraw" }).click();
  await expect(preparer.getByText("withdrawn", { exact: true })).toBeVisible();
});

test("a page that was left open approves nothing of what came after", async ({ as }) => {
  const [preparer, approver] = [await as("preparer"), await as("approver")];
  await submit(preparer);
  await typeTotal(approver);
  const name = next();
  await send(preparer, name, harbor.report({ 5008: "1501000" }));
  await accept(preparer, name);
  await approve(approver);
  await expect(approver.getByRole("alert")).toContainText(/newer run|newest/);
  await approver.goto("/offers/harbor/history");
  await expect(approver.getByRole("region", { name: "Entries" }).getByRole("cell", { name: "approved", exact: true })).toHaveCount(1);
});

test("a session that ended in the middle of a form loses no words", async ({ house, as }) => {
  const [admin, page] = [await as("admin"), await as("preparer")];
  await page.goto("/offers/harbor/terms");
  await page.getByLabel("Why").fill("the board decided so this morning");
  await page.getByLabel("What changes").fill("caps: {Tender Cap: {amount: 70000000}}");
  await admin.goto("/people");
  await admin.getByRole("row", { name: /paul/ }).first().getByRole("button", { name: "End sessions" }).click();
  await expect(admin.getByRole("status")).toContainText("Changed");
  await page.getByRole("button", { name: "Show what it changes" }).click();
  await expect(page.getByRole("alert")).toContainText("Your session has ended");
  await expect(page.getByText("the board decided so this morning")).toBeVisible();
  await expect(page.getByText("caps: {Tender Cap: {amount: 70000000}}")).toBeVisible();
  await page.getByRole("link", { name: "Log in" }).click();
  await page.getByLabel("Name").fill(people.preparer[0]);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/offers\/harbor\/terms$/); // back where the form is
  house.accounts.preparer = page.context().storageState();
});

test("a file that is dropped twice counts once", async ({ house, as }) => {
  const [one, two] = [await as("preparer"), await as("preparer")];
  const name = next();
  await send(one, name, harbor.report({ 5009: "1502000" }));
  await send(two, name, harbor.report({ 5009: "9999000" })); // others under the same name
  await accept(one, name);
  await two.getByRole("button", { name: "Accept into the inbox" }).click();
  await expect(two.getByRole("alert")).toContainText("is in the inbox already");
  await two.goto("/offers/harbor/files");
  await two.getByLabel("Choose it").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(harbor.report()) });
  await two.getByRole("button", { name: "Check", exact: true }).click();
  await expect(two.getByRole("alert")).toContainText("is in the inbox already");
  // The button twice, as an impatient hand does.
  const again = next();
  await send(one, again, harbor.report({ 5009: "1503000" }));
  await one.getByRole("button", { name: "Accept into the inbox" }).dblclick();
  await expect(one.getByRole("status")).toContainText(`${again} is in the inbox`);
  await one.goto("/offers/harbor/files");
  await expect(one.getByRole("region", { name: "Files that are used" }).getByRole("row", { name: again })).toBeVisible();
  const { runs, entries } = JSON.parse(await house.batch(["runs", house.offer("harbor"), "--json"], [3]));
  for (const r of runs) expect(r.inputs.filter((i) => i.name === again).length, r.run).toBeLessThanOrEqual(1);
  const put = entries.filter((e) => e.event === "prepared" && JSON.stringify(e.makers).includes(again));
  expect(put).toHaveLength(1);
});

// What only the first answer says, such as a password, is not lost to a second click.
test("a button that is clicked twice is answered once", async ({ as }) => {
  const admin = await as("admin");
  await admin.goto("/people");
  await admin.getByLabel("Name of the account").fill("dora");
  await admin.getByLabel("Roles", { exact: false }).last().fill("viewer");
  await admin.route("/people", async (route) => { // an answer as slow as a second click needs
    const response = await route.fetch();
    await new Promise((done) => setTimeout(done, 700));
    await route.fulfill({ response }).catch(() => {}); // the page may be left meanwhile
  });
  await admin.getByRole("button", { name: "Add", exact: true }).evaluate((button) => {
    button.click();
    setTimeout(() => button.click(), 300);
  });
  await expect(admin.getByRole("status")).toContainText("The password of dora for one use");
});

// large writes a report of so many bytes or somewhat more.
async function large(path, bytes) {
  const out = createWriteStream(path);
  const lines = harbor.report().split("\n");
  const [heading, line] = [lines[0], lines[18]]; // the newest of them
  out.write(`${heading},Address of the Holder\n`);
  const [, security, , ...rest] = line.split(",");
  const cells = `${security},2000,${rest.join(",")},${"1 Harbor Street Springfield ".repeat(4)}`;
  let written = 0;
  for (let number = 1_000_000; written < bytes;) {
    let part = "";
    for (let i = 0; i < 5000; i++) part += `${number++},${cells}\n`;
    written += part.length;
    if (!out.write(part)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
}

test("a report of 200 MiB is taken while others work on", async ({ house, as }) => {
  test.setTimeout(300_000);
  const [page, other] = [await as("preparer"), await as("approver")];
  const path = join(house.folder, next());
  await large(path, 200 << 20);
  await page.goto("/offers/harbor/files");
  await page.getByLabel("Choose it").setInputFiles(path);
  let done = false;
  const sent = page.getByRole("button", { name: "Check", exact: true }).click({ timeout: 240_000 })
    .then(() => expect(page.getByRole("heading", { level: 1 })).toContainText("dtc-", { timeout: 240_000 }))
    .finally(() => (done = true));
  let slowest = 0;
  while (!done) {
    const began = Date.now();
    await other.goto("/schedule");
    slowest = Math.max(slowest, Date.now() - began);
    await other.waitForTimeout(200);
  }
  await sent;
  expect(slowest, "milliseconds that another page took meanwhile").toBeLessThan(30_000);
  await expect(page.getByText(/DTC · CSV.* · [\d,]+ rows/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Accept into the inbox" })).toBeVisible();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByRole("status")).toContainText("was discarded");
  await rm(path);
});

test("a file that is too large is refused with the limit", async ({ house, as }) => {
  test.setTimeout(180_000);
  const page = await as("preparer");
  const path = join(house.folder, next());
  const file = await open(path, "w");
  await file.truncate(515 << 20);
  await file.close();
  await page.goto("/offers/harbor/files");
  await page.getByLabel("Choose it").setInputFiles(path);
  await page.getByRole("button", { name: "Check", exact: true }).click({ timeout: 120_000 });
  await expect(page.getByRole("alert")).toContainText("more than 512 MiB", { timeout: 120_000 });
  await rm(path);
});

test("the service is killed in the middle of a run, and started again", async ({ house, as }) => {
  test.setTimeout(180_000);
  const page = await as("preparer");
  const path = join(house.folder, next());
  await large(path, 6 << 20);
  await page.goto("/offers/harbor/files");
  await page.getByLabel("Choose it").setInputFiles(path);
  await page.getByRole("button", { name: "Check", exact: true }).click();
  const begun = house.log.length;
  await page.getByRole("button", { name: "Accept into the inbox" }).click();
  await expect(page.getByRole("status")).toContainText("is in the inbox");
  await expect.poll(() => house.log.slice(begun), { intervals: [20], timeout: 30_000 }).toContain('"run begins"');
  expect((await house.kill("SIGKILL")).signal).toBe("SIGKILL");
  expect(house.log.slice(begun)).not.toContain('"event":"published"');
  await expect(page.goto("/offers/harbor/files")).rejects.toThrow(/ERR_CONNECTION_REFUSED/);
  await house.start();
  const used = page.getByRole("region", { name: "Files that are used" }).getByRole("row").nth(1);
  await page.goto("/offers/harbor/files"); // the session is still there
  await until(page, async () => expect(used).toContainText("has it", { timeout: 100 }));
  await page.goto("/offers/harbor/history");
  await expect(page.getByText("The history is chained as it was written")).toBeVisible();
  await page.getByRole("button", { name: "Compare every file" }).click();
  await expect(page.getByText("The history and every published file are as they were written.")).toBeVisible();
  await rm(path);
});
