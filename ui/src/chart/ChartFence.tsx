// What if the chart cannot be drawn? Then its place says so, and every figure on the page still stands.
import { Component, type ReactNode } from "react";
import classes from "./chart.module.css";

export class ChartFence extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <p className={classes.broken}>The chart could not be drawn. The figures below are not affected.</p>
    );
  }
}
