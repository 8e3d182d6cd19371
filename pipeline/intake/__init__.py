"""The doors of the pipeline (HTTP, queue, command line): upload slots, and submissions that are accepted once."""
