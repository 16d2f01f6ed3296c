"""The market-data provider: asked within its limits, and its answers read."""
