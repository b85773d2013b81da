"""The browser tests' own helpers: found, or said clearly not to be there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import browser_support
import pytest


def test_a_font_for_chinese_is_brought_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_support, "_system_has_chinese", lambda: False)
    monkeypatch.setenv("FONTCONFIG_FILE", "")
    assert "manimgx-fonts-cjk" in browser_support.prepare_fonts()
    file = Path(os.environ["FONTCONFIG_FILE"])
    folder = ElementTree.parse(file).findtext("dir")
    assert folder
    assert list(Path(folder).glob("*CJK*"))
    if shutil.which("fc-list"):
        listed = subprocess.run(["fc-list", ":lang=zh-cn", "file"], capture_output=True, text=True).stdout
        assert folder in listed


def test_without_a_browser_it_says_what_to_install_and_does_not_fail(tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path)}
    code = "import os; os.geteuid = lambda: 1000; import browser_support; raise SystemExit(browser_support.main())"
    folder = Path(browser_support.__file__).parent
    result = subprocess.run([sys.executable, "-c", code], env=env, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0
    assert result.stdout.startswith("THE BROWSER TESTS WILL BE SKIPPED: no Chromium on this machine. Install Chromium")


def test_a_named_browser_goes_before_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "my-chromium"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert browser_support.launch_options()["executable_path"] == str(browser)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="cannot be run"):
        browser_support.chromium()
