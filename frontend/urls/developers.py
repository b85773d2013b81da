"""What a store's managers set up for machines: tokens and webhooks."""

from django.urls import path

from frontend.views import tokens

urlpatterns = [
    path("developers/", tokens.developers, name="developers"),
    path("developers/tokens/new/", tokens.create, name="token-new"),
    path("developers/tokens/<uuid:key>/revocation/", tokens.revocation, name="token-revocation"),
    path("developers/tokens/<uuid:key>/takeover/", tokens.takeover, name="token-takeover"),
]
