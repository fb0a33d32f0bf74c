"""What goes wrong in a way that a person can mend; the message says where, and what helps."""


class Failure(Exception):
    """What was asked for cannot be done."""


class UnusableInput(Failure):
    """What was given for it cannot be used."""


class Stopped(Failure):
    """A person stopped a run; the message says where it stands and how to go on."""
