"""Evidence that is no file: a tax number, or a business address to which a code is sent."""
