"""What test keys can try: a decision without a person, mails that are held, and a clock to move (ADR 0029)."""
