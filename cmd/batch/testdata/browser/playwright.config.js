// TestBrowser runs these with a program that it built: BATCH names it, FIXTURES the worked examples.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  outputDir: process.env.RESULTS ?? "results",
  timeout: 90_000,
  expect: { timeout: 20_000 },
  workers: Number(process.env.WORKERS ?? 2),
  fullyParallel: false, // the tests of a file share a service
  forbidOnly: true,
  retries: 0,
  reporter: [["line"], ["json", { outputFile: process.env.REPORT ?? "report.json" }]],
  use: {
    locale: "en-US",
    timezoneId: "America/New_York",
    colorScheme: "light",
    viewport: { width: 1440, height: 900 },
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // Chromium refuses its sandbox to root, as which containers often run.
      args: process.getuid() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
