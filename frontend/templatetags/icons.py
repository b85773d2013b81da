from django import template

from frontend.icons import icon

register = template.Library()
register.simple_tag(icon, name="icon")
