// People whom an identity provider vouches for, and what they take along in files.
import { readFile, rm } from "node:fs/promises";
import { test, expect, join, writeFile } from "./house.js";
import { harbor } from "./harbor.js";
import { Provider } from "./provider.js";
import { accept, send } from "./steps.js";

test.use({ offers: ["level3-2004", "harbor"] });
test.describe.configure({ mode: "serial" });

let provider, secret;
test.beforeAll(async ({ house }) => {
  provider = await new Provider({ pia: { sub: "1", groups: ["desk"] }, otto: { sub: "2", groups: [] } }).start();
  secret = join(house.folder, "..", `${provider.secret}.secret`);
  await writeFile(secret, provider.secret, { mode: 0o600 });
  await writeFile(join(house.folder, "batch.yaml"), `console:
  oidc:
    issuer: ${provider.url}
    client_id: console
    client_secret_file: ${secret}
    roles: {desk: [preparer]}
`);
  await house.kill("SIGTERM");
  await house.start();
  await house.batch(["run", house.offer("level3-2004"), "--as-of", "2004-12-02T09:00"], [3]);
});
test.afterAll(async () => {
  provider.close();
  await rm(secret);
});

test("a person logs in with the provider, goes on to the page that was asked for, and logs out of both", async ({ house, browser }) => {
  const context = await browser.newContext({ baseURL: house.url });
  const page = await context.newPage();
  await page.goto("/offers/harbor/files");
  await page.getByRole("link", { name: /^Log in with 127\.0\.0\.1/ }).click();
  await expect(page.getByRole("heading", { name: "Who are you?" })).toBeVisible();
  await page.getByRole("link", { name: "pia" }).click();
  await expect(page).toHaveURL(/\/offers\/harbor\/files$/);
  const name = harbor.fileOf(2);
  await send(page, name, harbor.report());
  await accept(page, name);
  await page.goto("/me");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("pia");
  await expect(page.getByLabel("New password again")).toHaveCount(0);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("link", { name: /Log out of/ }).click();
  await expect(page.getByRole("heading", { name: "Logged out" })).toBeVisible();
  await page.goto("/offers/harbor/files");
  await expect(page).toHaveURL(/\/login$/);
  await context.close();
});

test("a person to whom the provider gives no role is not let in, and reads why", async ({ house, browser }) => {
  const context = await browser.newContext({ baseURL: house.url });
  const page = await context.newPage();
  await page.goto("/login/provider");
  await page.getByRole("link", { name: "otto" }).click();
  await expect(page.getByRole("alert")).toContainText("gives you no role");
  await page.goto("/");
  await expect(page).toHaveURL(/\/login$/);
  await context.close();
});

const run = "/offers/level3-2004/runs/latest";
async function download(page, link) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: link, exact: true }).first().click()]);
  return readFile(await file.path());
}

test("a letter to a depositary is a workbook of its lines", async ({ as }) => {
  const page = await as("preparer");
  await page.goto(`${run}/findings`);
  await expect(page.getByRole("heading", { name: "Not a multiple of the denomination R5-multiple" })).toBeVisible();
  expect((await download(page, "a letter to DTC")).subarray(0, 2).toString()).toBe("PK");
});

test("a viewer takes along the same figures, under pseudonyms", async ({ as }) => {
  const [named, viewer] = [await as("preparer"), await as("viewer")];
  await Promise.all([named.goto(`${run}/payments`), viewer.goto(`${run}/payments`)]);
  const [real, masked] = [await download(named, "wires.csv"), await download(viewer, "wires.csv")].map((b) => b.toString().trim().split(/\r?\n/));
  expect(masked.length).toBe(real.length);
  expect(masked[0]).toBe(real[0]);
  const column = (lines, name) => lines.slice(1).map((l) => l.split(",")[real[0].replace(/^\uFEFF/, "").split(",").indexOf(name)]);
  expect(column(masked, "total")).toEqual(column(real, "total"));
  for (const name of ["reference", "participant"]) {
    expect(column(masked, name).every((v) => v.startsWith("P-")), name).toBe(true);
    expect(column(real, name).some((v) => v.startsWith("P-")), name).toBe(false);
  }
  expect((await download(viewer, "the workbook")).subarray(0, 2).toString()).toBe("PK");
  await viewer.goto(`${run}/findings`);
  await expect(viewer.getByRole("heading", { name: "Not a multiple of the denomination R5-multiple" })).toBeVisible();
  await expect(viewer.getByText("a letter to")).toHaveCount(0);
  expect((await viewer.request.get(`${run}/letter?to=DTC`)).status()).toBe(403);
});
