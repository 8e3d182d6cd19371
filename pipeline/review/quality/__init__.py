"""Quality: a share of the decisions, and golden cases whose right verdict a lead has given, are looked at blind by another person.

The reviewer cannot tell a blind look from any other case, and nothing follows from it (docs/adr/0011). From the answers come the
numbers that docs/quality.md explains.
"""
