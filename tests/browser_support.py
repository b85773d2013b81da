"""The system's Chromium for the browser tests, and a font that has Chinese characters.

Run as a program (``make chromium``) it installs Debian's Chromium if it may, and says what to do if it may not.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WANTED = "Install Chromium (Debian: apt-get install chromium) or name a browser: CHROMIUM=/path/to/chromium make test"
SKIP_REASON = f"no Chromium on this machine. {WANTED}"
FONTS_FOLDER = Path(__file__).resolve().parents[1] / "var" / "test" / "fonts"
APT_SECONDS = 600


def chromium() -> str | None:
    """The browser's path; None if there is none. ``CHROMIUM`` goes before what the PATH has."""
    given = os.environ.get("CHROMIUM")
    if given:
        found = shutil.which(given)
        if found is None:
            raise SystemExit(f"CHROMIUM names {given}, which cannot be run.")
        return found
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def launch_options() -> dict[str, object]:
    """For pytest-playwright's ``browser_type_launch_args``. Nothing that would look for hosts outside."""
    quiet = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own does not run as root
    return {"executable_path": chromium(), "args": [*quiet, "--disable-quic", "--no-first-run", *sandbox]}


def prepare_fonts() -> str:
    """Makes Chinese visible in screenshots: with the system's font, else with the development wheel's. Says which.

    Sets ``FONTCONFIG_FILE`` for browsers started afterwards.
    """
    if _system_has_chinese():
        return "the system's own font"
    spec = find_spec("manimgx_fonts_cjk")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("No font with Chinese characters. Run `make setup`, or install one (fonts-noto-cjk).")
    FONTS_FOLDER.mkdir(parents=True, exist_ok=True)
    configuration = FONTS_FOLDER / "fonts.conf"
    draft = configuration.with_name(f"fonts.{os.getpid()}")
    draft.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        '  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>\n'
        f"  <dir>{_escaped(spec.submodule_search_locations[0])}</dir>\n"
        f"  <cachedir>{_escaped(str(FONTS_FOLDER / 'cache'))}</cachedir>\n"
        "</fontconfig>\n",
        encoding="utf-8",
    )
    draft.replace(configuration)
    os.environ["FONTCONFIG_FILE"] = str(configuration)
    return "the font of the wheel manimgx-fonts-cjk"


def _system_has_chinese() -> bool:
    try:
        found = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(found.stdout.strip())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _may_install() -> bool:
    """As root on Debian. (Ubuntu's package of that name only points to a shop for programs.)"""
    try:
        system = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        system = []
    return os.geteuid() == 0 and "ID=debian" in system and shutil.which("apt-get") is not None


def _install() -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "--quiet", *words]
        try:
            if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, timeout=APT_SECONDS).returncode:
                return False
        except subprocess.TimeoutExpired:
            return False
    return chromium() is not None


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Never fails: without a browser the tests that need one are skipped, and say so."""
    if chromium() is None and _may_install():
        _say("Installing Chromium for the browser tests (apt-get install chromium)")
        _install()
    found = chromium()
    _say(f"Browser tests: {found}" if found else f"THE BROWSER TESTS WILL BE SKIPPED: {SKIP_REASON}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
