"""Methods of verification without files (DOMAIN §7.3): each module checks, keeps and judges the evidence of one method.

Intake reaches them through `methods.py`. To lock, always take the evidence's row before its submission.
"""
