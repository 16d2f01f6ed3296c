// What if one part of the page breaks? Then its place says so, and every other part still stands.
import { Component, type ReactNode } from "react";
import classes from "./dashboard.module.css";

interface FenceProps {
  /** What to tell in place of the broken part. */
  instead: string;
  children: ReactNode;
}

export class Fence extends Component<FenceProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <p className={classes.broken} role="alert">
        {this.props.instead}
      </p>
    );
  }
}
