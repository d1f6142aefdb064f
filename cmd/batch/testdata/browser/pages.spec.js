// Every page for every role: on a telephone and a desk, without script, with the keyboard only, and
// the same for a person in Frankfurt as in New York.
import { test, expect } from "./house.js";
import { harbor } from "./harbor.js";
import { pagesOf, withRuns } from "./pages.js";

test.use({ offers: ["level3-2004", "harbor"] });
test.beforeAll(withRuns);

for (const width of [360, 1440]) {
  test(`no page is wider than ${width} pixels, and its controls can be hit`, async ({ as }) => {
    test.setTimeout(120_000);
    for (const role of ["preparer", "admin"]) {
      const page = await as(role, { viewport: { width, height: 800 }, hasTouch: width === 360 });
      for (const path of pagesOf[role]) {
        await page.goto(path);
        const found = await page.evaluate(() => ({
          wide: document.documentElement.scrollWidth - window.innerWidth,
          small: [...document.querySelectorAll("button, summary, input:not([type=hidden]), select, nav a")]
            .map((e) => [e, e.getBoundingClientRect()])
            .filter(([e, r]) => r.width > 0 && r.height < 24 && !e.closest(".unseen"))
            .map(([e]) => e.outerHTML.slice(0, 100)),
        }));
        expect(found, `${path} for a ${role}`).toEqual({ wide: expect.any(Number), small: [] });
        expect(found.wide, `${path} for a ${role} can be scrolled sideways`).toBeLessThanOrEqual(0);
      }
    }
  });
}

test("without script every page says the same, and forms work", async ({ as }) => {
  const plain = await as("preparer", { javaScriptEnabled: false });
  const page = await as("preparer");
  for (const path of pagesOf.preparer) {
    const load = async () => {
      await Promise.all([plain.goto(path), page.goto(path)]);
      return [await plain.locator("main").innerText(), await page.locator("main").innerText()];
    };
    let [bare, full] = await load();
    // What is "30 hours ago" on one of them can be 31 on the other, but not twice in a minute.
    if (bare !== full) [bare, full] = await load();
    expect(bare, path).toBe(full);
  }
  await plain.goto("/offers/level3-2004/runs/latest/instructions");
  await plain.getByRole("searchbox").fill("11-2008");
  await plain.getByRole("button", { name: "Search" }).click();
  await expect(plain.getByRole("region", { name: "Instructions" }).getByRole("row").nth(1)).toContainText("11-2008");
  await plain.getByRole("link", { name: "Next" }).click();
  await expect(plain.getByText("Page 2")).toBeVisible();
  await expect(plain.getByRole("region", { name: "Instructions" }).getByRole("row").nth(1)).toContainText("11-2008");
});

test("no page asks another host for anything, or logs an error", async ({ as, house }) => {
  const page = await as("preparer");
  const wrong = [];
  page.on("request", (r) => r.url().startsWith(house.url) || wrong.push(`asks for ${r.url()}`));
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && !m.text().includes("404") && wrong.push(m.text()));
  page.on("pageerror", (e) => wrong.push(String(e)));
  for (const path of pagesOf.preparer) await page.goto(path);
  expect(wrong).toEqual([]);
});

test("with the keyboard only", async ({ as }) => {
  const page = await as("preparer");
  const press = async (key, until) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press(key);
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        const ring = getComputedStyle(e);
        return { name: (e.innerText || e.ariaLabel || e.name || "").trim(), ring: ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2 };
      });
      expect(at.ring, `the focus on ${at.name} can be seen`).toBe(true);
      if (at.name === until) return;
    }
    throw new Error(`${until} is not reached with ${key}`);
  };
  await page.goto("/");
  await press("Tab", "Skip to the content");
  await page.keyboard.press("Enter");
  await press("Tab", "level3-2004");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("level3-2004");
  await press("Tab", "Instructions");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Instructions");
  await press("Tab", "q");
  await page.keyboard.type("10.75");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=10\.75/);
  await press("Tab", "Instructions"); // the tab of the page, then the table, which arrows scroll
  await press("Tab", "Search");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("region", { name: "Instructions" })).toBeFocused();
  await page.goto("/offers/level3-2004/files");
  await press("Tab", "report");
  await press("Tab", "Check");
});

for (const [locale, timezoneId] of [["de-DE", "Europe/Berlin"], ["en-US", "America/Los_Angeles"]]) {
  test(`figures and times are the same in ${locale}`, async ({ as }) => {
    const page = await as("approver", { locale, timezoneId });
    await page.goto("/offers/level3-2004");
    const series = page.getByRole("region", { name: "Series" }).getByRole("row");
    await expect(series.nth(1)).toContainText("249,457,000");
    await expect(page.getByText("2004-11-12 17:00 EST").first()).toBeVisible();
  });
}

test("a total typed the German way is never taken for another", async ({ house, as }) => {
  const preparer = await as("preparer");
  await preparer.goto("/offers/harbor/runs/latest/approval");
  const file = harbor.fileOf(3);
  await preparer.goto("/offers/harbor/files");
  await preparer.getByLabel("Choose it").setInputFiles({ name: file, mimeType: "text/csv", buffer: Buffer.from(harbor.report()) });
  await preparer.getByRole("button", { name: "Check", exact: true }).click();
  await preparer.getByRole("button", { name: "Accept into the inbox" }).click();
  await expect.poll(async () => (await house.runs("harbor")).some((r) => r.run.includes("T0003")), { timeout: 30_000 }).toBe(true);
  await preparer.goto("/offers/harbor/runs/latest/approval");
  await preparer.getByRole("button", { name: "Submit for approval" }).click();
  await expect(preparer.getByRole("status")).toContainText("submitted for approval");

  const page = await as("approver", { locale: "de-DE", timezoneId: "Europe/Berlin" });
  await page.goto("/offers/harbor/runs/latest/approval");
  const sum = await page.locator(".sum").innerText();
  const german = sum.replaceAll(",", "'").replaceAll(".", ",").replaceAll("'", ".");
  for (const typed of [`USD ${german}`, `USD ${sum.split(".")[0].replaceAll(",", ".")}`, german, `${sum} USD`, `EUR ${sum}`]) {
    await page.getByLabel("Type the total").fill(typed);
    // The page of the one before has an alert, too: the next is waited for.
    await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Approve", exact: true }).click()]);
    await expect(page.getByRole("alert"), typed).toBeVisible();
    await expect(page.getByLabel("Type the total"), typed).toHaveValue(typed);
  }
  await page.getByLabel("Type the total").fill(`USD ${sum}`);
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByRole("status")).toContainText("The run is approved");
});
