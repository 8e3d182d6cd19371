"""Review: a reviewer claims a case, sees it, and decides it or passes it on.

`claims/` says which case it is, whose, and for how long; `cases/` what is seen of it; `decisions/` what is said of it, undone and
mailed; `quality/` looks at decisions a second time. Each imports only those before it. What a claim or a decision needs of
`quality/` comes with the context, as `BlindLooks`.
"""
