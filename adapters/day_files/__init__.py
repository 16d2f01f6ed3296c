"""The exchange's file of a day's deals: what a row says, and how a file of any size is read."""
