"""A member's public avatar: published once approved, and replaced by the next (DOMAIN §1)."""
