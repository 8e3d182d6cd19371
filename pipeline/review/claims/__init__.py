"""Claims: a case is one reviewer's at a time, for as long as a lease runs on the database's clock.

A submission is always locked before its claims, so that two requests for one case never deadlock. The person who gets
a case is locked before both.
"""
