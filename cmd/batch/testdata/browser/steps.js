// Steps that several days have.
import { expect } from "@playwright/test";

export const approval = "/offers/harbor/runs/latest/approval";

// until loads the page again until something is true of it, as a person does who waits for a run.
export async function until(page, true_) {
  await expect(async () => {
    await page.reload();
    await true_();
  }).toPass({ timeout: 60_000, intervals: [300] });
}

// send drops a report and accepts it, and waits for the run that has it.
export async function send(page, name, content) {
  await page.goto("/offers/harbor/files");
  await page.getByLabel("Choose it, or drop it here").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
}

export async function accept(page, name) {
  await page.getByRole("button", { name: "Accept into the inbox" }).click();
  await expect(page.getByRole("status")).toContainText(`${name} is in the inbox`);
  const used = page.getByRole("region", { name: "Files that are used" }).getByRole("row", { name });
  await until(page, async () => expect(used).toContainText("has it", { timeout: 100 }));
}

export async function submit(page) {
  await page.goto(approval);
  await page.getByRole("button", { name: "Submit for approval" }).click();
  await expect(page.getByRole("status")).toContainText("submitted for approval");
}
