"""The fonts for documents that name a font and do not carry it.

They come with packages, and those of the system are never read: so a page looks the same on every machine. `packaged` finds them,
`scripts` says which one has which characters, and `mapper` hands them to PDFium.
"""
