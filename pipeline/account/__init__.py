"""What a member writes about themselves, their confirmed address, points, and the mails that they subscribe to (DOMAIN §2 to §6)."""
