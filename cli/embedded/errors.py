class EmbeddedError(Exception):
    """The embedded profile could not do what was asked; the message says what happened and what to do."""


class AddressInUseError(EmbeddedError):
    """A server ended at its start because another process had taken its port in the meantime."""


class AbortedError(EmbeddedError):
    """The start was given up, because a stop was asked for or because another part had failed."""
