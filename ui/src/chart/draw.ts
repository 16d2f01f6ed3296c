// How do a light's shape, a reference step and an energy bar look on the canvas?
import type uPlot from "uplot";
import { type Mark, stepsOf } from "./series";

export interface Inks {
  text: string;
  muted: string;
  line: string;
  above: string;
  notAbove: string;
  bought: string;
  sold: string;
}

export function inksOf(element: Element): Inks {
  const style = getComputedStyle(element);
  const ink = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: ink("--text"),
    muted: ink("--muted"),
    line: ink("--line"),
    above: ink("--above"),
    notAbove: ink("--not-above"),
    bought: ink("--bought"),
    sold: ink("--sold"),
  };
}

export function drawBars(plot: uPlot, marks: readonly Mark[], inks: Inks): void {
  const { ctx } = plot;
  const zero = plot.valToPos(0, "energy", true);
  for (const mark of marks) {
    const left = plot.valToPos(mark.start, "x", true);
    const width = plot.valToPos(mark.end, "x", true) - left;
    const inset = Math.min(width * 0.18, 8);
    const bar = (value: number, fill: string) => {
      if (value === 0) return;
      const top = plot.valToPos(value, "energy", true);
      ctx.fillStyle = fill;
      ctx.fillRect(left + inset, Math.min(top, zero), width - 2 * inset, Math.max(1, Math.abs(top - zero)));
    };
    bar(mark.bought, inks.bought);
    bar(-mark.sold, inks.sold);
  }
  ctx.fillStyle = inks.line;
  ctx.fillRect(plot.bbox.left, Math.round(zero), plot.bbox.width, 1);
}

export function drawReference(plot: uPlot, marks: readonly Mark[], inks: Inks): void {
  const { hours, parts } = stepsOf(marks);
  drawSteps(plot, parts, inks.muted);
  drawSteps(plot, hours, inks.text);
}

function drawSteps(plot: uPlot, marks: readonly Mark[], ink: string): void {
  const { ctx } = plot;
  ctx.beginPath();
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  let lastEnd: number | null = null;
  for (const mark of marks) {
    const y = plot.valToPos(mark.reference as number, "price", true);
    const left = plot.valToPos(mark.start, "x", true);
    // Steps join only where one period begins as the other ends; a missing price leaves a gap.
    if (lastEnd === mark.start) ctx.lineTo(left, y);
    else ctx.moveTo(left, y);
    ctx.lineTo(plot.valToPos(mark.end, "x", true), y);
    lastEnd = mark.end;
  }
  ctx.stroke();
}

export function drawAverages(plot: uPlot, marks: readonly Mark[], inks: Inks, ground: string): void {
  const { ctx } = plot;
  const size = 5 * devicePixelRatio;
  for (const mark of marks) {
    if (mark.average === null) continue;
    const x = plot.valToPos((mark.start + mark.end) / 2, "x", true);
    const y = plot.valToPos(mark.average, "price", true);
    ctx.beginPath();
    if (mark.shape === "above") {
      ctx.moveTo(x, y - size * 1.2);
      ctx.lineTo(x + size * 1.15, y + size * 0.9);
      ctx.lineTo(x - size * 1.15, y + size * 0.9);
      ctx.closePath();
      ctx.fillStyle = inks.above;
    } else if (mark.shape === "not-above") {
      ctx.rect(x - size, y - size, size * 2, size * 2);
      ctx.fillStyle = inks.notAbove;
    } else {
      ctx.arc(x, y, size, 0, 2 * Math.PI);
      ctx.fillStyle = inks.muted;
    }
    // A rim in the colour of the ground keeps a mark readable on the line and on other marks.
    ctx.strokeStyle = ground;
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.stroke();
    ctx.fill();
  }
}
