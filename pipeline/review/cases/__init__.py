"""Cases: what a reviewer sees of a case that they have claimed. Each look at a member's file is written to the history."""
