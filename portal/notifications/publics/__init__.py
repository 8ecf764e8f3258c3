"""Who hears of what, where reactions.py has no more room: by what it is about."""
