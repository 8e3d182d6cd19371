"""Mails: what they say in the member's language, how one is kept with what it says, and how it is handed over once.

`render` makes the words, `freeze` keeps them in the transaction of the result, `send` hands them to the mail server, and `suppression`
names the addresses that get none. `feedback` and `sns` receive bounces and complaints.
"""
