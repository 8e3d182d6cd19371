"""The people at the desk: their accounts and roles, and how they sign in to the console. Time is the database's."""
