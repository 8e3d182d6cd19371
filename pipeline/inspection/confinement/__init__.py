"""What the kernel takes from a process that opens a stranger's bytes. Linux only; elsewhere each step says why it is off.

It imports nothing but the standard library, so that a program of its own can be confined without loading the rest.
"""
