"""Says what an uploaded file is, what is wrong with it, and makes the pictures that people are shown instead of it.

`service` inspects a submission, `upload` one of its files. Everything that opens a file (`file`, and what it imports) runs in the
children of `sandbox/` only. A bad file is never an exception here: it is a finding, with a stable code (`findings`).
"""
