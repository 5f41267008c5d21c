"""Sends notices to members: one fixed sentence, over e-mail or a push service."""
