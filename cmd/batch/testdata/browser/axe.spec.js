// Every page for every role is accessible, in light and dark.
import AxeBuilder from "@axe-core/playwright";
import { test, expect } from "./house.js";
import { pagesOf, withRuns } from "./pages.js";

test.use({ offers: ["level3-2004", "harbor"] });
test.beforeAll(withRuns);

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function faultsOf(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  return violations.map((v) => `${page.url()}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
}

for (const [role, pages] of Object.entries(pagesOf)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing on a page of a ${role} in ${colorScheme}`, async ({ as }) => {
      test.setTimeout(180_000);
      const page = await as(role, { colorScheme });
      const found = [];
      for (const path of pages) {
        const answer = await page.goto(path);
        expect(answer.status(), path).toBeLessThan(500);
        found.push(...await faultsOf(page));
      }
      expect(found).toEqual([]);
    });
  }
}

test("axe finds nothing on the login, also after one that failed", async ({ as, house, browser }) => {
  const context = await browser.newContext({ baseURL: house.url });
  const page = await context.newPage();
  await page.goto("/login");
  const found = await faultsOf(page);
  await page.getByLabel("Name").fill("mallory");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  expect([...found, ...await faultsOf(page)]).toEqual([]);
  await context.close();
});
