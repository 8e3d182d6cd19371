"""A member's stages, level and benefits: unlocked by verification or by spend, and corrected by a person.

A stage is unlocked as long as one ground for it stands (docs/adr/0008). Every change locks the member's row first, so that the
changes of one member queue up, and each records its cause.
"""
