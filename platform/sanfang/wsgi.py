"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from sanfang.ops.encoding import utf_8_only
from sanfang.tenancy import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sanfang.settings.production")
application = utf_8_only(get_wsgi_application())
start.require()
