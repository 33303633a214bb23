// How the journeys run: real Chromium, a wide and a narrow window. `make test` starts the control plane that they use.
import { defineConfig } from "@playwright/test";

const executablePath = process.env.KARGO_TOKENS_CHROMIUM;
const browser = {
  browserName: "chromium" as const,
  launchOptions: {
    executablePath,
    // Chromium's sandbox doesn't start for root, as in CI; the switches after it keep the browser from calling home.
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  },
};

export default defineConfig({
  testDir: "journeys",
  snapshotPathTemplate: "{testDir}/{testFileDir}/snapshots/{arg}{ext}",
  fullyParallel: true,
  forbidOnly: true,
  // More than there are CPUs, because many tests wait for a time that Kubernetes sets.
  workers: 4,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  // In CI a second try keeps one slow moment from failing the whole run. The report lists such a test as flaky: mend it.
  retries: process.env.CI ? 1 : 0,
  reporter: "list",
  // A trace takes time, so in CI only the second try has one.
  use: { trace: process.env.CI ? "on-first-retry" : "retain-on-failure" },
  projects: [
    { name: "wide", use: { ...browser, viewport: { width: 1440, height: 900 } } },
    // Leaves out tests that don't depend on the window's width, and tests that set their own.
    {
      name: "narrow",
      testIgnore: /((security|oidc|chart|policy)\/.*|(crash|sweep|layout|requests)\.spec\.ts)$/,
      use: { ...browser, viewport: { width: 390, height: 844 }, hasTouch: true },
    },
  ],
});
