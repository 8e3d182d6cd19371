"""The ledger of durable work: each task is a row in PostgreSQL, and the broker only hints that it is due."""
