"""What trading means: events, delivery periods, figures and rules, without I/O, clock or framework."""
