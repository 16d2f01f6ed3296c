"""An exchange and a market-data provider that speak the real protocols, for the demo, tests and benchmarks."""
