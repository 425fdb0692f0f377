import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { chromium, type Browser, type Page } from "playwright-core";

import { formatOffset, formatSeconds } from "../src/report/charts.js";
import { renderReport } from "../src/report/html.js";
import { exampleResult } from "./support/run-result.js";

const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) =>
  existsSync(file),
);

describe("a run's report", () => {
  it("says durations as people do", () => {
    assert.equal(formatSeconds(12.44), "12.4 s");
    assert.equal(formatSeconds(200), "3 min 20 s");
    assert.equal(formatSeconds(3600), "1 h");
    assert.equal(formatOffset(-45), "-45 s");
  });

  it("escapes what comes from outside", () => {
    const html = renderReport(
      exampleResult({ app: '<script>alert("x")</script>', reasons: ["<img src=x onerror=y>"] }),
    );
    assert.ok(!html.includes("<script>"));
    assert.ok(!html.includes("<img"));
    assert.ok(html.includes("&lt;img src=x onerror=y&gt;"));
  });

  it("is drawn also when nothing was measured", () => {
    const html = renderReport(
      exampleResult({
        status: "refused",
        reasons: ["the replica has no backups"],
        objectivesMet: false,
        steps: [],
        availability: [],
        faultAt: null,
        recoveredAt: null,
        measuredRtoSeconds: null,
        measuredRpoSeconds: null,
        criticalPathSeconds: null,
        standingCost: null,
      }),
    );
    assert.ok(html.includes("the replica has no backups"));
  });

  describe("in a browser", () => {
    let browser: Browser;
    let folder: string;

    before(async function () {
      if (browserPath === undefined) return this.skip();
      folder = mkdtempSync(path.join(tmpdir(), "region-runbook-report-"));
      browser = await chromium.launch({
        executablePath: browserPath,
        args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
      });
    });

    after(async () => {
      if (browserPath === undefined) return;
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function open(
      html: string,
      colorScheme: "light" | "dark" = "light",
    ): Promise<{ page: Page; requests: string[] }> {
      const file = path.join(folder, "report.html");
      writeFileSync(file, html);
      const page = await browser.newPage({ colorScheme });
      const requests: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(file).href);
      return { page, requests };
    }

    it("shows the measured figures beside the objectives, and loads nothing else", async () => {
      const { page, requests } = await open(renderReport(exampleResult()));
      const text = await page.innerText("body");
      for (const shown of [
        "5 min 11 s",
        "objective 15 min",
        "1.4 s",
        "order-0000601",
        "held",
        "completed, objectives met",
      ]) {
        assert.ok(text.includes(shown), `${shown} is not shown`);
      }
      assert.equal(requests.length, 1);
      await page.close();
    });

    it("draws a bar for each step that ran, and the availability as a curve that falls and rises", async () => {
      const { page } = await open(renderReport(exampleResult()));
      assert.equal(await page.locator("figure").nth(1).locator("rect").count(), 3);
      const heights = await page
        .locator("figure")
        .first()
        .locator("g[aria-label='line'] path")
        .first()
        .evaluate((path) => (path as unknown as { getBBox(): { height: number } }).getBBox().height);
      assert.ok(heights > 100, `${heights} px`);
      await page.close();
    });

    it("changes its colours with the theme", async () => {
      const colours: string[] = [];
      for (const theme of ["light", "dark"] as const) {
        const { page } = await open(renderReport(exampleResult()), theme);
        colours.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
        await page.close();
      }
      assert.notEqual(colours[0], colours[1]);
    });
  });
});
