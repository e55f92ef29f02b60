"""The names of the actions under a reminder. They go over the wires, so they say nothing; journey runs them."""

DONE = "d"  # (due date): the check was done today
PUT_OFF = "p"  # (due date, days): remind again in so many days
SKIP = "k"  # (due date): not this month
SEEN = "s"  # (day of the check): the team has seen the result
ASK_AGAIN = "g"  # (day of the check): not yet; ask again in a week
GO_ON = "o"  # (): go on after the end of monitoring
STOP_HERE = "e"  # (): end the reminders of checks
SWITCH_OFF = "w"  # (topic): no more of this kind
