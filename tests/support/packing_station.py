"""A packing station in a browser: what a scanner does there, and what came of it."""

import json

# What the page would sound and print, written down in its stead.
DEAF = """
  window.sounds = []; window.printed = [];
  window.open = (address) => { window.printed.push(new URL(address).search); };
  window.AudioContext = class {
    currentTime = 0; destination = null;
    resume() {}
    createGain() { return { gain: {}, connect: (to) => to }; }
    createOscillator() {
      const start = function () { window.sounds.push(this.frequency.value); };
      return { frequency: {}, connect: (to) => to, start, stop() {} };
    }
  };
  // And a camera, before which `seen` stands.
  window.seen = "";
  window.BarcodeDetector = class {
    async detect() { return window.seen ? [{ rawValue: window.seen }] : []; }
  };
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    setInterval(() => pen.fillRect(0, 0, Math.random() * 9, 9), 50);
    return canvas.captureStream();
  };
"""
LOW = 185


def scan(page, *codes: str) -> None:
    """As quickly as a scanner, by the clock of a machine that others keep busy."""
    form = page.locator("#scan")
    form.evaluate("form => { form.dataset.quick = 5000; }")
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    form.evaluate("form => { delete form.dataset.quick; }")


def packed(live_shop, reference: str) -> list[dict[str, int]]:
    """What is in each closed parcel of an order."""
    rows = live_shop.execute(
        "SELECT parcels.items FROM parcels JOIN packing_slips ON packing_slips.id = slip_id "
        "JOIN sales ON sales.id = sale_id WHERE reference = ? AND closed_at IS NOT NULL "
        "ORDER BY parcels.number",
        reference,
    )
    return [{unit["sku"]: unit["quantity"] for unit in json.loads(items)} for (items,) in rows]


def scan_many(page, codes: list[str]) -> None:
    """One after the other, faster than any hand: the page hears the keys, and no field gets them,
    which would cost more than the scans."""
    page.evaluate(
        """codes => {
          for (const code of codes) {
            for (const key of [...code, "Enter"]) {
              const said = { key, bubbles: true, cancelable: true };
              document.activeElement.dispatchEvent(new KeyboardEvent("keydown", said));
            }
          }
        }""",
        codes,
    )


def answer(page):
    return page.locator(".scan-answer")
