"""What cannot be asked of a model, though it can be asked other things."""


class UnreadableError(ValueError):
    """A text no tokenizer takes, or turns the chat template refuses; the message is a reason to show."""
