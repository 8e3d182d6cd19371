"""The kinds of tax numbers of each country (DOMAIN §7.3)."""
