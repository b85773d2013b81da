from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "sanfang.messaging"
    label = "messaging"
