"""What a store's managers set up for machines: tokens and webhooks."""

from django.urls import path

from frontend.views import tokens, webhooks

urlpatterns = [
    path("developers/", tokens.developers, name="developers"),
    path("developers/tokens/new/", tokens.create, name="token-new"),
    path("developers/tokens/<uuid:key>/revocation/", tokens.revocation, name="token-revocation"),
    path("developers/tokens/<uuid:key>/takeover/", tokens.takeover, name="token-takeover"),
    path("developers/webhooks/", webhooks.webhooks, name="webhooks"),
    path("developers/webhooks/new/", webhooks.create, name="webhook-new"),
    path("developers/webhooks/<uuid:key>/", webhooks.webhook, name="webhook"),
    path("developers/webhooks/<uuid:key>/secret/", webhooks.renewal, name="webhook-secret"),
    path("developers/webhooks/<uuid:key>/switch/", webhooks.switch, name="webhook-switch"),
    path("developers/webhooks/<uuid:key>/ping/", webhooks.ping, name="webhook-ping"),
    path("developers/webhooks/<uuid:key>/removal/", webhooks.removal, name="webhook-removal"),
    path("developers/letters/<uuid:key>/replay/", webhooks.replay, name="letter-replay"),
    path("developers/try/", webhooks.trial, name="api-trial"),
    path("developers/openapi.yaml", webhooks.description, name="api-description"),
]
