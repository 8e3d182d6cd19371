"""Why a member's level changed, in the words of the mail that says so."""

from typing import Final

from pipeline.sentences import msgid

BY_ORDERS: Final = msgid("Your orders have reached the amount that this stage asks for.")
BY_ORDERS_OF: Final = msgid("Your orders have reached {orders}, and this stage asks for {required}.")
"""For a Sentence, with two values of Money."""

BY_VERIFICATION: Final = msgid("Your verification was approved.")
BY_CORRECTION: Final = msgid("We looked at an earlier decision again and corrected it.")
AFTER_REFUNDS: Final = msgid("After refunds, your orders no longer reach the amount that the stage asks for.")
AFTER_FORGERY: Final = msgid("Material that you sent us turned out not to be genuine.")
