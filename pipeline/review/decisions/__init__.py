"""Decisions: what a reviewer says of a claimed case, how they take it back, and which mail the member gets.

A verdict is a decision with effects, an opinion that waits for another person (four eyes), or the answer to a blind look, from which
nothing follows.
"""
