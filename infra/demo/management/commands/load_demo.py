import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from infra.demo.loading import load


class Command(BaseCommand):
    help = "Loads the demo network: one car maker, a group of three stores, one independent dealership. Repeatable."

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()

        def say(text: str) -> None:
            self.stdout.write(f"[{time.monotonic() - began:5.1f} s] {text}")
            self.stdout.flush()

        load(timezone.now(), say)
        say("the demo network is there")
