// The whole day, as the two people live it who answer for a payment.
import { readFile } from "node:fs/promises";
import { test, expect, people, password } from "./house.js";
import { harbor } from "./harbor.js";
import { accept, approval, send, submit, until } from "./steps.js";

test.use({ offers: ["harbor"] });
test.describe.configure({ mode: "serial" });

async function decide(page, row, outcome, reason) {
  await page.goto("/offers/harbor/runs/latest/findings");
  const found = page.getByRole("row", { name: new RegExp(row) });
  await found.getByText("Decide", { exact: true }).first().click();
  await found.getByLabel("What becomes of it").selectOption(outcome);
  await found.getByLabel("Why").fill(reason);
  await found.getByRole("button", { name: "Decide" }).click();
  await expect(page.getByRole("status")).toContainText("Decided");
}

test("a preparer logs in for the first time", async ({ house, browser }) => {
  const [name, fullName, role] = people.preparer;
  const once = await house.add(name, fullName, role);
  const context = await browser.newContext({ baseURL: house.url });
  const page = await context.newPage();
  await page.goto("/offers/harbor/files"); // where it was to go comes back after the login
  await expect(page).toHaveURL(/\/login$/);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill("a wrong one");
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("alert")).toContainText("the name, the password or the code is wrong");
  await expect(page.getByLabel("Name")).toHaveValue(name);
  await page.getByLabel("Password").fill(once);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/me$/); // its own password first
  await page.getByLabel("Current password").fill(once);
  await page.getByLabel("New password at least").fill(password);
  await page.getByLabel("New password again").fill(password);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByRole("status")).toContainText("Your password is changed");
  await page.getByRole("link", { name: "harbor" }).click();
  await page.getByRole("link", { name: "Files" }).click();
  house.accounts.preparer = context.storageState();
  await expect(page.getByRole("heading", { name: "A report has come" })).toBeVisible();
  await context.close();
});

test("a report with mistakes is seen before it counts, and its findings are decided", async ({ house, as }) => {
  const page = await as("preparer");
  const wrong = harbor.fileOf(2);
  await send(page, wrong, harbor.report({ 5007: "1O00000", 5008: "1500500" }));
  await expect(page.getByText("39 counted").or(page.getByText("38 counted"))).toBeVisible();
  const heading = page.getByRole("article");
  await expect(heading.filter({ hasText: "R5-principal" }).first()).toContainText("1O00000");
  await expect(heading.filter({ hasText: "R5-multiple" })).toBeVisible();
  expect((await house.runs("harbor")).length, "a run before the report was accepted").toBe(0);
  await accept(page, wrong);

  await page.goto("/offers/harbor/runs/latest/findings");
  await expect(page.getByText("2 findings are open")).toBeVisible();
  await decide(page, "5008", "waived", "the issuer takes odd amounts, by mail of today");
  await until(page, async () => expect(page.getByText("1 finding is open")).toBeVisible({ timeout: 100 }));
  await decide(page, "5007", "rejected", "the holder has not corrected it by the deadline");
  await until(page, async () => expect(page.getByText("No finding is open")).toBeVisible({ timeout: 100 }));
  await page.goto("/offers/harbor/terms");
  await expect(page.getByRole("region", { name: "offer.yaml" })).toContainText("Paul Preparer (paul)");
});

test("the preparer submits it, and cannot approve it", async ({ as }) => {
  const page = await as("preparer");
  await page.goto("/approve");
  await expect(page.getByText("You can do that.")).toBeVisible();
  await submit(page);
  await expect(page.getByRole("button", { name: "Approve", exact: true })).toHaveCount(0);
  const refused = await page.request.post("/offers/harbor/runs/latest/approve", { form: { total: "USD 1", manifest: "0".repeat(64) } });
  expect(refused.status()).toBe(403);
});

test("the approver returns it with a comment", async ({ as }) => {
  const page = await as("approver");
  await page.goto("/");
  await page.getByRole("link", { name: "submitted" }).click();
  await page.getByLabel("Or return it").fill("DTC sent a later report: take that one");
  await page.getByRole("button", { name: "Return to the preparer" }).click();
  await expect(page.getByText("returned", { exact: true })).toBeVisible();
});

test("the preparer reads why, sends the later report and submits again", async ({ as }) => {
  const page = await as("preparer");
  await page.goto("/approve");
  await expect(page.getByText("DTC sent a later report")).toBeVisible();
  const right = harbor.fileOf(7);
  await send(page, right, harbor.report({ 5008: "1500500" }));
  await accept(page, right);
  await submit(page);
});

test("the approver types the total, and releases", async ({ as }) => {
  const page = await as("approver");
  await page.goto("/approve");
  await expect(page.getByText("You can do that.")).toBeVisible();
  await page.getByRole("link", { name: "harbor" }).click();
  const sum = await page.locator(".sum").innerText();

  await page.getByRole("button", { name: "Approve", exact: true }).click(); // a stray click approves nothing
  await expect(page.getByLabel("Type the total")).toBeFocused();
  await page.getByLabel("Type the total").fill("USD 59,000,000.00");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("59,000,000");
  await expect(page.getByLabel("Type the total")).toHaveValue("USD 59,000,000.00");
  await expect(page.getByText("submitted", { exact: true })).toBeVisible();

  await page.getByLabel("Type the total").fill(`usd ${sum}`);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByRole("status")).toContainText("The run is approved");
  await page.getByRole("button", { name: "Release", exact: true }).click();
  await expect(page.getByRole("status")).toContainText("it is in force");
  await expect(page.getByText("in force", { exact: true })).toBeVisible();
});

test("a run is asked for, and the offer paused and resumed", async ({ as }) => {
  const page = await as("preparer");
  await page.goto("/schedule");
  await page.getByRole("button", { name: "Run now" }).click();
  await expect(page.getByRole("status")).toContainText("makes a run of harbor");
  // Without a press of any key the page says how it ended: the server sends news.
  await expect(page.locator("#underway").getByText("ended")).toBeVisible();
  await page.getByText("Pause", { exact: false }).first().click();
  await page.getByLabel("Why").fill("the issuer asked us to wait");
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("the issuer asked us to wait")).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByRole("status")).toContainText("is resumed");
});

test("the wires are downloaded, and add up to what was approved", async ({ as }) => {
  const page = await as("preparer");
  await page.goto("/offers/harbor/runs/latest/payments");
  const shown = await page.getByRole("region", { name: "To wire" }).locator("tbody strong").first().innerText();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "wires.csv" }).click()]);
  expect(file.suggestedFilename()).toMatch(/^harbor-.*-wires\.csv$/);
  const [heading, ...lines] = (await readFile(await file.path(), "utf8")).replace(/^\uFEFF/, "").trim().split(/\r?\n/);
  const total = heading.split(",").indexOf("total");
  const cents = lines.map((l) => Number(l.split(",")[total].replace(".", ""))).reduce((a, b) => a + b);
  expect(`${(cents / 100).toLocaleString("en-US", { minimumFractionDigits: 2 })}`).toBe(shown);
  const [book] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "the workbook" }).click()]);
  expect((await readFile(await book.path())).subarray(0, 2).toString()).toBe("PK");
});

test("looking back: who did what, what differs, where a payment comes from", async ({ house, as }) => {
  const page = await as("approver");
  await page.goto("/offers/harbor/history");
  await expect(page.getByText("The history is chained as it was written")).toBeVisible();
  await page.getByRole("button", { name: "Compare every file" }).click();
  await expect(page.getByText("The history and every published file are as they were written.")).toBeVisible();
  const entries = page.getByRole("region", { name: "Entries" });
  for (const event of ["submitted", "returned", "approved", "released"]) {
    await expect(entries.getByRole("cell", { name: event, exact: true }).first()).toBeVisible();
  }
  await page.goto("/offers/harbor/compare");
  await expect(page.getByRole("heading", { name: "Reports" })).toBeVisible();
  await page.goto("/offers/harbor/runs/latest/instructions");
  await page.getByRole("searchbox").fill("5008");
  await page.getByRole("searchbox").press("Enter");
  await page.getByRole("link", { name: /csv:9$/ }).click();
  await expect(page.getByText("1,500,500").first()).toBeVisible();
  await expect(page.getByText("Accepted", { exact: true })).toBeVisible();
  expect(await house.batch(["runs", house.offer("harbor"), "--verify"])).toContain("every published run are as they were written");
});
