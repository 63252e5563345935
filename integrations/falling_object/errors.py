"""What can go wrong with a clip or its calibration, told so that an admin can mend it."""


class DetectError(Exception):
    """A video or configuration that can't be used; the message names the fault and the remedy.

    `code` names faults of reference points in one word, for pages that tell them in other languages.
    """

    def __init__(self, text: str, code: str = "refused") -> None:
        super().__init__(text)
        self.code = code
