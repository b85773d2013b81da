#!/usr/bin/env python
from sanfang.__main__ import manage

manage()
