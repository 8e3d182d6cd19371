"""The embedded profile: four real servers from Python wheels and Proofdesk's own processes, supervised in one home folder."""


class EmbeddedError(Exception):
    """The embedded profile failed; the message says what happened and what to do."""


class AddressInUseError(EmbeddedError):
    """A server ended at its start, since another process had taken its port in the meantime."""


class AbortedError(EmbeddedError):
    """The start was aborted, since a stop was requested or another part had failed."""
