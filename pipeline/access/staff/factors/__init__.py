"""Second factors of the people at the desk: codes of an authenticator app, passkeys, and recovery codes."""
