"""Who may call: services by API keys, members by sessions, and staff. Only hashes of secrets are stored."""
