// The pictures of the documentation, written where PICTURES says; without it nothing is.
import { test, expect, join, mkdir } from "./house.js";
import { harbor } from "./harbor.js";
import { accept, send, submit } from "./steps.js";

const into = process.env.PICTURES;

test.use({ offers: ["level3-2004", "harbor"] });
test.describe.configure({ mode: "serial" });
test.skip(!into, "only with PICTURES");

const run = "/offers/level3-2004/runs/latest";
const pictures = [
  ["offers", "preparer", "/"],
  ["offer", "approver", "/offers/level3-2004"],
  ["run", "approver", run],
  ["payments", "approver", `${run}/payments`],
  ["instructions", "preparer", `${run}/instructions?q=11-2008`],
  ["explain", "preparer", `${run}/explain?row=dtc-2004-12-01.xlsx:20`],
  ["findings", "preparer", `${run}/findings`],
  ["files", "preparer", "/offers/level3-2004/files"],
  ["whatif", "preparer", "/offers/level3-2004/whatif?cap+Tender+Cap=1150000000&sweep=cap+Tender+Cap"],
  ["compare", "approver", "/offers/level3-2004/compare"],
  ["terms", "preparer", "/offers/level3-2004/terms"],
  ["approve", "approver", "/approve"],
  ["approval", "approver", "/offers/harbor/runs/latest/approval"],
  ["history", "approver", "/offers/harbor/history"],
  ["schedule", "preparer", "/schedule"],
  ["people", "admin", "/people"],
  ["viewer", "viewer", `${run}/payments`],
];

const shot = (page, name) => page.screenshot({ path: join(into, `console-${name}.png`), animations: "disabled" });

test("a day to look at", async ({ house, as }) => {
  await mkdir(into, { recursive: true });
  await house.batch(["run", house.offer("level3-2004"), "--as-of", "2004-11-12T17:00"], [3]);
  await house.batch(["run", house.offer("level3-2004"), "--as-of", "2004-12-02T09:00"], [3]);
  const page = await as("preparer");
  const wrong = harbor.fileOf(2);
  await send(page, wrong, harbor.report({ 5007: "1O00000", 5008: "1500500" }));
  await shot(page, "staged");
  await page.getByRole("button", { name: "Discard" }).click();
  const name = harbor.fileOf(7);
  await send(page, name, harbor.report());
  await accept(page, name);
  await submit(page);
});

for (const [name, role, path] of pictures) {
  test(`picture of ${name}`, async ({ as }) => {
    const page = await as(role, { viewport: { width: 1280, height: 860 } });
    expect((await page.goto(path)).status()).toBe(200);
    await shot(page, name);
    if (name !== "approval") return;
    const phone = await as(role, { viewport: { width: 390, height: 780 }, colorScheme: "dark" });
    await phone.goto(path);
    await shot(phone, "phone");
  });
}

test("picture of the login", async ({ house, browser }) => {
  const context = await browser.newContext({ baseURL: house.url, viewport: { width: 1280, height: 560 } });
  const page = await context.newPage();
  await page.goto("/login");
  await shot(page, "login");
  await context.close();
});
