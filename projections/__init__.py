"""The read models, one file each, and the runner that keeps them up to date."""
