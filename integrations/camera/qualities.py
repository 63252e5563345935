"""The states of a camera's scene, with what to say and to do about each; light, for the hub's own process, too."""

GOOD = "good"
QUALITIES = (
    GOOD, "too_dark", "too_bright", "blurred", "slow_shutter", "covered", "moved", "frozen",
)  # fmt: skip
WORDS = {
    "frozen": ("it sends the same picture again and again", "restart the camera; update its firmware"),
    "covered": (
        "something covers the lens, or all light went out",
        "clear the lens, and look after who or what covered it; give it light at night",
    ),
    "moved": ("", "turn it back, or calibrate anew: `hub camera calibrate {id}`, then `hub reload`"),
    "too_dark": ("it is too dark to see small things", "add light or infrared; a longer shutter blurs what falls"),
    "too_bright": (
        "a large part of the picture is burnt out", "lower the exposure, switch WDR on, turn it from the sun",
    ),
    "blurred": ("the picture is blurred", "clean the lens, focus again and lock it; raise the bit rate"),
    "slow_shutter": (
        "pictures are repeated: the shutter is slower than the frame rate",
        "set the shutter to 1/250 s or shorter; add light",
    ),
}  # fmt: skip
