"""Use cases that need several stages: what no stage may do alone, as stages do not import each other."""
