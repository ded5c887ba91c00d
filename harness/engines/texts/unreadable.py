"""What cannot be asked of a model, though it can be asked other things."""


class UnreadableError(ValueError):
    """A text no tokenizer takes, or turns the chat template refuses; the message is a reason to show."""


def readable(text: str) -> str:
    """The text as it is; raises UnreadableError where it cannot be written in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnreadableError(
            f"the text holds a lone surrogate at character {error.start}; no tokenizer takes it"
        ) from error
    return text
