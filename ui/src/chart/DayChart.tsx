// How did the day go, at a glance? Own averages as marks on the reference's steps, energy as bars below.
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { PerformancePartsFragment } from "../gql/graphql";
import { useMarket } from "../market/MarketContext";
import { usePreferences } from "../preferences/preferences";
import classes from "./chart.module.css";
import { drawAverages, drawBars, drawReference, inksOf } from "./draw";
import { Readout } from "./Readout";
import {
  dayRange,
  energyRange,
  energyTicks,
  hourName,
  type Mark,
  markAt,
  marksOf,
  priceRange,
  priceTicks,
} from "./series";

const FONT = "11px 'Inter Variable', sans-serif";

interface DayChartProps {
  performance: PerformancePartsFragment;
  stale: boolean;
  open: (label: string) => void;
}

export default function DayChart({ performance, stale, open }: DayChartProps) {
  const zone = useMarket().market.timeZone;
  const scheme = useComputedColorScheme();
  const { palette } = usePreferences();
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const marks = useMemo(() => marksOf(performance, stale), [performance, stale]);
  const latest = useRef(marks);
  const pointed = useRef<Mark | null>(null);
  const [label, setLabel] = useState<string | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: other colours need a plot drawn anew
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const inks = inksOf(element);
    const ground = getComputedStyle(element).getPropertyValue("--card").trim();
    const axis = {
      stroke: inks.muted,
      font: FONT,
      ticks: { show: false },
      grid: { stroke: inks.line, width: 1 },
    };
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height: element.clientHeight,
        tzDate: (second) => uPlot.tzDate(new Date(second * 1000), zone),
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { show: false } },
        scales: {
          x: { time: true, range: () => dayRange(latest.current) },
          price: { range: () => priceRange(latest.current) },
          energy: { range: () => energyRange(latest.current) },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 24,
            values: (_, splits) => splits.map((split) => hourName(latest.current, zone, split)),
          },
          {
            ...axis,
            scale: "price",
            size: 48,
            space: 26,
            // The lowest third belongs to the bars: no price is written beside them.
            splits: (_self, _axis, _low, high, step) => priceTicks(latest.current, high, step),
            values: (_, ticks) => ticks.map((tick) => String(tick).replace("-", "−")),
          },
          {
            ...axis,
            scale: "energy",
            side: 1,
            size: 64,
            grid: { show: false },
            splits: () => energyTicks(latest.current),
            values: (_, ticks) =>
              ticks.map((tick, index) => {
                const energy = String(Math.round(Math.abs(tick)));
                return index === ticks.length - 1 ? `${energy} MWh` : energy;
              }),
          },
        ],
        series: [
          {},
          { scale: "price", paths: () => null, points: { show: false } },
          { scale: "energy", paths: () => null, points: { show: false } },
        ],
        hooks: {
          draw: [
            (self) => {
              self.ctx.save();
              drawBars(self, latest.current, inks);
              drawReference(self, latest.current, inks);
              drawAverages(self, latest.current, inks, ground);
              self.ctx.restore();
            },
          ],
          setCursor: [
            (self) => {
              const left = self.cursor.left ?? -1;
              pointed.current = left < 0 ? null : markAt(latest.current, self.posToVal(left, "x"));
              setLabel(pointed.current?.label ?? null);
            },
          ],
        },
      },
      dataOf(latest.current),
      element,
    );
    plot.current = drawn;
    const resized = new ResizeObserver(() =>
      drawn.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [zone, scheme, palette]);

  useEffect(() => {
    latest.current = marks;
    plot.current?.setData(dataOf(marks));
  }, [marks]);

  return (
    <div className={classes.chart}>
      <Readout entry={performance.periods.find((each) => each.period.label === label) ?? null} />
      {/* The table below says the same in words; pointing and clicking here are a shorter way, not the only one. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: every period can be opened from the table's buttons */}
      <div
        ref={frame}
        className={classes.frame}
        role="img"
        aria-label="Average and reference price and energy of each delivery period; the table below has the figures"
        onClick={() => pointed.current && open(pointed.current.label)}
      />
    </div>
  );
}

function dataOf(marks: readonly Mark[]): uPlot.AlignedData {
  return [
    marks.map((mark) => mark.start),
    marks.map((mark) => mark.average ?? mark.reference),
    marks.map((mark) => mark.bought),
  ];
}
