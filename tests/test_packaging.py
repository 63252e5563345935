"""What stands beside the modules is shipped with them."""

from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("hub", "automations", "integrations")


def test_every_file_beside_modules_is_in_the_wheel() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = setup["options.package_data"]["*"].replace("\n", ",").split(",")
    patterns = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    # Without `**/` a pattern reaches no folder that is not a package itself: pages, fonts.
    assert all(pattern.startswith("**/") for pattern in patterns)
    left = [
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc") and "_cache" not in str(file)
        if not any(fnmatch(file.name, pattern.removeprefix("**/")) for pattern in patterns)
    ]
    assert left == []
