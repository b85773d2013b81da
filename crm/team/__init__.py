"""Who does whose work: deputies, handing work over, and the board on which a manager sees it."""
