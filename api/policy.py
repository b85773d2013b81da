"""Who may make, hand over and revoke tokens, and set up webhooks."""

MANAGE = "token.manage"
