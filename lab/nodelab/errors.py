class LabError(Exception):
    """What went wrong, in words for the person who typed the command."""
