"""What a test submission asks for: the decision that it gets without anybody who looks (ADR 0029)."""
