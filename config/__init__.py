"""Settings, policy, logging, and the container that builds clients. Every process imports it before what is large."""

import gc

gc.set_threshold(50_000, 20, 100)
"""Imports and requests make many objects that live. Looking for cycles after every 700 of them took about a third of each start."""
