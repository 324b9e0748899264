/* Draws the charts of a page with uPlot (static/vendor), in the theme's colours and as wide as there is room.

   data-plot   {step: its word, steps: seconds of each one's first moment in UTC, clock: whether they are shorter than a day, money,
               unit: that of Intl (second), lines: [{label, values, former}]}: one line beside its former period is drawn as bars, several
               as lines. The numbers stand in a table beside it. */
"use strict";

(() => {
  const LANGUAGE = document.documentElement.lang;
  const HEIGHT = 230;
  const drawn = new Map();

  /* A colour of the style sheet as the canvas knows it. */
  function colour(name) {
    const probe = document.createElement("i");
    probe.className = `plot-line plot-line-${name}`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  const DAY = 86400;
  const day = new Intl.DateTimeFormat(LANGUAGE, { day: "2-digit", month: "2-digit", timeZone: "UTC" });
  const hour = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });
  const whole = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeZone: "UTC" });
  const moment = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "short", timeStyle: "short", hourCycle: "h23", timeZone: "UTC" });

  /* How a moment is told on the axis and whole. */
  function moments({ clock, steps }) {
    if (!clock) return { axis: day, whole };
    return { axis: steps.at(-1) - steps[0] > 2 * DAY ? day : hour, whole: moment };
  }

  function numbers({ money, unit }) {
    const kind = money ? { style: "currency", currency: "BRL" } : unit ? { style: "unit", unit, unitDisplay: "narrow" } : {};
    const exact = new Intl.NumberFormat(LANGUAGE, kind);
    const short = new Intl.NumberFormat(LANGUAGE, {
      ...kind,
      notation: "compact",
      maximumFractionDigits: 1,
      minimumFractionDigits: 0,
    });
    return { exact, short };
  }

  /* `dots`: a value between two gaps is one, where a line would show nothing. */
  function series(line, place, told, alone, dots) {
    const stroke = colour(line.former ? "former" : place % 7);
    const bars = alone && !line.former;
    return {
      label: line.label,
      stroke,
      width: line.former ? 1 : 2,
      dash: line.former ? [4, 4] : undefined,
      fill: bars ? stroke : undefined,
      paths: bars ? window.uPlot.paths.bars({ size: [0.7, 40] }) : undefined,
      points: { show: dots, size: 4, fill: stroke },
      value: (_plot, value) => (value === null ? "—" : told.exact.format(value)),
    };
  }

  function options(told, wanted, width) {
    const alone = wanted.lines.length === 2 && wanted.lines[1].former;
    const axis = { stroke: colour("text"), grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
    const step = (wanted.steps[1] ?? wanted.steps[0] + DAY) - wanted.steps[0];
    const time = moments(wanted);
    return {
      width,
      height: HEIGHT,
      tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: {
        // Half a step more at either end, so that the outer bars are whole.
        x: { time: true, range: (_plot, least, most) => [least - step / 2, most + step / 2] },
        y: { range: (_plot, least, most) => [Math.min(0, least), Math.max(most * 1.05, 1)] },
      },
      axes: [
        { ...axis, grid: { show: false }, values: (_plot, marks) => marks.map((mark) => time.axis.format(mark * 1000)) },
        { ...axis, size: 76, values: (_plot, marks) => marks.map((mark) => told.short.format(mark)) },
      ],
      series: [
        { label: wanted.step, value: (_plot, value) => (value === null ? "—" : time.whole.format(value * 1000)) },
        ...wanted.lines.map((line, place) => series(line, place, told, alone, Boolean(wanted.clock))),
      ],
      cursor: { drag: { x: false, y: false } },
    };
  }

  function room(part) {
    const style = getComputedStyle(part);
    return Math.max(part.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight), 200);
  }

  function draw(part) {
    drawn.get(part)?.destroy();
    const wanted = JSON.parse(part.dataset.plot);
    const data = [wanted.steps, ...wanted.lines.map((line) => line.values)];
    drawn.set(part, new window.uPlot(options(numbers(wanted), wanted, room(part)), data, part));
  }

  const wider = new ResizeObserver((seen) => {
    seen.forEach(({ target }) => drawn.get(target)?.setSize({ width: room(target), height: HEIGHT }));
  });

  function drawAll() {
    for (const [part, plot] of drawn) {
      if (part.isConnected) continue;
      wider.unobserve(part);
      plot.destroy();
      drawn.delete(part);
    }
    document.querySelectorAll("[data-plot]").forEach((part) => {
      if (drawn.has(part)) return;
      draw(part);
      wider.observe(part);
    });
  }

  const again = () => drawn.forEach((_plot, part) => draw(part));
  document.addEventListener("htmx:load", drawAll);
  document.addEventListener("live:swapped", drawAll);
  document.addEventListener("DOMContentLoaded", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
